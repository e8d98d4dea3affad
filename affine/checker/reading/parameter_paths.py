"""Where an object keeps its weights and its bias, and how to put others there."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from affine.checker.reading.signatures import gradient_role, role
from affine.checker.reading.target import TargetError
from affine.layer import Array

__all__ = [
    "ParameterPath",
    "Parts",
    "attributes",
    "is_array",
    "parts_of",
    "properties",
    "public_arrays",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class ParameterPath:
    """A path from an object to one of its arrays: attributes as text, entries as tuples."""

    path: tuple[str | tuple[Any], ...]

    def get(self, owner: Any) -> Any:
        """Return what is there."""
        for step in self.path:
            owner = getattr(owner, step) if isinstance(step, str) else owner[step[0]]
        return owner

    def put(self, owner: Any, value: Any) -> None:
        """Put a value there."""
        *way, last = self.path
        owner = ParameterPath(tuple(way)).get(owner)
        if isinstance(last, str):
            setattr(owner, last, value)
        else:
            owner[last[0]] = value

    def code(self, owner: str) -> str:
        """Return the expression for it.

        Examples:
            >>> ParameterPath(("params", ("W",))).code("layer")
            "layer.params['W']"
        """
        steps = (f".{one}" if isinstance(one, str) else f"[{one[0]!r}]" for one in self.path)
        return owner + "".join(steps)

    @property
    def role(self) -> str:
        """What its names say that it is."""
        found = [role(str(step if isinstance(step, str) else step[0])) for step in self.path]
        return next((one for one in found if one in ("w", "b")), "")

    @property
    def is_gradient(self) -> bool:
        """Whether its names say that it is a gradient, or what an optimiser keeps."""
        names = [str(step if isinstance(step, str) else step[0]) for step in self.path]
        return any(
            gradient_role(name) or name.strip("_").lower().startswith(("grad", "veloc", "moment"))
            for name in names
        )


@dataclass(frozen=True, slots=True)
class Parts:
    """The weights and the bias of a class that is built by sizes.

    Attributes:
        weights: Every place that holds the weights.
        bias: Every place that holds the bias.
        transposed: Whether the weights are stored as Wᵀ, (M, D).
        bias_row: Whether the bias is stored as one row, (1, M).
        outputs_first: Whether the class takes (M, D) rather than (D, M).
    """

    weights: tuple[ParameterPath, ...]
    bias: tuple[ParameterPath, ...]
    transposed: bool
    bias_row: bool
    outputs_first: bool = False

    def put(self, owner: Any, w: Array, b: Array) -> None:
        """Give an instance its weights and its bias, in the shapes that it keeps them in."""
        w = w.T if self.transposed else w
        b = b.reshape(1, -1) if self.bias_row else b
        for places, value in ((self.weights, w), (self.bias, b)):
            for place in places:
                place.put(owner, value)


def is_array(value: Any) -> bool:
    """Whether a value is an array of NumPy or of a framework.

    Examples:
        >>> is_array([1.0])
        False
    """
    return hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, type)


def attributes(owner: Any) -> dict[str, Any]:
    """Return what an instance holds, in `__dict__` or in slots.

    Examples:
        >>> attributes(ParameterPath(("W",)))
        {'path': ('W',)}
    """
    slots = [slot for kind in type(owner).__mro__ for slot in _slots(kind)]
    held = {slot: getattr(owner, slot) for slot in slots if hasattr(owner, slot)}
    return held | dict(getattr(owner, "__dict__", {}))


def properties(owner: Any, is_wanted: Callable[[str], object]) -> dict[str, Any]:
    """Return the values of the properties with wanted names, of those that give one.

    Examples:
        >>> sorted(properties(ParameterPath(("W",)), {"role", "is_gradient"}.__contains__))
        ['is_gradient', 'role']
    """
    names = [name for kind in type(owner).__mro__ for name, one in vars(kind).items()
             if isinstance(one, (property, cached_property)) and is_wanted(name)]  # fmt: skip
    found = {}
    for name in names:
        # Whatever the user's code raises: before the backward pass there may be no gradient.
        with suppress(Exception):
            found[name] = getattr(owner, name)
    return found


def _slots(kind: type) -> list[str]:
    slots = vars(kind).get("__slots__", ())
    names = [slots] if isinstance(slots, str) else list(slots)
    return [name for name in names if name not in ("__dict__", "__weakref__")]


def _arrays(owner: Any) -> Iterator[tuple[ParameterPath, Any]]:
    """Yield the arrays among the attributes, in containers, and in parameter objects."""
    for name, value in attributes(owner).items():
        if is_array(value):
            yield ParameterPath((name,)), value
        elif isinstance(value, (Mapping, list)):
            entries = value.items() if isinstance(value, Mapping) else enumerate(value)
            yield from (
                (ParameterPath((name, (key,))), one) for key, one in entries if is_array(one)
            )
        elif not callable(value):
            inside = getattr(value, "__dict__", {}).items()
            yield from ((ParameterPath((name, key)), one) for key, one in inside if is_array(one))


def public_arrays(owner: Any) -> Iterator[tuple[ParameterPath, Any]]:
    """Yield the arrays that a user may write to: parameters, under their public names."""
    for place, array in _arrays(owner):
        if not str(place.path[0]).startswith("_") and not place.is_gradient:
            yield place, array
    for name, value in properties(owner, lambda name: role(name) in ("w", "b")).items():
        if is_array(value) and not name.startswith("_"):
            yield ParameterPath((name,)), value


def parts_of(owner: Any, sizes: tuple[int, int], label: str) -> Parts | None:
    """Return where an instance keeps weights and bias, None where it has no weights.

    Args:
        owner: An instance built with the two sizes, which differ.
        sizes: The sizes in the order in which they were given.
        label: What messages call it.

    Raises:
        TargetError: It has weights, but which, or how they are stored, is not clear.
    """
    first, second = sizes
    held = [(place, array) for place, array in _arrays(owner) if not place.is_gradient]
    weights = [one for one in held if tuple(one[1].shape) in ((first, second), (second, first))]
    if not weights:
        return None
    kept = _one(weights, "w", label)
    shape = tuple(kept[0][1].shape)
    biases = [one for one in held if _is_vector(one[1], sizes) and one[0].role != "w"]
    if not biases:
        raise TargetError(
            f"{label} has weights but no bias among its attributes; "
            "the affine layer is XW + b, so give it a bias of M entries"
        )
    bias = _one(biases, "b", label)
    vector = tuple(bias[0][1].shape)
    if len(vector) == 2 and vector[1] == 1:
        raise TargetError(
            f"{label} keeps its bias as a column {vector}: W·X for data points in columns is "
            "another layout than XW + b; put data points in rows"
        )
    outputs = vector[-1]
    return Parts(
        weights=tuple(place for place, _ in kept),
        bias=tuple(place for place, _ in bias),
        transposed=shape[0] == outputs,
        bias_row=len(vector) == 2,
        outputs_first=outputs == first,
    )


def _is_vector(array: Any, sizes: tuple[int, int]) -> bool:
    shape = tuple(array.shape)
    return len(shape) in (1, 2) and any(
        shape in ((size,), (1, size), (size, 1)) for size in sizes if size > 1
    )


def _one(
    found: list[tuple[ParameterPath, Any]], wanted: str, label: str
) -> list[tuple[ParameterPath, Any]]:
    """Return every place of the one array that is meant."""
    named = [one for one in found if one[0].role == wanted] or found
    array = named[0][1]
    if any(other is not array for _, other in named):
        places = ", ".join(place.code(label) for place, _ in named)
        name = {"w": "weights", "b": "bias"}[wanted]
        example = {"w": "W", "b": "b"}[wanted]
        raise TargetError(
            f"{places} could each be the {name}; keep them in one attribute, {example}"
        )
    return [one for one in found if one[1] is array]
