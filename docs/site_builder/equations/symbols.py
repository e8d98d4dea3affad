"""The table of all symbols: what each means, its shape, and where it is first used."""

from unicodedata import normalize

from docs.site_builder.equations.block import reference
from docs.site_builder.equations.notation import MEANINGS, name_to_mathml, typeset
from docs.site_builder.record import Record


def symbols(record: Record) -> str:
    found: dict[str, tuple[str, str]] = {}
    for tag, equation in record.equations.items():
        for name, shape in equation.symbols.items():
            found.setdefault(normalize("NFC", name), (shape or "a number", tag))
    if odd := MEANINGS.keys() ^ found.keys():
        raise ValueError(
            f"{', '.join(sorted(odd))}: affine/equations.toml and "
            "docs/site_builder/equations/meanings.toml must have the same symbols"
        )
    rows = ["| Symbol | Shape | Meaning | First in |", "|---|---|---|---|"]
    for name, meaning in MEANINGS.items():
        shape, tag = found[name]
        first = reference(f"eq-{tag}", f"({tag})")  # no use of the equation, which would list it
        cells = name_to_mathml(name), typeset(shape), typeset(meaning), first
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)
