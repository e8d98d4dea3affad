"""What cannot be judged says what is wrong, and what to do about it."""

import sys
from pathlib import Path
from textwrap import dedent

import pytest

from affine.checker.reading import TargetError, load

SIZED = """
    import numpy as np
    class Dense:
        def __init__(self, i, o): {parameters}
        def forward(self, x): return x
        def backward(self, {arguments}): return None
"""
TEXTS = {
    "def backwards(d): ...": "no known form. Looked for:\n  forward.*backwards.d. .did you mean",
    "def affine_foward(x, w, b): ...": "did you mean affine_forward",
    "def forward(x, w, b): ...": "without a backward function",
    "def forward(x, w): ...\ndef backward(dout, x, w): ...": "does not take x, w and b",
    "answer = 42": "Found: no public function or class",
    "import no_such_module": "it imports no_such_module, .*line 1.* install no_such_module",
    "x = 1\ndef (": "SyntaxError in line 2: .*correct that line",
    "x = 1\nraise ValueError('boom')": "ValueError: boom .line 2.; make sure",
    "import sys\nsys.exit(3)": "ends the program .SystemExit: 3.*__main__",
    "class Dense:\n def __init__(self, units): ...\n def forward(self, x): ...\n"
    " def backward(self, g): ...": "takes neither .W, b. nor two sizes",
    "class Dense:\n def __init__(self, *, units): ...\n def forward(self, x): ...\n"
    " def backward(self, g): ...": r"Dense\(\*, units\) takes neither",
    "def linear(x, w, b): ...": r"linear\(x, w, b\) \(without a backward function\)",
    "class A:\n def __init__(self, w, b): ...\n def forward(self, x): ...\n"
    " def backward(self, g): ...\nclass B(A): ...": "several layers: A, B; name one .*layer.py:A",
    SIZED.format(parameters="self.W = np.ones((i, o))", arguments="g"): "no bias",
    SIZED.format(
        parameters="self.W, self.b = np.ones((o, i)), np.ones((o, 1))", arguments="g"
    ): "W·X for data points in columns",
    SIZED.format(
        parameters="self.W, self.b = np.ones((i, o)), np.ones(o)", arguments="g, rate"
    ): "updates the weights shows no gradients",
    SIZED.format(
        parameters="self.U, self.V, self.b = np.ones((i, o)), np.ones((i, o)), np.ones(o)",
        arguments="g",
    ): "Dense.U, Dense.V could each be the weights",
}


@pytest.fixture(autouse=True)
def own_search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target's folder stays importable: here, until the end of the test."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.parametrize("text", TEXTS)
def test_a_file_that_cannot_be_judged_says_why(text: str, tmp_path: Path) -> None:
    path = tmp_path / "layer.py"
    path.write_text(dedent(text), encoding="utf-8")
    with pytest.raises(TargetError, match=f"(?s){TEXTS[text]}"):
        load(str(path))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("no_such_file.py", "no file no_such_file.py; give the path"),
        ("layr.py", "did you mean layer.py"),
        ("layer", "not a module; did you mean the file layer.py"),
        ("layer.py:affine_forwrd", "did you mean affine_forward"),
        ("layer.py:nothing_like_it", "it has answer, affine_forward"),
        ("layer.py:affine_forward", "put affine_backward.dout, x, w. .*affine_backwards is close"),
        ("layer.py:answer", "is of type int; name a function"),
        (".", "is a folder; name one Python file in it, such as layer.py"),
        ("notes.txt", "not a Python file; give one whose name ends in .py"),
        ("", "no target is named"),
        ("no_such_package.module", "no module no_such_package.module; install it"),
        ("two words", "neither a Python file nor a module"),
        ("affine:no_such_name", "no_such_name"),
    ],
)
def test_what_is_not_there_is_refused(
    target: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "answer = 42\ndef affine_forward(x, w, b): ...\ndef affine_backwards(d): ...\n"
    (tmp_path / "layer.py").write_text(text, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TargetError, match=message):
        load(target)


def test_siblings_and_main_are_as_when_python_runs_the_file(tmp_path: Path) -> None:
    """Its folder can be imported from, later as well, and its demonstration does not run."""
    (tmp_path / "helper_of_the_layer.py").write_text("def add(x, b): return x + b\n")
    (tmp_path / "later_helper.py").write_text("def total(g): return g.sum(0)\n")
    (tmp_path / "layer.py").write_text(
        dedent("""
            from helper_of_the_layer import add
            def forward(x, w, b): return add(x @ w, b)
            def backward(dout, x, w):
                from later_helper import total
                return dout @ w.T, x.T @ dout, total(dout)
            if __name__ == "__main__":
                raise SystemExit("the demonstration ran")
        """)
    )
    layer = load(str(tmp_path / "layer.py"))
    import numpy as np

    assert layer.backward(*map(np.ones, ((4, 3), (3, 2), 2, (4, 2))))[2].tolist() == [4, 4]
    # Behind everything else: no file beside the layer hides a library.
    assert sys.path[0] != str(tmp_path)


def test_two_files_of_one_name_do_not_meet(tmp_path: Path) -> None:
    for folder, factor in (("one", 1), ("two", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "layer.py").write_text(
            f"def forward(x, w, b): return {factor} * (x @ w + b)\n"
            "def backward(dout, x, w): return dout @ w.T, x.T @ dout, dout.sum(0)\n"
        )
    import numpy as np

    first, second = (load(str(tmp_path / folder / "layer.py")) for folder in ("one", "two"))
    arguments = np.ones((1, 1)), np.ones((1, 1)), np.ones(1)
    assert first.forward(*arguments) == 2
    assert second.forward(*arguments) == 4
