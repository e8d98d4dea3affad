"""Calling tensor functions on NumPy arrays: gradients, directional derivatives, compilation."""

import re
import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import torch

from affine.checker.reading.conversion import converted
from affine.checker.reading.instance_reuse import warm_up
from affine.layer import LIKE_VJP, Array, Layer, Pullback

__all__ = [
    "D", "Function", "M", "N", "Prepare", "Tensor", "differentiated", "on_reused_module",
    "through_tensors",
]  # fmt: skip

Tensor: TypeAlias = torch.Tensor
Function: TypeAlias = Callable[[Tensor, Tensor, Tensor], Any]
Prepare: TypeAlias = Callable[[int, int], Function]
"""From the sizes D and M to a function (x, w, b) of tensors: modules are made afresh each time."""

NOT_OBSERVABLE = {
    "dtypes_follow_promotion": "torch refuses operands of different dtypes",
    "read_only_arguments_are_enough": "a tensor is never read-only",
}
# Sizes that show how weights are stored: all different.
N, D, M = 4, 3, 2


def differentiated(name: str, prepare: Prepare, form: str, usage: str) -> Layer:
    """Return the layer of a function that torch differentiates.

    Args:
        name: How reports call it.
        prepare: From the sizes D and M to the function.
        form: Its form in words.
        usage: Code that defines `vjp` with it.

    Examples:
        >>> layer = differentiated("mine", lambda d, m: lambda x, w, b: x @ w + b, "", "")
        >>> layer.forward(np.ones((1, 1)), np.ones((1, 1)), np.ones(1))
        array([[2.]])
    """
    vjp = _vjp(prepare)
    return Layer(
        name,
        vjp,
        variants={
            "compiled": _vjp(lambda d, m: _compiled(prepare(d, m))),
            **({"jvp": _jvp(prepare)} if _runs(lambda: _probe_jvp(prepare)) else {}),
            **({"with_leading_axes": vjp} if _runs(lambda: _probe_stacked(prepare)) else {}),
            **({"vmapped": _vmapped(prepare)} if _runs(lambda: _probe_vmapped(prepare)) else {}),
        },
        form=form,
        usage=usage,
        not_applicable=NOT_OBSERVABLE,
    )


def _vjp(prepare: Prepare) -> Callable[[Array, Array, Array], tuple[Array, Pullback]]:
    return lambda x, w, b: _passes(prepare(*w.shape), x, _leaf(w), _leaf(b))


def _leaf(array: Array) -> Tensor:
    return _tensor(array).requires_grad_()


def _passes(function: Function, x: Array, w: Tensor, b: Tensor) -> tuple[Array, Pullback]:
    leaves = [_leaf(x), w, b]
    out = function(*leaves)

    def pullback(dout: Array) -> tuple[Array, Array, Array]:
        upstream = _tensor(dout).to(out.dtype)
        dx, dw, db = torch.autograd.grad(
            out, leaves, upstream, retain_graph=True, allow_unused=True, materialize_grads=True
        )
        return _array(dx), _array(dw), _array(db)

    return _array(out), pullback


def on_reused_module(prepare: Prepare) -> Callable[[Array, Array, Array], tuple[Array, Pullback]]:
    """Return the variant `on_reused_instance`: the vjp through one function for many batches.

    After the batches before, weights and bias are updated in place, as an optimiser does.
    """

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        function, weights, bias = prepare(*w.shape), _leaf(w + 1), _leaf(b + 1)
        warm_up(lambda batch: _passes(function, batch, weights, bias), x)
        with torch.no_grad():
            weights.copy_(_tensor(w))
            bias.copy_(_tensor(b))
        return _passes(function, x, weights, bias)

    return vjp


def _jvp(prepare: Prepare) -> Callable[..., Array]:
    def jvp(x: Array, w: Array, x_dot: Array, w_dot: Array, b_dot: Array) -> Array:
        point = [_tensor(x), _tensor(w), torch.zeros_like(_tensor(b_dot))]
        step = [_tensor(x_dot), _tensor(w_dot), _tensor(b_dot)]
        out_dot: Array = _array(torch.func.jvp(prepare(*w.shape), tuple(point), tuple(step))[1])
        return out_dot

    return jvp


