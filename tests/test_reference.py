"""What the reference promises beyond its properties: refusals, dtypes, zero sizes."""

import inspect
import re
import subprocess
import sys
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import affine

FORMATS = ["float16", "float32", "float64", "longdouble"]
X, W, B, DOUT = np.ones((4, 3)), np.ones((3, 2)), np.ones(2), np.ones((4, 2))


@pytest.mark.parametrize(
    ("name", "shape", "expected"),
    [
        ("x", (4,), "expected (N, D)"),
        ("x", (2, 4, 3), "expected (N, D)"),
        ("w", (2, 3), "expected (D, M) with D = 3"),
        ("w", (3,), "expected (D, M) with D = 3"),
        ("b", (), "expected (M,) with M = 2"),
        ("b", (1,), "expected (M,) with M = 2"),
        ("b", (4,), "expected (M,) with M = 2"),
        ("b", (2, 1), "expected (M,) with M = 2"),
        ("b", (1, 2), "expected (M,) with M = 2"),
    ],
)
def test_forward_refuses_a_wrong_shape(name: str, shape: tuple[int, ...], expected: str) -> None:
    """The message names the argument, its shape, what was expected, the equation, the remedy."""
    arguments = {"x": X, "w": W, "b": B} | {name: np.ones(shape)}
    with pytest.raises(ValueError, match=f"^{name} has shape ") as caught:
        affine.forward(**arguments)
    for part in (str(shape), expected, "equation (out)", "give it exactly that shape"):
        assert part in str(caught.value)


@pytest.mark.parametrize("shape", [(2,), (1, 2), (4, 1), (2, 4), (4, 3), ()])
def test_backward_refuses_a_wrong_dout(shape: tuple[int, ...]) -> None:
    """Also where NumPy would broadcast it in silence."""
    with pytest.raises(
        ValueError, match=r"^dout has shape .* expected \(N, M\) with N = 4 and M = 2"
    ):
        affine.backward(np.ones(shape), X, W)


@pytest.mark.parametrize("name", ["x_dot", "w_dot", "b_dot"])
def test_jvp_refuses_a_wrong_direction(name: str) -> None:
    """A direction has the shape of what it moves."""
    directions = {"x_dot": X, "w_dot": W, "b_dot": B} | {name: np.ones((1, 1))}
    with pytest.raises(ValueError, match=f"^{name} has shape .*equation \\(jvp\\)"):
        affine.jvp(X, W, **directions)


@pytest.mark.parametrize(
    ("values", "remedy"),
    [
        (np.ones((4, 3), int), "astype(float)"),
        (np.ones((4, 3), bool), "astype(float)"),
        (np.ones((4, 3), np.uint8), "astype(float)"),
        (np.ones((4, 3), complex), "real and imaginary parts"),
        (np.ones((4, 3), object), "dtype=float"),
        (np.full((4, 3), "1"), "dtype=float"),
        (np.zeros((4, 3), "datetime64[s]"), "dtype=float"),
    ],
)
def test_a_wrong_dtype_is_refused_with_the_remedy(values: Any, remedy: str) -> None:
    """Integers too: their products wrap around in silence, and a gradient is a real number."""
    with pytest.raises(TypeError, match=f"^x has dtype {re.escape(str(values.dtype))}") as caught:
        affine.forward(values, W, B)
    assert remedy in str(caught.value)
    assert "(4, 3)" in str(caught.value)


def test_ragged_rows_are_refused() -> None:
    """NumPy's own message does not name the argument."""
    with pytest.raises(ValueError, match=r"^x is not an array.*same length"):
        affine.forward([[1.0, 2.0], [3.0]], W, B)


@pytest.mark.parametrize(("first", "second"), list(product(FORMATS, repeat=2)))
def test_dtypes_are_those_of_numpy(first: str, second: str) -> None:
    """Each result has the promoted dtype of the operands of its own equation."""
    x, w, b, dout = X.astype(first), W.astype(second), B.astype(first), DOUT.astype(first)
    both = np.result_type(first, second)
    grad = affine.backward(dout, x, w)
    per = affine.per_sample_gradients(dout, x, w)
    assert affine.forward(x, w, b).dtype == both
    assert affine.jvp(x, w, x, w, b).dtype == both
    assert [array.dtype for array in grad] == [both, np.dtype(first), np.dtype(first)]
    assert [array.dtype for array in per] == [both, np.dtype(first), np.dtype(first)]


@given(st.tuples(*[st.integers(0, 3)] * 3))
@example((0, 0, 0))
@example((0, 3, 2))
@example((4, 0, 2))
@example((4, 3, 0))
def test_zero_sizes_keep_their_shapes(sizes: tuple[int, int, int]) -> None:
    """Every function accepts every size, and an empty sum is 0."""
    n, d, m = sizes
    x, w, b, dout = np.ones((n, d)), np.ones((d, m)), np.ones(m), np.ones((n, m))
    assert np.array_equal(affine.forward(x, w, b), np.full((n, m), d + 1.0))
    assert [array.shape for array in affine.backward(dout, x, w)] == [(n, d), (d, m), (m,)]
    assert affine.jvp(x, w, x, w, b).shape == (n, m)
    per = affine.per_sample_gradients(dout, x, w)
    assert [array.shape for array in per] == [(n, d), (n, d, m), (n, m)]


@pytest.mark.parametrize("order", ["<", ">"])
def test_either_byte_order_is_understood(order: str) -> None:
    """Results are in the machine's own."""
    x, w, b, dout = (array.astype(f"{order}f4") for array in (X, W, B, DOUT))
    assert np.array_equal(affine.forward(x, w, b), np.full((4, 2), 4.0))
    results = [*affine.backward(dout, x, w), *affine.per_sample_gradients(dout, x, w)]
    assert all(array.dtype.isnative for array in results)


def test_lists_are_understood() -> None:
    """Anything that numpy.asarray makes an array of floats."""
    assert affine.forward([[1.0, 2.0]], [[3.0], [4.0]], [5.0]).tolist() == [[16.0]]


@pytest.mark.parametrize("function", [affine.jvp, affine.per_sample_gradients])
def test_no_argument_is_changed_and_no_result_is_one(function: Any) -> None:
    """The properties hold this for forward and backward; the two others keep it too."""
    names = list(inspect.signature(function).parameters)
    shapes = {"x": X, "w": W, "dout": DOUT, "x_dot": X, "w_dot": W, "b_dot": B}
    arguments = [shapes[name].copy() for name in names]
    before = [array.copy() for array in arguments]
    result = function(*arguments)
    for array, copy in zip(arguments, before, strict=True):
        assert np.array_equal(array, copy)
        for returned in result if isinstance(result, tuple) else (result,):
            assert not np.may_share_memory(array, returned)


def test_import_loads_numpy_and_nothing_else() -> None:
    """Neither Hypothesis nor the registry is paid for by who only wants the layer."""
    code = (
        "import sys, numpy; before = set(sys.modules); import affine;"
        "print(sorted(m for m in set(sys.modules) - before if not m.startswith('numpy.')))"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "['affine', 'affine.reference']"


def test_public_names_are_those_of_the_mathematics() -> None:
    """`affine` itself holds the layer; the checker lives in its modules."""
    public = ["Gradients", "backward", "forward", "jvp", "per_sample_gradients"]
    assert affine.__all__ == public
    assert affine.reference.__all__ == public
