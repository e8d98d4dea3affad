"""Calls of a layer in the convention in which it is written, as its author would make them.

Nothing of the reading is used: this shows that a source is right, or wrong, before it is read.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.checker.reading.classes import constructor_arguments, place_of_dx, places
from tests.checker.reading.conventions import Convention
from tests.checker.reading.sources import source

Array = NDArray[Any]
Gradients = tuple[Array, Array, Array]
Results = tuple[Array, Array, Array, Array]


def results(
    convention: Convention, arrays: tuple[Array, Array, Array, Array], mistake: str = ""
) -> Results:
    """Return out, dx, dw and db, all in the shapes of out = XW + b with data points in rows.

    Args:
        convention: How the layer is written, and called.
        arrays: x, w, b and dout, in the same shapes.
        mistake: One that its source makes.
    """
    space: dict[str, Any] = {}
    exec(source(convention, mistake), space)
    x, w, b, dout = arrays
    rows = convention.layout == "rows"
    own_x, own_dout = (x, dout) if rows else (x.T.copy(), dout.T.copy())
    parameters = _own_parameters(convention, w, b)
    call = _call_functions if convention.kind == "pair" else _call_instance
    out, dx, own_dw, own_db = call(space, convention, (own_x, *parameters, own_dout))
    dw, db = _plain_parameters(convention, own_dw, own_db)
    return (out, dx, dw, db) if rows else (out.T, dx.T, dw, db)


def _own_parameters(convention: Convention, w: Array, b: Array) -> tuple[Array, Array]:
    """Return the parameters in the shapes of the layer; the bias is not used if it is in them."""
    if convention.bias_in_weights:
        w = np.vstack([w, b] if convention.bias == "last" else [b, w])
    shape = {"1M": (1, -1), "M1": (-1, 1)}.get(convention.bias, (-1,))
    return (w if convention.weight == "DM" else w.T).copy(), b.reshape(shape).copy()


def _plain_parameters(convention: Convention, w: Array, b: Array) -> tuple[Array, Array]:
    w = w if convention.weight == "DM" else w.T
    if not convention.bias_in_weights:
        return w, b.reshape(-1)
    return (w[:-1], w[-1]) if convention.bias == "last" else (w[1:], w[0])


def _unpacked(convention: Convention, got: Any) -> Gradients:
    """Return the gradients of a container, with dw for db where there is one array for both."""
    one, container = convention.bias_in_weights, convention.container
    if container == "dict":
        dx, dw, db = got["dx"], got["dW"], got["dW" if one else "db"]
    elif container == "dx,dict":
        dx, dw, db = got[0], got[1]["W"], got[1]["W" if one else "b"]
    elif container in ("dx,list", "dx,tuple"):
        dx, dw, db = got[0], got[1][0], got[1][-1]
    elif container == "reordered":
        dx, dw, db = got[-1], got[0], got[-2]
    else:
        dx, dw, db = got[0], got[1], got[-1]
    return dx, dw, db


def _call_functions(space: dict[str, Any], convention: Convention, arrays: Any) -> Results:
    forward, backward = (space[name] for name in convention.methods.split("/"))
    by_role = dict(zip(("x", "w", "b", "dout"), arrays, strict=True))
    got = forward(*(by_role[role] for role in convention.order))
    out, by_role["cache"] = got if convention.result == "cache" else (got, None)
    return out, *_unpacked(
        convention, backward(*(by_role[role] for role in convention.takes.split()))
    )


def _call_instance(space: dict[str, Any], convention: Convention, arrays: Any) -> Results:
    x, w, b, dout = arrays
    sizes = {"n_in": x.shape[-1 if convention.layout == "rows" else 0]}
    sizes["n_out"] = sizes["units"] = b.size
    instance = space["Dense"](*_constructed(convention, sizes, w, b))
    method = convention.methods.split("/")[0]
    forward = instance if method.startswith("__call__") else getattr(instance, method)
    mode = [True] if convention.mode in ("training", "is_train") else []
    if convention.built == "units":
        forward(x, *mode)
    if convention.built not in ("parameters", "given"):
        _keep(instance, convention, w, b)
    roles = {"x": x, "w": w, "b": b}
    given = [roles[role] for role in convention.order or "x"]
    got = forward(*given, *mode)
    out, saved = got if convention.result == "cache" else (got, None)
    out = instance.output if convention.result == "kept" else out
    return out, *_gradients(instance, convention, [dout, *[saved] * (saved is not None)], (w, b))


def _constructed(convention: Convention, sizes: dict[str, int], w: Array, b: Array) -> list[Any]:
    if convention.built == "given":
        return []
    if convention.built == "parameters":
        taken: list[Any] = [w.copy()] if convention.bias_in_weights else [w.copy(), b.copy()]
    else:
        taken = [sizes[name] for name in constructor_arguments(convention) if name in sizes]
    return [*taken, *[1.0] * convention.rate.startswith("constructor")]


def _keep(instance: Any, convention: Convention, w: Array, b: Array) -> None:
    place, names = places(convention), {"self": instance, "w": w, "b": b}
    exec(f"{place.w} = w.copy()", names)
    if not convention.bias_in_weights:
        exec(f"{place.b} = b.copy()", names)


def _gradients(
    instance: Any, convention: Convention, given: list[Any], before: tuple[Array, Array]
) -> Gradients:
    """Call backward, and return the gradients from where it leaves them."""
    backward = getattr(instance, convention.methods.split("/")[1])
    if convention.rate in ("lr", "learning_rate"):
        given = [*given, 1.0]
    elif convention.rate:
        instance.lr = 1.0
    got, place = backward(*given), places(convention)

    def kept(expression: str) -> Any:
        return eval(expression, {"self": instance})

    one = convention.bias_in_weights
    if convention.effect == "steps":
        w, b = kept(place.w), kept(place.w if one else place.b)
        return got, before[0] - w, before[0] - w if one else before[1] - b
    if not convention.container.startswith("self."):
        return _unpacked(convention, got)
    dx = kept(place_of_dx(convention)) if convention.dx == "kept" else got
    return dx, kept(place.dw), kept(place.dw if one else place.db)
