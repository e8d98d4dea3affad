"""jax, as a framework: functions (x, w, b), and layers with a backward on its arrays.

Imported only where the target is of jax. Every call runs with 64-bit numbers switched on, and
leaves jax's configuration as it was.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib import import_module
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from affine.checker.reading.frameworks import Framework
from affine.layer import Array

__all__ = ["FRAMEWORK"]


class _Jax(Framework):
    name = "jax"
    transforms = jax
    compiles_per_shape = True
    inward = staticmethod(jnp.asarray)
    compiled = staticmethod(jax.jit)

    def context(self) -> AbstractContextManager[Any]:
        """Switch 64-bit numbers on for a while; older versions keep the switch elsewhere."""
        place = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
        context: AbstractContextManager[Any] = place.enable_x64(True)
        return context

    def outward(self, result: Any) -> Any:
        return np.asarray(result) if isinstance(result, jax.Array) else result

    def vjp(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def vjp(x: Any, w: Any, b: Any) -> Any:
            out, pull = jax.vjp(function, x, w, b)
            return out, lambda dout: pull(dout.astype(out.dtype))

        return vjp

    def tried(self, function: Callable[..., Any], *arrays: Array) -> Any:
        """Return the shapes of a function's results; nothing is computed or compiled."""
        # Lowered as well: a custom derivative rule without a forward mode fails only there.
        jax.jit(function).lower(*arrays)
        return jax.eval_shape(function, *arrays)


FRAMEWORK = _Jax()
