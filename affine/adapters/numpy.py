"""Three forms in which layers are written in NumPy."""

import inspect
from collections.abc import Callable
from typing import Any

from affine.layer import Array, Layer, Pullback

__all__ = ["FORMS", "layer_from"]

FORMS = (
    "forward(x, w, b) and backward(dout, x, w)",
    "affine_forward(x, w, b) and affine_backward(dout, cache)",
    "a class (w, b) with forward(x), backward(dout), dW or dw, and db",
)


def layer_from(namespace: Any, name: str) -> Layer | None:
    """Return the layer in a namespace, or None where it has none of the `FORMS`.

    Examples:
        >>> from types import SimpleNamespace
        >>> pair = SimpleNamespace(
        ...     forward=lambda x, w, b: x @ w + b,
        ...     backward=lambda dout, x, w: (dout @ w.T, x.T @ dout, dout.sum(0)),
        ... )
        >>> layer_from(pair, "mine").name
        'mine'
        >>> layer_from(SimpleNamespace(), "nothing") is None
        True
    """
    if _has(namespace, "affine_forward", "affine_backward"):
        return Layer(name, _cached(namespace.affine_forward, namespace.affine_backward))
    if _has(namespace, "forward", "backward") and not inspect.isclass(namespace):
        return Layer(
            name,
            _pair(namespace.forward, namespace.backward),
            jvp=getattr(namespace, "jvp", None),
            per_sample_gradients=getattr(namespace, "per_sample_gradients", None),
        )
    classes = [found for found in vars(namespace).values() if _is_layer_class(found)]
    return Layer(name, _instance(classes[0])) if len(classes) == 1 else None


def _has(namespace: Any, *names: str) -> bool:
    return all(callable(getattr(namespace, name, None)) for name in names)


def _is_layer_class(found: Any) -> bool:
    return inspect.isclass(found) and _has(found, "forward", "backward")


def _pair(forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        return forward(x, w, b), lambda dout: backward(dout, x, w)

    return vjp


def _cached(forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, cache = forward(x, w, b)
        return out, lambda dout: backward(dout, cache)

    return vjp


def _instance(layer_class: Callable[..., Any]) -> Callable[..., Any]:
    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        layer = layer_class(w, b)
        out = layer.forward(x)

        def pullback(dout: Array) -> tuple[Array, Array, Array]:
            dx = layer.backward(dout)
            return dx, layer.dW if hasattr(layer, "dW") else layer.dw, layer.db

        return out, pullback

    return vjp
