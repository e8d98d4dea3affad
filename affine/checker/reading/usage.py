"""A layer in words, `Layer.form`, and as code for reproductions, `Layer.usage`.

The code of a pair of functions or of a plain class needs nothing of this package; where such code
would be long, two lines adapt the layer as a check does.
"""

from collections.abc import Sequence

from affine.checker.reading.instances import ClassSpec
from affine.checker.reading.parameter_paths import ParameterPath
from affine.checker.reading.signatures import parameters
from affine.checker.reading.source import Source
from affine.checker.reading.target import Named
from affine.checker.reading.vocabulary import OUTPUTS, by_role, gradient_role

__all__ = ["call_form", "class_form", "class_usage", "loaded", "pair_usage", "with_storage"]


def call_form(function: Named, takes: Sequence[str]) -> str:
    """Return a function as it is called, by the names that it gives to what it takes."""
    names = parameters(function.value).names or takes
    return f"{function.expression}({', '.join(names[: len(takes)])})"


def class_form(spec: ClassSpec) -> str:
    """Return the form of a class or an instance."""
    title = f"instance {spec.named.expression}"
    if spec.is_class:
        title = f"class {call_form(spec.named, spec.given)}"
    methods = f"{spec.forward}({', '.join(spec.takes)}) and {spec.backward}({', '.join(spec.back)})"
    return with_storage(f"{title} with {methods}", spec.storage.transposed)


def with_storage(form: str, transposed: bool) -> str:
    """Return a form, and how it stores the weights."""
    return f"{form}, weights stored as Wᵀ" if transposed else form


# ------------------------------------------------------------------ as code


def loaded(*parts: Named) -> str:
    """Return code that defines `vjp` with this package, for any layer."""
    names = ", ".join(one.expression or "layer" for one in parts)
    layer = names if len(parts) == 1 else f"({names})"
    line = "from affine.checker.reading import layer_from"
    return f"{_import_of(*parts)}\n{line}\n\nvjp = layer_from({layer}).vjp"


def _import_of(*parts: Named) -> str:
    expressions = [one.expression or "layer" for one in parts]
    names = list(dict.fromkeys(one.partition(".")[0].partition("[")[0] for one in expressions))
    origin = parts[0].origin
    return f"from {origin} import {', '.join(names)}" if origin else (
        f"# {' and '.join(names)}: your own"
    )  # fmt: skip


def pair_usage(forward: Named, takes: Sequence[str], backward: Named, back: Sequence[str]) -> str:
    """Return code that defines `vjp` with two functions, each with what it takes."""
    out = call = f"{forward.expression}({', '.join(takes)})"
    pull = f"{backward.expression}({', '.join(back)})"
    lines = [_import_of(forward, backward), "", "def vjp(x, w, b):"]
    if "cache" in back or Source(forward.value).returned_count == 2:
        out = "out"
        lines.append(f"    out, {'cache' if 'cache' in back else '_'} = {call}")
    entries = Source(backward.value).returned_entries
    if not entries:
        return "\n".join([*lines, f"    return {out}, lambda dout: {pull}"])
    values = ", ".join(f"grads{entry}" for entry in entries.values())
    lines += ["    def pullback(dout):", f"        grads = {pull}", f"        return {values}", ""]
    return "\n".join([*lines, f"    return {out}, pullback"])


def class_usage(spec: ClassSpec, own: Sequence[ParameterPath] = ()) -> str:
    """Return code that defines `vjp` with a class: an instance, its passes, and an update of it."""
    forward, pullback = _forward(spec), _pullback(spec)
    if not spec.is_class or not forward or not pullback:
        return loaded(spec.named)
    storage, sizes = spec.storage, {"d": "len(w)", "m": "len(b)", "w": "w", "b": "b"}
    given = ", ".join(sizes[name] for name in spec.given)
    turned = {"w": ".T" * storage.transposed, "b": ".reshape(1, -1)" * storage.bias_row}
    stored = [f"    {one.code('instance')} = {name}{turned[name]}" for name, one in storage.places]
    pairs = [(one.code("instance"), one.code("new")) for one in own]
    update = [f"    {old} += {new} - {old}" for old, new in pairs]
    if own:
        update = ["def update(instance, w, b):", "    new = instance_of(w, b)", *update, ""]
    return "\n".join([
        _import_of(spec.named), "",
        "def instance_of(w, b):", f"    instance = {spec.named.expression}({given})",
        *stored, "    return instance", "",
        "def passes(instance, x, w, b):", *forward, "",
        "    def pullback(dout):", *pullback, "", "    return out, pullback", "",
        *update,
        "def vjp(x, w, b):", "    return passes(instance_of(w, b), x, w, b)",
    ])  # fmt: skip


def _forward(spec: ClassSpec) -> list[str]:
    """Return the lines that set `out`; none where the source does not show how."""
    source = Source(getattr(spec.kind, spec.forward))
    method = "" if spec.forward == "__call__" else f".{spec.forward}"
    call = f"instance{method}({', '.join(spec.takes)})"
    if "cache" in spec.back:
        return [f"    out, cache = {call}"]
    if source.returned is not None or not source.is_known:
        return [f"    out{', _' if source.returned_count == 2 else ''} = {call}"]
    kept = [f"    out = instance.{name}" for name in OUTPUTS if name in source.attributes]
    return [f"    {call}", kept[0]] if kept else []


def _pullback(spec: ClassSpec) -> list[str]:
    """Return the lines that return the gradients; none where the source does not show how."""
    source = Source(getattr(spec.kind, spec.backward))
    call = f"instance.{spec.backward}({', '.join(spec.back)})"
    used = [name for owner in spec.kind.__mro__ for name in Source(owner).attributes]
    names = filter(gradient_role, (*used, *dir(spec.kind)))
    kept = by_role({name: f"instance.{name}" for name in names}, needed="wb")
    if source.returned_count == 3:
        call, dx, dw, db = f"dx, dw, db = {call}", "dx", "dw", "db"
    elif source.returned_count or source.returned_entries or not kept or not source.is_known:
        return []
    elif source.returned is not None:
        call, dx, dw, db = f"dx = {call}", "dx", kept["w"], kept["b"]
    elif "x" in kept:
        dx, dw, db = kept.values()
    else:
        return []
    dw += ".T" if spec.storage.transposed else ""
    db += ".reshape(-1)" if spec.storage.bias_row else ""
    return [f"        {call}", f"        return {dx}, {dw}, {db}"]
