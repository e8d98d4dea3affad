"""The layer under test, and one input to test it on."""

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from affine.memory import Memory
from affine.quantities import GRADIENTS

__all__ = [
    "GRADIENTS", "VJP", "VJP_VARIANTS", "Array", "Call", "Case", "Layer", "Operands", "OutOfTime",
    "Pullback", "Results", "WorkerDied", "both_passes", "by_name", "intercept_calls",
]  # fmt: skip

Array: TypeAlias = NDArray[Any]
Pullback: TypeAlias = Callable[[Array], tuple[Array, Array, Array]]
"""From dout to (dx, dw, db), for the forward pass that it belongs to."""
VJP: TypeAlias = Callable[[Array, Array, Array], tuple[Array, Pullback]]
Call: TypeAlias = Sequence[Array]
"""What one call is given: (x, w, b) for a forward pass, (x, w, b, dout) for both passes."""
Results: TypeAlias = dict[str, Array]
"""What one call returned, by name: out, and dx, dw and db after a backward pass."""

VJP_VARIANTS = (
    "with_extra_axes", "on_reused_instance", "then_next_batch", "after_update", "with_leading_axes",
    "compiled",
)  # fmt: skip
"""The variants of a layer that are called as `vjp` is, and return (out, pullback)."""


class WorkerDied(Exception):
    """The process of the layer ended or hung in a call: there is no result to judge."""


