"""An equation, a property or a known mistake, explained in the terminal."""

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from itertools import groupby
from textwrap import dedent
from typing import Any

from rich.console import Group, RenderableType

from affine.checker.diagnosis import MISTAKES, Mistake
from affine.checker.report.layout import code, heading, indented, paragraph, rows
from affine.checker.report.words import closest, counted, page
from affine.equations import EQUATIONS, STATEMENTS, Equation, retired
from affine.properties import PROPERTIES, Property


def explain(name: str) -> list[RenderableType]:
    """Return what is known under a name: an equation's tag, a property, or a known mistake.

    It raises `LookupError` if nothing has that name. `(dw)` and `dW` do as well as `dw`.
    """
    wanted, parts = _letters(name), list[RenderableType]()
    known = (EQUATIONS, _equation), (PROPERTIES, _property), (MISTAKES, _mistake)
    entries: Any
    for entries, explained in known:
        found = (entry for called, entry in entries.items() if _letters(called) == wanted)
        parts += [part for entry in found for part in explained(entry)]
    if gone := retired().get(wanted):
        raise LookupError(f"the tag ({gone.tag}) was retired on {gone.date}: {gone.why}")
    if not parts:
        names = [*EQUATIONS, *PROPERTIES, *MISTAKES]
        hint = closest(name, names) or "`affine list` names the properties and their equations"
        raise LookupError(f"nothing is called {name}; {hint}")
    return parts


def _letters(name: str) -> str:
    return name.strip("() ").lower().replace("_", "-").removeprefix("eq-").removeprefix("property-")


def _equation(equation: Equation) -> Iterator[RenderableType]:
    tag = equation.tag
    yield heading(f"Equation ({tag}): {equation.title}")
    yield code(equation.plain, by=2)
    shapes = (f"{name} {shape or 'a number'}" for name, shape in equation.symbols.items())
    tested = [name for name, each in PROPERTIES.items() if tag in each.equations]
    mistakes = [name for name, each in MISTAKES.items() if each.equation == tag]
    yield rows(
        [
            ("Aloud", equation.spoken),
            ("Shapes", ", ".join(shapes)),
            ("Holds if", "; ".join(equation.assumes)),
            ("Computed", f"by {equation.function}" if equation.function.count(".") > 1 else ""),
            ("Tested by", ", ".join(tested) or equation.by_definition),
            ("Mistakes", ", ".join(mistakes)),
            ("Source", "\n".join(f"{each}: {_words(each)}" for each in equation.source)),
            ("Page", page(tag)),
        ]
    )
    yield heading("In TeX:")
    yield code(equation.tex)
    if equation.function.count(".") == 1:  # of the reference, which ends with its equation
        yield heading(f"In code, {equation.function}:")
        module, _, name = equation.function.rpartition(".")
        source = dedent(inspect.getsource(getattr(import_module(module), name)))
        body: Any = ast.parse(source).body[0]
        last = body.body[-1]  # the equation
        yield code(dedent("\n".join(source.splitlines()[last.lineno - 1 : last.end_lineno])))


def _words(statement: str) -> str:
    found = STATEMENTS[statement]
    return f"“{found.says}”" if found.quoted else found.says


def _property(tested: Property) -> Iterator[RenderableType]:
    yield heading(f"Property {tested.name}")
    yield rows(
        [
            ("Says", tested.doc),
            ("Catches", tested.catches),
            *(("Equation", _tagged(tag)) for tag in tested.equations),
            ("Profile", tested.profile),
            ("Needs", tested.needs),
            ("Run it", f"affine check TARGET --only {tested.name}"),
        ]
    )
    yield heading("In code:")
    source = dedent(inspect.getsource(tested.check)).rstrip()
    yield code(source[source.index("def ") :])


def _tagged(tag: str) -> str:
    """Return the equation after its tag; its further lines stand below the first."""
    return f"({tag})  {EQUATIONS[tag].plain}".replace("\n", "\n" + " " * (len(tag) + 4))


def _mistake(mistake: Mistake) -> Iterator[RenderableType]:
    yield heading(f"Mistake {mistake.name}: {mistake.title}")
    yield rows(
        [
            ("What", mistake.sentence),
            ("Wrong", mistake.formula),
            ("Right", _tagged(mistake.equation) if mistake.equation in EQUATIONS else ""),
            ("Remedy", mistake.remedy),
            ("Page", page(mistake.equation)),
        ]
    )


def listing(profile: str = "") -> Iterator[RenderableType]:
    """Yield the properties that a profile adds, or all: name, equations, what each catches."""
    # What is only remarked on runs in `textbook` too.
    levels = ("textbook", "note") if profile == "textbook" else (profile,)
    listed = [each for each in PROPERTIES.values() if not profile or each.profile in levels]
    for group, members in groupby(listed, key=lambda each: each.group):
        entries: list[RenderableType] = [heading(group)]
        for each in members:
            beyond = "" if each.profile == "textbook" else f"  [{each.profile}]"
            catches = f"({', '.join(each.equations)}) catches {each.catches}"
            entries += [indented(paragraph(each.name + beyond)), indented(paragraph(catches), by=4)]
        yield Group(*entries)
    yield heading(counted(len(listed), "property", "properties"))
