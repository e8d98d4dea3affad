"""Cases read from bytes: sizes, numbers and memory layouts."""

from affine.cases.memory import LAYOUTS
from affine.cases.numbers import DECODERS, Values
from affine.cases.reading import BYTES, DTYPES, Sizes, at_small_sizes, read_case
from affine.cases.sizes import LARGE, class_of

__all__ = [
    "BYTES",
    "DECODERS",
    "DTYPES",
    "LARGE",
    "LAYOUTS",
    "Sizes",
    "Values",
    "at_small_sizes",
    "class_of",
    "read_case",
]  # fmt: skip
