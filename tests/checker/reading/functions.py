"""The source of a layer that is two functions, and what a class shares with it."""

from textwrap import indent

from tests.checker.reading.conventions import NAMES, Convention
from tests.checker.reading.formulas import Formulas, formulas_of

__all__ = [
    "arguments", "assignments", "cached", "function", "preamble", "result", "returned", "taken_by",
    "two_functions",
]  # fmt: skip


def two_functions(convention: Convention, mistake: str, oddity: str) -> str:
    """Return the source of a pair."""
    names = NAMES[convention.names]
    forward, backward = convention.methods.split("/")
    formulas = formulas_of(convention, names[:4], mistake)
    given = arguments(convention)
    ahead = [f"out = {formulas.out}", result(convention, cached(convention))]
    if oddity == "a fourth argument of a pair":
        given += ", mask_fn"
        ahead.insert(0, f"{names.x} = mask_fn({names.x})")
    unpack = [f"{cached(convention)} = {names.cache}"] * (convention.result == "cache")
    back = [*unpack, *assignments(convention, formulas), f"return {returned(convention)}"]
    both = function(forward, given, ahead), function(backward, taken_by(convention), back)
    return preamble(convention) + "\n\n".join(both)


def function(name: str, given: str, body: list[str]) -> str:
    """Return the source of a function, or of a method."""
    return f"def {name}({given}):\n" + indent("\n".join(body), "    ") + "\n"


def arguments(convention: Convention) -> str:
    """Return the arguments of a forward pass that is given the parameters."""
    return ", ".join(getattr(NAMES[convention.names], role) for role in convention.order)


def taken_by(convention: Convention) -> str:
    """Return the arguments of the backward pass."""
    return ", ".join(getattr(NAMES[convention.names], role) for role in convention.takes.split())


def cached(convention: Convention) -> str:
    """Return what a cache holds, by the names that backward gives it."""
    return ", ".join(NAMES[convention.names][: 2 if convention.bias_in_weights else 3])


def result(convention: Convention, saved: str) -> str:
    """Return the line that hands over out, and what is saved for the backward pass."""
    lines = {"out": "return out", "kept": "self.output = out"}
    return lines.get(convention.result, f"return out, ({saved})")


def assignments(convention: Convention, formulas: Formulas) -> list[str]:
    """Return the lines that compute dx, dw and db, in this order."""
    *_, dx, dw, db = NAMES[convention.names]
    gradients = zip((dx, dw, db), formulas[1:], strict=True)
    return [f"{name} = {formula}" for name, formula in gradients if formula]


def preamble(convention: Convention) -> str:
    """Return what stands above the layer."""
    if convention.container != "namedtuple":
        return ""
    fields = "dx dw" if convention.bias_in_weights else "dx dw db"
    imported = "from collections import namedtuple\n\n"
    return f'{imported}Gradients = namedtuple("Gradients", "{fields}")\n\n\n'


def returned(convention: Convention) -> str:
    """Return the expression of all gradients that backward returns."""
    *_, dx, dw, db = NAMES[convention.names]
    values = [dw] if convention.bias_in_weights else [dw, db]
    both = ", ".join(values)
    named = ", ".join(f'"{key}": {value}' for key, value in zip("Wb", values, strict=False))
    all_named = ", ".join(
        f'"{key}": {value}' for key, value in zip(("dx", "dW", "db"), [dx, *values], strict=False)
    )
    return {
        "tuple": f"{dx}, {both}",
        "reordered": f"{both}, {dx}",
        "dict": f"{{{all_named}}}",
        "dx,dict": f"{dx}, {{{named}}}",
        "dx,list": f"{dx}, [{both}]",
        "dx,tuple": f"{dx}, ({both}{',' * convention.bias_in_weights})",
        "namedtuple": f"Gradients({dx}, {both})",
    }[convention.container]
