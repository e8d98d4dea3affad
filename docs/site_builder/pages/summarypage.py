"""The layer on one page, to be printed, from the registry and the catalogue of mistakes."""

import re

from affine.checker.diagnosis import MISTAKES
from affine.equations import Equation
from docs.site_builder.equations.names import typeset
from docs.site_builder.equations.symbols import shape_list
from docs.site_builder.record import Record

__all__ = ["summary"]

FORMULAS = ("out", "dx", "dw", "db")
IDENTITIES = ("adjoint", "pairings", "balance", "batch-additivity", "finite-difference")
COMMONEST = (
    "averaged-over-the-batch",
    "not-summed-over-the-batch",
    "summed-over-the-wrong-axis",
    "transpose-missing",
    "results-exchanged",
    "axis-kept",
    "one-data-point-only",
    "accumulates",
    "arguments-modified",
)


def summary(record: Record) -> str:
    """Return formulas, shapes, identities and the commonest mistakes."""
    formulas = [record.equations[tag] for tag in FORMULAS]
    symbols = {name: shape for one in formulas for name, shape in one.symbols.items()}
    return "\n\n".join([
        "## Formulas",
        _equations(formulas),
        '<div class="side-by-side" markdown>',
        *(f"[[boxes of: {tag}]]" for tag in FORMULAS[1:]),
        "</div>",
        f'## Shapes\n\n<p class="equation-shapes">{shape_list(symbols)}</p>',
        "## Identities of a right layer",
        _equations([record.equations[tag] for tag in IDENTITIES]),
        "## Commonest mistakes",
        _mistakes(),
    ])  # fmt: skip


def _equations(equations: list[Equation]) -> str:
    return "\n\n".join(
        '<div class="summary-line" markdown="1">\n\n'
        f"\\[\n{one.tex}\n\\]\n\n[({one.tag})][eq-{one.tag}]\n\n</div>"
        for one in equations
    )


def _mistakes() -> str:
    rows = (
        f"| [{mistake.title}](mistakes/{mistake.name}.md) | `{mistake.formula}` "
        f"| {typeset(_first_sentence(mistake.remedy))} |"
        for mistake in map(MISTAKES.__getitem__, COMMONEST)
    )
    return "\n".join(["| Mistake | Wrong | Remedy |", "| --- | --- | --- |", *rows])


def _first_sentence(text: str) -> str:
    return re.split(r"(?<=\.) (?=[A-Z])", text)[0]
