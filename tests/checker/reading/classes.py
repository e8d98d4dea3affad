"""The source of a layer that is a class."""

from collections.abc import Iterator
from textwrap import indent
from typing import NamedTuple

from tests.checker.reading.conventions import CALL_KEEPS_STATE, NAMES, Convention
from tests.checker.reading.formulas import formulas_of
from tests.checker.reading.functions import (
    arguments,
    assignments,
    cached,
    function,
    preamble,
    result,
    returned,
    taken_by,
)  # fmt: skip

__all__ = ["Places", "constructor_arguments", "one_class", "place_of_dx", "places"]


class Places(NamedTuple):
    """Where an instance keeps its parameters, and their gradients."""

    w: str
    b: str
    dw: str
    db: str


_PLACES = {
    "self.grad_W": ("self.W", "self.b", "self.grad_W", "self.grad_b"),
    "self.gradient_weights": (
        "self.weights", "self.bias", "self.gradient_weights", "self.gradient_bias",
    ),
    "self.weight_grad": ("self.weight", "self.bias", "self.weight_grad", "self.bias_grad"),
    "self._grad_W_current": ("self._W", "self._b", "self._grad_W_current", "self._grad_b_current"),
    "self.grads[W]": ("self.W", "self.b", 'self.grads["W"]', 'self.grads["b"]'),
    "self.grads[0]": ("self.params[0]", "self.params[1]", "self.grads[0]", "self.grads[1]"),
    "self.grads[dW]": (
        'self.params["W"]', 'self.params["b"]', 'self.grads["dW"]', 'self.grads["db"]',
    ),
    "self.W.value/grad": ("self.W.value", "self.b.value", "self.W.grad", "self.b.grad"),
    "self.W.data/grad": ("self.W.data", "self.b.data", "self.W.grad", "self.b.grad"),
}  # fmt: skip


def places(convention: Convention) -> Places:
    """Return where an instance keeps its parameters, and their gradients."""
    usual = ("self.W", "self.b", "self.dW", "self.db")
    found = Places(*_PLACES.get(convention.container, usual))
    names = NAMES[convention.names]
    return found._replace(w=f"self.{names.w}") if convention.built == "given" else found


def place_of_dx(convention: Convention) -> str:
    """Return where an instance keeps dx, if backward does not return it."""
    return "self.dx" if convention.names == "a" else f"self.{NAMES[convention.names].dx}"


def one_class(convention: Convention, mistake: str, oddity: str) -> str:
    """Return the source of a class."""
    methods = [
        *_constructor(convention, oddity),
        *_forward(convention, mistake, oddity),
        _backward(convention, mistake, oddity),
    ]
    above = preamble(convention) + _parameter_class(convention)
    return f"{above}class Dense:\n" + indent("\n".join(methods), "    ")


def _parameter_class(convention: Convention) -> str:
    _, _, attributes = convention.container.partition("self.W.")
    if not attributes:
        return ""
    value, gradient = attributes.split("/")
    body = [f"self.{value} = {value}", f"self.{gradient} = np.zeros_like({value})"]
    constructor = function("__init__", f"self, {value}", body)
    return f"class Parameter:\n{indent(constructor, '    ')}\n\n"


# ------------------------------------------------------------------ how it is built


def constructor_arguments(convention: Convention) -> list[str]:
    """Return what the constructor takes, with the defaults."""
    names = NAMES[convention.names]
    taken = {
        "parameters": [names.w] if convention.bias_in_weights else [names.w, names.b],
        "sizes": ["n_in", "n_out"],
        "swapped": ["n_out", "n_in"],
        "units": ["units"],
    }[convention.built]
    rate = {"constructor": ["lr"], "constructor=0.1": ["lr=0.1"]}.get(convention.rate, [])
    return [*taken, *rate, *filter(None, [convention.flag])]