def _vmapped(prepare: Prepare) -> Callable[..., tuple[Array, Array, Array, Array]]:
    def vmapped(xs: Array, w: Array, b: Array, douts: Array) -> tuple[Array, Array, Array, Array]:
        weights, bias = _tensor(w), _tensor(b)
        function = prepare(*w.shape)

        def one(x: Tensor, dout: Tensor) -> Any:
            out, pullback = torch.func.vjp(function, x, weights, bias)
            return (out, *pullback(dout))

        outs, dxs, dws, dbs = torch.func.vmap(one)(_tensor(xs), _tensor(douts))
        return _array(outs), _array(dxs), _array(dws), _array(dbs)

    return vmapped


def _compiled(function: Function) -> Function:
    # Else torch falls back to the plain function in silence after some shapes.
    torch.compiler.reset()
    # Needs no C++ compiler on this machine, as torch's default backend does.
    fast = torch.compile(function, backend="aot_eager")

    def quiet(*tensors: Tensor) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the compiler's own, about itself
            return fast(*tensors)

    return quiet


def _tensor(array: Array) -> Tensor:
    """Return a tensor in the same memory and layout where torch can have one, else a copy."""
    shared = array.flags.writeable and min(array.strides, default=0) >= 0
    return torch.from_numpy(array if shared else array.copy(order="K"))


def _array(result: Any) -> Any:
    """Return a tensor as an array; what is no tensor is judged as it is."""
    return result.detach().numpy() if isinstance(result, torch.Tensor) else result


# ------------------------------------------------------------------ what it can do


def _runs(call: Callable[[], Any]) -> bool:
    """Whether a call is no refusal; what it gives is for the properties to judge."""
    try:
        with warnings.catch_warnings():
            # torch warns of parts of itself when it loads them, which is here.
            warnings.simplefilter("ignore")
            call()
    except Exception:
        return False
    return True


def _ones(*shape: int) -> Array:
    return np.ones(shape)


def _probe_jvp(prepare: Prepare) -> None:
    x, w = _ones(N, D), _ones(D, M)
    _jvp(prepare)(x, w, x, w, _ones(M))


def _probe_stacked(prepare: Prepare) -> None:
    out, pullback = _vjp(prepare)(_ones(5, N, D), _ones(D, M), _ones(M))
    pullback(out)


def _probe_vmapped(prepare: Prepare) -> None:
    _vmapped(prepare)(_ones(5, N, D), _ones(D, M), _ones(M), _ones(5, N, M))


# ------------------------------------------------------------------ forms with a backward


def through_tensors(layer: Layer) -> Layer:
    """Return a layer whose own forward and backward are given tensors, seen through arrays.

    Examples:
        >>> def vjp(x, w, b):
        ...     return x.mm(w) + b, lambda g: (g.mm(w.T), x.T.mm(g), g.sum(dim=0))
        >>> one = np.ones((1, 1))
        >>> through_tensors(Layer("mine", vjp)).forward(one, one, np.ones(1))
        array([[2.]])
    """
    variants = {
        name: converted(one, _tensor, _array)
        for name, one in layer.variants.items()
        if name in LIKE_VJP
    }
    return replace(
        layer,
        vjp=converted(layer.vjp, _tensor, _array),
        variants=variants,
        form=f"{layer.form}, on torch tensors",
        usage=_usage_of_tensors(layer.usage),
        not_applicable=NOT_OBSERVABLE,
    )


def _usage_of_tensors(usage: str) -> str:
    return "\n".join([
        "import torch",
        "",
        re.sub(r"(def vjp|instance_of)\(", r"\1_of_tensors(", usage),
        "",
        "def vjp(x, w, b):",
        "    out, pullback = vjp_of_tensors(*map(torch.tensor, (x, w, b)))",
        "    grads = lambda dout: [grad.numpy() for grad in pullback(torch.tensor(dout))]",
        "    return out.numpy(), grads",
    ])  # fmt: skip
