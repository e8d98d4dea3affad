"""A class for tests: layers, right and wrong, each a little different, and some that do harm."""

import random
from pathlib import Path

_LAYER = '''"""Homework of student {number}."""
import numpy as np
{before}

def affine_forward(x, w, b):
    {scratch} = x @ w
    out = {scratch} + b
    {inside}
    return out, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = {dx}
    dw = {dw}
    db = {db}
    return dx, dw, db
'''
_RIGHT = {
    "dx": ("dout @ w.T", "np.dot(dout, w.T)", "(w @ dout.T).T"),
    "dw": ("x.T @ dout", "np.dot(x.T, dout)", "(dout.T @ x).T"),
    "db": ("dout.sum(axis=0)", "np.sum(dout, axis=0)", "np.ones(len(dout)) @ dout"),
}
_WRONG = {
    "dx": ("dout @ w.T / len(x)", "-dout @ w.T", "2 * (dout @ w.T)"),
    "dw": ("x.T @ dout / len(x)", "x.T @ (dout * (dout > 0))", "(x.T @ dout) * 0.5"),
    "db": ("dout.mean(axis=0)", "dout[0]", "dout.sum(axis=0) / 2"),
}
HOSTILE = {
    "hangs_at_import": ("while True: pass", ""),
    "hangs_in_a_call": ("", "import time; time.sleep(3600)"),
    "exits_at_import": ("import os; os._exit(0)", ""),
    "exits_in_a_call": ("", "import os; os._exit(0)"),
    "crashes": ("", "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"),
    "ends_its_judge": ("", "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"),
    "prints_megabytes": ("print('x' * 10_000_000)", "print('y' * 100_000)"),
    "forks": ("import os, time\nif not os.fork():\n    os.setsid(); time.sleep(3600)", ""),
    "leaves_a_process": (
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(3600)'], start_new_session=True)",
        "",
    ),
    "writes_files": (
        "import tempfile\nopen('left_behind.txt', 'w').write('x')\n"
        "open(tempfile.mkstemp()[1], 'w').write('x')",
        "open('left_behind.txt', 'a').write('x')",
    ),
}


def layer(number: int, wrong: str = "", hostile: str = "", seed: int = 0) -> str:
    """Return the file of a student: no two numbers have the same one."""
    draw = random.Random(f"{seed} {number}")
    formulas = {part: draw.choice(_RIGHT[part]) for part in _RIGHT}
    if wrong:
        formulas[wrong] = draw.choice(_WRONG[wrong])
    before, inside = HOSTILE[hostile] if hostile else ("", "")
    scratch = draw.choice(("product", "scores", "z"))
    return _LAYER.format(
        number=number, before=before, inside=inside or "pass", scratch=scratch, **formulas
    )


def classroom(folder: Path, count: int, hostile: int = 0, seed: int = 0) -> dict[str, str]:
    """Write the submissions of a class, a folder each; return what each one is."""
    draw, kinds = random.Random(seed), dict[str, str]()
    for number in range(count):
        kind = draw.choice(("right", "dx", "dw", "db"))
        if number < hostile:
            kind = list(HOSTILE)[number % len(HOSTILE)]
        name = f"student-{number:04d}"
        wrong = kind if kind in _WRONG else ""
        text = layer(number, wrong, kind if kind in HOSTILE else "", seed)
        (folder / name).mkdir(parents=True)
        (folder / name / "my_layer.py").write_text(text, encoding="utf-8")
        kinds[name] = kind
    return kinds
