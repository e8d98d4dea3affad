"""Contract: shapes, dtypes, zero sizes, and the refusal of what does not fit."""

from itertools import product

import numpy as np

from affine.layer import Array, Case, Layer, Operands
from affine.oracle import expect, expect_equal
from affine.properties.property import identity

_FORMATS = ("float16", "float32", "float64")


@identity(
    "out", "dx", "dw", "db", values_of="any",
    catches="a kept or dropped axis, or two results in exchanged places",
)  # fmt: skip
def results_have_the_shapes_of_the_equations(layer: Layer, case: Case) -> None:
    """out (N, M), dX (N, D), dW (D, M), db (M,): floating, and no narrower than the operands."""
    x, w, b, dout = case.point
    shapes = {"out": dout.shape, "dx": x.shape, "dw": w.shape, "db": b.shape}
    for quantity, result in layer.results(*case.point).items():
        _expect_array(quantity, result, shapes[quantity])
        expect(
            np.finfo(result.dtype).nmant >= np.finfo(x.dtype).nmant,
            f"{quantity} has dtype {result.dtype}, but should be no narrower than {x.dtype}",
            quantity,
        )


@identity(
    "out", "dx", "dw", "db", profile="library",
    catches="a result that is always float64, or float32 in silence",
)  # fmt: skip
def dtypes_follow_promotion(layer: Layer, case: Case) -> None:
    """The result of a product has the dtype that NumPy promotes its two operands to."""
    for first, second in product(_FORMATS, repeat=2):
        x, w, b, dout = case.point.map(np.sign)  # small enough for the narrowest format
        x, b, dout, w = x.astype(first), b.astype(first), dout.astype(first), w.astype(second)
        both = np.result_type(first, second)
        expected = {"out": both, "dx": both, "dw": x.dtype, "db": x.dtype}
        for quantity, result in layer.results(x, w, b, dout).items():
            expect(
                result.dtype == expected[quantity],
                f"{quantity} has dtype {result.dtype}, but should have {expected[quantity]}, "
                f"with W {second} and the rest {first}",
                quantity,
            )


@identity(
    "out", "dx", "dw", "db", profile="library", values_of="any",
    catches="the mean of an empty batch, or a reshape with −1",
)  # fmt: skip
def zero_sizes_give_zeros(layer: Layer, case: Case) -> None:
    """With N = 0, D = 0 or M = 0 the shapes stay right, and an empty sum is 0."""
    for empty in ("N", "D", "M"):
        x, w, b, _ = point = _emptied(case.point, empty)
        expected = {"out": np.tile(b, (len(x), 1)), "dx": 0 * x, "dw": 0 * w, "db": 0 * b}
        if empty == "D":
            del expected["db"]  # no sum is empty there
        got = layer.results(*point)
        for quantity, value in expected.items():
            expect_equal(quantity, got[quantity], value, f"{empty} is 0")


@identity(
    "out", "dx", "dw", profile="library", values_of="any",
    catches="a silent broadcast of a bias or an upstream gradient of the wrong shape",
)  # fmt: skip
def wrong_shapes_are_refused(layer: Layer, case: Case) -> None:
    """A bias of shape (), (1,), (N,) or (M, 1), and other misfits, raise: none is broadcast."""
    # Sizes of at least 2, pairwise different, so that every misfit is one.
    x, w, b, dout = _grown(case.point)
    for name, (bad_x, bad_w, bad_b) in {
        "b of shape ()": (x, w, b.sum()),
        "b of shape (1,)": (x, w, b[:1]),
        "b of shape (N,)": (x, w, x[:, 0]),
        "b of shape (M, 1)": (x, w, b[:, None]),
        "b of shape (1, M)": (x, w, b[None, :]),
        "W transposed": (x, w.T, b),
        "x of one row": (x[0], w, b),
    }.items():
        expect(_raises(lambda: layer.forward(bad_x, bad_w, bad_b)), f"{name} was accepted", "out")  # noqa: B023
    for name, bad_dout in {
        "dout of shape (M,)": dout[0],
        "dout of shape (1, M)": dout[:1],
        "dout transposed": dout.T,
    }.items():
        expect(_raises(lambda: layer.backward(x, w, b, bad_dout)), f"{name} was accepted", "dx")  # noqa: B023


def _expect_array(quantity: str, result: Array, shape: tuple[int, ...]) -> None:
    expect(isinstance(result, np.ndarray), f"{quantity} is no NumPy array", quantity)
    expect(
        result.shape == shape,
        f"{quantity} has shape {result.shape}, but should have {shape}",
        quantity,
    )
    expect(
        result.dtype.kind == "f",
        f"{quantity} has dtype {result.dtype}, but should be floating",
        quantity,
    )


def _emptied(point: Operands, side: str) -> Operands:
    axes = {"x": "ND", "w": "DM", "b": "M", "dout": "NM"}
    return Operands(
        *(
            array[tuple(slice(0 if letter == side else None) for letter in axes[name])]
            for name, array in point._asdict().items()
        )
    )


def _grown(point: Operands) -> Operands:
    n, d, m = (size + 2 * place for place, size in enumerate(sorted(point.sizes), start=1))
    dtype = point.x.dtype
    return Operands(
        np.ones((n, d), dtype), np.ones((d, m), dtype), np.ones(m, dtype), np.ones((n, m), dtype)
    )


def _raises(call: object) -> bool:
    try:
        call()  # type: ignore[operator]
    except (TypeError, ValueError):
        return True
    return False
