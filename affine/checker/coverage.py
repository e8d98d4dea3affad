"""What a check gave a layer, noted as it ran: sizes, dtypes and memory layouts."""

from collections.abc import Callable
from dataclasses import dataclass, field

from affine.checker import PROFILES, Profile
from affine.checker.memory import layout
from affine.layer import Array, Call, Layer, Operands, Results, intercept_calls

__all__ = ["Coverage", "watched"]


@dataclass
class Coverage:
    """What a layer was given.

    Attributes:
        sizes: The largest N, D and M.
        entries: How many entries the largest operand had.
        dtypes: The formats of the operands.
        layouts: How operands lay in memory, in words; C order is `""`.
        has_zero_sizes: Whether an operand had no entry.
        has_more_axes: Whether an x had more than two axes.

    Examples:
        >>> import affine
        >>> from affine.checker import check
        >>> covered = check(affine, only=["dw_is_xt_dout"]).coverage
        >>> sorted(covered.dtypes), covered.has_more_axes
        (['float16', 'float32', 'float64'], False)
    """

    sizes: tuple[int, int, int] = (0, 0, 0)
    entries: int = 0
    dtypes: set[str] = field(default_factory=set)
    layouts: set[str] = field(default_factory=set)
    has_zero_sizes: bool = False
    has_more_axes: bool = False
    _seen: set[tuple[object, ...]] = field(default_factory=set, repr=False)

    def note(self, call: Call) -> None:
        """Take down what one call gives."""
        for name, array in zip(Operands._fields, call, strict=False):
            key = name, array.shape, array.strides, array.dtype, array.flags.writeable
            if key not in self._seen:
                self._seen.add(key)
                self._note(name, array)

    def _note(self, name: str, array: Array) -> None:
        self.entries = max(self.entries, array.size)
        self.dtypes.add(array.dtype.name)
        self.layouts.add(layout(array) if array.ndim > 1 and array.size else "")
        self.has_zero_sizes |= not array.size
        self.has_more_axes |= name == "x" and array.ndim > 2
        sides = {"x": (0, 1), "w": (1, 2), "b": (2,), "dout": (0, 2)}[name]
        if array.ndim == len(sides):
            largest = dict(zip(sides, array.shape, strict=True))
            n, d, m = (max(known, largest.get(k, 0)) for k, known in enumerate(self.sizes))
            self.sizes = n, d, m

    def described(self) -> str:
        """Return it in one sentence."""
        n, d, m = self.sizes
        sizes = f"N, D and M up to {n:,}" if n == d == m else f"N, D, M up to {n:,}, {d:,}, {m:,}"
        words = {word for each in self.layouts for word in each.split(", ") if word}
        lies = ", ".join(["C order", *sorted(words)])
        return f"{sizes}; {', '.join(sorted(self.dtypes, key=_width))}; {lies}"

    def not_tried(self, profile: Profile, of_framework: bool) -> list[str]:
        """Return what a pass says nothing of, in words."""
        beyond = PROFILES[PROFILES.index(profile) + 1 :]
        left = ["b = None"]
        left += ["an x of more axes"] * (not self.has_more_axes)
        left += ["sizes of 0"] * (not self.has_zero_sizes)
        left += ["second derivatives"] * of_framework
        left += [f"more than {self.entries:,} entries in one array"]
        return left + [f"what --profile {each} adds" for each in beyond[:1]]


def _width(dtype: str) -> tuple[int, str]:
    return len(dtype), dtype  # float16 before float128


def watched(layer: Layer, coverage: Coverage) -> Layer:
    """Return the layer whose calls are noted."""

    def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
        coverage.note(call)
        return call, dict

    return intercept_calls(layer, view)
