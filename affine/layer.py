"""The layer under test, and one input to test it on."""

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Case", "Layer", "LayerGone", "Operands", "Pullback", "process_state"]

Array: TypeAlias = NDArray[Any]
Pullback: TypeAlias = Callable[[Array], tuple[Array, Array, Array]]
"""From dout to (dx, dw, db), for the forward pass that it belongs to."""


class LayerGone(Exception):
    """The process of the layer ended or hung in a call: there is no result to judge."""


def process_state() -> Mapping[str, object]:
    """Return what a layer should leave as it found it: random states and NumPy's error state.

    Examples:
        >>> list(process_state())
        ["numpy.random's global state", "random's global state", 'numpy.geterr()']
    """
    kind, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002 (the global state is meant)
    return {
        "numpy.random's global state": (kind, np.asarray(keys).tobytes(), *rest),
        "random's global state": random.getstate(),
        "numpy.geterr()": np.geterr(),
    }


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer under test: a record of functions, whatever form the code has.

    What a form lacks is None, and the properties of it are not observable.

    Attributes:
        name: How reports call it.
        vjp: From (x, w, b) to (out, pullback), for [(out)][eq-out], [(dx)][eq-dx],
            [(dw)][eq-dw] and [(db)][eq-db].
        jvp: From (x, w, x_dot, w_dot, b_dot) to out_dot, [(jvp)][eq-jvp], if it has one.
        per_sample_gradients: From (dout, x, w) to the terms of the batch sum,
            [(per-sample)][eq-per-sample], if it has one.
        flattening: As vjp, for an x of more than two axes, which the layer flattens to (N, D);
            dx comes back in the shape of x.
        reused: As vjp, through an instance that has run other batches before, of `x[:1] + 1` and
            `x + 1` in turn, with `out + 1` for dout.
        followed: As vjp, through an instance that runs one more batch before it hands the
            gradients out.
        updated: As vjp, through an instance that has run such batches with other parameters,
            which were then updated in place.
        stacked: As vjp, for an x and a dout with leading batch axes.
        compiled: As vjp, through the framework's compiler.
        vmapped: From (xs, w, b, douts), stacked along a new first axis, to (outs, dxs, dws, dbs),
            through the framework's vectorisation.
        form: How the code is written, in the words of reports.
        usage: Python code that defines `vjp` with the user's own functions, for reproductions.
        not_observable: Properties that the form makes vacuous, each with the reason.
        compiles_per_shape: Whether every new shape costs a compilation.
        state: What the process of the layer should be left with.

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
    flattening: Callable[[Array, Array, Array], tuple[Array, Pullback]] | None = None
    reused: Callable[[Array, Array, Array], tuple[Array, Pullback]] | None = None
    followed: Callable[[Array, Array, Array], tuple[Array, Pullback]] | None = None
    updated: Callable[[Array, Array, Array], tuple[Array, Pullback]] | None = None
    stacked: Callable[[Array, Array, Array], tuple[Array, Pullback]] | None = None
    compiled: Callable[[Array, Array, Array], tuple[Array, Pullback]] | None = None
    vmapped: Callable[..., tuple[Array, Array, Array, Array]] | None = None
    form: str = ""
    usage: str = ""
    not_observable: Mapping[str, str] = field(default_factory=dict)
    compiles_per_shape: bool = False
    state: Callable[[], Mapping[str, object]] = process_state

    def forward(self, x: Array, w: Array, b: Array) -> Array:
        """Return out of one fresh forward pass."""
        return self.vjp(x, w, b)[0]

    def backward(self, x: Array, w: Array, b: Array, dout: Array) -> tuple[Array, Array, Array]:
        """Return (dx, dw, db) of one fresh forward and backward pass."""
        _, dx, dw, db = self._both_passes(x, w, b, dout)
        return dx, dw, db

    def results(self, x: Array, w: Array, b: Array, dout: Array) -> dict[str, Array]:
        """Return out, dx, dw and db of one fresh forward and backward pass, by name."""
        out, dx, dw, db = self._both_passes(x, w, b, dout)
        return {"out": out, "dx": dx, "dw": dw, "db": db}

    def _both_passes(self, x: Array, w: Array, b: Array, dout: Array) -> tuple[Array, ...]:
        # In another process, both passes in one message take half as long.
        at_once = getattr(self.vjp, "results", None)
        if at_once is not None:
            return at_once(x, w, b, dout)  # type: ignore[no-any-return]
        out, pullback = self.vjp(x, w, b)
        dx, dw, db = pullback(dout)
        return out, dx, dw, db


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
        """Yield smaller cases: without the first or last half, quarter, …, one of each side.

        Rows, features and outputs are dropped in every combination: a mistake that needs two
        equal sizes survives only when both go down together. Crops are views: they keep the
        memory layout.

        Examples:
            >>> point = Operands(np.ones((2, 1)), np.eye(1), np.zeros(1), np.ones((2, 1)))
            >>> [crop.point.sizes for crop in Case(point, point).crops()]
            [(1, 1, 1), (1, 1, 1)]
        """
        part = max(self.point.sizes) // 2
        while part:
            ends = (slice(None), slice(part, None), slice(None, -part))
            for sides in product(ends, repeat=3):
                crop = self.cut(*sides)
                if min(crop.point.sizes) > 0 and crop.point.sizes != self.point.sizes:
                    yield crop
            part //= 2

    def cut(self, n: slice, d: slice, m: slice) -> "Case":
        """Return the case with only these rows, features and outputs, as views.

        Examples:
            >>> point = Operands(np.ones((2, 1)), np.eye(1), np.zeros(1), np.ones((2, 1)))
            >>> Case(point, point).cut(slice(1), slice(1), slice(1)).point.sizes
            (1, 1, 1)
        """

        def cut(whole: Operands) -> Operands:
            x, w, b, dout = whole
            return Operands(x[n, d], w[d, m], b[m], dout[n, m])

        return Case(cut(self.point), cut(self.step), self.choice)

    def float64(self) -> "Case":
        """Return the case in float64, where small integers have headroom for longer products."""
        return Case(self.point.map(_float64), self.step.map(_float64), self.choice)


def _float64(array: Array) -> Array:
    return array.astype(np.float64)
