"""Hypothesis strategies: sizes, numbers, memory layouts, and the cases made of them."""

from affine.strategies.memory import LAYOUTS
from affine.strategies.numbers import READINGS
from affine.strategies.operands import DTYPES, RAW, cases, read_case
from affine.strategies.sizes import LARGE, class_of

__all__ = ["DTYPES", "LARGE", "LAYOUTS", "RAW", "READINGS", "cases", "class_of", "read_case"]
