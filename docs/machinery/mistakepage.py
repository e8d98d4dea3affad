"""Pages about the known mistakes, with the text that `affine` prints: one each, and their list."""

from affine.equations import Equation
from affine.mistakes import MISTAKES, Mistake
from docs.machinery.names import typeset
from docs.machinery.record import Record

__all__ = ["mistake_page", "mistakes"]

# A search finds the page by its title and its sentence, once.
_UNSOUGHT = "{ data-search-exclude }"


def mistake_page(mistake: Mistake, record: Record) -> str:
    """Return the page of one mistake as Markdown."""
    equation = record.equations[mistake.equation]
    others = [one for one in MISTAKES.values() if one.equation == mistake.equation]
    links = " · ".join(_link(one) for one in others if one is not mistake)
    return "\n\n".join([
        "---\nhide:\n  - toc\n---",
        f"# {_title(mistake)} {{#mistake-{mistake.name}}}",
        typeset(mistake.sentence),
        f"## Wrong {_UNSOUGHT}\n\n```python\n{mistake.formula}\n```",
        f"## Right {_UNSOUGHT}\n\n{_right(equation)}",
        f"## Remedy {_UNSOUGHT}\n\n{typeset(mistake.remedy)}",
        f"## In the terminal {_UNSOUGHT}\n\n```console\n$ affine explain {mistake.name}\n```",
        *([f"## Other mistakes against ({mistake.equation}) {_UNSOUGHT}\n\n{links}"] * bool(links)),
    ]) + "\n"  # fmt: skip


def _right(equation: Equation) -> str:
    return (
        f"Equation [({equation.tag})][eq-{equation.tag}], {equation.title[:1].lower()}"
        f"{equation.title[1:]}:\n\n\\[\n{equation.tex}\n\\]"
    )


def mistakes(record: Record) -> str:
    """Return every known mistake in one line, below the equation that it breaks."""
    parts = []
    for tag, equation in record.equations.items():
        found = [one for one in MISTAKES.values() if one.equation == tag]
        if found:
            lines = "\n".join(
                f"- {_link(one)}: {typeset(_continued(one.sentence))}" for one in found
            )
            parts.append(
                f"## {equation.title} {{#against-{tag}}}\n\nAgainst [({tag})][eq-{tag}]\n\n{lines}"
            )
    return "\n\n".join(parts)


def _continued(sentence: str) -> str:
    """Return the sentence as it goes on after a colon."""
    first = sentence.split(" ", 1)[0]
    begins_plainly = first == "A" or (first.istitle() and len(first) > 1)
    return sentence[0].lower() + sentence[1:] if begins_plainly else sentence


def _title(mistake: Mistake) -> str:
    return typeset(mistake.title[:1].upper() + mistake.title[1:])


def _link(mistake: Mistake) -> str:
    return f"[{typeset(mistake.title)}][mistake-{mistake.name}]"
