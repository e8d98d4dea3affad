"""Contract: dtypes, zero sizes, and the refusal of what does not fit."""

import numpy as np

from affine.layer import Call, Case, Layer, Operands, WorkerDied
from affine.oracle import expect
from affine.properties.comparisons import expect_same
from affine.properties.property import checks

_FORMATS = ("float16", "float32", "float64")


@checks(
    "out", "dx", "dw", "db", profile="library",
    points_to=("second_pass", "one-format-only"),
    catches="a result that is always float64, or float32 in silence",
)  # fmt: skip
def dtypes_follow_promotion(layer: Layer, case: Case) -> None:
    """The result of a product has the dtype that NumPy promotes its two operands to."""
    small = case.primal.map(np.sign)  # for the narrowest format
    first, second = _FORMATS[case.selector % 3], _FORMATS[case.selector // 3 % 3]
    point = small.map(lambda array: array.astype(first))
    point = point._replace(w=point.w.astype(second))
    both = np.result_type(first, second)
    own = point.x.dtype
    expected = {"out": both, "dx": both, "dw": own, "db": own}
    for quantity, result in layer.results(*point).items():
        dtype = getattr(result, "dtype", type(result).__name__)
        expect(
            dtype == expected[quantity],
            f"{quantity} has dtype {dtype}, but should have {expected[quantity]}, "
            f"with W {second} and the rest {first}",
            quantity,
            point,
        )


@checks(
    "out", "dx", "dw", "db", profile="library", values="any",
    points_to=("empty-sizes",),
    catches="the mean of an empty batch, or a reshape with −1",
)  # fmt: skip
def zero_sizes_give_zeros(layer: Layer, case: Case) -> None:
    """With N = 0, D = 0 or M = 0 the shapes stay right, and an empty sum is 0."""
    cuts = [slice(None)] * 3
    cuts[case.selector % 3] = slice(0)
    x, w, b, _ = point = case.cut(*cuts).primal
    expected = {"out": np.tile(b, (len(x), 1)), "dx": 0 * x, "dw": 0 * w, "db": 0 * b}
    if case.selector % 3 == 1:
        del expected["db"]  # no sum is empty where D is 0
    expect_same(layer.results(*point), expected, f"{'NDM'[case.selector % 3]} is 0", point)


@checks(
    "out", "dx", "dw", profile="library", values="any",
    points_to=("shapes-not-checked",),
    catches="a silent broadcast of a bias or an upstream gradient of the wrong shape",
)  # fmt: skip
def wrong_shapes_are_refused(layer: Layer, case: Case) -> None:
    """A bias of shape (), (1,), (N,) or (M, 1), and other misfits, raise: none is broadcast."""
    # Sizes of at least 2, pairwise different, so that every misfit is one.
    x, w, b, dout = point = _grown(case.primal)
    misfits: dict[str, Call] = {
        "b of shape ()": (x, w, np.array(1, b.dtype)),
        "b of shape (1,)": (x, w, b[:1]),
        "b of shape (N,)": (x, w, x[:, 0]),
        "b of shape (M, 1)": (x, w, b[:, None]),
        "b of shape (1, M)": (x, w, b[None, :]),
        "W transposed": (x, w.T, b),
        "x of one row": (x[0], w, b),
        "dout of shape (M,)": (x, w, b, dout[0]),
        "dout of shape (1, M)": (x, w, b, dout[:1]),
        "dout transposed": (x, w, b, dout.T),
    }
    for name, call in misfits.items():
        try:
            next(layer.results_of([call]))
        except WorkerDied:
            raise
        except Exception:  # it refuses
            continue
        expect(False, f"{name} was accepted", "dx" if "dout" in name else "out", point)


def _grown(point: Operands) -> Operands:
    sizes = [size + 2 * place for place, size in enumerate(sorted(point.sizes), start=1)]
    return Operands.of_sizes(sizes, lambda shape: np.ones(shape, point.x.dtype))
