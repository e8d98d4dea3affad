"""The table of all symbols: what each means, its shape, and where it is first used."""

from unicodedata import normalize

from docs.site_builder.equations.block import reference
from docs.site_builder.equations.notation import MEANINGS, name_to_mathml, typeset
from docs.site_builder.record import Record


class SymbolError(ValueError):
    """A symbol of the registry without a meaning, or a meaning without a symbol."""


def _first_uses(record: Record) -> dict[str, tuple[str, str]]:
    """Return the shape of each symbol and the tag of the first equation that has it."""
    found: dict[str, tuple[str, str]] = {}
    for tag, equation in record.equations.items():
        for name, shape in equation.symbols.items():
            found.setdefault(normalize("NFC", name), (shape or "a number", tag))
    if odd := MEANINGS.keys() ^ found.keys():
        raise SymbolError(
            f"{', '.join(sorted(odd))}: affine/equations.toml and "
            "docs/site_builder/equations/meanings.toml must have the same symbols"
        )
    return found


def symbols_table(record: Record) -> str:
    """Return the table as HTML."""
    uses = _first_uses(record)
    rows = "".join(
        f"<tr><td>{name_to_mathml(name)}</td><td>{typeset(uses[name][0])}</td>"
        f"<td>{typeset(meaning)}</td>"
        f'<td class="tag">{reference(f"eq-{uses[name][1]}", f"({uses[name][1]})")}</td></tr>'
        for name, meaning in MEANINGS.items()
    )
    head = "<th>Symbol</th><th>Shape</th><th>Meaning</th><th>First in</th>"
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def symbols_text(record: Record) -> str:
    """Return the table as Markdown."""
    uses = _first_uses(record)
    rows = [
        f"| {name} | {uses[name][0]} | {meaning} | [({uses[name][1]})][eq-{uses[name][1]}] |"
        for name, meaning in MEANINGS.items()
    ]
    return "\n".join(["| Symbol | Shape | Meaning | First in |", "|---|---|---|---|", *rows])
