"""The ledger: for every equation what computes it, what tests it, and what this build found."""

from affine.equations import Equation
from docs.machinery.pages import citations, this_build
from docs.machinery.record import Record

__all__ = ["ledger"]

_HEAD = (
    "| No. | Tag | Equation | Implemented by | Tested by | Cases | Result |\n"
    "|--:|---|---|---|---|--:|---|"
)


def ledger(record: Record) -> str:
    """Return the conditions of this build, and the table of all equations."""
    rows = "\n".join(_row(equation, record) for equation in record.equations.values())
    table = f'<div class="ledger" markdown="1">\n\n{_HEAD}\n{rows}\n\n</div>'
    return f"{this_build(record)}\n\n{table}"


def _row(equation: Equation, record: Record) -> str:
    names = [found.name for found in record.testing(equation.tag)]
    code = "" if equation.is_statement_only else f"[`{equation.function}`][{equation.function}]"
    cells = [
        str(equation.number),
        citations([equation.tag]),
        equation.title,
        code or "statement only",
        _tested(names),
        f"{record.results.cases(names):,}" if names and record.results else "",
        _result(names, record),
    ]
    return f"| {' | '.join(cells)} |"


def _tested(names: list[str]) -> str:
    links = [f"[`{name}`][property-{name}]" for name in names]
    if len(links) < 2:
        return "".join(links) or "by definition"
    listed = "<br>".join(links)
    return f"<details><summary>{len(links)} properties</summary>{listed}</details>"


def _result(names: list[str], record: Record) -> str:
    if not names:
        return ""
    kind = record.results.kind(names)
    said = {"open": "not run"}.get(kind, kind)
    return f'<span class="outcome {kind}">{said}</span>'
