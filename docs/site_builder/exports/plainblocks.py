"""What stands in a Markdown copy in place of a directive: equations, boxes, code objects."""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import griffe

from affine.equations import Equation
from docs.site_builder.pictures import areas, explorer
from docs.site_builder.plotting import plots
from docs.site_builder.record import Record
from docs.site_builder.suite.results import NOT_RUN

__all__ = ["api", "directives"]


def directives(record: Record) -> dict[str, Callable[[str], str]]:
    """Return what writes each directive as Markdown."""
    return {
        "equation": lambda tag: equation(record.equations[tag], record),
        "areas": areas.words,
        "explorer": lambda start: explorer.WORDS,
        "boxes": _boxes,
        "boxes as written": _boxes,
        "boxes of": lambda tag: _boxes(record.equations[tag].boxes),
        "plot": plots.words,
        "counterexample": lambda layer: counterexample(layer, record),
    }


def _boxes(text: str) -> str:
    return f"Shapes: `{text}`"


# ------------------------------------------------------------------ equations


def equation(found: Equation, record: Record) -> str:
    """Return an equation, with all that its block says."""
    facts = "\n".join(f"- {fact}" for fact in _facts(found, record))
    title = f"**Equation {found.number} ({found.tag}): {found.title}**"
    return f"{title}\n\n\\[\n{found.tex}\n\\]\n\n{facts}"


def _facts(found: Equation, record: Record) -> Iterator[str]:
    yield f"In words: {found.spoken}."
    shapes = (f"{name} is {shape or 'a number'}" for name, shape in found.symbols.items())
    yield f"Shapes: {', '.join(shapes)}."
    if found.boxes:
        yield f"As boxes: `{found.boxes}`"
    yield from (f"Holds when: {one}." for one in found.assumes)
    code = f"[`{found.function}`][{found.function}]"
    yield f"Implemented by: {'statement only' if found.is_statement_only else code}"
    yield f"Tested by: {_tests(found, record)}"
    if found.source:
        yield "Handwritten source: " + ", ".join(f"[{one}][source-{one}]" for one in found.source)
    yield f"To cite it: [t/{found.tag}/][tag-{found.tag}]"


def _tests(found: Equation, record: Record) -> str:
    names = [one.name for one in record.testing(found.tag)]
    told = (f"[`{name}`][property-{name}] ({record.results.outcome(name)})" for name in names)
    return ", ".join(told) or f"no property, by definition: {found.by_definition}"


# ------------------------------------------------------------------ counterexamples


def counterexample(layer: str, record: Record) -> str:
    """Return the smallest failing input of a known-wrong layer, in the words of the report."""
    found = record.results.counterexample(layer)
    if found is None:
        return f"`{layer}`: {NOT_RUN} in this build."
    inputs = "\n".join(f"{name} = {json.dumps(value)}" for name, value in found["inputs"].items())
    by = found["property"]
    return (
        f"{found['mistake']}. The smallest input that shows it:\n\n```text\n{inputs}\n"
        f"{_verdict(found)}```\n\n{found['message']}. Found by [`{by}`][property-{by}]."
    )


def _verdict(found: Mapping[str, Any]) -> str:
    if found["expected"] is None:
        return ""
    right, wrong = json.dumps(found["expected"]), json.dumps(found["got"])
    return f"{found['quantity']} = {right}, but the layer returns {wrong}\n"


# ------------------------------------------------------------------ the code


@cache
def _package() -> griffe.Module:
    loaded = griffe.load("affine")
    assert isinstance(loaded, griffe.Module)
    return loaded


def api(dotted: str) -> str:
    """Return the signature and the docstring of a public object, and of its methods."""
    found: Any = _package()[dotted.removeprefix("affine.")]
    found = found.final_target if found.is_alias else found
    methods = found.functions.values() if found.is_class else ()
    public = [one for one in methods if not one.name.startswith("_")]
    told = [_object(dotted, found), *(_object(f"{dotted}.{one.name}", one) for one in public)]
    return "\n\n".join(told)


def _object(name: str, found: Any) -> str:
    signature = found.signature() if found.is_function or found.is_class else ""
    code = f"```python\n{signature}\n```" if signature else ""
    text = _examples(found.docstring.value) if found.docstring else ""
    return "\n\n".join(filter(None, [f"### `{name}`", code, text]))


def _examples(docstring: str) -> str:
    """Put the examples of a docstring, which are indented, between fences."""
    before, examples, after = docstring.partition("\nExamples:\n")
    if not examples:
        return docstring
    return f"{before}\n\nExamples:\n\n```python\n{_dedented(after)}\n```"


def _dedented(text: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in text.rstrip().splitlines())
