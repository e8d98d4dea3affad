"""The source of a layer that is written in a convention: right, with a mistake, or unreadable."""

from textwrap import indent
from typing import NamedTuple

from tests.checker.reading.conventions import (
    CALL_KEEPS_STATE,
    NAMES,
    OF_THE_LAYER,
    Convention,
    Names,
)

MISTAKES = {
    "dw averaged": {"averaged-over-the-batch"},
    "db averaged": {"averaged-over-the-batch"},
    "db along the wrong axis": {"summed-over-the-wrong-axis"},
    "dx with W not transposed": {"transpose-missing"},
    "dw doubled": {"scaled-by-a-constant"},
    "bias missing": {"bias-missing"},
    "db zero": {"always-zero"},
    "out through ReLU": {"activation-fused"},
    "dx from the updated weights": {"updated-too-early"},
}
"""What the catalogue calls each mistake."""

UNREADABLE = (
    "constructor takes an unknown object", "constructor takes an initialiser",
    "forward takes an unknown object", "backward takes an optimiser", "backward takes no dout",
    "gradients under names that say nothing", "a fourth argument of a pair",
)  # fmt: skip
"""What no reading can know how to call, or where to look for."""


class Formulas(NamedTuple):
    """The right side of each assignment."""

    out: str
    dx: str
    dw: str
    db: str


def fits(convention: Convention, mistake: str) -> bool:
    """Whether a mistake can be made in a convention, and be told from another convention.

    Where names say nothing, only results of the right shapes say which argument is which. A sum
    over the wrong axis has the shape of no parameter, so that it cannot be stacked on dw, or taken
    from b or added to db.
    """
    by_shapes = {"dw averaged", "db averaged", "dw doubled", "db zero"}
    if mistake == "dx from the updated weights":
        return convention.effect == "steps"
    if mistake == "db along the wrong axis" and (
        convention.bias_in_weights or convention.effect != "overwrites"
    ):
        return False
    return convention.names != "a" or mistake in by_shapes


def suits(convention: Convention, oddity: str) -> bool:
    """Whether something unreadable can be written into a convention."""
    if oddity == "a fourth argument of a pair":
        return convention.kind == "pair"
    if convention.kind == "pair":
        return False
    if oddity.startswith("constructor"):
        return convention.built in ("sizes", "swapped")
    if oddity.startswith("backward"):
        return convention.effect == "overwrites" and convention.result != "cache"
    if oddity.startswith("gradients"):
        attributes = convention.container in OF_THE_LAYER and not convention.bias_in_weights
        return attributes and convention.effect == "overwrites"
    return True


def source(convention: Convention, mistake: str = "", oddity: str = "") -> str:
    """Return the source of a layer."""
    write = _pair if convention.kind == "pair" else _class
    return "import numpy as np\n\n\n" + write(convention, mistake, oddity)


# ------------------------------------------------------------------ the formulas


def _formulas(convention: Convention, arrays: tuple[str, str, str, str], mistake: str) -> Formulas:
    """Return the formulas of a convention, written with the names of x, w, b and dout."""
    x, w, b, dout = arrays
    rows, direct = convention.layout == "rows", convention.weight == "DM"
    matrix, vector = _matrix_and_bias(convention, w, b)
    # Rows and (D, M), or columns and (M, D): forward takes the weight as it is.
    straight = rows == direct
    forward, backward = (matrix, f"{matrix}.T") if straight else (f"{matrix}.T", matrix)
    if mistake == "dx with W not transposed":
        backward = forward
    out = f"{x} @ {forward}" if rows else f"{forward} @ {x}"
    dx = f"{dout} @ {backward}" if rows else f"{backward} @ {dout}"
    dw = (
        (f"{x}.T @ {dout}" if direct else f"{dout}.T @ {x}")
        if rows
        else (f"{x} @ {dout}.T" if direct else f"{dout} @ {x}.T")
    )
    if mistake != "bias missing":
        out += f" + {vector}"
    if mistake == "out through ReLU":
        out = f"np.maximum({out}, 0)"
    if mistake == "dw averaged":
        dw += f" / {dout}.shape[{0 if rows else 1}]"
    if mistake == "dw doubled":
        dw = f"2 * {dw}"
    return Formulas(out, dx, *_joined(convention, dw, _db(convention, dout, mistake)))


