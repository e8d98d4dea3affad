"""The affine layer and its gradients, in NumPy alone.

Arguments are real floating arrays (float16, float32, float64, long double), or what
`numpy.asarray` makes one of. Results have the dtype that NumPy promotes the operands to,
own their memory, and never change an argument. Zero sizes are allowed.

Integers, booleans, complex numbers and objects are refused: NumPy's integer products wrap
around in silence, and a gradient is a real number. `x.astype(float)` says what you mean.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Gradients", "backward", "forward", "jvp", "per_sample_gradients"]

Array = NDArray[np.floating[Any]]


class Gradients(NamedTuple):
    """The three gradients of one backward pass, in the order of the arguments.

    Attributes:
        dx: Gradient of the input, equation [(dx)][eq-dx].
        dw: Gradient of the weights, equation [(dw)][eq-dw].
        db: Gradient of the bias, equation [(db)][eq-db].

    Examples:
        >>> Gradients(dx=1.0, dw=2.0, db=3.0)._fields
        ('dx', 'dw', 'db')
    """

    dx: Array
    dw: Array
    db: Array


def forward(x: ArrayLike, w: ArrayLike, b: ArrayLike) -> Array:
    """Return the output of the affine layer.

    out = XW + 𝟏bᵀ, equation [(out)][eq-out]; row by row [(out-row)][eq-out-row],
    entry by entry [(out-entry)][eq-out-entry]. It is affine in each argument,
    [(affinity)][eq-affinity].

    Args:
        x: Input X, shape (N, D).
        w: Weights W, shape (D, M).
        b: Bias b, shape (M,): nothing else is broadcast.

    Returns:
        out, shape (N, M), in the promoted dtype of x, w and b.

    Raises:
        TypeError: An argument is not real floating.
        ValueError: A shape does not fit the equation.

    Examples:
        >>> forward([[1.0, 2.0]], [[3.0], [4.0]], [5.0])
        array([[16.]])
    """
    x, w, b = _operands("out = XW + b, equation (out)", x=x, w=w, b=b)
    return x @ w + b


def backward(dout: ArrayLike, x: ArrayLike, w: ArrayLike) -> Gradients:
    """Return the gradients of the loss, given the upstream gradient.

    - dX = dout·Wᵀ, equation [(dx)][eq-dx]; for one data point [(one-dx)][eq-one-dx].
    - dW = Xᵀ·dout, equation [(dw)][eq-dw].
    - db = column sums of dout, equation [(db)][eq-db].

    dW and db are sums over the data points: a mean loss has its 1/N inside dout already,
    [(mean-loss)][eq-mean-loss]. This is the adjoint of `jvp`, [(adjoint)][eq-adjoint],
    linear in dout, [(linearity)][eq-linearity], and satisfies
    [(bilinearity)][eq-bilinearity], [(pairings)][eq-pairings], [(balance)][eq-balance],
    [(batch-additivity)][eq-batch-additivity], [(ones-column)][eq-ones-column],
    [(feature-change)][eq-feature-change], [(composition)][eq-composition] and
    [(finite-difference)][eq-finite-difference].

    Args:
        dout: Upstream gradient ∂L/∂out, shape (N, M).
        x: Input X of the forward pass, shape (N, D).
        w: Weights W of the forward pass, shape (D, M).

    Returns:
        dx (N, D) in the promoted dtype of dout and w, dw (D, M) in that of x and dout,
        db (M,) in that of dout.

    Raises:
        TypeError: An argument is not real floating.
        ValueError: A shape does not fit the equations.

    Examples:
        >>> grad = backward(dout=[[1.0], [2.0]], x=[[3.0, 0.0], [0.0, 5.0]], w=[[7.0], [8.0]])
        >>> grad.dw
        array([[ 3.],
               [10.]])
        >>> grad.db
        array([3.])
    """
    x, w, dout = _operands("dX = dout Wᵀ, dW = Xᵀ dout, equations (dx, dw)", x=x, w=w, dout=dout)
    return Gradients(
        dx=dout @ w.T,
        dw=x.T @ dout,
        db=dout.sum(axis=0),
    )


def jvp(x: ArrayLike, w: ArrayLike, x_dot: ArrayLike, w_dot: ArrayLike, b_dot: ArrayLike) -> Array:
    """Return the rate at which the output changes along a direction: the twin of `backward`.

    out-dot = Ẋ W + X Ẇ + 𝟏ḃᵀ, equation [(jvp)][eq-jvp].

    Args:
        x: Input X, shape (N, D).
        w: Weights W, shape (D, M).
        x_dot: Direction of X, shape (N, D).
        w_dot: Direction of W, shape (D, M).
        b_dot: Direction of b, shape (M,).

    Returns:
        out-dot, shape (N, M), in the promoted dtype of the arguments.

    Raises:
        TypeError: An argument is not real floating.
        ValueError: A shape does not fit the equation.

    Examples:
        >>> jvp(x=[[2.0]], w=[[3.0]], x_dot=[[1.0]], w_dot=[[10.0]], b_dot=[100.0])
        array([[123.]])
    """
    x, w, x_dot, w_dot, b_dot = _operands(
        "out-dot = Ẋ W + X Ẇ + ḃ, equation (jvp)", x=x, w=w, x_dot=x_dot, w_dot=w_dot, b_dot=b_dot
    )
    return x_dot @ w + x @ w_dot + b_dot


def per_sample_gradients(dout: ArrayLike, x: ArrayLike, w: ArrayLike) -> Gradients:
    """Return what each data point adds to the gradients, before any sum.

    dW⁽ⁱ⁾ = X_iᵀ dout_i and db⁽ⁱ⁾ = dout_i, equation [(per-sample)][eq-per-sample], derived for
    one data point in [(one-dw)][eq-one-dw] and [(one-db)][eq-one-db]. Summed over i they are
    the batch's dW and db, [(per-sample-sum)][eq-per-sample-sum]; dX has one row per data point
    already.

    Args:
        dout: Upstream gradient ∂L/∂out, shape (N, M).
        x: Input X of the forward pass, shape (N, D).
        w: Weights W of the forward pass, shape (D, M).

    Returns:
        dx (N, D), dw (N, D, M) and db (N, M), with the dtypes of `backward`.

    Raises:
        TypeError: An argument is not real floating.
        ValueError: A shape does not fit the equations.

    Examples:
        >>> per_sample_gradients(dout=[[1.0], [2.0]], x=[[3.0], [5.0]], w=[[7.0]]).dw.ravel()
        array([ 3., 10.])
    """
    x, w, dout = _operands("dW⁽ⁱ⁾ = X_iᵀ dout_i, equation (per-sample)", x=x, w=w, dout=dout)
    return Gradients(
        dx=dout @ w.T,
        dw=x[:, :, None] * dout[:, None, :],
        db=+dout,
    )


# The shape of each argument, in the letters of the mathematics.
_SIDES = {
    "x": "ND", "w": "DM", "b": "M", "dout": "NM", "x_dot": "ND", "w_dot": "DM", "b_dot": "M",
}  # fmt: skip


def _operands(equation: str, **arguments: ArrayLike) -> list[Array]:
    """Return the arguments as plain arrays, once their dtypes and shapes fit the equation."""
    sizes: dict[str, int] = {}
    arrays = []
    for name, argument in arguments.items():
        try:
            array = np.asarray(argument)
        except ValueError as error:
            advice = "Give every row the same length."
            raise ValueError(f"{name} is not an array: {error} {advice}") from None
        if array.dtype.kind != "f":
            raise TypeError(_dtype_complaint(name, array, equation))
        fits = array.ndim == len(_SIDES[name])
        for side, size in zip(_SIDES[name], array.shape, strict=fits):
            fits = fits and sizes.setdefault(side, size) == size
        if not fits:
            raise ValueError(_shape_complaint(name, array, equation, sizes))
        arrays.append(array)
    return arrays


def _dtype_complaint(name: str, array: NDArray[Any], equation: str) -> str:
    remedies = dict.fromkeys("iub", "convert it first: astype(float)")
    remedies["c"] = "pass its real and imaginary parts one after the other"
    remedy = remedies.get(array.dtype.kind, "build it with numpy.array(values, dtype=float)")
    return (
        f"{name} has dtype {array.dtype} and shape {array.shape}, but {equation}, takes real "
        f"floating arrays; {remedy}"
    )


def _shape_complaint(name: str, array: NDArray[Any], equation: str, sizes: dict[str, int]) -> str:
    sides = _SIDES[name]
    letters = f"({', '.join(sides)})" if len(sides) > 1 else f"({sides},)"
    known = " and ".join(f"{side} = {sizes[side]}" for side in sides if side in sizes)
    return (
        f"{name} has shape {array.shape}, expected {letters}{known and f' with {known}'} in "
        f"{equation}; nothing is broadcast, so give it exactly that shape"
    )
