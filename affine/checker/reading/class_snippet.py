"""Layer classes in words, and as the code of a reproduction."""

import inspect
from collections.abc import Sequence

from affine.checker.reading.class_spec import OUTPUTS, ClassSpec
from affine.checker.reading.parameter_paths import ParameterPath
from affine.checker.reading.signatures import gradient_role, parameters
from affine.checker.reading.source import Source

__all__ = ["form", "usage"]


def form(built: ClassSpec) -> str:
    """Return the form in the words of reports."""
    name, _, kind = built.named.expression, "", built.named.value
    names = parameters(kind).names[: len(built.given)] if inspect.isclass(kind) else ()  # type: ignore[union-attr]
    title = f"class {name}({', '.join(names)})" if inspect.isclass(kind) else f"instance {name}"
    stored = ", weights stored as Wᵀ" if built.parts and built.parts.transposed else ""
    methods = f"{built.forward}({', '.join(built.takes)}) and {built.backward}"
    return f"{title} with {methods}({', '.join(built.back)}){stored}"


def usage(built: ClassSpec, own: Sequence[ParameterPath] = ()) -> str:
    """Return code that defines `vjp` with the class, in two parts: an instance, and its passes.

    Args:
        built: How instances are made and called.
        own: Where an instance keeps its parameters: the code then defines an update of them too.
    """
    head, out = _forward(built)
    return "\n".join([
        "def instance_of(w, b):", *_making(built), "    return instance", "",
        "def passes(instance, x, w, b):", *head, "",
        "    def pullback(dout):", *_pullback(built), "", f"    return {out}, pullback", "",
        *_updating(own),
        "def vjp(x, w, b):", "    return passes(instance_of(w, b), x, w, b)",
    ])  # fmt: skip


def _updating(own: Sequence[ParameterPath]) -> list[str]:
    if not own:
        return []
    places = [(place.code("instance"), place.code("new")) for place in own]
    lines = [f"    {old} += {new} - {old}" for old, new in places]
    return ["def update(instance, w, b):", "    new = instance_of(w, b)", *lines, ""]


def _making(built: ClassSpec) -> list[str]:
    name, parts = built.named.expression, built.parts
    sizes = {"d": "len(w)", "m": "len(b)", "w": "w", "b": "b"}
    if not inspect.isclass(built.named.value):
        lines = ["    import copy", f"    instance = copy.deepcopy({name})"]
    else:
        lines = [f"    instance = {name}({', '.join(sizes[one] for one in built.given)})"]
    if parts is not None:
        w = "w.T" if parts.transposed else "w"
        b = "b.reshape(1, -1)" if parts.bias_row else "b"
        lines += [f"    {place.code('instance')} = {w}" for place in parts.weights]
        lines += [f"    {place.code('instance')} = {b}" for place in parts.bias]
    return lines


def _forward(built: ClassSpec) -> tuple[list[str], str]:
    source = Source(getattr(built.named.value, built.forward))
    call = f"instance{_dotted(built.forward)}({', '.join(built.takes)})"
    if "cache" in built.back:
        return [f"    out, cache = {call}"], "out"
    if source.returned_count() == 2:
        return [f"    out, _ = {call}"], "out"
    if source.returns_something():
        return [f"    out = {call}"], "out"
    kept = [name for name in OUTPUTS if name in source.attributes()]
    return [f"    {call}", f"    out = instance.{(kept or OUTPUTS)[0]}"], "out"


def _dotted(name: str) -> str:
    return "" if name == "__call__" else f".{name}"


def _pullback(built: ClassSpec) -> list[str]:
    source = Source(getattr(built.named.value, built.backward))
    call = f"instance.{built.backward}({', '.join(built.back)})"
    entries = source.returned_entries()
    if entries:
        values = [f"grads{entry}" for entry in entries.values()]
        return [f"        grads = {call}", f"        return {_reshaped(built, values)}"]
    if source.returned_count() == 3 or (source.returns_something() and not _keeps(built)):
        return [f"        dx, dw, db = {call}", f"        return {_reshaped(built)}"]
    kept = _kept(built)
    if source.returns_something():
        values = ["dx", kept["w"], kept["b"]]
        return [f"        dx = {call}", f"        return {_reshaped(built, values)}"]
    values = [kept.get("x", "instance.dx"), kept["w"], kept["b"]]
    return [f"        {call}", f"        return {_reshaped(built, values)}"]


def _reshaped(built: ClassSpec, values: list[str] | None = None) -> str:
    dx, dw, db = values or ["dx", "dw", "db"]
    if built.parts and built.parts.transposed:
        dw += ".T"
    if built.bias_row:
        db += ".reshape(-1)"
    return f"{dx}, {dw}, {db}"


def _keeps(built: ClassSpec) -> bool:
    """Whether the class keeps gradients, beside those that its backward pass returns."""
    kind = built.named.value if inspect.isclass(built.named.value) else type(built.named.value)
    names = {*Source(kind).attributes(), *dir(kind)}
    return any(map(gradient_role, names)) or bool(Source(kind).kept_gradients()) or "grad" in names


def _kept(built: ClassSpec) -> dict[str, str]:
    """Return expressions for the gradients that the class keeps, by the names that it uses."""
    kind = built.named.value if inspect.isclass(built.named.value) else type(built.named.value)
    source = Source(kind)
    if built.parts and len(built.parts.weights[0].path) == 2 and "grad" in source.attributes():
        places = {"w": built.parts.weights[0], "b": built.parts.bias[0]}
        return {which: f"instance.{place.path[0]}.grad" for which, place in places.items()}
    found = {"w": ".dW", "b": ".db", **source.kept_gradients()}
    return {which: f"instance{entry}" for which, entry in found.items()}
