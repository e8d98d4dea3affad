"""What is given for arguments that are no arrays, such as a context that a forward pass fills."""

from typing import Any

import numpy as np

from affine.checker.reading.vocabulary import is_step, role

__all__ = ["STAND_INS", "BothParameters", "Context", "Descent", "call_pullback"]


def call_pullback(_cache: Any, dout: Any) -> Any:
    """Call what a forward pass returned beside out, where that is the backward pass."""
    return _cache(dout)


class Context(dict[str, Any]):
    """What a forward pass fills for the backward pass: by attributes, by keys, or as torch's."""

    needs_input_grad = (True, True, True)

    def __getattr__(self, name: str) -> Any:
        if name not in self:
            raise AttributeError(f"nothing was saved as {name}")
        return self[name]

    __setattr__ = dict.__setitem__

    def save_for_backward(self, *arrays: Any) -> None:
        """Keep arrays as `saved_tensors`."""
        self["saved_tensors"] = arrays


class BothParameters(tuple[Any, Any]):
    """W and b: to unpack, or by their names as keys or attributes."""

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, str):
            return super().__getitem__(key)
        if role(key) not in ("w", "b"):
            raise KeyError(key)
        return self["wb".index(role(key))]

    def __getattr__(self, name: str) -> Any:
        if role(name) not in ("w", "b"):
            raise AttributeError(f"no parameter {name}")
        return self[name]


class Zeros:
    """An initialiser of weights: a function of the sizes, or of one shape."""

    def __call__(self, *shape: Any, **_: Any) -> Any:
        return np.zeros(shape[0] if len(shape) == 1 else shape)

    def __repr__(self) -> str:
        return "zeros"


class Descent:
    """An optimiser: plain gradient descent, whatever its method is called.

    That is given one parameter and its gradient, or several and theirs; it changes them in place,
    and returns them.
    """

    def __init__(self, rate: float = 1.0) -> None:
        self.rate = rate

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self.rate if is_step(name) else self

    def __call__(self, *given: Any) -> Any:
        """Take a step."""
        each = [
            part for one in given for part in (one if isinstance(one, (list, tuple)) else [one])
        ]
        half, odd = divmod(len(each), 2)
        if odd or not half:
            raise TypeError("an optimiser is given parameters and as many gradients")
        for parameter, gradient in zip(each[:half], each[half:], strict=True):
            parameter -= self.rate * gradient
        return each[0] if half == 1 else tuple(each[:half])

    def __repr__(self) -> str:
        return f"SGD(lr={self.rate:g})"


STAND_INS = {"<zeros>": Zeros(), "<descent>": Descent()}
"""The objects that flags name."""
