"""What is given for arguments that are no arrays: a context to fill, both parameters in one."""

from typing import Any

from affine.checker.reading.vocabulary import role

__all__ = ["Context", "Parameters", "call_pullback"]


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


class Parameters(tuple[Any, Any]):
    """W and b: to unpack, or by their names as keys or attributes."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            return {"w": self[0], "b": self[1]}[role(key)]
        return super().__getitem__(key)

    def __getattr__(self, name: str) -> Any:
        if role(name) not in ("w", "b"):
            raise AttributeError(f"no parameter {name}")
        return self[name]
