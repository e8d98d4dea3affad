"""Which equations a layer breaks, found by trying: both sides of each, from the layer's results.

A side that does not speak of the layer is computed from the operands, which are integers or
multiples of a power of two. Equations that only define something have no such sides: they are
`NOT_TRIED`. A property would not do, since most of them test several equations at once.
"""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Any

import numpy as np

from affine.equations import EQUATIONS
from affine.layer import Array, Case, Layer, Operands, Results

# The last two, for code that works in blocks.
_SIZES = (1, 1, 1), (1, 3, 2), (2, 1, 2), (2, 3, 1), (4, 3, 2), (9, 2, 3), (130, 1, 2)
# Small integers, such as a report shows; tiny numbers; those that float32 cannot hold.
_VALUES = ((4, 1.0), (4, 2.0**-5), (2**25, 1.0))
_SEED = 0
# Sums are rounded where the values are large, and where a wrong layer divides.
_ROUNDED = 1e-11

Sides = Iterator[tuple[Any, Any]]


def violations(load: Callable[[], Layer]) -> list[str]:
    """Return the tags of the equations that a layer breaks; for each, `load` gives it afresh."""
    holds = {sides: _holds(sides, load()) for sides in dict.fromkeys(_SIDES.values())}
    return [tag for tag, sides in _SIDES.items() if not holds[sides]]


def _holds(sides: Callable[[Layer, Case], Sides], layer: Layer) -> bool:
    try:
        return all(_equal(*pair) for case in _cases() for pair in sides(layer, case))
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


# ------------------------------------------------------------------ what the equations speak of


# What is returned is copied: a layer that writes into it later breaks no equation of one call.
def _gradients(layer: Layer, *call: Array) -> tuple[Array, ...]:
    return tuple(gradient + 0 for gradient in layer.backward(*map(np.copy, call)))


def _out(layer: Layer, *call: Array) -> Array:
    return layer.forward(*map(np.copy, call)) + 0


def _results(layer: Layer, case: Case) -> Results:
    return {name: got + 0 for name, got in layer.results(*case.primal.map(np.copy)).items()}


def _rows(case: Case) -> Iterator[Operands]:
    x, w, b, dout = case.primal
    for i in range(len(x)):
        yield Operands(x[i : i + 1], w, b, dout[i : i + 1])


def _moved(operand: Array) -> Iterator[Array]:
    """Yield the operand with 1 added to its first entry, to its second, and so on."""
    for step in np.eye(operand.size):
        yield operand + step.reshape(operand.shape)


def _jacobian(layer: Layer, case: Case, which: int) -> Array:
    """Return ∂out/∂(one operand), as differences: out is affine in it, so these are exact."""
    call = list(case.primal[:3])
    here = _out(layer, *call)
    columns = [
        _out(layer, *call[:which], moved, *call[which + 1 :]) - here
        for moved in _moved(call[which])
    ]
    return np.stack(columns, axis=-1).reshape(*here.shape, *call[which].shape)


def _pairing(left: Array, right: Array) -> float:
    return float(np.tensordot(left, right, right.ndim))  # unlike *, it takes no other shape


# ------------------------------------------------------------------ both sides


def _is_the_formula(layer: Layer, case: Case) -> Sides:
    x, w, b, _ = case.primal
    yield _out(layer, x, w, b), x @ w + b


def _is_the_jacobian(which: int) -> Callable[[Layer, Case], Sides]:
    def sides(layer: Layer, case: Case) -> Sides:
        x, w, b, _ = case.primal
        rows, columns = np.eye(len(x)), np.eye(len(b))
        by_x = np.einsum("ik,dj->ijkd", rows, w)
        by_w = np.einsum("id,jk->ijdk", x, columns)
        by_b = np.broadcast_to(columns, (len(x), *columns.shape))
        yield _jacobian(layer, case, which), (by_x, by_w, by_b)[which]

    return sides


def _other_rows_stay(layer: Layer, case: Case) -> Sides:
    jacobian = _jacobian(layer, case, 0)
    for i in range(len(jacobian)):
        others = np.delete(jacobian[i], i, axis=1)
        yield others, np.zeros_like(others)


def _sums_over_its_jacobian(layer: Layer, case: Case) -> Sides:
    gradients = _gradients(layer, *case.primal)
    for which, gradient in enumerate(gradients):
        yield gradient, np.tensordot(case.primal.dout, _jacobian(layer, case, which), 2)