def _matrix_and_bias(convention: Convention, w: str, b: str) -> tuple[str, str]:
    """Return the matrix without the bias, and the bias in the shape in which it is added."""
    if not convention.bias_in_weights:
        turned = {("rows", "M1"): ".T", ("columns", "M"): "[:, None]"}
        vector = b + turned.get((convention.layout, convention.bias), "")
        return w, f"({vector} if self.use_bias else 0)" if "use_bias" in convention.flag else vector
    number, others = ("-1", ":-1") if convention.bias == "last" else ("0", "1:")
    before = "" if convention.weight == "DM" else ":, "
    turned_row = "" if convention.layout == "rows" else "[:, None]"
    return f"{w}[{before}{others}]", f"{w}[{before}{number}]{turned_row}"


def _db(convention: Convention, dout: str, mistake: str) -> str:
    right = 0 if convention.layout == "rows" else 1
    axis = 1 - right if mistake == "db along the wrong axis" else right
    reduce = "mean" if mistake == "db averaged" else "sum"
    kept = convention.bias in ("1M", "M1")
    turned = ".T" if (convention.layout, convention.bias) == ("rows", "M1") else ""
    db = f"{dout}.{reduce}(axis={axis}{', keepdims=True' * kept}){turned}"
    return f"0 * {db}" if mistake == "db zero" else db


def _joined(convention: Convention, dw: str, db: str) -> tuple[str, str]:
    if not convention.bias_in_weights:
        return dw, db
    stack = "np.vstack" if convention.weight == "DM" else "np.column_stack"
    parts = [dw, db] if convention.bias == "last" else [db, dw]
    return f"{stack}([{', '.join(parts)}])", ""


# ------------------------------------------------------------------ two functions


def _pair(convention: Convention, mistake: str, oddity: str) -> str:
    names = NAMES[convention.names]
    forward, backward = convention.methods.split("/")
    formulas = _formulas(convention, names[:4], mistake)
    taken = ", ".join(getattr(names, role) for role in convention.takes.split())
    body = [f"out = {formulas.out}", _result(convention, _cached(convention, names))]
    given = arguments(convention)
    if oddity == "a fourth argument of a pair":
        given += ", mask_fn"
        body.insert(0, f"{names.x} = mask_fn({names.x})")
    return (
        _function(forward, given, body)
        + "\n\n"
        + _backward_of_functions(convention, backward, taken, formulas)
    )


def _backward_of_functions(
    convention: Convention, backward: str, taken: str, formulas: Formulas
) -> str:
    names = NAMES[convention.names]
    from_cache = [f"{_cached(convention, names)} = {names.cache}"]
    unpack = from_cache if "cache" in convention.takes else []
    body = [*unpack, *_assignments(convention, formulas), f"return {_returned(convention)}"]
    return _preamble(convention) + _function(backward, taken, body)


def arguments(convention: Convention) -> str:
    """Return what forward takes, of a pair or of a layer that is given its parameters."""
    names = NAMES[convention.names]
    return ", ".join(getattr(names, role) for role in convention.order)


def _cached(convention: Convention, names: Names) -> str:
    return ", ".join(names[: 2 if convention.bias_in_weights else 3])


def _result(convention: Convention, cached: str) -> str:
    results = {"out": "return out", "kept": "self.output = out"}
    return results.get(convention.result, f"return out, ({cached})")


def _function(name: str, given: str, body: list[str]) -> str:
    return f"def {name}({given}):\n" + indent("\n".join(body), "    ") + "\n"


def _assignments(convention: Convention, formulas: Formulas) -> list[str]:
    names = NAMES[convention.names]
    gradients = zip((names.dx, names.dw, names.db), formulas[1:], strict=True)
    return [f"{name} = {formula}" for name, formula in gradients if formula]


def _preamble(convention: Convention) -> str:
    if convention.container != "namedtuple":
        return ""
    fields = "dx dw" if convention.bias_in_weights else "dx dw db"
    imported = "from collections import namedtuple\n\n"
    return f'{imported}Gradients = namedtuple("Gradients", "{fields}")\n\n\n'


