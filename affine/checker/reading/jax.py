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

_IMMUTABLE = "jax arrays cannot be written to"
_NOT_APPLICABLE = {
    "memory_layout_does_not_matter": "arrays are copied on the way into jax",
    **dict.fromkeys(
        (
            "arguments_are_not_modified", "read_only_arguments_are_enough",
            "the_same_array_twice_behaves_like_copies", "results_share_no_memory",
            "writing_into_a_result_changes_no_other", "later_calls_leave_earlier_results",
        ),
        _IMMUTABLE,
    ),
}  # fmt: skip


def _wide() -> AbstractContextManager[Any]:
    """Switch 64-bit numbers on for a while; older versions keep the switch elsewhere."""
    place = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
    context: AbstractContextManager[Any] = place.enable_x64(True)
    return context


def _traced(function: Callable[..., Any], *arrays: Array) -> Any:
    """Return the shapes of a function's results; nothing is computed or compiled."""
    # Lowered as well: a custom derivative rule without a forward mode fails only there.
    jax.jit(function).lower(*arrays)
    return jax.eval_shape(function, *arrays)


def _vjp(function: Callable[..., Any]) -> Callable[..., Any]:
    def vjp(x: Any, w: Any, b: Any) -> Any:
        out, pull = jax.vjp(function, x, w, b)
        return out, lambda dout: pull(dout.astype(out.dtype))

    return vjp


FRAMEWORK: Framework = Framework(
    name="jax",
    transforms=jax,
    arrays="arrays",
    inward=jnp.asarray,
    outward=lambda result: np.asarray(result) if isinstance(result, jax.Array) else result,
    vjp=_vjp,
    compiled=jax.jit,
    tried=_traced,
    zeros_like=jnp.zeros_like,
    is_class=lambda value: False,
    layer_of=lambda named: FRAMEWORK.function(named),
    not_applicable=_NOT_APPLICABLE,
    not_applicable_differentiated={
        "dtypes_follow_promotion": "jax gives each gradient the dtype of its argument"
    },
    context=_wide,
    compiles_per_shape=True,
)
