"""What a property is: a sentence about every affine layer, as a function of (layer, case)."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import cleandoc
from typing import Literal, TypeAlias

from affine.layer import Case, Layer

__all__ = ["Property", "identity"]

Check: TypeAlias = Callable[[Layer, Case], None]


@dataclass(frozen=True, slots=True)
class Property:
    """One executable identity: it returns, or raises a `Violation`.

    Attributes:
        check: The function (layer, case).
        equations: Tags of the equations that it tests.
        catches: A mistake that it finds, in one sentence.
        profile: `textbook` where every correct layer must satisfy it, `library` where a
            published one should.
        values_of: Which values it takes: `integers`, for which every sum is exact, `reals`
            or `any`.
        needs: The optional function of the layer that it calls, `""` for none.

    Examples:
        >>> from affine.properties import PROPERTIES
        >>> PROPERTIES["dw_is_xt_dout"].equations
        ('dw',)
    """

    check: Check
    equations: tuple[str, ...]
    catches: str
    profile: Literal["textbook", "library"]
    values_of: Literal["integers", "reals", "any"]
    needs: Literal["", "jvp", "per_sample_gradients"]

    @property
    def name(self) -> str:
        """The sentence, which is public: function, report, and heading on the site."""
        return self.check.__name__

    @property
    def group(self) -> str:
        """The module that holds it: value, algebra, batch, contract, memory or special."""
        return self.check.__module__.rpartition(".")[2]

    @property
    def doc(self) -> str:
        """Its docstring."""
        return cleandoc(self.check.__doc__ or "")

    def is_observable_on(self, layer: Layer) -> bool:
        """Whether the layer has the function that the property is about."""
        return not self.needs or getattr(layer, self.needs) is not None

    def __call__(self, layer: Layer, case: Case) -> None:
        """Raise a `Violation` if the layer breaks the property on the case."""
        self.check(layer, case)


def identity(
    *equations: str,
    catches: str,
    profile: Literal["textbook", "library"] = "textbook",
    values_of: Literal["integers", "reals", "any"] = "integers",
    needs: Literal["", "jvp", "per_sample_gradients"] = "",
) -> Callable[[Check], Property]:
    """Make a property of a function (layer, case), bound to the equations that it tests.

    Examples:
        >>> @identity("out", catches="a forward pass that raises")
        ... def forward_returns(layer, case):
        ...     layer.forward(*case.point[:3])
        >>> forward_returns.name
        'forward_returns'
    """
    return lambda check: Property(check, equations, catches, profile, values_of, needs)