def _returned(convention: Convention) -> str:
    """Return the expression of the gradients that backward returns."""
    *_, dx, dw, db = NAMES[convention.names]
    both, named = f"{dw}, {db}", f'"W": {dw}, "b": {db}'
    reordered, keys = f"{dw}, {db}, {dx}", f'"dx": {dx}, "dW": {dw}, "db": {db}'
    if convention.bias_in_weights:
        both, named = dw, f'"W": {dw}'
        reordered, keys = f"{dw}, {dx}", f'"dx": {dx}, "dW": {dw}'
    one = "," * convention.bias_in_weights
    return {
        "tuple": f"{dx}, {both}",
        "reordered": reordered,
        "dict": f"{{{keys}}}",
        "dx,dict": f"{dx}, {{{named}}}",
        "dx,list": f"{dx}, [{both}]",
        "dx,tuple": f"{dx}, ({both}{one})",
        "namedtuple": f"Gradients({dx}, {both})",
    }[convention.container]


# ------------------------------------------------------------------ a class


class Places(NamedTuple):
    """Where an instance keeps a parameter and its gradient."""

    w: str
    b: str
    dw: str
    db: str


_PLACES = {
    "self.dW": Places("self.W", "self.b", "self.dW", "self.db"),
    "self.grad_W": Places("self.W", "self.b", "self.grad_W", "self.grad_b"),
    "self.gradient_weights": Places(
        "self.weights", "self.bias", "self.gradient_weights", "self.gradient_bias"
    ),
    "self.weight_grad": Places("self.weight", "self.bias", "self.weight_grad", "self.bias_grad"),
    "self._grad_W_current": Places(
        "self._W", "self._b", "self._grad_W_current", "self._grad_b_current"
    ),
    "self.grads[W]": Places("self.W", "self.b", 'self.grads["W"]', 'self.grads["b"]'),
    "self.grads[0]": Places("self.params[0]", "self.params[1]", "self.grads[0]", "self.grads[1]"),
    "self.grads[dW]": Places(
        'self.params["W"]', 'self.params["b"]', 'self.grads["dW"]', 'self.grads["db"]'
    ),
    "self.W.value/grad": Places("self.W.value", "self.b.value", "self.W.grad", "self.b.grad"),
    "self.W.data/grad": Places("self.W.data", "self.b.data", "self.W.grad", "self.b.grad"),
}


def places(convention: Convention) -> Places:
    """Return where an instance keeps its parameters and their gradients."""
    usual = _PLACES["self.dW"]
    found = _PLACES.get(convention.container, usual)
    if convention.built == "given":
        names = NAMES[convention.names]
        found = found._replace(w=f"self.{names.w}", b=f"self.{names.b}")
    return found


def _class(convention: Convention, mistake: str, oddity: str) -> str:
    methods = [
        _constructor(convention, oddity), *_building(convention),
        *_forward(convention, mistake, oddity), _backward(convention, mistake, oddity),
    ]  # fmt: skip
    text = indent("\n".join(filter(None, methods)), "    ")
    return _preamble(convention) + _parameter_class(convention) + f"class Dense:\n{text}"


def _parameter_class(convention: Convention) -> str:
    _, _, attribute = convention.container.partition("self.W.")
    if not attribute:
        return ""
    value = attribute.partition("/")[0]
    body = [f"self.{value} = {value}", f"self.grad = np.zeros_like({value})"]
    return f"class Parameter:\n{indent(_function('__init__', f'self, {value}', body), '    ')}\n\n"


def constructor_takes(convention: Convention) -> list[str]:
    """Return the arguments of the constructor, with their defaults."""
    names = NAMES[convention.names]
    of_parameters = [names.w] if convention.bias_in_weights else [names.w, names.b]
    taken = {
        "parameters": of_parameters, "sizes": ["n_in", "n_out"], "swapped": ["n_out", "n_in"],
        "units": ["units"], "given": [],
    }[convention.built]  # fmt: skip
    rate = {"constructor": ["lr"], "constructor=0.1": ["lr=0.1"]}.get(convention.rate, [])
    return taken + rate + [convention.flag] * bool(convention.flag)


