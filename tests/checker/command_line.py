"""The command line, run in this process or in one of its own."""

import os
import signal
import subprocess
import sys
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from io import StringIO
from typing import NamedTuple
from unittest.mock import patch

import pytest

from affine.checker import cli
from affine.checker.report import Report

PLAIN = {name: os.environ[name] for name in os.environ if name not in ("NO_COLOR", "FORCE_COLOR")}


class Interrupted(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str


def main(*arguments: str, report: Report | None = None, **environment: str) -> Interrupted:
    """Run the command line in this process; with a report, nothing else is checked."""
    out, err = StringIO(), StringIO()
    with ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):  # the command leaves them to the end
            stack.callback(signal.signal, number, signal.getsignal(number))
        for each in (
            patch.object(sys, "argv", ["affine", *arguments]),
            patch.object(sys, "unraisablehook", sys.unraisablehook),
            patch.dict(os.environ, {**PLAIN, **environment}, clear=True),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            stack.enter_context(each)
        if report is not None:
            stack.enter_context(patch.object(cli, "_checked", lambda target, **options: report))
        with pytest.raises(SystemExit) as ended:
            cli.main()
    return Interrupted(int(ended.value.code or 0), out.getvalue(), err.getvalue())


def run(*arguments: str, **environment: str) -> Interrupted:
    """Run the command line in a process of its own."""
    command, env = [sys.executable, "-m", "affine", *arguments], {**PLAIN, **environment}
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
    return Interrupted(ended.returncode, ended.stdout, ended.stderr)


def loaded_by(*arguments: str) -> set[str]:
    """Return the modules that a command has imported at its end."""
    code = (
        f"import sys; sys.argv = ['affine', *{arguments}]\nfrom affine.checker import cli\n"
        "try: cli.main()\nfinally: print(*sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ended.stdout.splitlines()[-1].split())
