"""Where an object keeps its weights and its bias, and how to put others there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from affine.checker.reading.target import TargetError
from affine.checker.reading.vocabulary import is_no_parameter, role
from affine.layer import Array

__all__ = ["ParameterPath", "Storage", "arrays_of", "attributes", "is_array", "storage_of"]

_PROPERTIES = (property, cached_property)


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
        """Return the expression for it, such as `layer.params['W']`."""
        steps = (f".{one}" if isinstance(one, str) else f"[{one[0]!r}]" for one in self.path)
        return owner + "".join(steps)

    @property
    def names(self) -> list[str]:
        """The attributes and keys on the way."""
        return [str(step if isinstance(step, str) else step[0]) for step in self.path]

    @property
    def role(self) -> str:
        """What its names say that it is: `w`, `b` or `""`."""
        return next((one for one in map(role, self.names) if one in ("w", "b")), "")


@dataclass(frozen=True, slots=True)
class Storage:
    """How an instance keeps its weights and its bias.

    Attributes:
        places: Where to put the weights, `w`, and the bias, `b`; none where it is built from them.
        transposed: Whether the weights are kept as Wᵀ, (M, D).
        bias_row: Whether the bias is kept as one row, (1, M).
        outputs_first: Whether the class takes (M, D) rather than (D, M).
    """

    places: Sequence[tuple[str, ParameterPath]] = ()
    transposed: bool = False
    bias_row: bool = False
    outputs_first: bool = False

    def put(self, owner: Any, w: Array, b: Array) -> None:
        """Give an instance its weights and its bias, in the shapes that it keeps them in."""
        stored = w.T if self.transposed else w, b.reshape(1, -1) if self.bias_row else b
        for which, place in self.places:
            place.put(owner, stored["wb".index(which)])


def is_array(value: Any) -> bool:
    """Whether a value is an array of NumPy or of a framework."""
    return hasattr(value, "shape") and hasattr(value, "dtype") and not isinstance(value, type)


def attributes(owner: Any, is_wanted: Callable[[str], object] = lambda name: False) -> Any:
    """Return what an instance holds by name: in wanted properties, in slots and in `__dict__`."""
    names: list[str] = []
    for kind in type(owner).__mro__:
        slots = vars(kind).get("__slots__", ())
        names += (slots,) if isinstance(slots, str) else slots
        computed = [name for name, one in vars(kind).items() if isinstance(one, _PROPERTIES)]
        names += filter(is_wanted, computed)
    held = {}
    for name in names:
        # Whatever the user's code raises: before the backward pass there may be no gradient.
        with suppress(Exception):
            held[name] = getattr(owner, name)
    held = {name: value for name, value in held.items() if not name.startswith("__")}
    return held | dict(getattr(owner, "__dict__", {}))


def arrays_of(
    owner: Any, is_wanted: Callable[[str], object] = lambda name: False
) -> Iterator[tuple[ParameterPath, Any]]:
    """Yield the arrays in attributes, containers and parameter objects that are no gradients."""
    for name, value in attributes(owner, is_wanted).items():
        places: dict[tuple[Any, ...], Any] = {(name,): value}
        if isinstance(value, (Mapping, list)):
            entries = value.items() if isinstance(value, Mapping) else enumerate(value)
            places = {(name, (key,)): one for key, one in entries}
        elif not is_array(value) and not callable(value):
            places = {(name, key): one for key, one in getattr(value, "__dict__", {}).items()}
        for path, array in places.items():
            place = ParameterPath(path)
            if is_array(array) and not any(map(is_no_parameter, place.names)):
                yield place, array


def storage_of(owner: Any, sizes: tuple[int, int], label: str) -> Storage | None:
    """Return how an instance of two different sizes keeps weights and bias, if it has weights.

    A TargetError says that it has some, but which, or how they are stored, is not clear.
    """
    first, second = sizes
    held = list(arrays_of(owner))
    weights = [one for one in held if tuple(one[1].shape) in ((first, second), (second, first))]
    if not weights:
        return None
    kept = _one(weights, "w", label)
    long = [size for size in sizes if size > 1]
    vectors = [shape for size in long for shape in ((size,), (1, size), (size, 1))]
    biases = [one for one in held if tuple(one[1].shape) in vectors and one[0].role != "w"]
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
    return Storage(
        places=[*(("w", place) for place, _ in kept), *(("b", place) for place, _ in bias)],
        transposed=kept[0][1].shape[0] == outputs,
        bias_row=len(vector) == 2,
        outputs_first=outputs == first,
    )


def _one(
    found: list[tuple[ParameterPath, Any]], wanted: str, label: str
) -> list[tuple[ParameterPath, Any]]:
    """Return every place of the one array that is meant."""
    named = [one for one in found if one[0].role == wanted] or found
    array = named[0][1]
    if any(other is not array for _, other in named):
        places = ", ".join(place.code(label) for place, _ in named)
        what = {"w": "weights; keep them in one attribute, W", "b": "bias; keep it in one, b"}
        raise TargetError(f"{places} could each be the {what[wanted]}")
    return [one for one in found if one[1] is array]
