"""Layer classes: built from (W, b), from sizes, or from nothing; and their instances."""

import ast
import inspect
from collections.abc import Sequence
from contextlib import suppress
from textwrap import dedent
from typing import Any

import numpy as np

from affine.checker.reading.instances import (
    OWN_PARAMETERS,
    ClassSpec,
    ParameterPath,
    Storage,
    attributes,
    is_array,
    preserve_random_state,
    storage_of,
    update,
    variants,
)
from affine.checker.reading.signatures import Parameters, backward_plan, forward_plan, parameters
from affine.checker.reading.target import Named, import_of, loaded, refusal
from affine.checker.reading.vocabulary import METHODS, WORDS, by_role, gradient_role, role
from affine.layer import Layer

__all__ = [
    "from_class", "from_instance", "has_both_passes", "is_layer_class", "is_static", "method",
    "returned_count", "returns_triple",
]  # fmt: skip

# Which sizes a class is built with to see how it keeps its weights: they must differ.
_SIZES = 3, 2


def method(kind: Any, name: str) -> str:
    """Return what a class calls its forward or backward method, `""` if it has none."""
    # No other look-up, as every class has a `__call__`.
    bases = (kind if inspect.isclass(kind) else type(kind)).__mro__
    for one in METHODS[name]:
        defined = next((vars(base)[one] for base in bases if one in vars(base)), None)
        if callable(defined) or isinstance(defined, classmethod):
            return one
    return ""


def has_both_passes(value: Any) -> bool:
    """Whether a class, or an object's, has a forward and a backward method."""
    return bool(method(value, "forward") and method(value, "backward"))


def is_static(kind: Any) -> bool:
    """Whether a class is only a place for its functions."""
    function = inspect.getattr_static(kind, method(kind, "forward"), None)
    return isinstance(function, (staticmethod, classmethod))


def is_layer_class(value: Any) -> bool:
    """Whether a class has a forward and a backward pass, and takes what a layer takes."""
    if not inspect.isclass(value) or not has_both_passes(value) or inspect.isabstract(value):
        return False
    forward, takes = _method_parameters(value, "forward"), parameters(value)
    if is_static(value):
        return forward.takes(3)
    return takes.takes(0 if forward.required == 3 else 2)


def from_class(named: Named) -> Layer:
    """Return the layer of a class, a fresh instance for every forward pass."""
    kind = named.value
    if not is_layer_class(kind):
        signature = inspect.signature(kind) if parameters(kind).is_known else ""
        own = method(kind, "forward")
        raise refusal("no_sizes", name=named.expression, takes=signature, forward=own)
    takes = _plan(named, "forward")
    given, storage = _given(named) if takes == ("x",) else ((), Storage())
    return _layer(named, takes, given, storage)


def from_instance(named: Named) -> Layer:
    """Return the layer of an instance: a copy of it for every forward pass."""
    arrays = filter(is_array, attributes(named.value).values())
    shapes = {tuple(one.shape) for one in arrays if len(one.shape) == 2 and 1 not in one.shape}
    if len(shapes) != 1 or len(set(*shapes)) != 2:
        raise refusal("sides_unclear", name=named.expression)
    first, second = shapes.pop()
    storage = storage_of(named.value, (first, second), named.expression)
    if storage is None:
        raise refusal("no_weights", name=named.expression)
    return _layer(named, _plan(named, "forward"), (), storage)


def _layer(named: Named, takes: Sequence[str], given: Sequence[str], storage: Storage) -> Layer:
    forward, backward = method(named.value, "forward"), method(named.value, "backward")
    spec = ClassSpec(named, forward, backward, takes, _plan(named, "backward"), given, storage)
    own = _updated_in(spec) if takes == ("x",) else ()
    return Layer(
        named.expression,
        lambda x, w, b: spec.passes(spec.make(w, b), x, w, b),
        variants=variants(spec, own),
        form=spec.form,
        usage=_usage(spec, own),
        not_applicable=OWN_PARAMETERS if storage.places else {},
    )


