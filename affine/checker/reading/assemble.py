"""From a reading that holds to a `Layer`, with its variants, and code for reproductions."""

import ast
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from affine.checker.reading.choice import reads_names_alone
from affine.checker.reading.evidence import Evidence, nodes_of
from affine.checker.reading.places import INSTANCE, RETURNED, Place
from affine.checker.reading.probes import PROBE, Arrays, call_pullback, equal, silently
from affine.checker.reading.reading import Reading
from affine.checker.reading.target import Named, import_of, loaded
from affine.checker.reading.vocabulary import gradient_role, sentence
from affine.layer import VJP, Array, Layer, Pullback

__all__ = ["OWN_PARAMETERS", "layer_of", "warm_up"]

OWN_PARAMETERS = {"wrong_shapes_are_refused": "the layer makes its own weights and bias"}
# Enough for a mistake that waits for the third or fourth batch.
_BATCHES = 8


def layer_of(evidence: Evidence, arrays: Arrays, parts: Sequence[Named]) -> Layer:
    """Return the layer of a reading that holds; `parts` are what its usage imports."""
    reading, made = evidence.reading, evidence.reading.instances
    own = _updated_in(reading, arrays)
    second = _second_pass(reading, arrays)
    told = ["adds"] * (reading.update == "adds") + ["by_steps"] * reading.is_by_steps
    told += ["updates"] * (reading.update == "steps" and not reading.is_by_steps)
    told += ["once"] * bool(second)
    vacuous = {"backward_twice_gives_the_same": f"a second one {second}"} if second else {}
    return Layer(
        parts[-1].expression,
        reading.vjp,
        variants={
            **(_instance_variants(reading, own) if made else {}),
            **({"with_extra_axes": reading.vjp} if _flattens(reading, arrays) else {}),
        },
        form=reading.form,
        usage=_usage(reading, own, parts),
        not_applicable=vacuous | (OWN_PARAMETERS if made and made.places else {}),
        remarks=tuple(sentence(key, rate=reading.rate, second=second) for key in told),
        dtypes=() if arrays.dtype == "float64" else (arrays.dtype,),
        by_steps=reading.is_by_steps,
        columns=reading.layout.columns,
        transposed=reading.layout.transposed,
    )


def _second_pass(reading: Reading, arrays: Arrays) -> str:
    """Return what a second backward pass does where each forward pass serves one, else `""`."""
    if reads_names_alone():
        return ""
    x, w, b, dout = arrays.given(PROBE)
    pulled = silently(lambda: [reading.vjp(each, w, b)[1] for each in (x + 1, x)][1])[0]
    if silently(lambda: pulled(dout))[1]:
        return ""
    again, problem = silently(lambda: pulled(dout))
    if problem:
        return f"raised {problem.rstrip('.')}"
    older = (PROBE.x + 1).T @ PROBE.dout
    is_older, _ = silently(lambda: equal(arrays.outward(again[1]), older))
    return "was that of the forward pass before it" if is_older else ""


# ------------------------------------------------------------------ variants


def warm_up(run: Callable[[Any], tuple[Any, Pullback]], x: Any) -> None:
    """Run other batches, both passes of each: one data point, and as many as x has, in turn."""
    for number in range(_BATCHES):
        # No call of NumPy's: the arrays may be another library's.
        out, pullback = run((x if number % 2 else x[:1]) + 1)
        pullback(out + 1)


