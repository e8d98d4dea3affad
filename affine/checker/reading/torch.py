"""torch: modules, functions on tensors, and autograd functions.

Imported only where the target is of torch. Weights that a form stores as Wᵀ are given as such.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from affine.checker.reading.classes import OWN_PARAMETERS
from affine.checker.reading.signatures import parameters
from affine.checker.reading.target import Named, TargetError
from affine.checker.reading.torch_autograd import (
    D,
    Function,
    M,
    N,
    Tensor,
    differentiated,
    on_reused_module,
)
from affine.layer import Layer

__all__ = ["from_torch", "is_torch_class", "takes_a_batch"]


def is_torch_class(found: Any) -> bool:
    """Whether a class is a torch module, or an autograd function.

    Examples:
        >>> is_torch_class(torch.nn.Linear), is_torch_class(dict)
        (True, False)
    """
    kinds = (torch.nn.Module, torch.autograd.Function)
    return isinstance(found, type) and issubclass(found, kinds) and found not in kinds


def from_torch(named: Named) -> Layer:
    """Return the layer of a module class, a module, an autograd function or a function.

    Raises:
        TargetError: A module has other parameters than one weight matrix and one bias.

    Examples:
        >>> layer = from_torch(Named("Linear", torch.nn.Linear))
        >>> layer.form
        'torch module Linear(in_features, out_features), weights stored as Wᵀ'
        >>> layer.not_applicable["dtypes_follow_promotion"]
        'torch refuses operands of different dtypes'
    """
    value = named.value
    if isinstance(value, torch.nn.Module):
        return _module(named, lambda d, m: value, f"torch module {named.expression}", value)
    if is_torch_class(value) and issubclass(value, torch.nn.Module):
        return _module_class(named)
    if is_torch_class(value):
        return _function(Named(f"{named.expression}.apply", value.apply), "torch autograd function")
    return _function(named, "torch function")


def _function(named: Named, kind: str) -> Layer:
    transposed = _takes_transposed(named.value)
    function = (lambda x, w, b: named.value(x, w.T, b)) if transposed else named.value
    known = parameters(named.value)
    shown = f"{kind} {named.expression}{known if known and known.takes(3) else '(x, w, b)'}"
    call = f"    out = {named.expression}(x, {'w.T' if transposed else 'w'}, b)"
    shown = _stored(shown, transposed)
    return differentiated(named.expression, lambda d, m: function, shown, _usage(call))


def takes_a_batch(function: Callable[..., Any]) -> bool:
    """Whether a function of x, w and b gives (N, M), with weights as W or as Wᵀ.

    Examples:
        >>> takes_a_batch(torch.nn.functional.linear), takes_a_batch(torch.mv)
        (True, False)
    """
    x, w, b = torch.ones(N, D), torch.ones(D, M), torch.ones(M)
    return _fits(function, x, w, b) or _fits(function, x, w.T, b)


def _takes_transposed(function: Callable[..., Any]) -> bool:
    x, w, b = torch.ones(N, D), torch.ones(D, M), torch.ones(M)
    return not _fits(function, x, w, b) and _fits(function, x, w.T, b)


def _fits(function: Callable[..., Any], *tensors: Tensor) -> bool:
    try:
        return tuple(function(*tensors).shape) == (N, M)
    except Exception:
        return False


def _stored(shown: str, transposed: bool) -> str:
    return f"{shown}, weights stored as Wᵀ" if transposed else shown


# ------------------------------------------------------------------ modules


def _module_class(named: Named) -> Layer:
    kind = named.value
    known = parameters(kind)
    names = ", ".join(known.names[:2]) if known else "…"
    if known is not None and not known.takes(2):
        raise TargetError(
            f"{named.expression}{known} cannot be built from the two sizes D and M; "
            "let its other parameters have defaults"
        )

    def make(d: int, m: int) -> torch.nn.Module:
        with torch.random.fork_rng(devices=[]):
            module: torch.nn.Module = kind(d, m)
        return module

    try:
        sample = make(D, M)
    except Exception as error:
        raise TargetError(
            f"{named.expression}({D}, {M}) raises {type(error).__name__}: {error}; "
            "let it be built from the two sizes D and M"
        ) from error
    return _module(named, make, f"torch module {named.expression}({names})", sample)


def _module(
    named: Named, make: Callable[[int, int], torch.nn.Module], shown: str, sample: torch.nn.Module
) -> Layer:
    weight, bias, transposed, row = _parameters_of(named.expression, sample)
    frozen = _frozen(named.expression, sample)
    # What the module gives no gradient has none here either.
    w_code = ("w.T" if transposed else "w") + (".detach()" if weight in frozen else "")
    b_code = ("b.reshape(1, -1)" if row else "b") + (".detach()" if bias in frozen else "")

    def prepare(d: int, m: int) -> Function:
        module = make(d, m)

        def function(x: Tensor, w: Tensor, b: Tensor) -> Any:
            stored = {weight: w.T if transposed else w, bias: b.reshape(1, -1) if row else b}
            held = {name: one.detach() if name in frozen else one for name, one in stored.items()}
            return torch.func.functional_call(module, held, (x,))

        return function

    stored = f"{{{weight!r}: {w_code}, {bias!r}: {b_code}}}"
    layer = differentiated(
        named.expression,
        prepare,
        _stored(shown, transposed),
        _usage_of_module(named, f"    out = torch.func.functional_call(module, {stored}, (x,))"),
    )
    not_applicable = {**layer.not_applicable, **OWN_PARAMETERS}
    variants = {**layer.variants, "on_reused_instance": on_reused_module(prepare)}
    return replace(layer, variants=variants, not_applicable=not_applicable)


def _frozen(label: str, module: torch.nn.Module) -> set[str]:
    """Return the names of the parameters that get no gradient."""
    named = dict(module.named_parameters())
    frozen = {name for name, one in named.items() if not one.requires_grad}
    if frozen == named.keys():
        raise TargetError(
            f"{label} is frozen: neither {' nor '.join(named)} requires a gradient, so there is "
            "no dW and no db to judge; let them: requires_grad_(True)"
        )
    return frozen


def _parameters_of(label: str, module: torch.nn.Module) -> tuple[str, str, bool, bool]:
    """Return the names of weights and bias, and whether they are Wᵀ and a row."""
    held = {name: tuple(one.shape) for name, one in module.named_parameters()}
    rows = {name: shape for name, shape in held.items() if len(shape) == 2 and shape[0] == 1}
    vectors = {name: shape for name, shape in held.items() if len(shape) == 1} | rows
    matrices = {name: shape for name, shape in held.items() if len(shape) == 2 and name not in rows}
    if len(matrices) != 1 or len(vectors) != 1 or len(held) != 2:
        shapes = ", ".join(f"{name} {shape}" for name, shape in held.items()) or "none"
        raise TargetError(
            f"{label} has the parameters {shapes}; the affine layer has one weight matrix "
            "and one bias, so name a module with these two"
        )
    ((weight, shape),), ((bias, vector),) = matrices.items(), vectors.items()
    if len(set(shape)) != 2:
        raise TargetError(f"{label} has square weights {shape}: name its class instead")
    return weight, bias, shape[0] == vector[-1], len(vector) == 2


# ------------------------------------------------------------------ as code


def _usage(call: str) -> str:
    return "\n".join(["import torch", "", "def vjp(x, w, b):", *_passes_with(call)])


def _usage_of_module(named: Named, call: str) -> str:
    is_instance = isinstance(named.value, torch.nn.Module)
    made = named.expression if is_instance else f"{named.expression}(len(w), len(b))"
    return "\n".join([
        "import torch", "",
        "def instance_of(w, b):", f"    return {made}", "",
        "def passes(module, x, w, b):", *_passes_with(call), "",
        "def vjp(x, w, b):", "    return passes(instance_of(w, b), x, w, b)",
    ])  # fmt: skip


def _passes_with(call: str) -> list[str]:
    return [
        "    leaves = x, w, b = [torch.tensor(a, requires_grad=True) for a in (x, w, b)]",
        call,
        "",
        "    def pullback(dout):",
        "        dout = torch.tensor(dout, dtype=out.dtype)",
        "        grads = torch.autograd.grad(",
        "            out, leaves, dout, retain_graph=True, materialize_grads=True",
        "        )",
        "        return [grad.numpy() for grad in grads]",
        "",
        "    return out.detach().numpy(), pullback",
    ]
