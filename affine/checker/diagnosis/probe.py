"""The inputs on which a diagnosis calls a layer: its own, apart from the case that was found.

Sizes pairwise different and at least 2, so that no transpose hides and 1/N, 1/D and 1/M are told
apart; all entries different small integers, so that every sum is exact. Then the rest: equal
sizes, for what only runs there; sizes of one and beyond small blocks; zeros, one sign, large and
small values.
"""

from collections.abc import Mapping
from functools import cache, cached_property, partial
from typing import Any

import numpy as np

from affine.checker.diagnosis.catalogue import CORRECT
from affine.layer import Array, Operands
from affine.quantities import QUANTITIES

_SIZES = (
    (5, 3, 4), (3, 4, 2), (2, 5, 3), (7, 2, 3), (4, 6, 5), (6, 4, 2),
    (3, 3, 3), (2, 2, 2), (4, 4, 4), (5, 3, 3), (2, 4, 4), (4, 2, 4), (3, 5, 3), (3, 3, 5),
    (4, 4, 2),
    (1, 3, 2), (1, 2, 5), (4, 1, 3), (3, 1, 5), (5, 3, 1), (3, 4, 1), (1, 1, 1),
    (9, 3, 4), (17, 2, 3), (33, 3, 2), (65, 2, 3), (3, 9, 4), (2, 17, 3), (3, 33, 2), (3, 4, 9),
    (2, 3, 17), (3, 2, 6), (10, 3, 2), (3, 10, 2), (3, 2, 10),
)  # fmt: skip
# Where every new shape costs a compilation.
_FEW_SIZES = ((5, 3, 4), (3, 4, 2), (3, 3, 3), (4, 4, 4), (5, 3, 3), (4, 2, 4), (1, 3, 2))


_compiled = cache(partial(compile, filename="<formula>", mode="eval"))


class Probe:
    """One input of a diagnosis, and the value of any formula there.

    Examples:
        >>> probe = Probe(distinct_integers(2, 3, 4))
        >>> probe.value("x.T @ dout").shape
        (3, 4)
        >>> probe.value("x @ dout") is None
        True
    """

    def __init__(self, point: Operands, **extra: Array | int) -> None:
        n, d, m = point.sizes
        self.point = point
        self.names: dict[str, Any] = {**point._asdict(), **extra, "n": n, "d": d, "m": m}
        self._values: dict[str, Array | None] = {}

    @cached_property
    def is_generic(self) -> bool:
        """Whether all entries of each operand differ, and none is 0: nothing hides by chance."""
        return all(array.all() and len(set(array.flat)) == array.size for array in self.point)

    @cached_property
    def magnitudes(self) -> tuple[float, float]:
        """The smallest entry but 0, and the largest entry or sum of terms, without signs."""
        entries = np.concatenate([np.abs(array).ravel() for array in self.point])
        largest = max(entries.max(), *terms_at(self.point).values())
        return float(entries[entries > 0].min(initial=1)), float(largest)

    def value(self, code: str) -> Array | None:
        """Return what a formula gives here; None where it raises."""
        if code not in self._values:
            try:
                value = eval(_compiled(code), {"np": np}, self.names)
                self._values[code] = np.asarray(value, np.float64)
            except Exception:
                self._values[code] = None
        return self._values[code]

    def right(self, quantity: str) -> Array:
        """Return what the equation gives here."""
        value = self.value(CORRECT[quantity])
        assert value is not None
        return value


def distinct_integers(n: int, d: int, m: int, seed: int = 0) -> Operands:
    """Return operands whose entries are different integers, none of them 0, of either sign."""
    shapes = (n, d), (d, m), (m,), (n, m)
    sizes = [int(np.prod(shape)) for shape in shapes]
    count = sum(sizes)
    entries = np.arange(1.0, count + 1) - count // 2 - 1
    entries[entries >= 0] += 1
    np.random.default_rng((n, d, m, seed)).shuffle(entries)
    parts = np.split(entries, np.cumsum(sizes)[:-1])
    return Operands(*(part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)))


def plain_operands(seed: int = 0) -> Operands:
    """Return the operands on which calls are compared with each other; two seeds, two sets."""
    return distinct_integers(4, 3, 5, seed)


