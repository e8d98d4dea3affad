"""torch, as a framework: functions on tensors, autograd functions, and modules.

Imported only where the target is of torch. Weights that a form stores as Wᵀ are given as such.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn.modules.lazy import LazyModuleMixin
from torch.nn.parameter import is_lazy

from affine.checker.reading.assemble import OWN_PARAMETERS, warm_up
from affine.checker.reading.evidence import Evidence
from affine.checker.reading.frameworks import Framework, Prepare
from affine.checker.reading.layout import LAYOUTS, Bias, Layout
from affine.checker.reading.other_layers import refuse_fixed_module
from affine.checker.reading.reading import Pass, Reading
from affine.checker.reading.signatures import Argument, Parameters, Takes, parameters, proposals
from affine.checker.reading.target import Named, TargetError, loaded
from affine.checker.reading.vocabulary import refusal, size_role
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

    def vjp(
        self, function: Callable[..., Any], needed: Sequence[Any] = (True, True, True)
    ) -> Callable[..., Any]:
        def vjp(*operands: Tensor) -> Any:
            asked = zip(operands, needed, strict=True)
            leaves = [one.requires_grad_() for one, is_needed in asked if is_needed]
            out = function(*operands)
            always = {"retain_graph": True, "allow_unused": True, "materialize_grads": True}

            def pullback(dout: Tensor) -> Any:
                # As for one operand that is detached: out does not depend on it.
                if not out.requires_grad:
                    return tuple(map(torch.zeros_like, leaves))
                return torch.autograd.grad(out, leaves, dout.to(out.dtype), **always)

            return out, pullback

        return vjp

    def differentiated(self, prepare: Prepare, dtype: str = "float64") -> Layer:
        """Return the layer of functions that torch differentiates, also with frozen operands."""

        def with_frozen_operands(x: Any, w: Any, b: Any, dout: Any, needed: Any) -> Any:
            out, pullback = self.vjp(prepare(*w.shape), needed)(x, w, b)
            gradients = iter(pullback(dout))
            return out, *(next(gradients) if each else None for each in needed)

        layer = super().differentiated(prepare, dtype)
        frozen = self.of_numpy(with_frozen_operands)
        return replace(layer, variants={**layer.variants, "with_frozen_operands": frozen})

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
            return _module(named, lambda d, m: value, value, Takes(()))
        if not self.is_class(value):
            return self.function(named, parameters(value), "function", [named])
        if issubclass(value, torch.autograd.Function):
            # Its context comes first, unless it is set up in a method of its own.
            skip = int(value.setup_context is torch.autograd.Function.setup_context)
            known = parameters(value.forward, skip=skip)
            return self.function(named.member("apply"), known, "autograd function", [named])
        return _module_class(named)


FRAMEWORK = _Torch()
_Make: TypeAlias = Callable[[int, int], torch.nn.Module]


def _module_class(named: Named) -> Layer:
    """Return the layer of a class of modules, which is built from two sizes."""
    if issubclass(named.value, LazyModuleMixin):
        raise refusal("module_is_lazy", name=named.expression)
    error: Exception | None = None
    for takes in proposals(parameters(named.value), "dm", names=size_role):

        def make(d: int, m: int, takes: Takes = takes) -> torch.nn.Module:
            with torch.random.fork_rng(devices=[]):
                module: torch.nn.Module = takes.call(named.value, {"d": d, "m": m})
            return module

        try:
            return _module(named, make, make(3, 2), takes)
        except TargetError:
            raise
        except Exception as failed:
            error = error or failed
    raised = f"raises {type(error).__name__}: {error}"
    problem = raised if error else "is not known to take two sizes"
    raise refusal("module_not_built", name=named.expression, problem=problem)


def _module(named: Named, make: _Make, sample: torch.nn.Module, made: Takes) -> Layer:
    weight, bias, layouts = _parameters_of(named.expression, sample)
    frozen = {name for name, one in sample.named_parameters() if not one.requires_grad}
    if len(frozen) == 2:
        raise refusal("module_is_frozen", name=named.expression, weight=weight, bias=bias)

    prepare = partial(_function_of, make, (weight, bias), frozen)
    known = parameters(sample.forward)
    evidence, dtype = _evidence_of(named, prepare, known, layouts)
    layout, flags = evidence.reading.layout, evidence.reading.backward.takes.flags

    def read(d: int, m: int) -> Callable[..., Any]:
        function = prepare(d, m)
        return lambda x, w, b: layout.data(function(**layout.given(x, w, b), **flags))

    def on_reused_instance(x: Tensor, w: Tensor, b: Tensor) -> Any:
        # Through one module that has run batches before an update of its parameters.
        passes, weights, biases = FRAMEWORK.vjp(read(*w.shape)), w + 1, b + 1
        warm_up(lambda batch: passes(batch, weights, biases), x)
        with torch.no_grad():
            weights.copy_(w)
            biases.copy_(b)
        return passes(x, weights, biases)

    layer = FRAMEWORK.differentiated(read, dtype)
    reused = FRAMEWORK.of_numpy(on_reused_instance)
    layer = replace(
        layer,
        variants={**layer.variants, "on_reused_instance": reused},
        form=f"torch module {named.expression}{made if made.arguments else ''}",
        usage=loaded(named),
        not_applicable={**layer.not_applicable, **OWN_PARAMETERS},
    )
    layer = FRAMEWORK.believed(layer, named, known, evidence)
    if sample is named.value:
        shape = sample.get_parameter(weight).shape
        d, m = reversed(shape) if layer.transposed else shape
        refuse_fixed_module(layer, named.expression, (d, m))
    return layer


def _function_of(
    make: _Make, names: Sequence[str], frozen: set[str], d: int, m: int
) -> Callable[..., Any]:
    """Return a fresh module's forward pass as a function of x, its weight and its bias."""
    module = make(d, m)

    def function(x: Tensor, w: Tensor, b: Tensor, **flags: Any) -> Any:
        # What the module gives no gradient has none here either.
        both = zip(names, (w, b), strict=True)
        held = {name: one.detach() if name in frozen else one for name, one in both}
        # Not `module.to`: it changes the module, and inside a transform that is fatal to torch.
        buffers = {
            name: one.to(x.dtype) if one.is_floating_point() else one
            for name, one in module.named_buffers()
        }
        return torch.func.functional_call(module, {**buffers, **held}, (x,), flags)

    return function