def _updated_in(spec: ClassSpec) -> Sequence[ParameterPath]:
    """Return where instances keep the parameters that a user updates; none if that is not plain."""
    w, b = np.ones(_SIZES), np.ones(_SIZES[1])
    try:
        with preserve_random_state():
            layer, fresh = spec.make(w, b), spec.make(w + 1, b + 1)
        storage = storage_of(layer, _SIZES, "")
        places = [place for _, place in storage.places] if storage else []
        update(layer, fresh, places)
        is_updated = all(np.array_equal(one.get(layer), one.get(fresh)) for one in places)
    except Exception:  # of the user's code, or of storage_of
        return ()
    own = {place.names[0] for place in places}
    # A class that updates something else with them is not updated behind its back.
    has_own_update = any(
        _updates_more(function, own)
        for owner in spec.kind.__mro__
        for name, function in vars(owner).items()
        if name not in ("__init__", spec.forward, spec.backward) and inspect.isfunction(function)
    )
    copies_arguments = any(name.startswith("_") for name in own)
    return places if is_updated and not copies_arguments and not has_own_update else ()


# ------------------------------------------------------------------ what it takes


def _method_parameters(kind: Any, name: str) -> Parameters:
    function = getattr(kind, method(kind, name))
    bound = not inspect.isclass(kind) or is_static(kind)
    return parameters(function, skip=0 if bound else 1)


def _plan(named: Named, name: str) -> tuple[str, ...]:
    """Return what the forward or backward method takes, in order."""
    known = _method_parameters(named.value, name)
    if known.takes(1):
        return ("x",) if name == "forward" else ("dout",)
    plan = forward_plan(known) if name == "forward" else backward_plan(known)
    if plan is None or (len(plan) == 2 and "cache" not in map(role, known.names)):
        expression = named.member(method(named.value, name)).expression
        raise refusal(f"{name}_method", call=f"{expression}{known}")
    return plan


def _given(named: Named) -> tuple[Sequence[str], Storage]:
    """Return what the class is built from, and how instances keep it."""
    known = parameters(named.value)
    names = tuple(map(role, known.names[:2]))
    if sorted(names) == ["b", "w"]:
        with suppress(Exception):
            return names, _storage_of_arrays(named.value, names)
        return names, Storage()
    refused = "it then has no weights of these sizes"
    try:
        with preserve_random_state():
            instance = named.value(*_SIZES)
    except Exception as error:
        refused = f"{type(error).__name__}: {error}"
    else:
        storage = storage_of(instance, _SIZES, named.expression)
        if storage is not None:
            return ("m", "d") if storage.outputs_first else ("d", "m"), storage
    try:
        return ("w", "b"), _storage_of_arrays(named.value, ("w", "b"))
    except Exception as error:
        raised = f"{type(error).__name__}: {error}"
        raise refusal(
            "not_built", name=named.expression, takes=known, error=raised, refusal=refused
        ) from error


def _storage_of_arrays(kind: type, given: Sequence[str]) -> Storage:
    """Return how a class that is built from (W, b) keeps them; it may turn b into one row."""
    arrays = {"w": np.ones(_SIZES), "b": np.ones(_SIZES[1])}
    with preserve_random_state():
        held = attributes(kind(*(arrays[name] for name in given)))
    biases = [one for name, one in held.items() if role(name) == "b" and is_array(one)]
    return Storage(bias_row=(1, _SIZES[1]) in (tuple(one.shape) for one in biases))


# ------------------------------------------------------------------ as code


def _usage(spec: ClassSpec, own: Sequence[ParameterPath]) -> str:
    """Return code that defines `vjp` with a class: an instance, its passes, and an update of it."""
    forward, pullback = _forward(spec), _pullback(spec)
    if not spec.is_class or not forward or not pullback:
        return loaded(spec.named)
    storage, sizes = spec.storage, {"d": "len(w)", "m": "len(b)", "w": "w", "b": "b"}
    given = ", ".join(sizes[name] for name in spec.given)
    turned = {"w": ".T" * storage.transposed, "b": ".reshape(1, -1)" * storage.bias_row}
    stored = [f"    {one.code('instance')} = {name}{turned[name]}" for name, one in storage.places]
    places = [one.code("") for one in own]
    update = [f"    instance{one} += new{one} - instance{one}" for one in places]
    if own:
        update = ["def update(instance, w, b):", "    new = instance_of(w, b)", *update, ""]
    return "\n".join([
        import_of(spec.named), "",
        "def instance_of(w, b):", f"    instance = {spec.named.expression}({given})",
        *stored, "    return instance", "",
        "def passes(instance, x, w, b):", *forward, "",
        "    def pullback(dout):", *pullback, "", "    return out, pullback", "",
        *update,
        "def vjp(x, w, b):", "    return passes(instance_of(w, b), x, w, b)",
    ])  # fmt: skip


