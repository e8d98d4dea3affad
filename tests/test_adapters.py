"""The three NumPy forms are recognised; anything else is refused with what was looked for."""

from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from affine.adapters import TargetError, load

FORMS = {
    "pair": """
        def forward(x, w, b): return x @ w + b
        def backward(dout, x, w): return dout @ w.T, x.T @ dout, dout.sum(0)
    """,
    "cs231n": """
        def affine_forward(x, w, b): return x @ w + b, (x, w)
        def affine_backward(dout, cache):
            x, w = cache
            return dout @ w.T, x.T @ dout, dout.sum(0)
    """,
    "class": """
        class Linear:
            def __init__(self, w, b): self.w, self.b = w, b
            def forward(self, x):
                self.x = x
                return x @ self.w + self.b
            def backward(self, dout):
                self.dW, self.db = self.x.T @ dout, dout.sum(0)
                return dout @ self.w.T
    """,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_recognised(form: str, tmp_path: Path) -> None:
    """And computes what its code computes."""
    path = tmp_path / "layer.py"
    path.write_text(dedent(FORMS[form]))
    one = np.ones((1, 1))
    out, pullback = load(str(path)).vjp(2 * one, 3 * one, np.ones(1))
    assert out == 7
    assert [float(array.squeeze()) for array in pullback(5 * one)] == [15, 10, 5]


def test_a_name_chooses_one_of_several(tmp_path: Path) -> None:
    """`path.py:name`."""
    path = tmp_path / "layers.py"
    path.write_text(dedent(FORMS["class"]) + "\nclass Other(Linear): pass\n")
    assert load(f"{path}:Other").name == f"{path}:Other"
    with pytest.raises(TargetError, match="no known form"):
        load(str(path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def backwards(dout): ...", "has no known form; looked for .*; found backwards"),
        ("import no_such_module", "does not load: ModuleNotFoundError"),
        ("def (", "does not load: SyntaxError"),
    ],
)
def test_what_cannot_be_judged_says_why(text: str, message: str, tmp_path: Path) -> None:
    """The message says what was looked for and what was found."""
    path = tmp_path / "layer.py"
    path.write_text(text)
    with pytest.raises(TargetError, match=message):
        load(str(path))


@pytest.mark.parametrize("target", ["no_such_file.py", "no_such_package", "affine:no_such_name"])
def test_what_is_not_there_is_refused(target: str) -> None:
    """A file, a package, a name."""
    with pytest.raises(TargetError, match="no_such"):
        load(target)
