"""Other routes to a layer's results: compiled, vectorised, with more axes, in another format."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from affine.layer import Array, Case, Layer, Pullback

__all__ = ["taken"]


def taken(layer: Layer, property_name: str, case: Case | None = None) -> tuple[Layer, str]:
    """Return the layer by the route of a property or of a case, and how a sentence says so.

    Examples:
        >>> layer = Layer(
        ...     "mine", lambda x, w, b: (x @ w + b, lambda g: (g @ w.T, x.T @ g, g.sum(0)))
        ... )
        >>> taken(replace(layer, variants={"compiled": layer.vjp}), "compiled_equals_eager")[1]
        'Compiled: '
    """
    for word, (route, said) in _ROUTES.items():
        vjp = route(layer) if word in property_name else None
        if vjp is not None:
            return replace(layer, vjp=vjp, compiles_per_shape=True), said
    formats = {array.dtype.name for array in case.primal} if case is not None else set()
    if len(formats) == 1 and formats < {"float32", "float16"}:
        name = formats.pop()
        return replace(layer, vjp=_given_in(layer, name)), f"With arguments in {name}, "
    return layer, ""


def _given_in(layer: Layer, name: str) -> Callable[..., tuple[Array, Pullback]]:
    """Give the layer its arguments in a narrower format."""

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        out, pullback = layer.vjp(*(array.astype(name) for array in (x, w, b)))
        return out, lambda dout: pullback(dout.astype(name))

    return vjp


def _compiled(layer: Layer) -> Callable[..., tuple[Array, Pullback]] | None:
    return layer.variants.get("compiled")


def _stacked(layer: Layer) -> Callable[..., tuple[Array, Pullback]] | None:
    """Give x one leading axis, of length one."""
    stacked = layer.variants.get("with_leading_axes")
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
    vmapped = layer.variants.get("vmapped")
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
    flattening = layer.variants.get("with_extra_axes")
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
