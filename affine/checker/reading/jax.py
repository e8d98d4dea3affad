"""jax: functions (x, w, b), and layers with a backward of their own that use jax arrays.

Imported only where the target is of jax. Every call runs with 64-bit numbers switched on, and
leaves jax's configuration as it was.
"""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import wraps
from importlib import import_module
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np

from affine.checker.reading.conversion import VJP, converted
from affine.checker.reading.signatures import parameters
from affine.checker.reading.target import Named
from affine.layer import LIKE_VJP, Array, Layer, Pullback

__all__ = ["from_jax", "is_jax_function", "takes_a_batch", "through_jax"]

Function: TypeAlias = Callable[[Any, Any, Any], Any]

_IMMUTABLE = "jax arrays cannot be written to"
_COPIED = "arrays are copied on the way into jax"
NOT_OBSERVABLE = {
    "arguments_are_not_modified": _IMMUTABLE,
    "read_only_arguments_are_enough": _IMMUTABLE,
    "memory_layout_does_not_matter": _COPIED,
    "the_same_array_twice_behaves_like_copies": _IMMUTABLE,
    "results_share_no_memory": _IMMUTABLE,
    "writing_into_a_result_changes_no_other": _IMMUTABLE,
    "later_calls_leave_earlier_results": _IMMUTABLE,
}
_GIVEN_DTYPE = {"dtypes_follow_promotion": "jax gives each gradient the dtype of its argument"}
# Which sizes show how weights are stored: all different.
_N, _D, _M = 4, 3, 2
_PLAIN = (_N, _D), (_D, _M), (_M,)
_STACK = (5, _N, _D), (_D, _M), (_M,), (5, _N, _M)


def is_jax_function(found: Any) -> bool:
    """Whether a callable was made by jax: compiled, or with a derivative of its own.

    Examples:
        >>> is_jax_function(jax.jit(lambda x, w, b: x @ w + b)), is_jax_function(abs)
        (True, False)
    """
    if isinstance(found, type) or not callable(found):
        return False
    return type(found).__module__.partition(".")[0] in ("jax", "jaxlib")


def _wide() -> AbstractContextManager[Any]:
    """Switch 64-bit numbers on for a while; older versions keep the switch elsewhere."""
    place = jax if hasattr(jax, "enable_x64") else import_module("jax.experimental")
    context: AbstractContextManager[Any] = place.enable_x64(True)
    return context


