"""Other routes to a layer's results: compiled, vectorised, with more axes than two."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from affine.layer import Array, Layer, Pullback

__all__ = ["taken"]


def taken(layer: Layer, property_name: str) -> tuple[Layer, str]:
    """Return the layer by the route that a property is about, and how a sentence says so.

    Examples:
        >>> layer = Layer(
        ...     "mine", lambda x, w, b: (x @ w + b, lambda g: (g @ w.T, x.T @ g, g.sum(0)))
        ... )
        >>> taken(replace(layer, compiled=layer.vjp), "compiled_equals_eager")[1]
        'Compiled: '
    """
    for word, (route, said) in _ROUTES.items():
        vjp = route(layer) if word in property_name else None
        if vjp is not None:
            return replace(layer, vjp=vjp, compiles_per_shape=True), said
    return layer, ""


def _compiled(layer: Layer) -> Callable[..., tuple[Array, Pullback]] | None:
    return layer.compiled


def _stacked(layer: Layer) -> Callable[..., tuple[Array, Pullback]] | None:
    """Give x one leading axis, of length one."""
    stacked = layer.stacked
    if stacked is None:
        return None

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pullback = stacked(x[None], w, b)

        def one(dout: Array) -> tuple[Array, Array, Array]:
            dx, dw, db = pullback(dout[None])
            return dx[0], dw, db

        return out[0], one

    return vjp


def _vmapped(layer: Layer) -> Callable[..., tuple[Array, Pullback]] | None:
    vmapped = layer.vmapped
    if vmapped is None:
        return None

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        def one(dout: Array) -> tuple[Array, Array, Array]:
            _, dx, dw, db = vmapped(x[None], w, b, dout[None])
            return dx[0], dw[0], db[0]

        return vmapped(x[None], w, b, np.zeros((1, len(x), len(b)), x.dtype))[0][0], one

    return vjp


def _flattened(layer: Layer) -> Callable[..., tuple[Array, Pullback]] | None:
    """Give x one axis more between the two, of length one."""
    flattening = layer.flattening
    if flattening is None:
        return None

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pullback = flattening(x[:, None], w, b)

        def one(dout: Array) -> tuple[Array, Array, Array]:
            dx, dw, db = pullback(dout)
            # A dX that stays flat has lost the axis; as a result of this route it has one less.
            return dx[:, 0], dw, db

        return out, one

    return vjp


_ROUTES: Mapping[
    str, tuple[Callable[[Layer], Callable[..., tuple[Array, Pullback]] | None], str]
] = {
    "compiled": (_compiled, "Compiled: "),
    "vmap": (_vmapped, "Vectorised: "),
    "leading_axes": (_stacked, "With a leading axis of x: "),
    "extra_axes": (_flattened, "With one more axis of x: "),
}
