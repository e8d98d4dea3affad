"""torch, as a framework: functions on tensors, autograd functions, and modules.

Imported only where the target is of torch. Weights that a form stores as Wᵀ are given as such.
"""

import warnings
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from affine.checker.reading.frameworks import Framework
from affine.checker.reading.instances import OWN_PARAMETERS, warm_up
from affine.checker.reading.signatures import parameters
from affine.checker.reading.target import STORED_TRANSPOSED, Named, loaded, refusal
from affine.layer import Array, Layer

__all__ = ["FRAMEWORK"]


class _Torch(Framework):
    name = "torch"
    transforms = torch.func

    def inward(self, array: Array) -> Tensor:
        """Return a tensor in the same memory and layout where torch can have one, else a copy."""
        shared = array.flags.writeable and min(array.strides, default=0) >= 0
        return torch.from_numpy(array if shared else array.copy(order="K"))

    def outward(self, result: Any) -> Any:
        return result.detach().numpy() if isinstance(result, Tensor) else result

    def tried(self, function: Callable[..., Any], *arrays: Array) -> Any:
        return function(*map(self.inward, arrays))

    def vjp(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def vjp(*operands: Tensor) -> Any:
            leaves = [one.requires_grad_() for one in operands]
            out = function(*leaves)
            always = {"retain_graph": True, "allow_unused": True, "materialize_grads": True}
            return out, lambda dout: torch.autograd.grad(out, leaves, dout.to(out.dtype), **always)

        return vjp

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        # Else torch falls back to the plain function in silence after some shapes.
        torch.compiler.reset()
        # Needs no C++ compiler on this machine, as torch's default backend does.
        fast = torch.compile(function, backend="aot_eager")

        def quiet(*tensors: Tensor) -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the compiler's own, about itself
                return fast(*tensors)

        return quiet

    def is_class(self, value: Any) -> bool:
        """Whether a class is a torch module, or an autograd function."""
        kinds = (torch.nn.Module, torch.autograd.Function)
        return isinstance(value, type) and issubclass(value, kinds) and value not in kinds

    def layer_of(self, named: Named) -> Layer:
        value = named.value
        if isinstance(value, torch.nn.Module):
            return _module(named, named.expression, lambda d, m: value, value)
        if not self.is_class(value):
            return self.function(named)
        if issubclass(value, torch.autograd.Function):
            return self.function(named.member("apply"), "autograd function", loaded(named))
        return _module_class(named)


FRAMEWORK = _Torch()


def _module_class(named: Named) -> Layer:
    """Return the layer of a class of modules, which is built from two sizes."""
    value, known = named.value, parameters(named.value)
    names = ", ".join(known.names[:2] or "…")

    def make(d: int, m: int) -> torch.nn.Module:
        with torch.random.fork_rng(devices=[]):
            module: torch.nn.Module = value(d, m)
        return module

    try:
        sample = make(3, 2)
    except Exception as error:
        raised = f"{type(error).__name__}: {error}"
        raise refusal("module_not_built", name=named.expression, error=raised) from error
    return _module(named, f"{named.expression}({names})", make, sample)


def _module(
    named: Named, title: str, make: Callable[[int, int], torch.nn.Module], sample: torch.nn.Module
) -> Layer:
    weight, bias, transposed, bias_row = _parameters_of(named.expression, sample)
    frozen = {name for name, one in sample.named_parameters() if not one.requires_grad}
    if len(frozen) == 2:
        raise refusal("module_is_frozen", name=named.expression, weight=weight, bias=bias)

    def prepare(d: int, m: int) -> Callable[..., Any]:
        module = make(d, m)

        def function(x: Tensor, w: Tensor, b: Tensor) -> Any:
            stored = {weight: w.T if transposed else w, bias: b.reshape(1, -1) if bias_row else b}
            # What the module gives no gradient has none here either.
            held = {name: one.detach() if name in frozen else one for name, one in stored.items()}
            return torch.func.functional_call(module, held, (x,))

        return function

    def on_reused_instance(x: Tensor, w: Tensor, b: Tensor) -> Any:
        # Through one module that has run batches before an update of its parameters.
        passes, weights, biases = FRAMEWORK.vjp(prepare(*w.shape)), w + 1, b + 1
        warm_up(lambda batch: passes(batch, weights, biases), x)
        with torch.no_grad():
            weights.copy_(w)
            biases.copy_(b)
        return passes(x, weights, biases)

    layer = FRAMEWORK.differentiated(prepare)
    reused = FRAMEWORK.of_numpy(on_reused_instance)
    return replace(
        layer,
        name=named.expression,
        variants={**layer.variants, "on_reused_instance": reused},
        form=f"torch module {title}{STORED_TRANSPOSED * transposed}",
        usage=loaded(named),
        not_applicable={**layer.not_applicable, **OWN_PARAMETERS},
    )


def _parameters_of(label: str, module: torch.nn.Module) -> tuple[str, str, bool, bool]:
    """Return the names of weights and bias, and whether they are Wᵀ and a row."""
    held = {name: tuple(one.shape) for name, one in module.named_parameters()}
    matrices = [name for name, shape in held.items() if len(shape) == 2 and shape[0] != 1]
    others = [name for name in held if name not in matrices]
    if len(matrices) != 1 or [len(held[name]) in (1, 2) for name in others] != [True]:
        shapes = ", ".join(f"{name} {shape}" for name, shape in held.items()) or "none"
        raise refusal("module_parameters", name=label, shapes=shapes)
    (weight,), (bias,) = matrices, others
    shape, vector = held[weight], held[bias]
    if len(set(shape)) != 2:
        raise refusal("module_is_square", name=label, shape=shape)
    return weight, bias, shape[0] == vector[-1], len(vector) == 2