def _constructor(convention: Convention, oddity: str) -> str:
    if convention.built == "given":
        return ""
    names, taken = NAMES[convention.names], constructor_takes(convention)
    option = convention.flag.partition("=")[0]
    body = [f"self.{option} = {option}"] if option else []
    if convention.rate.startswith("constructor"):
        body.append("self.lr = lr")
    if convention.rate == "attribute":
        body.append("self.lr = 0.1")
    if convention.built == "units":
        body += ["self.units = units", "self.built = False"]
    elif convention.built == "parameters":
        body += _kept(convention, names.w, names.b)
    else:
        body += _kept(convention, *_initial(convention, "n_in", "n_out"))
    if oddity == "constructor takes an unknown object":
        taken.insert(2, "topology")
        body.insert(0, "n_in, n_out = topology.scale(n_in), topology.scale(n_out)")
    if oddity == "constructor takes an initialiser":
        taken.insert(2, "w_init")
        body.append(f"{places(convention).w}[...] = w_init({places(convention).w}.shape)")
    return _function("__init__", ", ".join(["self", *taken]), body)


def _building(convention: Convention) -> list[str]:
    if convention.built != "units":
        return []
    features = "x.shape[1]" if convention.layout == "rows" else "x.shape[0]"
    body = [
        f"features = {features}",
        *_kept(convention, *_initial(convention, "features", "self.units")),
        "self.built = True",
    ]
    return [_function("build", "self, x", body)]


def _initial(convention: Convention, n_in: str, n_out: str) -> tuple[str, str]:
    """Return the first values of the weights and the bias."""
    more = " + 1" if convention.bias_in_weights else ""
    rows, columns = f"{n_in}{more}", n_out
    if convention.weight == "MD":
        rows, columns = columns, rows
    bias = {"1M": f"(1, {n_out})", "M1": f"({n_out}, 1)"}.get(convention.bias, n_out)
    if "seed" in convention.flag:
        seed = "self.seed"
        return (
            f"np.random.default_rng({seed}).normal(size=({rows}, {columns}))",
            f"np.zeros({bias})",
        )
    return f"np.random.randn({rows}, {columns})", f"np.zeros({bias})"


def _kept(convention: Convention, w: str, b: str) -> list[str]:
    """Return the assignments that keep the parameters, and zeros that gradients are added to."""
    one = convention.bias_in_weights
    container, place = convention.container, places(convention)
    if container.startswith("self.W."):
        return [f"self.W = Parameter({w})", *[f"self.b = Parameter({b})"] * (not one)]
    if container == "self.grads[0]":
        lines = [f"self.params = [{w}]" if one else f"self.params = [{w}, {b}]"]
    elif container == "self.grads[dW]":
        lines = [f'self.params = {{"W": {w}}}' if one else f'self.params = {{"W": {w}, "b": {b}}}']
    else:
        lines = [f"{place.w} = {w}", *[f"{place.b} = {b}"] * (not one)]
    return lines + _containers(convention) + _zeros(convention)


def _containers(convention: Convention) -> list[str]:
    if convention.container == "self.grads[dW]":
        return ["self.grads = {}"]
    if convention.effect != "adds":
        return []
    zeros = "self.grads = [np.zeros_like(each) for each in self.params]"
    return {"self.grads[0]": [zeros], "self.grads[W]": ["self.grads = {}"]}.get(
        convention.container, []
    )


def _zeros(convention: Convention) -> list[str]:
    if convention.effect != "adds" or convention.container == "self.grads[0]":
        return []
    place = places(convention)
    bias = [f"{place.db} = np.zeros_like({place.b})"] * (not convention.bias_in_weights)
    return [f"{place.dw} = np.zeros_like({place.w})", *bias]