def right_at(point: Operands) -> dict[str, Array]:
    """Return what the equations give, by name."""
    probe = Probe(point)
    return {name: probe.right(name) for name in QUANTITIES}


def terms_at(point: Operands) -> dict[str, float]:
    """Return what the terms of each result add up to without their signs, at the most, by name."""
    return {name: float(sums.max(initial=0)) for name, sums in right_at(point.map(np.abs)).items()}


@cache
def standard(few_shapes: bool = False) -> tuple[Probe, ...]:
    """Return the probes that every diagnosis starts with, or few if each costs a compilation."""
    sizes = _FEW_SIZES if few_shapes else _SIZES
    points = [distinct_integers(*size) for size in sizes[:6]]
    x, w, b, dout = point = distinct_integers(5, 3, 4, seed=1)
    points += [
        point,
        _holed(point, row=1),
        _holed(distinct_integers(4, 2, 5), row=0),
        point._replace(x=_without(x, row=1), w=_without(w, row=1)),
        point._replace(x=_without(x, column=1), w=_without(w, column=1)),
        distinct_integers(3, 4, 2, seed=1)._replace(dout=np.zeros((3, 2))),
        Operands(*(np.ldexp(array, 12) for array in point)),
        Operands(*(np.ldexp(array, -14) for array in point)),
        Operands(x, w, b, np.ldexp(dout, 20)),
        Operands(x, w, b, np.ldexp(dout, -24)),
        point.map(np.abs),
        Operands(x, w, b, -np.abs(dout)),
        Operands(x, w, b, 0 * dout),
        Operands(x, 0 * w, 0 * b, dout),
        Operands(0 * x, w, 0 * b, dout),
        point.map(np.zeros_like),
    ]
    points += [distinct_integers(*size) for size in sizes[6:]]
    # Not exact, so that what only small integers hide is seen, up to rounding.
    points += [distinct_integers(*size).map(lambda array: array / 7) for size in sizes[:4]]
    for point in points:
        for array in point:
            array.flags.writeable = False
    return tuple(map(Probe, points))


@cache
def magnified() -> tuple[Probe, ...]:
    """Return probes of which one operand is far smaller or larger than the others."""
    point, names = plain_operands(), ("x", "w", "dout")
    return tuple(
        Probe(point._replace(**{name: np.ldexp(getattr(point, name), exponent)}))
        for exponent in (-40, 40)
        for name in names
    )


def _without(array: Array, row: int = -1, column: int = -1) -> Array:
    """Return an array with zeros in one row or one column."""
    rows, columns = np.indices(array.shape)
    return np.where((rows == row) | (columns == column), 0, array)


def _holed(point: Operands, row: int) -> Operands:
    """Return the operands with every third number, and a row of X and of dout, set to 0."""
    holed = Operands(*(array * (np.abs(array) % 3 > 0) for array in point))
    holed.x[row] = holed.dout[row + 1] = 0
    return holed


# ------------------------------------------------------------------ comparison


def close(got: Array | None, value: Array | None) -> bool:
    """Whether a result is a formula's value up to the formula's own rounding, NaN included."""
    if got is None or value is None or got.shape != value.shape:
        return False
    if (got == value).all():
        return True
    if got.dtype.kind not in "fiu":
        return False
    finite = np.isfinite(value)
    if not np.array_equal(got[~finite], value[~finite], equal_nan=True):
        return False
    largest = float(np.abs(value[finite]).max(initial=0))
    # The formula itself is computed in float64.
    unit = max(float(np.finfo(got.dtype).eps), 2.0**-52) if got.dtype.kind == "f" else 0.0
    return bool((np.abs(got[finite] - value[finite]) <= 64 * unit * largest).all())


def arrays(results: Mapping[str, Any]) -> dict[str, Array]:
    """Return the results that are arrays."""
    return {name: result for name, result in results.items() if isinstance(result, np.ndarray)}


def copies(results: Mapping[str, Any]) -> dict[str, Array]:
    """Return copies of the results that are arrays, which no later call changes."""
    return {name: np.array(result) for name, result in arrays(results).items()}


def differing(results: Mapping[str, Array], expected: Mapping[str, Array]) -> list[str]:
    """Return the names of the results that are not as expected."""
    return [name for name in results if not close(results[name], expected.get(name))]
