"""Pages about the known mistakes: one each, and the gallery of their cards."""

from affine.checker.diagnosis import MISTAKES, Mistake
from affine.equations import Equation
from docs.site_builder.equations.names import typeset
from docs.site_builder.pages import gallery
from docs.site_builder.record import Record
from docs.site_builder.suite import mistake_examples
from docs.site_builder.suite.kill_matrix import WRONG_LAYERS

__all__ = ["mistake_page", "mistakes"]

# A search finds the page by its title and its sentence, once.
_UNSOUGHT = "{ data-search-exclude }"


def mistake_page(mistake: Mistake, record: Record) -> str:
    """Return the page of one mistake as Markdown."""
    equation = record.equations[mistake.equation]
    layer = _layer(mistake, record)
    others = [one for one in MISTAKES.values() if one.equation == mistake.equation]
    links = " · ".join(_link(one) for one in others if one is not mistake)
    return "\n\n".join([
        "---\nhide:\n  - toc\n---",
        f"# {_title(mistake)} {{#mistake-{mistake.name}}}",
        typeset(mistake.sentence),
        f"{gallery.lines(mistake)}\n\n{_right(equation)}",
        f"## Counterexample {_UNSOUGHT}\n\n{_shown(mistake, record)}",
        *([f"## Seen {_UNSOUGHT}\n\n{gallery.seen(mistake)}"] * bool(mistake.seen)),
        f"## Remedy {_UNSOUGHT}\n\n{typeset(mistake.remedy)}",
        *([f"## A layer that makes it {_UNSOUGHT}\n\n```python\n{layer}```"] * bool(layer)),
        f"## In the terminal {_UNSOUGHT}\n\n```console\n$ affine explain {mistake.name}\n```",
        *([f"## Other mistakes against ({mistake.equation}) {_UNSOUGHT}\n\n{links}"] * bool(links)),
    ]) + "\n"  # fmt: skip


def _right(equation: Equation) -> str:
    return (
        f"Equation [({equation.tag})][eq-{equation.tag}], {equation.title[:1].lower()}"
        f"{equation.title[1:]}:\n\n\\[\n{equation.tex}\n\\]"
    )


def _shown(mistake: Mistake, record: Record) -> str:
    return f'<div class="mistake">\n{gallery.shown(mistake, record.results)}\n</div>'


def _layer(mistake: Mistake, record: Record) -> str:
    """Return the layer on which this build saw the mistake, as code."""
    found = record.results.mistake(mistake.name)
    if found and found["layer"]:
        return (WRONG_LAYERS / f"{found['layer']}.py").read_text(encoding="utf-8")
    return mistake_examples.source(mistake.formula) if found else ""


def mistakes(record: Record) -> str:
    """Return a card for every known mistake, below the equation that it breaks."""
    parts = []
    for tag, equation in record.equations.items():
        found = [one for one in MISTAKES.values() if one.equation == tag]
        if found:
            cards = "\n".join(gallery.card(one, record.results) for one in found)
            parts.append(
                f"## {equation.title} {{#against-{tag}}}\n\nAgainst [({tag})][eq-{tag}]\n\n"
                f'<div class="mistakes">\n{cards}\n</div>'
            )
    return "\n\n".join(parts)


def _title(mistake: Mistake) -> str:
    return typeset(mistake.title[:1].upper() + mistake.title[1:])


def _link(mistake: Mistake) -> str:
    return f"[{typeset(mistake.title)}][mistake-{mistake.name}]"