def _constructor(convention: Convention, oddity: str) -> Iterator[str]:
    """Yield the constructor, and the method that builds a layer of `units` in its first pass."""
    if convention.built == "given":
        return
    taken, body = constructor_arguments(convention), _options_kept(convention)
    later = ["self.units = units", "self.built = False"]
    body += later if convention.built == "units" else _parameters_kept(convention)
    if oddity == "constructor takes an unknown object":
        taken.insert(2, "topology")
        body.insert(0, "n_in, n_out = topology.scale(n_in), topology.scale(n_out)")
    yield function("__init__", ", ".join(["self", *taken]), body)
    if convention.built == "units":
        axis = 1 if convention.layout == "rows" else 0
        sizes = f"n_in, n_out = x.shape[{axis}], self.units"
        body = [sizes, *_parameters_kept(convention), "self.built = True"]
        yield function("build", "self, x", body)


def _options_kept(convention: Convention) -> list[str]:
    option, _, _ = convention.flag.partition("=")
    rates = {"attribute": "0.1", "constructor": "lr", "constructor=0.1": "lr"}
    kept = {option: option, "lr": rates.get(convention.rate, "lr" * (option == "lr"))}
    return [f"self.{name} = {value}" for name, value in kept.items() if value]


def _parameters_kept(convention: Convention) -> list[str]:
    """Return the lines that keep the parameters, and what gradients are added to."""
    values = _first_values(convention)
    place, container = places(convention), convention.container
    if container.startswith("self.W."):
        return [f"self.{key} = Parameter({value})" for key, value in values.items()]
    if container == "self.grads[0]":
        lines = [f"self.params = [{', '.join(values.values())}]"]
    elif container == "self.grads[dW]":
        items = ", ".join(f'"{key}": {value}' for key, value in values.items())
        lines = [f"self.params = {{{items}}}"]
    else:
        lines = [f"{place[i]} = {value}" for i, value in enumerate(values.values())]
    return [*lines, *_zeros(convention, len(values))]


def _first_values(convention: Convention) -> dict[str, str]:
    """Return the weights and the bias with which a layer starts, by `W` and `b`."""
    names = NAMES[convention.names]
    w, b = names.w, names.b
    if convention.built != "parameters":
        n_in = "n_in + 1" if convention.bias_in_weights else "n_in"
        shape = f"{n_in}, n_out" if convention.weight == "DM" else f"n_out, {n_in}"
        w = f"np.random.randn({shape})"
        if convention.flag == "seed=0":
            w = f"np.random.default_rng(self.seed).normal(size=({shape}))"
        bias = {"1M": "(1, n_out)", "M1": "(n_out, 1)"}.get(convention.bias, "n_out")
        b = f"np.zeros({bias})"
    return {"W": w} if convention.bias_in_weights else {"W": w, "b": b}


def _zeros(convention: Convention, count: int) -> list[str]:
    container, place, adds = convention.container, places(convention), convention.effect == "adds"
    if container == "self.grads[0]":
        return ["self.grads = [np.zeros_like(each) for each in self.params]"] * adds
    empty = container == "self.grads[dW]" or (adds and container == "self.grads[W]")
    zeros = [f"{place[i + 2]} = np.zeros_like({place[i]})" for i in range(count)]
    return ["self.grads = {}"] * empty + zeros * adds


# ------------------------------------------------------------------ its passes


