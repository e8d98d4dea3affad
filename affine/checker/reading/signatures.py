"""Which argument and which result is which: by name, by elimination, and else by position."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from affine.checker.exceptions import NotThreeGradients
from affine.checker.reading.vocabulary import by_role, plain, role

__all__ = [
    "Parameters", "backward_plan", "describe_result", "entries", "forward_plan", "out_and_cache",
    "parameters", "unpack_gradients",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameters:
    """The positional parameters of a callable: their names, and how many have no default."""

    names: tuple[str, ...] = ()
    required: int = 0
    is_known: bool = True

    def takes(self, count: int) -> bool:
        """Whether this many positional arguments fit, as far as that is known."""
        return not self.is_known or self.required <= count <= len(self.names)

    def __str__(self) -> str:
        return f"({', '.join(self.names)})" if self.is_known else ""


def parameters(function: Callable[..., Any], skip: int = 0) -> Parameters:
    """Return the positional parameters after the first few, which no caller passes."""
    try:
        found = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        return Parameters(is_known=False)
    if any(one.kind is one.VAR_POSITIONAL for one in found):
        return Parameters(is_known=False)
    if any(one.kind is one.KEYWORD_ONLY and one.default is one.empty for one in found):
        return Parameters((), 1)  # nothing fits
    given = [one for one in found if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    required = sum(one.default is one.empty for one in given)
    return Parameters(tuple(one.name for one in given), required)


def forward_plan(known: Parameters) -> tuple[str, ...] | None:
    """Return the order in which a forward pass takes x, w and b, None where it does not."""
    usual = ("x", "w", "b")
    if not known.is_known:
        return usual
    return _ordered(known.names[:3], usual) if known.takes(3) else None


_BACKWARD = (("dout",), ("dout", "cache"), ("dout", "x", "w"), ("dout", "x", "w", "b"))


def backward_plan(known: Parameters) -> tuple[str, ...] | None:
    """Return the order in which a backward pass takes dout, x, w, b or a cache, if it is plain."""
    if not known.is_known:
        return ("dout", "x", "w")
    # Two arguments are enough for every form; more only where they have no default.
    for count in dict.fromkeys((max(known.required, 2), 2, 3, 1)):
        if known.takes(count) and count <= len(_BACKWARD):
            return _ordered(known.names[:count], _BACKWARD[count - 1])
    return None


def _ordered(names: Sequence[str], usual: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return what each name stands for; None where names and usual places contradict."""
    roles = [role(name) for name in names]
    if "cache" in roles and "cache" not in usual:
        return None
    is_letter = "a" in names and not {"x", "w"} & set(roles)  # of a, b, c
    # In statistics beta is the weights, elsewhere the bias: the others decide.
    vague = {"beta", "b"} if is_letter else {"beta"}
    named = [
        one if one in usual and plain(name) not in vague else ""
        for one, name in zip(roles, names, strict=True)
    ]
    left = [one for one in usual if one not in named]
    if len(left) == named.count("") <= 1:
        return tuple(one or left[0] for one in named)
    last = (*usual[1:], "dout")
    for plan in (last, usual) if named[-1] == "dout" else (usual,):
        if all(one in ("", place) for one, place in zip(named, plan, strict=True)):
            return plan
    return None


def out_and_cache(result: Any) -> tuple[Any, Any]:
    """Return a forward pass's out and its cache, None where there is no cache."""
    return result if isinstance(result, tuple) and len(result) == 2 else (result, None)


def unpack_gradients(result: Any, source: str = "backward") -> tuple[Any, Any, Any]:
    """Return a backward pass's dx, dw and db."""
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], Mapping):
        beside = by_role(entries(result[1]), needed="wb")
        named = beside and {**beside, "x": result[0]}
    else:
        named = by_role(entries(result))
    if named:
        return named["x"], named["w"], named["b"]
    if isinstance(result, (tuple, list)) and len(result) == 3:
        return result[0], result[1], result[2]
    expected = "but should return dx, dw and db"
    raise NotThreeGradients(f"{source} returned {describe_result(result)}, {expected}")


def entries(result: Any) -> dict[str, Any]:
    """Return what a result holds by name."""
    if isinstance(result, Mapping):
        return {str(key): value for key, value in result.items()}
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return dict(zip(result._fields, result, strict=True))
    # Any class with slots or attributes, but no array: those have no dx either.
    return dict(getattr(result, "__dict__", {}))


def describe_result(result: Any) -> str:
    """Return in words what a result is."""
    if isinstance(result, (tuple, list)):
        inside = ", ".join(type(entry).__name__ for entry in result[:5])
        return f"a {type(result).__name__} of {inside or 'nothing'}"
    if isinstance(result, Mapping):
        return f"a {type(result).__name__} with the keys {', '.join(map(str, list(result)[:5]))}"
    return "None" if result is None else f"one {type(result).__name__}"
