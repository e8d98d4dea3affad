"""Special values: NaN, infinity, the ends of the format, and the state of the process."""

import random
import warnings

import numpy as np

from affine.layer import Case, Layer
from affine.oracle import exact, expect, expect_equal
from affine.properties.property import identity


@identity(
    "independence", "jacobian-x", "jacobian-w", "jacobian-b", profile="library", values_of="any",
    catches="a dependency that should not be there, or a NaN that is hidden",
)  # fmt: skip
def nan_taints_exactly_what_depends_on_it(layer: Layer, case: Case) -> None:
    """One NaN in X, W, b or dout reaches the entries that depend on it, and no other."""
    for position, name in enumerate(("X", "W", "b", "dout")):
        arrays = list(case.point.map(np.array))
        if not arrays[position].size:
            continue
        index = np.unravel_index(case.pick(arrays[position].size), arrays[position].shape)
        arrays[position][index] = np.nan
        # IEEE arithmetic of the equations, on ones: a sum is NaN if one of its terms is.
        x, w, b, dout = (np.where(np.isnan(array), array, 1) for array in arrays)
        expected = {"out": x @ w + b, "dx": dout @ w.T, "dw": x.T @ dout, "db": dout.sum(axis=0)}
        got = layer.results(*arrays)
        for quantity, value in expected.items():
            tainted = np.isnan(got[quantity])
            expect(
                np.array_equal(tainted, np.isnan(value)),
                f"{quantity} is NaN at {np.argwhere(tainted).tolist()}, but should be at "
                f"{np.argwhere(np.isnan(value)).tolist()}, with NaN at "
                f"{[int(i) for i in index]} of {name}",
                quantity,
            )


@identity(
    "out", "dx", "dw", "db", profile="library",
    catches="products with zero that are skipped, so that 0·∞ is lost",
)  # fmt: skip
def infinities_travel_as_in_a_matrix_product(layer: Layer, case: Case) -> None:
    """∞ times a number is ±∞, ∞ times 0 is NaN, and either reaches the sum."""
    for position, sign in ((0, 1), (1, 1), (3, -1)):
        arrays = list(case.point.map(np.array))
        if not arrays[position].size:
            continue
        arrays[position].flat[case.pick(arrays[position].size)] = sign * np.inf
        x, w, b, dout = arrays
        with np.errstate(invalid="ignore"):
            expected = {
                "out": (x[:, :, None] * w).sum(axis=1) + b,
                "dx": (dout[:, None, :] * w).sum(axis=2),
                "dw": (x[:, :, None] * dout[:, None, :]).sum(axis=0),
                "db": dout.sum(axis=0),
            }
            got = layer.results(*arrays)
        for quantity, value in expected.items():
            expect_equal(quantity, got[quantity], value, "one entry is infinite")


@identity(
    "out", "dx", "dw", "db",
    catches="an overflow or underflow on the way to a result that fits",
)  # fmt: skip
def magnitudes_near_the_ends_of_the_format_survive(layer: Layer, case: Case) -> None:
    """Integers times 2^k stay exact as long as no partial sum leaves the format."""
    x, w, b, dout = case.point
    limits = np.finfo(x.dtype)
    largest = max(float(np.abs(array).max(initial=1)) for array in case.point)
    room = int(np.log2(largest**2 * max(case.point.sizes) + largest)) + 2
    for exponent in (int(limits.maxexp) - room, int(limits.minexp)):
        factor = x.dtype.type(2.0**exponent)
        with np.errstate(all="ignore"):
            scaled = layer.results(x, w, b, dout * factor)
            scaled["out"] = layer.forward(x * factor, w, b * factor)
        for quantity, value in exact(case.point).items():
            expected = np.asarray(value, np.float64).astype(x.dtype) * factor
            because = f"the values are scaled by 2^{exponent}"
            expect_equal(quantity, scaled[quantity], expected, because)


@identity(
    "out", "dx", "dw", "db", profile="library",
    catches="a seed that is reset, an error state that is changed, a warning on plain numbers",
)  # fmt: skip
def the_process_is_left_as_it_was(layer: Layer, case: Case) -> None:
    """No warning on finite input; random states and NumPy's error state stay."""
    # A fresh seed could be the very state that a layer resets to: move on from it first.
    np.random.random()  # noqa: NPY002 (the global state is what is tested)
    random.random()
    before = _state()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        layer.backward(*case.point)
    expect(not caught, f"a warning on finite input: {[str(w.message) for w in caught]}", "out")
    after = _state()
    for name, value in before.items():
        expect(after[name] == value, f"{name} changed", "state")


def _state() -> dict[str, object]:
    kind, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002
    return {
        "numpy.random's global state": (kind, np.asarray(keys).tobytes(), *rest),
        "random's global state": random.getstate(),
        "numpy.geterr()": np.geterr(),
    }
