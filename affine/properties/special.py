"""Special values, NaN and infinity, and the state of the process."""

import warnings

import numpy as np

from affine.layer import Case, Layer
from affine.oracle import expect, expect_equal
from affine.properties.property import checks


@checks(
    "independence", "jacobian-x", "jacobian-w", "jacobian-b", profile="library", values="any",
    points_to=("nan_and_infinity",),
    catches="a dependency that should not be there, or a NaN that is hidden",
)  # fmt: skip
def nan_taints_exactly_what_depends_on_it(layer: Layer, case: Case) -> None:
    """One NaN in X, W, b or dout reaches the entries that depend on it, and no other."""
    position = case.selector % 4
    arrays = list(case.primal.map(np.copy))
    index = np.unravel_index(case.selector // 4 % arrays[position].size, arrays[position].shape)
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
            f"{[int(i) for i in index]} of {('X', 'W', 'b', 'dout')[position]}",
            quantity,
        )


@checks(
    "out", "dx", "dw", "db", profile="library",
    points_to=("nan_and_infinity",),
    catches="products with zero that are skipped, so that 0·∞ is lost, or a clip",
)  # fmt: skip
def infinities_travel_as_in_a_matrix_product(layer: Layer, case: Case) -> None:
    """∞ times a number is ±∞, ∞ times 0 is NaN, and either reaches the sum."""
    arrays = list(case.primal.map(np.copy))
    chosen = arrays[(0, 1, 3)[case.selector % 3]]
    chosen.flat[case.selector // 3 % chosen.size] = np.inf
    x, w, b, dout = arrays
    # ∞ − ∞ and 0·∞ warn, here and in the layer; that is not what this property is about.
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "out": (x[:, :, None] * w).sum(axis=1) + b,
            "dx": (dout[:, None, :] * w).sum(axis=2),
            "dw": (x[:, :, None] * dout[:, None, :]).sum(axis=0),
            "db": dout.sum(axis=0),
        }
        got = layer.results(*arrays)
    for quantity, value in expected.items():
        # What the finite entries are is the matter of other properties.
        got_wild, wild = (np.where(np.isfinite(a), 0.0, a) for a in (got[quantity], value))
        expect_equal(quantity, got_wild, wild, "one entry is infinite")


@checks(
    "out", "dx", "dw", "db", profile="library",
    points_to=("global_state", "warns"),
    catches="a seed that is reset, an error state that is changed, a warning on plain numbers",
)  # fmt: skip
def the_process_is_left_as_it_was(layer: Layer, case: Case) -> None:
    """No warning on finite input; random states and NumPy's error state stay."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        changed = layer.state_changes(*case.primal)
    expect(not caught, f"a warning on finite input: {[str(w.message) for w in caught]}", "out")
    for name in changed:
        expect(False, f"{name} changed", "state")