def _forward(convention: Convention, mistake: str, oddity: str) -> Iterator[str]:
    """Yield the forward pass, and before it a `__call__` that keeps its input."""
    names, place = NAMES[convention.names], places(convention)
    name, _, _ = convention.methods.partition("/")
    is_given = convention.built == "given"
    graph = ["graph"] * (oddity == "forward takes an unknown object")
    given = arguments(convention) if is_given else names.x
    taken = ", ".join(["self", given, *graph, *filter(None, [convention.mode])])
    keep = _state_kept(convention)
    if convention.methods == CALL_KEEPS_STATE:
        again = f"return self.forward({', '.join([names.x, *graph])})"
        yield function("__call__", taken, [*keep, again])
        name, keep = "forward", []
    arrays = (names.x, names.w, names.b, "") if is_given else (names.x, place.w, place.b, "")
    saved = ", ".join(arrays[: cached(convention).count(",") + 1])
    build = ["if not self.built:", f"    self.build({names.x})"] * (convention.built == "units")
    out = f"out = {formulas_of(convention, arrays, mistake).out}"
    activate = ["if self.activation is not None:", "    out = self.activation(out)"]
    activate *= convention.flag == "activation=None"
    add = ["graph.add(self)"] * len(graph)
    yield function(name, taken, [*add, *build, *keep, out, *activate, result(convention, saved)])


def _state_kept(convention: Convention) -> list[str]:
    """Return the lines that keep what backward needs; only in training, where that is an option."""
    if convention.result == "cache":
        return []
    names = NAMES[convention.names]
    lines = [f"self.x = {names.x}"]
    if convention.built == "given":
        lines.append(f"{places(convention).w} = {names.w}")
    option, _, _ = convention.mode.partition("=")
    condition = 'mode == "train"' if option == "mode" else option
    return [f"if {condition}:", *(f"    {line}" for line in lines)] if option else lines


def _backward(convention: Convention, mistake: str, oddity: str) -> str:
    names, place = NAMES[convention.names], places(convention)
    has_cache = convention.result == "cache"
    x, w, b = names[:3] if has_cache else ("self.x", place.w, place.b)
    unpack = [f"{cached(convention)} = {names.cache}"] * has_cache
    dx, *others = assignments(convention, formulas_of(convention, (x, w, b, names.dout), mistake))
    kept, end = _gradients_kept(convention, oddity), _end(convention)
    body = [*unpack, dx, *others, *kept, end]
    if mistake == "dx from the updated weights":
        body = [*unpack, *others, *kept, dx, end]
    taken = ["self", taken_by(convention)]
    if convention.rate in ("lr", "learning_rate"):
        taken.append(convention.rate)
    if oddity == "backward takes an optimiser":
        taken.append("optimiser")
        body.insert(-1, f"optimiser.update({names.dw})")
    elif oddity == "backward takes no dout":
        taken = ["self", "lr"]
        body.insert(0, f"{names.dout} = lr * (self.output - self.target)")
    return function(convention.methods.split("/")[1], ", ".join(taken), body)


def _gradients_kept(convention: Convention, oddity: str) -> list[str]:
    """Return the lines that leave the gradients in the instance, or take a step."""
    names, place, container = NAMES[convention.names], places(convention), convention.container
    values = [names.dw] if convention.bias_in_weights else [names.dw, names.db]
    if oddity == "gradients under names that say nothing":
        return [f"self.tmp{number} = {value}" for number, value in enumerate(values, start=1)]
    if convention.effect == "steps":
        rate = convention.rate if convention.rate in ("lr", "learning_rate") else "self.lr"
        return [f"{place[i]} -= {rate} * {value}" for i, value in enumerate(values)]
    if not container.startswith("self."):
        return []
    if convention.effect == "adds":
        return [f"{place[i + 2]} += {value}" for i, value in enumerate(values)]
    if container == "self.grads[0]":
        return [f"self.grads = [{', '.join(values)}]"]
    if container == "self.grads[W]":
        items = ", ".join(f'"{key}": {value}' for key, value in zip("Wb", values, strict=False))
        return [f"self.grads = {{{items}}}"]
    return [f"{place[i + 2]} = {value}" for i, value in enumerate(values)]


def _end(convention: Convention) -> str:
    dx = NAMES[convention.names].dx
    if convention.dx == "kept":
        return f"{place_of_dx(convention)} = {dx}"
    in_instance = convention.container.startswith("self.") or convention.effect == "steps"
    return f"return {dx if in_instance else returned(convention)}"