def _evidence_of(
    named: Named, prepare: Callable[[int, int], Any], known: Parameters, layouts: list[Layout]
) -> tuple[Evidence, str]:
    """Return how the forward pass of a module is read, and in which dtype.

    The function that is tried has x, w and b; in the place of the backward pass, which is torch's,
    stands what the module's own forward pass takes.
    """
    given, readings = tuple(Argument(name, name) for name in "xwb"), []
    for takes in proposals(known, "x"):

        def call(x: Tensor, w: Tensor, b: Tensor, takes: Takes = takes) -> Any:
            return prepare(3, 2)(x, w, b, **takes.flags)

        shown = Pass(Named(named.expression, call), Takes(given, takes.is_certain))
        own = Pass(Named(named.expression, None), takes)
        readings += [Reading(shown, own, each, is_certain=takes.is_certain) for each in layouts]
    return FRAMEWORK.read(named, known, readings)


def _parameters_of(label: str, module: torch.nn.Module) -> tuple[str, str, list[Layout]]:
    """Return the names of weights and bias, and the layouts that their shapes allow."""
    if any(map(is_lazy, module.parameters())):
        raise refusal("module_is_lazy", name=label)
    held = {name: tuple(one.shape) for name, one in module.named_parameters()}
    matrices = [name for name, shape in held.items() if len(shape) == 2 and 1 not in shape]
    others = [name for name in held if name not in matrices]
    if len(matrices) != 1 or [len(held[name]) in (1, 2) for name in others] != [True]:
        shapes = ", ".join(f"{name} {shape}" for name, shape in held.items()) or "none"
        raise refusal("module_parameters", name=label, shapes=shapes)
    (weight,), (bias,) = matrices, others
    shape, vector = held[weight], held[bias]
    if len(set(shape)) != 2:
        raise refusal("module_is_square", name=label, shape=shape)
    transposed = shape[0] == max(vector)
    kept: Bias = "(M,)" if len(vector) == 1 else "(1, M)" if vector[0] == 1 else "(M, 1)"
    both = [one for one in LAYOUTS if (one.transposed, one.bias) == (transposed, kept)]
    return weight, bias, both
