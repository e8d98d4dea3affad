"""Passes that use arrays of another library, seen through NumPy's."""

from collections.abc import Callable
from typing import Any, TypeAlias

from affine.layer import Array, Pullback

__all__ = ["VJP", "converted"]

VJP: TypeAlias = Callable[[Array, Array, Array], tuple[Array, Pullback]]


def converted(vjp: VJP, inward: Callable[[Array], Any], outward: Callable[[Any], Any]) -> VJP:
    """Return passes that take and give NumPy's arrays.

    Args:
        vjp: The passes, which take and give what `inward` returns.
        inward: From an array to what they take.
        outward: Back to an array; what is none of theirs, as it is.

    Examples:
        >>> def of_lists(x, w, b):
        ...     return [x[0] * w[0] + b[0]], lambda g: ([g[0] * w[0]], [g[0] * x[0]], g)
        >>> import numpy as np
        >>> out, pullback = converted(of_lists, np.ndarray.tolist, np.array)(*np.ones((3, 1)))
        >>> out, pullback(np.full(1, 5.0))
        (array([2.]), (array([5.]), array([5.]), array([5.])))
    """

    def through(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pullback = vjp(inward(x), inward(w), inward(b))

        def pulled(dout: Array) -> tuple[Array, Array, Array]:
            dx, dw, db = pullback(inward(dout))
            return outward(dx), outward(dw), outward(db)

        return outward(out), pulled

    return through
