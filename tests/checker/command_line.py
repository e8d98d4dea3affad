"""The command line, run in this process or in one of its own."""

import os
import signal
import subprocess
import sys

import pytest

from affine.checker import cli

PLAIN = {name: os.environ[name] for name in os.environ if name not in ("NO_COLOR", "FORCE_COLOR")}


def main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command line in this process and return its exit code."""
    monkeypatch.setattr(sys, "argv", ["affine", *arguments])
    monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:  # the command leaves them as at the end of a process
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return int(ended.value.code or 0)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "affine", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**PLAIN, **environment},
    )


def loaded_by(*arguments: str) -> set[str]:
    """Return the modules that a command has imported at its end."""
    code = (
        f"import sys; sys.argv = ['affine', *{arguments}]\nfrom affine.checker import cli\n"
        "try: cli.main()\nfinally: print(*sys.modules)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(ended.stdout.splitlines()[-1].split())