def _is_the_gradient(which: int) -> Callable[[Layer, Case], Sides]:
    def sides(layer: Layer, case: Case) -> Sides:
        x, w, _, dout = case.primal
        right = (dout @ w.T, x.T @ dout, dout.sum(axis=0))[which]
        yield _gradients(layer, *case.primal)[which], right

    return sides


def _is_that_of_one_row(*which: int) -> Callable[[Layer, Case], Sides]:
    def sides(layer: Layer, case: Case) -> Sides:
        for row in _rows(case):
            right = row.dout @ row.w.T, np.outer(row.x, row.dout), row.dout[0]
            gradients = _gradients(layer, *row)
            yield from ((gradients[k], right[k]) for k in which)

    return sides


def _sums_its_rows(layer: Layer, case: Case) -> Sides:
    _, *whole = _gradients(layer, *case.primal)
    rows = [_gradients(layer, *row)[1:] for row in _rows(case)]
    yield from zip(whole, map(sum, zip(*rows, strict=True)), strict=True)


def _averages_by_dout(layer: Layer, case: Case) -> Sides:
    x, w, b, by_out = case.primal
    _, dw, db = _gradients(layer, x, w, b, by_out / len(x))
    yield dw, x.T @ by_out / len(x)
    yield db, by_out.mean(axis=0)


def _jvp_is_its_terms(layer: Layer, case: Case) -> Sides:
    if "jvp" in layer.variants:
        (x, w, _, _), (x_dot, w_dot, b_dot, _) = case.primal, case.tangent
        ahead = layer.variants["jvp"](x, w, x_dot, w_dot, b_dot)
        yield ahead, x_dot @ w + x @ w_dot + b_dot


def _is_the_adjoint(layer: Layer, case: Case) -> Sides:
    gradients = _gradients(layer, *case.primal)
    for which, (gradient, step) in enumerate(zip(gradients, case.tangent[:3], strict=True)):
        ahead = np.tensordot(_jacobian(layer, case, which), step, step.ndim)
        yield _pairing(case.primal.dout, ahead), _pairing(gradient, step)


def _pairs_alike(layer: Layer, case: Case) -> Sides:
    x, w, b, dout = case.primal
    dx, dw, db = _gradients(layer, x, w, b, dout)
    product = _pairing(dout, _out(layer, x, w, 0 * b))
    yield product, _pairing(dx, x)
    yield product, _pairing(dw, w)
    yield _pairing(dout, _out(layer, 0 * x, w, b)), _pairing(db, b)


def _balances(layer: Layer, case: Case) -> Sides:
    x, w, _, dout = case.primal
    dx, dw, _ = _gradients(layer, *case.primal)
    yield x.T @ dx, dw @ w.T
    yield x.T @ dx, x.T @ dout @ w.T


def _is_linear(layer: Layer, case: Case) -> Sides:
    x, w, b, dout = case.primal
    other = case.tangent.dout
    both = _gradients(layer, x, w, b, 2 * dout - 3 * other)
    one, two = _gradients(layer, x, w, b, dout), _gradients(layer, x, w, b, other)
    yield from ((whole, 2 * a - 3 * c) for whole, a, c in zip(both, one, two, strict=True))


def _is_bilinear(layer: Layer, case: Case) -> Sides:
    x, w, b, dout = case.primal
    x2, w2, _, _ = case.tangent

    def dx(weights: Array) -> Array:
        return _gradients(layer, x, weights, b, dout)[0]

    def dw(inputs: Array) -> Array:
        return _gradients(layer, inputs, w, b, dout)[1]

    yield dx(2 * w - 3 * w2), 2 * dx(w) - 3 * dx(w2)
    yield dw(2 * x - 3 * x2), 2 * dw(x) - 3 * dw(x2)


def _is_affine(layer: Layer, case: Case) -> Sides:
    here = case.primal[:3]
    for which, step in enumerate(case.tangent[:3]):
        for other in (step, 0 * step):
            values = 3 * other - 2 * here[which], here[which], other
            calls = ([*here[:which], value, *here[which + 1 :]] for value in values)
            both, one, two = (_out(layer, *call) for call in calls)
            yield both, 3 * two - 2 * one


