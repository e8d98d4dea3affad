"""An equation, a property or a known mistake, explained in the terminal."""

import ast
import inspect
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib import import_module
from itertools import groupby
from textwrap import dedent
from typing import Any

from rich.console import Group, RenderableType

from affine.checker.diagnosis import MISTAKES, Mistake
from affine.checker.report.layout import code, heading, indented, paragraph, rows
from affine.checker.report.notation import page, plain
from affine.checker.report.words import counted
from affine.equations import EQUATIONS, STATEMENTS, Equation, retired
from affine.properties import PROPERTIES, Property

__all__ = ["closest", "explain", "listing"]


def closest(name: str, names: Iterable[str]) -> str:
    """Return a question that offers the most similar name, `""` where none is similar.

    Examples:
        >>> closest("dw_is_xt_dou", PROPERTIES)
        'did you mean dw_is_xt_dout?'
        >>> closest("zzz", PROPERTIES)
        ''
    """
    known = list(names)
    near = get_close_matches(name, known, n=1) or [one for one in known if name and name in one]
    return f"did you mean {near[0]}?" if near else ""


def explain(name: str) -> list[RenderableType]:
    """Return what is known under a name: an equation's tag, a property, or a known mistake.

    Args:
        name: As the site and the reports write it; `(dw)` and `dW` do as well.

    Raises:
        LookupError: Nothing has that name, or the tag was retired.

    Examples:
        >>> from affine.checker.report.layout import to_text
        >>> print(to_text(explain("(dw)")).splitlines()[0])
        Equation (dw): Gradient of the weights
        >>> explain("dw_is_xt_dou")
        Traceback (most recent call last):
        ...
        LookupError: nothing is called dw_is_xt_dou; did you mean dw_is_xt_dout?
    """
    kinds: list[tuple[Any, Any]] = [
        (EQUATIONS, _equation), (PROPERTIES, _property), (MISTAKES, _mistake),
    ]  # fmt: skip
    sought = _letters(name)
    parts = [
        part
        for known, explained in kinds
        for called, found in known.items()
        if _letters(called) == sought
        for part in explained(found)
    ]
    if gone := retired().get(sought):
        raise LookupError(f"the tag ({gone.tag}) was retired on {gone.date}: {gone.why}")
    if not parts:
        names = [*EQUATIONS, *PROPERTIES, *MISTAKES]
        hint = closest(name, names) or "`affine list` names the properties and their equations"
        raise LookupError(f"nothing is called {name}; {hint}")
    return parts


def _letters(name: str) -> str:
    return name.strip("() ").lower().replace("_", "-").removeprefix("eq-").removeprefix("property-")


def _equation(found: Equation) -> Iterator[RenderableType]:
    yield heading(f"Equation ({found.tag}): {found.title}")
    yield code(plain(found.tag), by=2)
    tested = [name for name, one in PROPERTIES.items() if found.tag in one.equations]
    broken = [name for name, one in MISTAKES.items() if one.equation == found.tag]
    yield rows(
        _said(
            ("Aloud", found.spoken),
            ("Shapes", ", ".join(f"{name} {shape or 'a number'}" for name, shape in
                                 found.symbols.items())),
            ("Holds if", "; ".join(found.assumes)),
            ("Tested by", ", ".join(tested) or found.by_definition),
            ("Mistakes", ", ".join(broken)),
            ("Source", "\n".join(f"{one}: {STATEMENTS[one].says}" for one in found.source)),
            ("Page", page(found.tag)),
        )
    )  # fmt: skip
    yield heading("In TeX:")
    yield code(found.tex)
    if not found.is_statement_only:
        yield heading(f"In code, {found.function}:")
        yield code(_returned(found.function))


def _returned(function: str) -> str:
    """Return the last statement of a function, which is the equation."""
    module, _, name = function.rpartition(".")
    source = dedent(inspect.getsource(getattr(import_module(module), name)))
    body = ast.parse(source).body[0]
    assert isinstance(body, ast.FunctionDef)
    last = body.body[-1]
    return dedent("\n".join(source.splitlines()[last.lineno - 1 : last.end_lineno]))


def _property(found: Property) -> Iterator[RenderableType]:
    yield heading(f"Property {found.name}")
    yield rows(
        _said(
            ("Says", found.doc),
            ("Catches", found.catches),
            *(("Equation", f"({tag})  {_hanging(tag)}") for tag in found.equations),
            ("Profile", found.profile),
            ("Needs", getattr(found, "needs", "")),
            ("Run it", f"affine check TARGET --only {found.name}"),
        )
    )
    yield heading("In code:")
    source = dedent(inspect.getsource(found.check)).rstrip()
    yield code(source[source.index("def ") :])


def _hanging(tag: str) -> str:
    """The equation; its further lines stand below the first."""
    return plain(tag).replace("\n", "\n" + " " * (len(tag) + 4))


def _mistake(found: Mistake) -> Iterator[RenderableType]:
    yield heading(f"Mistake {found.name}: {found.title}")
    known = found.equation in EQUATIONS
    yield rows(
        _said(
            ("What", found.sentence),
            ("Wrong", found.formula),
            ("Right", f"({found.equation})  {_hanging(found.equation)}" if known else ""),
            ("Remedy", found.remedy),
            ("Page", page(found.equation)),
        )
    )


def _said(*labelled: tuple[str, str]) -> list[tuple[str, str]]:
    return [(label, said) for label, said in labelled if said]


def listing(profile: str = "") -> Iterator[RenderableType]:
    """Yield every property, group by group: name, equations, what it catches.

    Args:
        profile: Only the properties of this profile itself; `""` for all.

    Examples:
        >>> from affine.checker.report.layout import to_text
        >>> "dw_is_xt_dout" in to_text(listing())
        True
    """
    # What is only remarked on runs in `textbook` too.
    levels = ("textbook", "note") if profile == "textbook" else (profile,)
    chosen = [one for one in PROPERTIES.values() if not profile or one.profile in levels]
    for group, found in groupby(chosen, key=lambda one: one.group):
        yield Group(heading(group), *(indented(part) for one in found for part in _entry(one)))
    yield heading(counted(len(chosen), "property", "properties"))


def _entry(found: Property) -> Iterator[RenderableType]:
    beyond = "" if found.profile == "textbook" else f"  [{found.profile}]"
    yield paragraph(found.name + beyond)
    tags = ", ".join(found.equations)
    yield indented(paragraph(f"({tags}) catches {found.catches}"))
