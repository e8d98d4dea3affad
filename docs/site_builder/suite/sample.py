"""Layers in files, and what the commands print about them: for pages that show both.

A page prints what these return, Markdown, in fences that are executed.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from docs.site_builder.record import load_results

_ROOT = Path(__file__).parents[3]
_LAYERS = _ROOT / "docs" / "check" / "layers"
_FILE = "my_layer.py"


def layer(name: str) -> str:
    """Return the code of a layer, as the file that a reader would have."""
    code = (_LAYERS / f"{name}.py").read_text(encoding="utf-8")
    return f'```python title="{_FILE}"\n{code.rstrip()}\n```\n'


def file(name: str, kind: str) -> str:
    """Return a file of docs/check as a block of code, under its own name."""
    code = (_LAYERS.parent / name).read_text(encoding="utf-8")
    return f'```{kind} title="{Path(name).name}"\n{code.rstrip()}\n```\n'


def console(
    command: str,
    name: str | Mapping[str, str] = "",
    *,
    code: int = 0,
    first: int = 0,
    needs: str = "",
) -> str:
    """Return a command and its output, run in a folder that holds the layer as `my_layer.py`.

    A build without the results of the suite is a quick look at the pages: it runs no command.

    Args:
        command: An `affine` or `pytest` command.
        name: The layer; or several, each by the file that holds it.
        code: The exit code that the page speaks of; another one fails the build.
        first: How many lines of the output to show; all for 0.
        needs: A package without which the command is shown alone.
    """
    if needs and not find_spec(needs):
        return not_run(command, f", which has no {needs}")
    if not load_results():
        return not_run(command)
    # Where paths are printed, they are relative to the folder: the same in every build.
    with TemporaryDirectory() as folder:
        held = {_FILE: name} if isinstance(name, str) else name
        for path, layer_name in held.items():
            if layer_name:
                Path(folder, path).parent.mkdir(parents=True, exist_ok=True)
                copyfile(_LAYERS / f"{layer_name}.py", Path(folder, path))
        done = subprocess.run(
            [sys.executable, "-m", *shlex.split(command)],
            cwd=folder, env={**os.environ, "COLUMNS": "80", "PYTHONPATH": str(_ROOT)},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    output = done.stdout + done.stderr
    if done.returncode != code:
        raise RuntimeError(f"{command}: exit code {done.returncode}\n{output}")
    lines = output.rstrip().splitlines()
    if first and len(lines) > first:
        lines[first:] = ["…"]
    return "\n".join(["```text", f"$ {command}", *lines, "```\n"])


def not_run(command: str, why: str = "") -> str:
    return f"```console\n$ {command}\n```\n\n*Not run in this build{why}.*\n"