class OutOfTime(BaseException):
    """The time of a check is up. It says nothing about the layer, so no handler of errors sees it.

    Each step of a check catches it, and reports what was done until then.
    """


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer under test: a record of functions, whatever form the code has.

    The properties of a variant that a form lacks are not observable.

    Attributes:
        name: How reports call it.
        vjp: From (x, w, b) to (out, pullback), for [(out)][eq-out], [(dx)][eq-dx],
            [(dw)][eq-dw] and [(db)][eq-db].
        variants: Other functions that the form offers, by name.

            - `jvp`: from (x, w, x_dot, w_dot, b_dot) to out_dot, [(jvp)][eq-jvp].
            - `per_sample_gradients`: from (dout, x, w) to the terms of the batch sum,
              [(per-sample)][eq-per-sample].
            - `with_extra_axes`: as vjp, for an x of more than two axes, which the layer flattens
              to (N, D); dx comes back in the shape of x.
            - `with_leading_axes`: as vjp, for an x and a dout with leading batch axes.
            - `on_reused_instance`: as vjp, through an instance that has run other batches before,
              of `x[:1] + 1` and `x + 1` in turn, with `out + 1` for dout.
            - `then_next_batch`: as vjp, through an instance that runs one more batch before it
              hands the gradients out.
            - `after_update`: as vjp, through an instance that has run such batches with other
              parameters, which were then updated in place.
            - `compiled`: as vjp, through the framework's compiler.
            - `vmapped`: from (xs, w, b, douts), stacked along a new first axis, to (outs, dxs, dws,
              dbs), through the framework's vectorisation.
            - `with_frozen_operands`: from (x, w, b, dout, needed) to (out, dx, dw, db), where
              `needed` says of each of x, w and b whether it needs a gradient; of one that does
              not, the gradient is None.
        form: How the code is written, in the words of reports.
        usage: Python code that defines `vjp` with the user's own functions, for reproductions.
        folder: Where that code finds what it imports, `""` for the working directory.
        not_applicable: Properties that the form makes vacuous, each with the reason.
        compiles_per_shape: Whether every new shape costs a compilation.
        batch: From many calls to their results, one after the other, where that is quicker than
            each by itself.
        memory: What the layer shares with its caller.
        copies_arguments: Whether every call gets copies of its arguments, and returns copies,
            unless they are lent by `memory`.
        own_state_changes: As `state_changes`, in the process of the layer.
        remarks: What is to be known of how the layer was read, for the notes of a report.
        dtypes: The only floating dtypes that the layer takes; any, if there is none.
        by_steps: Whether dw and db are seen as the step that a backward pass takes: the weights
            before it, less those after it. So they are rounded twice more.
        columns: Whether its data points are columns, as the layer itself keeps them.
        transposed: Whether its weight is Wᵀ, as the layer itself keeps it.

    Examples:
        >>> def vjp(x, w, b):
        ...     return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout, dout.sum(0))
        >>> layer = Layer("mine", vjp)
        >>> one = np.ones((1, 1))
        >>> layer.forward(one, one, np.ones(1))
        array([[2.]])
    """

    name: str
    vjp: VJP
    variants: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    form: str = ""
    usage: str = ""
    folder: str = ""
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    compiles_per_shape: bool = False
    batch: Callable[[Sequence[Call]], Iterator[Results]] | None = None
    memory: Memory = field(default_factory=Memory)
    copies_arguments: bool = False
    own_state_changes: Callable[..., Sequence[str]] | None = None
    remarks: Sequence[str] = ()
    dtypes: Sequence[str] = ()
    by_steps: bool = False
    columns: bool = False
    transposed: bool = False

    def forward(self, x: Array, w: Array, b: Array) -> Array:
        """Return out of one fresh forward pass."""
        return next(self.results_of([(x, w, b)]))["out"]

    def backward(self, x: Array, w: Array, b: Array, dout: Array) -> tuple[Array, Array, Array]:
        """Return (dx, dw, db) of one fresh forward and backward pass."""
        got = self.results(x, w, b, dout)
        return got["dx"], got["dw"], got["db"]

    def results(self, x: Array, w: Array, b: Array, dout: Array) -> Results:
        """Return out, dx, dw and db of one fresh forward and backward pass, by name."""
        return next(self.results_of([(x, w, b, dout)]))

    def results_of(self, calls: Iterable[Call]) -> Iterator[Results]:
        """Yield the results of each call, in order; what raises, raises where its turn comes.

        Examples:
            >>> def vjp(x, w, b):
            ...     return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout, dout.sum(0))
            >>> one = np.ones((1, 1))
            >>> for got in Layer("mine", vjp).results_of([(one, one, one[0]), (one,) * 4]):
            ...     print(sorted(got))
            ['out']
            ['db', 'dw', 'dx', 'out']
        """
        if self.batch is not None:
            yield from self.batch(list(calls))
            return
        for call in calls:
            yield both_passes(self.vjp, call)

    def state_changes(self, x: Array, w: Array, b: Array, dout: Array) -> Sequence[str]:
        """Return what both passes change that a layer should leave as it was, in words.

        Examples:
            >>> def vjp(x, w, b):
            ...     np.random.seed(0)
            ...     return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout, dout.sum(0))
            >>> one = np.ones((1, 1))
            >>> Layer("mine", vjp).state_changes(one, one, one[0], one)
            ["numpy.random's global state"]
        """
        if self.own_state_changes is not None:
            return self.own_state_changes(x, w, b, dout)
        # A seed may be reset to the very state that is there: move on from it first.
        np.random.random()  # noqa: NPY002 (the global state is meant)
        random.random()
        before = _process_state()
        self.results(x, w, b, dout)
        after = _process_state()
        return [name for name in before if before[name] != after[name]]


def _process_state() -> Mapping[str, object]:
    kind, keys, *rest = np.random.get_state(legacy=True)  # noqa: NPY002 (the global state is meant)
    return {
        "numpy.random's global state": (kind, np.asarray(keys).tobytes(), *rest),
        "random's global state": random.getstate(),
        "numpy.geterr()": np.geterr(),
    }


def by_name(gradients: tuple[Array, Array, Array]) -> Results:
    """Return the gradients by name."""
    dx, dw, db = gradients
    return {"dx": dx, "dw": dw, "db": db}


def both_passes(vjp: VJP, call: Call) -> Results:
    """Return what one call gives by name, the arrays themselves."""
    x, w, b, *dout = call
    out, pullback = vjp(x, w, b)
    return {"out": out, **(by_name(pullback(*dout)) if dout else {})}


def intercept_calls(
    layer: Layer,
    view: Callable[[Call], tuple[Call, Callable[[Results], Results]]],
    variants: Iterable[str] = VJP_VARIANTS,
) -> Layer:
    """Return the layer as it looks through a view of each call.

    Args:
        layer: The layer.
        view: From a call to the one that is made, and to the function that its results go through.
        variants: Which variants are seen so, beside `vjp`.

    Examples:
        >>> def vjp(x, w, b):
        ...     return x @ w + b, lambda dout: (dout @ w.T, x.T @ dout, dout.sum(0))
        >>> def doubled(call):
        ...     return call, lambda got: {name: 2 * array for name, array in got.items()}
        >>> one = np.ones((1, 1))
        >>> intercept_calls(Layer("mine", vjp), doubled).forward(one, one, one[0])
        array([[4.]])
    """

    def viewed(function: VJP) -> VJP:
        def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
            call, after = view((x, w, b))
            out, pullback = function(*call)

            def pulled(dout: Array) -> tuple[Array, Array, Array]:
                call, after = view((x, w, b, dout))
                got = after(by_name(pullback(call[3])))
                return got["dx"], got["dw"], got["db"]

            return after({"out": out})["out"], pulled

        return vjp

    def batch(calls: Sequence[Call]) -> Iterator[Results]:
        views = [view(call) for call in calls]
        made = layer.batch([call for call, _ in views])  # type: ignore[misc]
        for (_, after), results in zip(views, made, strict=True):
            yield after(results)

    changed = {name: viewed(each) for name, each in layer.variants.items() if name in variants}
    return replace(
        layer, vjp=viewed(layer.vjp), variants={**layer.variants, **changed},
        batch=layer.batch and batch,
    )  # fmt: skip


class Operands(NamedTuple):
    """The four arrays that one forward and backward pass take.

    Examples:
        >>> point = Operands.of_sizes((4, 3, 2), np.zeros)
        >>> point.x.shape, point.sizes
        ((4, 3), (4, 3, 2))
    """

    x: Array
    w: Array
    b: Array
    dout: Array

    @classmethod
    def of_sizes(cls, sizes: Sequence[int], make: Callable[[Any], Array]) -> "Operands":
        """Return operands of sizes (N, D, M), each made from its shape."""
        n, d, m = sizes
        return cls(*map(make, ((n, d), (d, m), (m,), (n, m))))

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
        primal: Where the layer is evaluated.
        tangent: A second set of the same shapes: a direction, or a second argument.
        selector: A number from which a property picks a row, or a split.

    Examples:
        >>> point = Operands(np.eye(2), np.eye(2), np.zeros(2), np.ones((2, 2)))
        >>> Case(point, point, selector=5).pick(3)
        2
    """

    primal: Operands
    tangent: Operands
    selector: int = 0

    def pick(self, count: int) -> int:
        """Return a number below `count`, the same each time."""
        return self.selector % count

    def cut(self, n: slice, d: slice, m: slice) -> "Case":
        """Return the case with only these rows, features and outputs, as views.

        Examples:
            >>> point = Operands(np.ones((2, 1)), np.eye(1), np.zeros(1), np.ones((2, 1)))
            >>> Case(point, point).cut(slice(1), slice(1), slice(1)).primal.sizes
            (1, 1, 1)
        """

        def cut(whole: Operands) -> Operands:
            x, w, b, dout = whole
            return Operands(x[n, d], w[d, m], b[m], dout[n, m])

        return Case(cut(self.primal), cut(self.tangent), self.selector)