def _splits(layer: Layer, case: Case) -> Sides:
    whole = _results(layer, case)
    halves = [
        _results(layer, case.cut(rows, slice(None), slice(None)))
        for rows in (slice(1), slice(1, None))
        if len(case.primal.x[rows])
    ]
    for name in ("out", "dx"):
        yield whole[name], np.concatenate([half[name] for half in halves])
    for name in ("dw", "db"):
        yield whole[name], sum(half[name] for half in halves)


def _takes_the_bias_as_a_row(layer: Layer, case: Case) -> Sides:
    x, w, b, dout = case.primal
    wide, tall = np.column_stack([x, np.ones(len(x))]), np.vstack([w, b])
    yield _out(layer, x, w, b), _out(layer, wide, tall, 0 * b)
    _, dw, db = _gradients(layer, x, w, b, dout)
    yield _gradients(layer, wide, tall, 0 * b, dout)[1], np.vstack([dw, db])


def _follows_the_features(layer: Layer, case: Case) -> Sides:
    x, w, b, dout = case.primal
    # It scales, reverses and adds up features; its inverse is exact too.
    change = np.triu(np.ones((len(w), len(w)))) @ np.diag(2.0 ** (np.arange(len(w)) % 2))[::-1]
    undone = np.linalg.inv(change)
    dx, dw, _ = _gradients(layer, *case.primal)
    moved = x @ change, undone @ w, b
    yield _out(layer, *moved), _out(layer, x, w, b)
    moved_dx, moved_dw, _ = _gradients(layer, *moved, dout)
    yield moved_dx, dx @ undone.T
    yield moved_dw, change.T @ dw


def _composes(layer: Layer, case: Case) -> Sides:
    x, w1, b1, _ = case.primal
    w2, b2, dout = case.tangent.w.T, case.tangent.w[:, 0], case.tangent.x
    hidden = _out(layer, x, w1, b1)
    yield _out(layer, hidden, w2, b2), _out(layer, x, w1 @ w2, b1 @ w2 + b2)
    dhidden = _gradients(layer, hidden, w2, b2, dout)[0]
    yield _gradients(layer, x, w1, b1, dhidden)[0], dout @ w2.T @ w1.T


def _is_the_central_difference(layer: Layer, case: Case) -> Sides:
    point, step = case.primal[:3], case.tangent[:3]
    ahead = _out(layer, *(at + by for at, by in zip(point, step, strict=True)))
    behind = _out(layer, *(at - by for at, by in zip(point, step, strict=True)))
    gradients = _gradients(layer, *case.primal)
    paired = sum(_pairing(*pair) for pair in zip(gradients, step, strict=True))
    yield _pairing(case.primal.dout, ahead) - _pairing(case.primal.dout, behind), 2 * paired


def _rounds_within_the_bound(layer: Layer, case: Case) -> Sides:
    x, w, b, dout = case.primal
    one = np.ones((len(x), 1))
    dx, dw, db = _gradients(layer, *case.primal)
    for got, left, right in (
        (_out(layer, x, w, b), np.hstack([x, one]), np.vstack([w, b])),
        (dx, dout, w.T), (dw, x.T, dout), (db, one.T, dout),
    ):  # fmt: skip
        terms = left.shape[1] * np.finfo(float).eps / 2
        bound = terms / (1 - terms) * (abs(left) @ abs(right))
        exact = (left.astype(object) @ right.astype(object)).reshape(got.shape)
        yield np.greater(abs(got.astype(object) - exact), bound.reshape(got.shape)) + 0.0, 0 * got


_SIDES: Mapping[str, Callable[[Layer, Case], Sides]] = {
    **dict.fromkeys(("out", "out-row", "out-entry", "vec"), _is_the_formula),
    **dict.fromkeys(("entry-x", "jacobian-x"), _is_the_jacobian(0)),
    **dict.fromkeys(("entry-w", "jacobian-w"), _is_the_jacobian(1)),
    **dict.fromkeys(("entry-b", "jacobian-b"), _is_the_jacobian(2)),
    "chain": _sums_over_its_jacobian,
    "independence": _other_rows_stay,
    "one-dx": _is_that_of_one_row(0),
    "one-dw": _is_that_of_one_row(1),
    "one-db": _is_that_of_one_row(2),
    "dx": _is_the_gradient(0),
    "dw": _is_the_gradient(1),
    "db": _is_the_gradient(2),
    "per-sample": _is_that_of_one_row(1, 2),
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
}  # fmt: skip
NOT_TRIED = frozenset(EQUATIONS) - frozenset(_SIDES)
"""The equations that only define something, or speak of no layer."""
