"""What a property is: a sentence about every affine layer, as a function of (layer, case)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from inspect import cleandoc
from typing import Any, Literal, TypeAlias

from affine.cases import ValueKind
from affine.layer import VJP_VARIANTS, Array, Call, Case, Layer, Results, intercept_calls
from affine.memory import copied
from affine.properties.comparisons import copies

__all__ = ["Property", "checks", "isolated"]

Check: TypeAlias = Callable[[Layer, Case], None]
Profile: TypeAlias = Literal["textbook", "note", "library", "framework"]


@dataclass(frozen=True, slots=True)
class Property:
    """One executable identity: it returns, or raises a `Violation`.

    Each varies only what it is about; everything else is plain.

    Attributes:
        check: The function (layer, case).
        equations: Tags of the equations that it tests.
        catches: A mistake that it finds, in one sentence.
        profile: `textbook` where every correct layer must satisfy it, `note` where a
            correct one may not and it is worth knowing, `library` where a published one
            should, `framework` where it is about compiling and batching.
        values: Which values it takes: `integers`, for which every sum is exact, `reals`
            or `any`.
        sizes: Which sizes it takes, as in `affine.strategies.sizes`.
        layouts: Whether the operands lie in memory in different ways.
        isolated: Whether each call gets copies of its own, so that only a property about
            memory sees what is done to arguments and results afterwards.
        needs: The variant of the layer that it calls, `""` for none.
        points_to: What its failure points to, the likeliest first: detectors of
            `affine.checker.diagnosis`, by name, or the mistake that any other failure is.

    Examples:
        >>> from affine.properties import PROPERTIES
        >>> PROPERTIES["dw_is_xt_dout"].equations
        ('dw', 'rounding-bound')
    """

    check: Check
    equations: tuple[str, ...]
    catches: str
    profile: Profile = "textbook"
    values: ValueKind = "integers"
    sizes: str = "usual"
    layouts: bool = False
    isolated: bool = True
    needs: str = ""
    points_to: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The sentence, which is public: function, report, and heading on the site."""
        return self.check.__name__

    @property
    def group(self) -> str:
        """The module that holds it, such as `value` or `memory`."""
        return self.check.__module__.rpartition(".")[2]

    @property
    def doc(self) -> str:
        """Its docstring."""
        return cleandoc(self.check.__doc__ or "")

    def is_observable_on(self, layer: Layer) -> bool:
        """Whether the form of the layer leaves something to observe, and has what is needed."""
        if self.name in layer.not_applicable:
            return False
        return not self.needs or self.needs in layer.variants

    def __call__(self, layer: Layer, case: Case) -> None:
        """Raise a `Violation` if the layer breaks the property on the case."""
        try:
            self.check(isolated(layer) if self.isolated else layer, case)
        finally:
            layer.memory.release()


def checks(*equations: str, catches: str, **about: Any) -> Callable[[Check], Property]:
    """Make a property of a function (layer, case), bound to the equations that it tests.

    Args:
        equations: Tags.
        catches: A mistake that it finds, in one sentence.
        about: The other attributes of `Property`, where they are not the usual ones.

    Examples:
        >>> @checks("out", catches="a forward pass that raises")
        ... def forward_returns(layer, case):
        ...     layer.forward(*case.primal[:3])
        >>> forward_returns.name
        'forward_returns'
    """
    return lambda check: Property(check, equations, catches, **about)


# ------------------------------------------------------------------ calls that share nothing


def isolated(layer: Layer) -> Layer:
    """Return the layer with copies made at every call, on the way in and on the way out.

    Without it a layer that reuses a buffer, or writes to an argument, would fail a property about
    values for a reason that has nothing to do with it.

    Examples:
        >>> def vjp(x, w, b):
        ...     x *= 2
        ...     return x, lambda dout: (dout, w, b)
        >>> import numpy as np
        >>> x = np.ones((1, 1))
        >>> isolated(Layer("writes", vjp)).forward(x, x, np.ones(1)), x
        (array([[2.]]), array([[1.]]))
    """
    if layer.copies_arguments:
        return layer
    others = layer.variants.keys() - VJP_VARIANTS
    copying = {name: _copying(layer.variants[name]) for name in others}
    return intercept_calls(replace(layer, variants={**layer.variants, **copying}), _copies)


def _copies(call: Call) -> tuple[Call, Callable[[Results], Results]]:
    return [array.copy() for array in call], copies


def _copying(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Array) -> Any:
        results = function(*(argument.copy() for argument in arguments))
        return tuple(map(copied, results)) if isinstance(results, tuple) else copied(results)

    return call