def _forward(spec: ClassSpec) -> list[str]:
    """Return the lines that set `out`; none where the source does not show how."""
    function = getattr(spec.kind, spec.forward)
    method = "" if spec.forward == "__call__" else f".{spec.forward}"
    call = f"instance{method}({', '.join(spec.takes)})"
    if "cache" in spec.back:
        return [f"    out, cache = {call}"]
    if _returned(function) is not None:
        return [f"    out{', _' if returned_count(function) == 2 else ''} = {call}"]
    kept = [name for name in WORDS["names"]["outputs"] if name in _attributes(function)]
    return [f"    {call}", f"    out = instance.{kept[0]}"] if kept else []


def _pullback(spec: ClassSpec) -> list[str]:
    """Return the lines that return the gradients; none where the source does not show how."""
    function = getattr(spec.kind, spec.backward)
    call, count = f"instance.{spec.backward}({', '.join(spec.back)})", returned_count(function)
    used = [name for owner in spec.kind.__mro__ for name in _attributes(owner)]
    names = filter(gradient_role, (*used, *dir(spec.kind)))
    kept = by_role({name: f"instance.{name}" for name in names}, needed="wb")
    if count == 3:
        call, kept = f"dx, dw, db = {call}", {"x": "dx", "w": "dw", "b": "db"}
    elif kept and not count and _returned(function) is not None and returns_triple(function):
        call, kept["x"] = f"dx = {call}", "dx"
    elif _returned(function) is not None or "x" not in kept:
        return []
    dw = kept["w"] + ".T" * spec.storage.transposed
    db = kept["b"] + ".reshape(-1)" * spec.storage.bias_row
    return [f"        {call}", f"        return {kept['x']}, {dw}, {db}"]


# ------------------------------------------------------------------ what the source shows


def _nodes(code: Any) -> list[ast.AST]:
    """Return all nodes of the source of a function or a class, none where it is not known."""
    try:
        return list(ast.walk(ast.parse(dedent(inspect.getsource(inspect.unwrap(code))))))
    except (OSError, TypeError, SyntaxError, ValueError):
        return []


def _attributes(code: Any) -> list[str]:
    return [node.attr for node in _nodes(code) if isinstance(node, ast.Attribute)]


def _returned(code: Any) -> ast.expr | None:
    """Return what a function returns last; for a name, what was assigned to it."""
    values, assigned = [], {}
    for node in _nodes(code):
        if isinstance(node, ast.Return):
            values.append(node.value)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            assigned[node.targets[0].id] = node.value
    last = values[-1] if values else None
    return assigned.get(last.id, last) if isinstance(last, ast.Name) else last


def returned_count(code: Any) -> int:
    """Return how many values a function returns, 0 where it returns one or that is not known."""
    result = _returned(code)
    return len(result.elts) if isinstance(result, ast.Tuple) else 0


def returns_triple(code: Any) -> bool:
    """Whether what a function returns unpacks as dx, dw and db, as far as its source shows."""
    result = _returned(code)
    called = getattr(result.func, "id", "") if isinstance(result, ast.Call) else ""
    kind = {"dict": dict, **getattr(code, "__globals__", {})}.get(called)
    if inspect.isclass(kind):
        return [gradient_role(name) for name in getattr(kind, "_fields", ())] == ["x", "w", "b"]
    return returned_count(code) in (0, 3) and not isinstance(result, ast.Dict)


def _updates_more(method: Any, own: set[str]) -> bool:
    """Whether a method changes one of these attributes and, with it, something but gradients."""

    def is_own(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)

    nodes = _nodes(method)
    stored = [node for node in nodes if isinstance(getattr(node, "ctx", 0), ast.Store)]
    places = [node.value if isinstance(node, ast.Subscript) else node for node in stored]
    changed = {place.attr for place in places if isinstance(place, ast.Attribute) and is_own(place)}
    others = any(not gradient_role(name) for name in changed - own)
    calls = any(isinstance(node, ast.Call) and is_own(node.func) for node in nodes)
    return bool(changed & own) and (others or calls)
