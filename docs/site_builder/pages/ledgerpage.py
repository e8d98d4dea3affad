"""The ledger: for every equation what computes it, what tests it, and what this build found."""

from affine.equations import Equation
from docs.site_builder.pages.lists import citations, this_build
from docs.site_builder.record import Record

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
        _tested(equation.tag, names),
        f"{record.results.cases(names):,}" if names and record.results else "",
        _result(names, record),
    ]
    return f"| {' | '.join(cells)} |"


def _tested(tag: str, names: list[str]) -> str:
    if not names:
        return "by definition"
    count = "1 property" if len(names) == 1 else f"{len(names)} properties"
    return f"[{count}](t/{tag}/index.md#tested-by)"


def _result(names: list[str], record: Record) -> str:
    said = {"open": "not run"}.get(record.results.kind(names), record.results.kind(names))
    return record.results.chip(names, said) if names else ""