def _instance_variants(reading: Reading, own: Sequence[Place]) -> dict[str, VJP]:
    """Return the variants through one instance, updated where that is possible."""
    # A forward pass that takes the parameters takes others for the batches before.
    step = 1 if "w" in reading.forward.takes.roles else 0

    def on_reused_instance(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        layer = reading.instance(w, b)
        warm_up(lambda batch: reading.passes(layer, batch, w + step, b + step), x)
        return reading.passes(layer, x, w, b)

    def then_next_batch(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        layer = reading.instance(w, b)
        out, pullback = reading.passes(layer, x, w, b)

        def pulled(dout: Array) -> tuple[Array, Array, Array]:
            gradients = pullback(dout)
            reading.passes(layer, x + 1, w, b)[1](dout + 1)
            return gradients

        return out, pulled

    def after_update(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        layer = reading.instance(w + 1, b + 1)
        warm_up(lambda batch: reading.passes(layer, batch, w, b), x)
        _update(layer, reading.instance(w, b), own)
        return reading.passes(layer, x, w, b)

    named: list[VJP] = [on_reused_instance, then_next_batch, *([after_update] if own else [])]
    return {variant.__name__: variant for variant in named}


def _update(layer: Any, fresh: Any, places: Sequence[Place]) -> None:
    """Do what `layer.W -= …` does: change the array in place, and put it back."""
    for place in places:
        held = place.get({INSTANCE: layer})
        held += place.get({INSTANCE: fresh}) - held  # makes another array of one that cannot change
        place.put(layer, held)


def _flattens(reading: Reading, arrays: Arrays) -> bool:
    """Whether the forward pass shows that it flattens an x of more axes to (N, D)."""
    if reading.layout.columns or reading.layout.is_folded or reads_names_alone():
        return False
    w = np.arange(1.0, 13.0).reshape(6, 2).astype(arrays.dtype)
    x = np.arange(24.0).reshape(4, 2, 3).astype(arrays.dtype)
    b = PROBE.b.astype(arrays.dtype)
    out, _ = silently(lambda: arrays.outward(reading.vjp(*map(arrays.inward, (x, w, b)))[0]))
    return equal(out, x.reshape(4, 6) @ w + b)


# ------------------------------------------------------------------ parameters that are updated


def _updated_in(reading: Reading, arrays: Arrays) -> Sequence[Place]:
    """Return where instances keep the parameters that a user updates; none if that is not plain."""
    if reading.update == "steps" or reading.instances is None:
        return ()
    _, w, b, _ = arrays.given(PROBE)
    try:
        layer, fresh = reading.instance(w, b), reading.instance(w + 1, b + 1)
        places = [place for _, place in reading.held_in]
        _update(layer, fresh, places)
        held = ([place.get({INSTANCE: one}) for place in places] for one in (layer, fresh))
        is_updated = all(map(np.array_equal, *held))
    except Exception:  # of the user's code
        return ()
    own = {place.names[0] for place in places}
    passes = ("__init__", reading.forward.method, reading.backward.method)
    # A class that updates something else with them is not updated behind its back.
    has_own_update = any(
        _updates_more(function, own)
        for owner in type(layer).__mro__
        for name, function in vars(owner).items()
        if name not in passes and inspect.isfunction(function)
    )
    copies_arguments = any(name.startswith("_") for name in own)
    return places if is_updated and not copies_arguments and not has_own_update else ()


def _updates_more(method: Any, own: set[str]) -> bool:
    """Whether a method changes one of these attributes and, with it, something but gradients."""

    def is_own(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)

    nodes = nodes_of(method)
    stored = [node for node in nodes if isinstance(getattr(node, "ctx", 0), ast.Store)]
    places = [node.value if isinstance(node, ast.Subscript) else node for node in stored]
    changed = {place.attr for place in places if isinstance(place, ast.Attribute) and is_own(place)}
    others = any(not gradient_role(name) for name in changed - own)
    calls = any(isinstance(node, ast.Call) and is_own(node.func) for node in nodes)
    return bool(changed & own) and (others or calls)


# ------------------------------------------------------------------ as code


def _usage(reading: Reading, own: Sequence[Place], parts: Sequence[Named]) -> str:
    """Return code that defines `vjp` with the user's own functions, or with this package."""
    is_plain = reading.update == "overwrites" and reading.parameter_pass is None
    is_plain &= not reading.layout.is_folded and len(reading.gradients) == 3
    is_plain &= reading.backward.named.value is not call_pullback
    is_plain &= not {"cache", "params"} & {*reading.forward.takes.roles}
    instances = reading.instances
    if instances is not None:
        is_plain &= not (instances.is_copy or instances.is_lazy)
        # An initialiser of this package is a function.
        is_plain &= not any(map(callable, instances.takes.flags.values()))
    if not is_plain:
        return loaded(*parts)
    lines = [import_of(*parts), ""]
    if instances is None:
        return "\n".join([*lines, "def vjp(x, w, b):", *_passes(reading)])
    turned = reading.layout.code()
    known = {"d": "len(w)", "m": "len(b)", "shape": "w.shape", "turned": "w.T.shape"}
    known |= {"w": f"w{turned['w']}", "b": f"b{turned['b']}"}
    made = f"    instance = {instances.named.expression}({instances.takes.code(known)})"
    stored = [f"    {place.code('instance')} = {known[which]}" for which, place in instances.places]
    lines += ["def instance_of(w, b):", made, *stored, "    return instance", ""]
    lines += ["def passes(instance, x, w, b):", *_passes(reading), ""]
    if own:
        lines += ["def update(instance, w, b):", "    new = instance_of(w, b)"]
        places = [place.code("") for place in own]
        lines += [*(f"    instance{one} += new{one} - instance{one}" for one in places), ""]
    return "\n".join([*lines, "def vjp(x, w, b):", "    return passes(instance_of(w, b), x, w, b)"])


def _passes(reading: Reading) -> list[str]:
    """Return the lines that run both passes and return out and the pullback."""
    turned = reading.layout.code()
    known = {name: name + turned[name] for name in ("x", "w", "b", "dout")}
    known |= {"cache": "cache", "out": "out"}
    call = f"{_called(reading.forward)}({reading.forward.takes.code(known)})"
    out, lines = f"out{turned['out']}", []
    back = f"{_called(reading.backward)}({reading.backward.takes.code(known)})"
    places = [reading.gradients[which] for which in "xwb"]
    in_order = [Place(RETURNED, ((k,),)) for k in range(3)]
    is_plain = places == in_order and not any(turned.values())
    if reading.out.root == INSTANCE:
        lines += [f"    {call}", f"    out = {reading.out.code('instance')}"]
    elif reading.has_cache:
        used = "cache" if "cache" in reading.backward.takes.roles else "_"
        lines.append(f"    out, {used} = {call}")
    elif reading.instances is None and is_plain and "out" not in reading.backward.takes.roles:
        out = call
    else:
        lines.append(f"    out = {call}")
    if is_plain and reading.instances is None:
        return [*lines, f"    return {out}, lambda dout: {back}"]
    roots = {RETURNED: "result", INSTANCE: "instance"}
    if places == in_order:
        start, found = f"dx, dw, db = {back}", ["dx", "dw", "db"]
    else:
        found = [place.code(roots[place.root]) for place in places]
        is_used = any(place.root == RETURNED for place in places)
        start = f"result = {back}" if is_used else back
        if is_used and [place.path for place in places if place.root == RETURNED] == [()]:
            start, found[0] = f"dx = {back}", "dx"
    ends = [code + turned[name] for code, name in zip(found, ("dx", "dw", "db"), strict=True)]
    inner = f"\n    def pullback(dout):\n        {start}\n        return {', '.join(ends)}\n"
    return [*lines, inner, f"    return {out}, pullback"]


def _called(one: Any) -> str:
    if not one.method:
        return str(one.named.expression)
    return "instance" if one.method == "__call__" else f"instance.{one.method}"
