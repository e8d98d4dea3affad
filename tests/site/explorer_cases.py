"""What the explorer must show: by `affine` and NumPy, for random integers."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import affine

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELLS = """() => [...document.querySelectorAll(".explorer-board input")].map(e => ({
  name: e.dataset.name, i: +e.dataset.i, j: +e.dataset.j, text: e.value,
  mark: e.dataset.mark, wrong: e.dataset.wrong === "true"}))"""

Array = NDArray[Any]
Gradients = tuple[Array, Array, Array]
Shape = tuple[int, int, int]

INPUTS = ("X", "W", "b", "dout")
SOURCES = {"out": ("X", "W", "b"), "dX": ("dout", "W"), "dW": ("X", "dout"), "db": ("dout",)}


class Case(NamedTuple):
    """Operands with integer entries."""

    x: Array
    w: Array
    b: Array
    dout: Array

    def view(self, at: str = "out.0.0", step: str = "entry", mistake: str = "none") -> str:
        """The query that shows this case."""
        size = ".".join(str(side) for side in (*self.x.shape, len(self.b)))
        numbers = ".".join(str(int(value)) for part in self for value in part.flat)
        return f"?view={size}_{at}_{step}.0_{mistake}_{numbers}"

    def results(self) -> dict[str, Array]:
        grad = affine.backward(self.dout, self.x, self.w)
        out = affine.forward(self.x, self.w, self.b)
        given = {"X": self.x, "W": self.w, "b": self.b, "dout": self.dout}
        return given | {"out": out, "dX": grad.dx, "dW": grad.dw, "db": grad.db}


def random_case(seed: int, n: int, d: int, m: int, *, zeros: bool = False) -> Case:
    rng = np.random.default_rng(seed)
    kept = np.array([v for v in range(-9, 10) if v or zeros], float)
    return Case(*(rng.choice(kept, shape) for shape in [(n, d), (d, m), (m,), (n, m)]))


# ------------------------------------------------------------------ what depends on what


def depends(case: Case, result: str, operand: str, index: tuple[int, ...]) -> Array:
    """The entries of a result whose derivative by one entry of an operand is not zero."""
    one_hot = np.zeros_like(case.results()[operand])
    one_hot[index] = 1.0
    x, w, _, dout = case
    if result == "out":
        zero = {name: np.zeros_like(case.results()[name]) for name in ("X", "W", "b")}
        return affine.jvp(x, w, *(zero | {operand: one_hot}).values()) != 0
    # Each gradient is linear in each operand that it is computed from.
    given = {"dout": dout, "X": x, "W": w} | {operand: one_hot}
    grad = affine.backward(given["dout"], given["X"], given["W"])
    return {"dX": grad.dx, "dW": grad.dw, "db": grad.db}[result] != 0


def marks(case: Case, name: str, index: tuple[int, ...]) -> set[tuple[str, str, tuple[int, ...]]]:
    """What is marked beside an entry in focus, and how."""
    results = case.results()
    to = {
        ("to", result, at)
        for result, sources in SOURCES.items()
        if name in sources
        for at in map(tuple, np.argwhere(depends(case, result, name, index)).tolist())
    }
    return to | {
        ("from", source, at)
        for source in SOURCES.get(name, ())
        for at in np.ndindex(results[source].shape)
        if depends(case, name, source, at)[index]
    }


# ------------------------------------------------------------------ mistakes


def _relu(c: Case) -> Gradients:
    dout = c.dout * (c.x @ c.w + c.b > 0)
    return dout @ c.w.T, c.x.T @ dout, dout.sum(0)


def _averaged(c: Case) -> Gradients:
    n = len(c.x)
    return c.dout @ c.w.T, c.x.T @ c.dout / n, c.dout.sum(0) / n


MISTAKES: dict[str, Callable[[Case], Gradients]] = {
    "averaged-over-the-batch": _averaged,
    "not-summed-over-the-batch": lambda c: (c.dout @ c.w.T, c.x.T @ c.dout, c.dout),
    "transpose-missing": lambda c: (c.dout @ c.w, c.x.T @ c.dout, c.dout.sum(0)),
    "rows-stacked-for-columns": lambda c: (
        c.dout @ c.w.reshape(c.w.T.shape),
        c.x.T @ c.dout,
        c.dout.sum(0),
    ),
    "result-transposed": lambda c: (c.dout @ c.w.T, c.dout.T @ c.x, c.dout.sum(0)),
    "masked": lambda c: (c.dout @ c.w.T * (c.x != 0), c.x.T @ c.dout, c.dout.sum(0)),
    "activation-fused": _relu,
    "data-point-left-out": lambda c: (c.dout @ c.w.T, c.x[:-1].T @ c.dout[:-1], c.dout[:-1].sum(0)),
}  # fmt: skip


def wrong(case: Case, mistake: str) -> dict[str, Array]:
    """The entries of the gradients that a mistake makes wrong; all where the shape is wrong."""
    right = affine.backward(case.dout, case.x, case.w)
    try:
        found = MISTAKES[mistake](case)
    except ValueError:  # The shapes do not fit: no dX at all.
        found = (np.full(case.x.shape, np.nan), right.dw, right.db)
    pairs = zip(("dX", "dW", "db"), found, right, strict=True)
    return {
        name: np.atleast_2d(got != exact if got.shape == exact.shape else np.ones(got.shape, bool))
        for name, got, exact in pairs
    }


AXES = range(1, 5)
SHAPES = list(product(AXES, AXES, AXES))


def hidden(mistake: str) -> tuple[set[Shape], set[Shape]]:
    """The shapes at which nothing is wrong: where values are compared, and shapes alone."""
    return (
        {shape for shape in SHAPES if all(_goes_unnoticed(mistake, shape, _same_values))},
        {shape for shape in SHAPES if all(_goes_unnoticed(mistake, shape, _same_shape))},
    )


def _goes_unnoticed(mistake: str, shape: Shape, same: Callable[..., bool]) -> Iterator[bool]:
    for seed in range(20):
        case = Case(*(part % 3 - 1 for part in random_case(seed, *shape, zeros=True)))
        try:
            found = MISTAKES[mistake](case)
        except ValueError:
            yield False
            return
        for got, exact in zip(found, affine.backward(*case[3:], *case[:2]), strict=True):
            yield same(got, exact)


def _same_values(got: Array, exact: Array) -> bool:
    """As NumPy compares: a matrix of one row with a vector, entry by entry."""
    try:
        return bool((got == exact).all())
    except ValueError:
        return False


def _same_shape(got: Array, exact: Array) -> bool:
    return got.shape == exact.shape


def where(sentence: str) -> set[Shape]:
    """The shapes that the explorer's words mean, such as `where D = 1 and M = 1`."""
    if sentence in ("nowhere", "everywhere"):
        return set(SHAPES) if sentence == "everywhere" else set()
    condition = sentence.removeprefix("where ").replace(" = ", " == ")
    code = compile(condition, "the explorer's words", "eval")
    names = (dict(zip("NDM", shape, strict=True)) for shape in SHAPES)
    return {tuple(sides.values()) for sides in names if eval(code, {}, sides)}  # type: ignore[misc]


# ------------------------------------------------------------------ the page


def selector(name: str, i: int, j: int) -> str:
    return f'[data-name={name}][data-i="{i}"][data-j="{j}"]'


def says(view: "Page") -> str:
    return view.locator("[data-part=says]").inner_text()
