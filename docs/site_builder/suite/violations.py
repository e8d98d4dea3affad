"""Which equations a layer breaks, found by trying: both sides of each, from the layer's results.

A side that does not speak of the layer is computed from the operands, which are integers or
multiples of a power of two. Equations that only define something have no such sides: they are
`NOT_TRIED`. A property would not do, since most of them test several equations at once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, product
from typing import Any

import numpy as np

from affine.equations import EQUATIONS
from affine.layer import Array, Case, Layer, Operands
from affine.oracle import bounds, exact

# The last two, for code that works in blocks.
_SIZES = (1, 1, 1), (1, 3, 2), (2, 1, 2), (2, 3, 1), (4, 3, 2), (9, 2, 3), (130, 1, 2)
# Small integers, such as a report shows; tiny numbers; those that float32 cannot hold.
_VALUES = ((4, 1.0), (4, 2.0**-5), (2**25, 1.0))
_SEED = 0
# Sums are rounded where the values are large, and where a wrong layer divides.
_ROUNDED = 1e-11

Pair = tuple[Any, Any]


def violations(load: Callable[[], Layer]) -> list[str]:
    """Return the tags of the equations that a layer breaks; for each, `load` gives it afresh."""
    holds = {sides: _holds(sides, load()) for sides in dict.fromkeys(_SIDES.values())}
    return [tag for tag, sides in _SIDES.items() if not holds[sides]]


def _holds(sides: "Sides", layer: Layer) -> bool:
    try:
        return all(_equal(*pair) for case in _cases() for pair in sides(_Trial(layer, case)))
    except Exception:  # the layer raised, or no equation can be written with what it returned
        return False


def _equal(left: Any, right: Any) -> bool:
    left, right = np.asarray(left), np.asarray(right)
    allowed = _ROUNDED * max(abs(left).max(initial=0), abs(right).max(initial=0))
    return left.shape == right.shape and bool((abs(left - right) <= allowed).all())


def _cases() -> Iterator[Case]:
    random = np.random.default_rng(_SEED)
    for (n, d, m), (limit, scale) in product(_SIZES, _VALUES):
        shapes = (n, d), (d, m), (m,), (n, m)
        one, other = (
            Operands(*(scale * random.integers(1 - limit, limit, shape) for shape in shapes))
            for _ in range(2)
        )
        yield Case(one, other)


class _Trial:
    """A layer on one case, with `x2`, `w2`, … for the case's second set of operands.

    What is returned is copied: a layer that writes into it later breaks no equation of one call.
    """

    def __init__(self, layer: Layer, case: Case) -> None:
        self.layer, self.case = layer, case
        self.x, self.w, self.b, self.dout = case.primal
        self.x2, self.w2, self.b2, self.dout2 = case.tangent

    def out(self, *call: Array) -> Array:
        return self.layer.forward(*map(np.copy, call or self.case.primal[:3])) + 0

    def gradients(self, *call: Array) -> list[Array]:
        return [one + 0 for one in self.layer.backward(*map(np.copy, call or self.case.primal))]

    def moved(self, which: int, value: Array) -> Array:
        """Return out with another value in place of x, w or b."""
        return self.out(*(value if at == which else self.case.primal[at] for at in range(3)))

    def jacobian(self, which: int) -> Array:
        """Return ∂out/∂(x, w or b), as differences: out is affine in it, so these are exact."""
        operand, here = self.case.primal[which], self.out()
        steps = np.eye(operand.size).reshape(-1, *operand.shape)
        columns = [self.moved(which, operand + step) - here for step in steps]
        return np.stack(columns, axis=-1).reshape(*here.shape, *operand.shape)

    def rows(self) -> Iterator[tuple[Pair, ...]]:
        """Yield, for each data point alone, dx, dw and db beside what they should be."""
        for i in range(len(self.x)):
            x, dout = self.x[i : i + 1], self.dout[i : i + 1]
            dx, dw, db = self.gradients(x, self.w, self.b, dout)
            yield (dx, dout @ self.w.T), (dw, np.outer(x, dout)), (db, dout[0])


Sides = Callable[[_Trial], Iterable[Pair]]


def _pairing(left: Array, right: Array) -> float:
    return float(np.tensordot(left, right, right.ndim))  # unlike *, it takes no other shape


# ------------------------------------------------------------------ both sides


def _is_the_jacobian(which: int, t: _Trial) -> Iterator[Pair]:
    rows, columns = np.eye(len(t.x)), np.eye(len(t.b))
    by_x = np.einsum("ik,dj->ijkd", rows, t.w)
    by_w = np.einsum("id,jk->ijdk", t.x, columns)
    by_b = np.broadcast_to(columns, (len(t.x), *columns.shape))
    yield t.jacobian(which), (by_x, by_w, by_b)[which]


def _is_the_gradient(which: int, t: _Trial) -> Iterator[Pair]:
    right = (t.dout @ t.w.T, t.x.T @ t.dout, t.dout.sum(axis=0))[which]
    yield t.gradients()[which], right


def _other_rows_stay(t: _Trial) -> Iterator[Pair]:
    for i, of_row in enumerate(t.jacobian(0)):
        others = np.delete(of_row, i, axis=1)
        yield others, 0 * others


def _sums_its_rows(t: _Trial) -> Iterator[Pair]:
    whole, rows = t.gradients(), list(t.rows())
    yield from ((whole[at], sum(row[at][0] for row in rows)) for at in (1, 2))


def _averages_by_dout(t: _Trial) -> Iterator[Pair]:
    _, dw, db = t.gradients(t.x, t.w, t.b, t.dout / len(t.x))
    yield dw, t.x.T @ t.dout / len(t.x)
    yield db, t.dout.mean(axis=0)


def _jvp_is_its_terms(t: _Trial) -> Iterator[Pair]:
    if "jvp" in t.layer.variants:
        yield t.layer.variants["jvp"](t.x, t.w, t.x2, t.w2, t.b2), t.x2 @ t.w + t.x @ t.w2 + t.b2


def _is_the_adjoint(t: _Trial) -> Iterator[Pair]:
    for which, (gradient, step) in enumerate(zip(t.gradients(), t.case.tangent[:3], strict=True)):
        ahead = np.tensordot(t.jacobian(which), step, step.ndim)
        yield _pairing(t.dout, ahead), _pairing(gradient, step)


def _pairs_alike(t: _Trial) -> Iterator[Pair]:
    dx, dw, db = t.gradients()
    of_product = _pairing(t.dout, t.out(t.x, t.w, 0 * t.b))
    yield of_product, _pairing(dx, t.x)
    yield of_product, _pairing(dw, t.w)
    yield _pairing(t.dout, t.out(0 * t.x, t.w, t.b)), _pairing(db, t.b)


def _balances(t: _Trial) -> Iterator[Pair]:
    dx, dw, _ = t.gradients()
    yield t.x.T @ dx, dw @ t.w.T
    yield t.x.T @ dx, t.x.T @ t.dout @ t.w.T


def _is_linear(t: _Trial) -> Iterator[Pair]:
    calls = 2 * t.dout - 3 * t.dout2, t.dout, t.dout2
    for both, one, two in zip(*(t.gradients(t.x, t.w, t.b, dout) for dout in calls), strict=True):
        yield both, 2 * one - 3 * two


def _is_bilinear(t: _Trial) -> Iterator[Pair]:
    both, one, two = (t.gradients(t.x, w, t.b, t.dout)[0] for w in (2 * t.w - 3 * t.w2, t.w, t.w2))
    yield both, 2 * one - 3 * two
    both, one, two = (t.gradients(x, t.w, t.b, t.dout)[1] for x in (2 * t.x - 3 * t.x2, t.x, t.x2))
    yield both, 2 * one - 3 * two


def _is_affine(t: _Trial) -> Iterator[Pair]:
    for which, (here, step) in enumerate(zip(t.case.primal[:3], t.case.tangent[:3], strict=True)):
        for other in (step, 0 * step):
            values = 3 * other - 2 * here, here, other
            both, one, two = (t.moved(which, value) for value in values)
            yield both, 3 * two - 2 * one


def _splits(t: _Trial) -> Iterator[Pair]:
    halves = [
        _Trial(t.layer, t.case.cut(rows, slice(None), slice(None)))
        for rows in (slice(1), slice(1, None))
        if len(t.x[rows])
    ]
    dx, dw, db = zip(*(half.gradients() for half in halves), strict=True)
    yield t.out(), np.concatenate([half.out() for half in halves])
    yield from zip(t.gradients(), (np.concatenate(dx), sum(dw), sum(db)), strict=True)


def _takes_the_bias_as_a_row(t: _Trial) -> Iterator[Pair]:
    wide, tall = np.column_stack([t.x, np.ones(len(t.x))]), np.vstack([t.w, t.b])
    yield t.out(), t.out(wide, tall, 0 * t.b)
    _, dw, db = t.gradients()
    yield t.gradients(wide, tall, 0 * t.b, t.dout)[1], np.vstack([dw, db])


def _follows_the_features(t: _Trial) -> Iterator[Pair]:
    d = len(t.w)
    # It scales, reverses and adds up features; its inverse is exact too.
    change = np.triu(np.ones((d, d))) @ np.diag(2.0 ** (np.arange(d) % 2))[::-1]
    undone = np.linalg.inv(change)
    dx, dw, _ = t.gradients()
    moved = t.x @ change, undone @ t.w, t.b
    yield t.out(*moved), t.out()
    moved_dx, moved_dw, _ = t.gradients(*moved, t.dout)
    yield moved_dx, dx @ undone.T
    yield moved_dw, change.T @ dw


def _composes(t: _Trial) -> Iterator[Pair]:
    w2, b2, dout = t.w2.T, t.w2[:, 0], t.x2
    hidden = t.out()
    yield t.out(hidden, w2, b2), t.out(t.x, t.w @ w2, t.b @ w2 + b2)
    dhidden = t.gradients(hidden, w2, b2, dout)[0]
    yield t.gradients(t.x, t.w, t.b, dhidden)[0], dout @ w2.T @ t.w.T


def _is_the_central_difference(t: _Trial) -> Iterator[Pair]:
    point, step = t.case.primal[:3], t.case.tangent[:3]
    ahead = t.out(*(at + by for at, by in zip(point, step, strict=True)))
    behind = t.out(*(at - by for at, by in zip(point, step, strict=True)))
    paired = sum(_pairing(*pair) for pair in zip(t.gradients(), step, strict=True))
    yield _pairing(t.dout, ahead) - _pairing(t.dout, behind), 2 * paired


def _rounds_within_the_bound(t: _Trial) -> Iterator[Pair]:
    got = {"out": t.out()} | dict(zip(("dx", "dw", "db"), t.gradients(), strict=True))
    right, allowed = exact(t.case.primal), bounds(t.case.primal)
    for name, one in got.items():
        error = abs(one.astype(object) - right[name].reshape(one.shape))
        yield np.greater(error, allowed[name].reshape(one.shape)) + 0.0, 0 * one


def _is_the_formula(t: _Trial) -> Iterator[Pair]:
    yield t.out(), t.x @ t.w + t.b


_SIDES: Mapping[str, Sides] = {
    **dict.fromkeys(("out", "out-row", "out-entry", "vec"), _is_the_formula),
    **dict.fromkeys(("entry-x", "jacobian-x"), partial(_is_the_jacobian, 0)),
    **dict.fromkeys(("entry-w", "jacobian-w"), partial(_is_the_jacobian, 1)),
    **dict.fromkeys(("entry-b", "jacobian-b"), partial(_is_the_jacobian, 2)),
    "chain": lambda t: (
        (one, np.tensordot(t.dout, t.jacobian(which), 2)) for which, one in enumerate(t.gradients())
    ),
    "independence": _other_rows_stay,
    "one-dx": lambda t: (row[0] for row in t.rows()),
    "one-dw": lambda t: (row[1] for row in t.rows()),
    "one-db": lambda t: (row[2] for row in t.rows()),
    "dx": partial(_is_the_gradient, 0),
    "dw": partial(_is_the_gradient, 1),
    "db": partial(_is_the_gradient, 2),
    "per-sample": lambda t: chain.from_iterable(row[1:] for row in t.rows()),
    "per-sample-sum": _sums_its_rows,
    "mean-loss": _averages_by_dout,
    "jvp": _jvp_is_its_terms,
    "adjoint": _is_the_adjoint,
    "pairings": _pairs_alike,
    "balance": _balances,
    "linearity": _is_linear,
    "bilinearity": _is_bilinear,
    "affinity": _is_affine,
    "batch-additivity": _splits,
    "ones-column": _takes_the_bias_as_a_row,
    "feature-change": _follows_the_features,
    "composition": _composes,
    "finite-difference": _is_the_central_difference,
    "rounding-bound": _rounds_within_the_bound,
}
NOT_TRIED = frozenset(EQUATIONS) - frozenset(_SIDES)
"""The equations that only define something, or speak of no layer."""