def _forward(convention: Convention, mistake: str, oddity: str) -> list[str]:
    names, name = NAMES[convention.names], convention.methods.split("/")[0]
    place = places(convention)
    given = arguments(convention) if convention.built == "given" else names.x
    keep, arrays = [f"self.x = {names.x}"], (names.x, place.w, place.b, "")
    if convention.built == "given":
        # Of the parameters it needs the weights again, but not the bias.
        keep, arrays = [*keep, f"{place.w} = {names.w}"], (names.x, names.w, names.b, "")
    out = f"out = {_formulas(convention, arrays, mistake).out}"
    graph = "graph" * (oddity == "forward takes an unknown object")
    taken = ", ".join(filter(None, ["self", given, graph, convention.mode]))
    option = convention.mode.partition("=")[0]
    if option:
        condition = 'mode == "train"' if option == "mode" else option
        keep = [f"if {condition}:", *(f"    {line}" for line in keep)]
    if convention.result == "cache":
        keep = []
    if convention.methods == CALL_KEEPS_STATE:
        call = _function("__call__", taken, [*keep, f"return self.forward({names.x})"])
        name, keep, before = "forward", [], [call]
    else:
        before = []
    if convention.built == "units":
        keep = ["if not self.built:", f"    self.build({names.x})", *keep]
    if graph:
        keep = ["graph.add(self)", *keep]
    cached = ", ".join(arrays[: 2 if convention.bias_in_weights else 3])
    activate = "if self.activation is not None: out = self.activation(out)"
    activation = [activate] * convention.flag.startswith("activation")
    return [*before, _function(name, taken, [*keep, out, *activation, _result(convention, cached)])]


def _backward(convention: Convention, mistake: str, oddity: str) -> str:
    names, place = NAMES[convention.names], places(convention)
    x, w, b = "self.x", place.w, place.b
    body = []
    if convention.result == "cache":
        x, w, b = names[:3]
        body = [f"{_cached(convention, names)} = {names.cache}"]
    formulas = _formulas(convention, (x, w, b, names.dout), mistake)
    assigned = _assignments(convention, formulas)
    ends = _ends(convention, oddity)
    if mistake == "dx from the updated weights":
        body += [*assigned[1:], *ends[:-1], assigned[0], ends[-1]]
    else:
        body += [*assigned, *ends]
    taken = ["self", *(getattr(names, role) for role in convention.takes.split())]
    if convention.rate in ("lr", "learning_rate"):
        taken.append(convention.rate)
    if oddity == "backward takes an optimiser":
        taken.append("optimiser")
        body.insert(-1, f"optimiser.update({names.dw})")
    if oddity == "backward takes no dout":
        taken = ["self", "lr"]
        body.insert(0, f"{names.dout} = lr * (self.output - self.target)")
    return _function(convention.methods.split("/")[1], ", ".join(taken), body)


def _ends(convention: Convention, oddity: str) -> list[str]:
    """Return the lines that hand the gradients over; the last one returns."""
    names, place = NAMES[convention.names], places(convention)
    gradients = [(place.w, place.dw, names.dw), (place.b, place.db, names.db)]
    if convention.bias_in_weights:
        gradients.pop()
    if oddity == "gradients under names that say nothing":
        gradients = [("", "self.tmp1", names.dw), ("", "self.tmp2", names.db)]
    if convention.effect == "steps":
        in_constructor = convention.rate not in ("lr", "learning_rate")
        rate = "self.lr" if in_constructor else convention.rate
        steps = [f"{parameter} -= {rate} * {name}" for parameter, _, name in gradients]
        return [*steps, f"return {names.dx}"]
    if not convention.container.startswith("self."):
        return [f"return {_returned(convention)}"]
    sign = "+=" if convention.effect == "adds" else "="
    lines = [f"{kept} {sign} {name}" for _, kept, name in gradients]
    if convention.effect == "overwrites" and not oddity:
        both = ", ".join(name for *_, name in gradients)
        items = ", ".join(
            f'"{key}": {name}' for key, (*_, name) in zip("Wb", gradients, strict=False)
        )
        whole = {"self.grads[0]": f"[{both}]", "self.grads[W]": f"{{{items}}}"}
        if convention.container in whole:
            lines = [f"self.grads = {whole[convention.container]}"]
    kept = f"{place_of_dx(convention)} = {names.dx}"
    return [*lines, kept if convention.dx == "kept" else f"return {names.dx}"]


def place_of_dx(convention: Convention) -> str:
    """Return where an instance keeps dx, if backward does not return it."""
    return "self.dx" if convention.names == "a" else f"self.{NAMES[convention.names].dx}"
