"""The layer under test, and one input to test it on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Case", "Layer", "Operands", "Pullback"]

Array: TypeAlias = NDArray[Any]
Pullback: TypeAlias = Callable[[Array], tuple[Array, Array, Array]]
"""From dout to (dx, dw, db), for the forward pass that it belongs to."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer under test: a record of functions, whatever form the code has.

    Attributes:
        name: How reports call it.
        vjp: From (x, w, b) to (out, pullback), for [(out)][eq-out], [(dx)][eq-dx],
            [(dw)][eq-dw] and [(db)][eq-db].
        jvp: From (x, w, x_dot, w_dot, b_dot) to out_dot, [(jvp)][eq-jvp], if it has one.
        per_sample_gradients: From (dout, x, w) to the terms of the batch sum,
            [(per-sample)][eq-per-sample], if it has one.

    Examples:
        >>> def vjp(x, w, b):
        ...     return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout, dout.sum(0))
        >>> layer = Layer("mine", vjp)
        >>> one = np.ones((1, 1))
        >>> layer.forward(one, one, np.ones(1))
        array([[2.]])
    """

    name: str
    vjp: Callable[[Array, Array, Array], tuple[Array, Pullback]]
    jvp: Callable[..., Array] | None = None
    per_sample_gradients: Callable[..., tuple[Array, Array, Array]] | None = None

    def forward(self, x: Array, w: Array, b: Array) -> Array:
        """Return out of one fresh forward pass."""
        return self.vjp(x, w, b)[0]

    def backward(self, x: Array, w: Array, b: Array, dout: Array) -> tuple[Array, Array, Array]:
        """Return (dx, dw, db) of one fresh forward and backward pass."""
        dx, dw, db = self.vjp(x, w, b)[1](dout)
        return dx, dw, db

    def results(self, x: Array, w: Array, b: Array, dout: Array) -> dict[str, Array]:
        """Return out, dx, dw and db of one fresh forward and backward pass, by name."""
        out, pullback = self.vjp(x, w, b)
        dx, dw, db = pullback(dout)
        return {"out": out, "dx": dx, "dw": dw, "db": db}


class Operands(NamedTuple):
    """The four arrays that one forward and backward pass take.

    Examples:
        >>> Operands(
        ...     x=np.zeros((4, 3)), w=np.zeros((3, 2)), b=np.zeros(2), dout=np.zeros((4, 2))
        ... ).sizes
        (4, 3, 2)
    """

    x: Array
    w: Array
    b: Array
    dout: Array

    @property
    def sizes(self) -> tuple[int, int, int]:
        """N, D and M."""
        return (*self.x.shape, self.b.shape[0])

    def map(self, function: Callable[[Array], Array]) -> "Operands":
        """Return the operands with a function applied to each.

        Examples:
            >>> one = np.ones((1, 1))
            >>> Operands(one, one, np.ones(1), one).map(np.negative).b
            array([-1.])
        """
        return Operands(*(function(array) for array in self))


@dataclass(frozen=True, slots=True)
class Case:
    """One input to a property.

    Attributes:
        point: Where the layer is evaluated.
        step: A second set of the same shapes: a direction, or a second argument.
        choice: A number from which a property picks a row, a split or an order.

    Examples:
        >>> point = Operands(np.eye(2), np.eye(2), np.zeros(2), np.ones((2, 2)))
        >>> Case(point, point, choice=5).pick(3)
        2
    """

    point: Operands
    step: Operands
    choice: int = 0

    def pick(self, count: int) -> int:
        """Return a number below `count`, the same each time."""
        return self.choice % count

    def order(self, count: int) -> NDArray[np.intp]:
        """Return a permutation of `count` items, the same each time.

        Examples:
            >>> point = Operands(np.eye(2), np.eye(2), np.zeros(2), np.ones((2, 2)))
            >>> Case(point, point, choice=1).order(3)
            array([1, 2, 0])
        """
        # A rotation, reversed for odd multiples of `count`.
        rotated = np.roll(np.arange(count), -self.choice % max(count, 1))
        return rotated[::-1] if self.choice // max(count, 1) % 2 else rotated

    def crops(self) -> Iterator["Case"]:
        """Yield every case that lacks the first or last row, feature or output, or several of them.

        Crops are views: they keep the memory layout.

        Examples:
            >>> point = Operands(np.ones((2, 1)), np.eye(1), np.zeros(1), np.ones((2, 1)))
            >>> [crop.point.sizes for crop in Case(point, point).crops()]
            [(1, 1, 1), (1, 1, 1)]
        """
        ends = (slice(None), slice(1, None), slice(None, -1))
        for n, d, m in product(ends, repeat=3):
            cut = [
                Operands(x[n, d], w[d, m], b[m], dout[n, m])
                for x, w, b, dout in (self.point, self.step)
            ]
            if (n, d, m) != ends[:1] * 3 and min(cut[0].sizes) > 0:
                yield Case(cut[0], cut[1], self.choice)

    def float64(self) -> "Case":
        """Return the case in float64, where small integers have headroom for longer products."""
        return Case(self.point.map(_float64), self.step.map(_float64), self.choice)


def _float64(array: Array) -> Array:
    return array.astype(np.float64)