def _widely(function: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(function)
    def wide(*arguments: Any) -> Any:
        with _wide():
            return function(*arguments)

    return wide


def from_jax(named: Named) -> Layer:
    """Return the layer of a function (x, w, b).

    Examples:
        >>> layer = from_jax(Named("affine", lambda x, w, b: x @ w + b))
        >>> layer.form
        'jax function affine(x, w, b)'
        >>> one = np.ones((1, 1))
        >>> layer.backward(2 * one, 3 * one, np.ones(1), 5 * one)[0]
        array([[15.]])
    """
    stored = _takes_transposed(named.value)
    function = (lambda x, w, b: named.value(x, w.T, b)) if stored else named.value
    known = parameters(named.value)
    shown = f"{named.expression}{known if known and known.takes(3) else '(x, w, b)'}"
    vjp = _vjp(function)
    return Layer(
        named.expression,
        vjp,
        variants={
            "compiled": _vjp(jax.jit(function)),
            **({"jvp": _jvp(function)} if _traces(_jvp_of(function), *_PLAIN) else {}),
            **({"with_leading_axes": vjp} if _traces(_dw_of(function), *_STACK) else {}),
            **(
                {"vmapped": _vmapped(function)}
                if _traces(_vmapped_dw_of(function), *_STACK)
                else {}
            ),
        },
        form=f"jax function {shown}{', weights stored as Wᵀ' if stored else ''}",
        usage=_usage(f"{named.expression}(x, {'w.T' if stored else 'w'}, b)"),
        not_applicable=NOT_OBSERVABLE | _GIVEN_DTYPE,
        compiles_per_shape=True,
    )


def takes_a_batch(function: Function) -> bool:
    """Whether a function of x, w and b gives (N, M), with weights as W or as Wᵀ.

    Examples:
        >>> takes_a_batch(lambda x, w, b: x @ w + b), takes_a_batch(lambda x, w, b: b)
        (True, False)
    """
    return _takes_transposed(function) or _traces(function, *_PLAIN) == (_N, _M)


def _takes_transposed(function: Function) -> bool:
    turned = _traces(function, (_N, _D), (_M, _D), (_M,))
    return bool(_traces(function, *_PLAIN) != (_N, _M) and turned == (_N, _M))


def _traces(function: Callable[..., Any], *shapes: tuple[int, ...]) -> Any:
    """Return the shape of what a function gives on arrays of these shapes, None if it refuses.

    Nothing is computed or compiled.
    """
    arrays = [jax.ShapeDtypeStruct(shape, jnp.float32) for shape in shapes]
    try:
        # Lowered as well: a custom derivative rule without a forward mode fails only there.
        jax.jit(function).lower(*arrays)
        shape = jax.eval_shape(function, *arrays).shape
    except Exception:
        return None
    return tuple(shape)


def _jvp_of(function: Function) -> Callable[..., Any]:
    return lambda *point: jax.jvp(function, point, point)[1]


def _dw_of(function: Function) -> Callable[..., Any]:
    return lambda x, w, b, dout: jax.vjp(function, x, w, b)[1](dout)[1]


def _vmapped_dw_of(function: Function) -> Callable[..., Any]:
    mapped: Callable[..., Any] = jax.vmap(_dw_of(function), in_axes=(0, None, None, 0))
    return mapped


# ------------------------------------------------------------------ the layer


def _vjp(function: Function) -> Callable[[Array, Array, Array], tuple[Array, Pullback]]:
    @_widely
    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pull = jax.vjp(function, jnp.asarray(x), jnp.asarray(w), jnp.asarray(b))

        @_widely
        def pullback(dout: Array) -> tuple[Array, Array, Array]:
            dx, dw, db = pull(jnp.asarray(dout, out.dtype))
            return _array(dx), _array(dw), _array(db)

        return _array(out), pullback

    return vjp


def _jvp(function: Function) -> Callable[..., Array]:
    @_widely
    def jvp(x: Array, w: Array, x_dot: Array, w_dot: Array, b_dot: Array) -> Array:
        point = tuple(map(jnp.asarray, (x, w, np.zeros_like(b_dot))))
        step = tuple(map(jnp.asarray, (x_dot, w_dot, b_dot)))
        return np.asarray(jax.jvp(function, point, step)[1])

    return jvp


def _vmapped(function: Function) -> Callable[..., tuple[Array, Array, Array, Array]]:
    @_widely
    def vmapped(xs: Array, w: Array, b: Array, douts: Array) -> tuple[Array, Array, Array, Array]:
        weights, bias = jnp.asarray(w), jnp.asarray(b)

        def one(x: Any, dout: Any) -> Any:
            out, pull = jax.vjp(function, x, weights, bias)
            return (out, *pull(dout))

        outs, dxs, dws, dbs = map(_array, jax.vmap(one)(jnp.asarray(xs), jnp.asarray(douts)))
        return outs, dxs, dws, dbs

    return vmapped


def _array(result: Any) -> Any:
    """Return a jax array as NumPy's; what is no jax array is judged as it is."""
    return np.asarray(result) if isinstance(result, jax.Array) else result


def _usage(call: str) -> str:
    return "\n".join([
        "import jax",
        "import jax.numpy as jnp",
        "import numpy as np",
        "",
        'jax.config.update("jax_enable_x64", True)',
        "",
        "def vjp(x, w, b):",
        f"    function = lambda x, w, b: {call}",
        "    out, pull = jax.vjp(function, *map(jnp.asarray, (x, w, b)))",
        "    grads = lambda dout: [np.asarray(grad) for grad in pull(jnp.asarray(dout))]",
        "    return np.asarray(out), grads",
    ])  # fmt: skip


# ------------------------------------------------------------------ forms with a backward


def through_jax(layer: Layer) -> Layer:
    """Return a layer whose own forward and backward use jax arrays, seen through NumPy's.

    Examples:
        >>> def vjp(x, w, b):
        ...     return jnp.dot(x, w) + b, lambda g: (g @ w.T, x.T @ g, g.sum(0))
        >>> one = np.ones((1, 1))
        >>> through_jax(Layer("mine", vjp)).forward(one, one, np.ones(1))
        array([[2.]])
    """
    variants = {name: _converted(one) for name, one in layer.variants.items() if name in LIKE_VJP}
    return replace(
        layer,
        vjp=_converted(layer.vjp),
        variants=variants,
        form=f"{layer.form}, on jax arrays",
        usage=_usage_of_arrays(layer.usage),
        not_applicable=NOT_OBSERVABLE,
        compiles_per_shape=True,
    )


def _converted(vjp: VJP) -> VJP:
    def wide(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pullback = converted(vjp, jnp.asarray, _array)(x, w, b)
        return out, _widely(pullback)

    return _widely(wide)


def _usage_of_arrays(usage: str) -> str:
    return "\n".join([
        "import jax",
        "import jax.numpy as jnp",
        "import numpy as np",
        "",
        'jax.config.update("jax_enable_x64", True)',
        "",
        re.sub(r"(def vjp|instance_of)\(", r"\1_of_jax_arrays(", usage),
        "",
        "def vjp(x, w, b):",
        "    out, pullback = vjp_of_jax_arrays(*map(jnp.asarray, (x, w, b)))",
        "    grads = lambda dout: [np.asarray(grad) for grad in pullback(jnp.asarray(dout))]",
        "    return np.asarray(out), grads",
    ])  # fmt: skip
