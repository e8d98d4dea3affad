"""Pages about the known mistakes: one each, and the gallery of their cards.

A card has the wrong line beside the right one, and what this build observed of the mistake.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from html import escape
from itertools import chain, combinations, product
from textwrap import shorten

from affine.checker.diagnosis import MISTAKES, Mistake
from docs.site_builder.equations.block import reference
from docs.site_builder.equations.notation import typeset
from docs.site_builder.pages.properties import citations, described
from docs.site_builder.pictures.matrices import figure
from docs.site_builder.record import NOT_RUN, Record, Results
from docs.site_builder.suite import mistake_examples
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS

# ------------------------------------------------------------------ the gallery


def mistakes(record: Record) -> str:
    """Return a card for every known mistake, below the equation that it breaks."""
    parts = []
    hidden = [one for one in MISTAKES.values() if record.results.breaks(one.name) == []]
    for tag, equation in record.equations.items():
        against = [one for one in MISTAKES.values() if one.equation == tag and one not in hidden]
        if against:
            heading = f"## {equation.title} {{#against-{tag}}}\n\nAgainst [({tag})][eq-{tag}]"
            parts += [heading, _cards(against, record.results)]
    if hidden:
        parts += [_OTHER_USES, _cards(hidden, record.results)]
    return "\n\n".join(parts)


_OTHER_USES = """## Right in one plain call {#in-another-use}

With finite numbers of ordinary size, one call gives what every equation asks. These layers are
wrong in another use: called again, or with other memory, dtypes, sizes or special values."""


def _cards(mistakes: Iterable[Mistake], results: Results) -> str:
    cards = "\n".join(card(one, results) for one in mistakes)
    return f'<div class="mistakes">\n{cards}\n</div>'


def card(mistake: Mistake, results: Results) -> str:
    sentence = typeset(escape(mistake.sentence, quote=False))
    sentence = re.sub(r"`([^`]+)`", r"<code>\1</code>", sentence)
    return (
        f'<article class="mistake" data-search-exclude="true">\n'
        f"<h3>{reference(f'mistake-{mistake.name}', _title(mistake))}</h3>\n"
        f"<p>{sentence}</p>\n"
        f"{_lines(mistake)}\n{_example(mistake, results)}\n{_observed(mistake)}</article>"
    )


def _title(mistake: Mistake) -> str:
    first, rest = mistake.title[0], mistake.title[1:]
    is_name = rest[0].isupper() or "." in mistake.title.split()[0]  # dX stays dX, np.repeat too
    return typeset((first if is_name else first.upper()) + rest)


def _lines(mistake: Mistake) -> str:
    right = f"<code>{escape(mistake.right)}</code>" if mistake.right else "without this line"
    return (
        f'<dl class="mistake-lines"><div><dt>wrong</dt> <dd><code>{escape(mistake.formula)}</code>'
        f"</dd></div>\n<div><dt>right</dt> <dd>{right}</dd></div></dl>"
    )


def _example(mistake: Mistake, results: Results) -> str:
    """Return what this build observed of the mistake: a counterexample, and where it hides."""
    entry = results.mistake(mistake.name)
    if entry is None:
        return f"<p>Counterexample: {NOT_RUN} in this build.</p>"
    words = shorten(entry["message"], 160, placeholder=" …").rstrip(".")
    message = f'<code class="message">{escape(words)}</code>'
    if not entry["property"]:
        return f"<p>{escape(mistake.unshown)} In this build it said: {message}.</p>"
    by = reference(f"p-{entry['property']}", f"<code>{entry['property']}</code>")
    layer = f", in <code>tests/wrong_layers/{entry['layer']}.py</code>" if entry["layer"] else ""
    dtype = entry["dtype"]
    in_format = f" (all in {dtype})" if dtype != "float64" and dtype not in words else ""
    return (
        f"{figure(entry)}\n<p>{message}{in_format}. Caught by {by}{layer}.</p>\n"
        f"{hides([tuple(sizes) for sizes in entry['hides']]) if 'hides' in entry else ''}"
    )


def _observed(mistake: Mistake) -> str:
    """Return where the mistake was seen in a published program."""
    links = "".join(f'<a href="{escape(at)}">{escape(says)}</a>. ' for at, says in mistake.seen)
    return f"<p>Seen in {links.strip()}</p>\n" if links else ""


def _broken(tags: Sequence[str] | None) -> str:
    if not tags:
        return "" if tags is None else "In one plain call, none: it is wrong in another use."
    return f"{citations(tags)}, each tried on this layer."


# ------------------------------------------------------------------ where it hides

_SIZES = tuple(product((1, 2, 3), repeat=3))


def hides(sizes: Sequence[tuple[int, ...]]) -> str:
    """Return at which sizes one call does not show the mistake, in words and as a picture."""
    if not sizes:
        return '<p class="hides">Always visible: one call shows it at every size up to 3.</p>'
    if len(sizes) == len(_SIZES):
        return '<p class="hides">Hides from one plain call, at every size up to 3.</p>'
    words = f"at {len(sizes)} of {len(_SIZES)} sizes"
    for condition, meant in _conditions():
        if meant == set(sizes):
            words = f"where {condition}"
            break
    # A field of D by M cells for each N, with the sizes at which it hides filled.
    cells, hidden = (
        "".join(f"M{40 * (n - 1) + 10 * (m - 1)} {10 * (d - 1)}h10v10h-10z" for n, d, m in some)
        for some in (_SIZES, sizes)
    )
    labels = "".join(f'<text x="{40 * n - 26}" y="42">N = {n}</text>' for n in (1, 2, 3))
    listed = ", ".join("×".join(map(str, size)) for size in sizes)
    return (
        f'<p class="hides"><span>Hides {words}.</span> '
        '<svg class="sizes" role="img" viewBox="-1 -1 114 46" width="114" height="46">'
        f"<title>Hidden sizes N×D×M: {listed}</title>"
        f'<path class="hidden" d="{hidden}"/><path class="cells" d="{cells}"/>{labels}</svg></p>'
    )


def _conditions() -> Iterator[tuple[str, Collection[tuple[int, ...]]]]:
    """Yield conditions on the sizes, the shortest first, each with the sizes at which it holds."""
    where = {}
    for i, name in enumerate("NDM"):
        where[f"{name} = 1"] = {size for size in _SIZES if size[i] == 1}
    for (i, name), (j, other) in combinations(enumerate("NDM"), 2):
        where[f"{name} = {other}"] = {size for size in _SIZES if size[i] == size[j]}
    for *names, last in chain.from_iterable(combinations(where, count) for count in (1, 2, 3)):
        sizes = [where[name] for name in (*names, last)]
        for word, combined in (("and", set.intersection(*sizes)), ("or", set.union(*sizes))):
            yield f"{', '.join(names)} {word} {last}" if names else last, combined


# ------------------------------------------------------------------ one

# A search finds the page by its title and its sentence, once.
_UNSOUGHT = "{ data-search-exclude }"


def mistake_page(mistake: Mistake, record: Record) -> str:
    equation = record.equations[mistake.equation]
    links = " · ".join(
        f"[{typeset(one.title)}][mistake-{one.name}]"
        for one in MISTAKES.values()
        if one.equation == mistake.equation and one is not mistake
    )
    entry = record.results.mistake(mistake.name)
    layer = mistake_examples.source(mistake.formula) if entry else ""
    if entry and entry["layer"]:
        layer = (WRONG_LAYERS / f"{entry['layer']}.py").read_text(encoding="utf-8")
    sections = {
        "Counterexample": f'<div class="mistake">\n{_example(mistake, record.results)}\n</div>',
        "Equations that it breaks": _broken(record.results.breaks(mistake.name)),
        "Observed": _observed(mistake),
        "Remedy": typeset(mistake.remedy),
        "A layer that makes it": f"```python\n{layer}```" if layer else "",
        "In the terminal": f"```console\n$ affine explain {mistake.name}\n```",
        f"Other mistakes against ({mistake.equation})": links,
    }
    return "\n\n".join([
        f"---\n{described(f'{mistake.title}. {mistake.sentence}'.replace('`', ''))}\n"
        "hide:\n  - toc\n---",
        f"# {_title(mistake)} {{#mistake-{mistake.name}}}",
        typeset(mistake.sentence),
        f"{_lines(mistake)}\n\nEquation [({equation.tag})][eq-{equation.tag}], "
        f"{equation.title[:1].lower()}{equation.title[1:]}:\n\n\\[\n{equation.tex}\n\\]",
        *(f"## {title} {_UNSOUGHT}\n\n{text}" for title, text in sections.items() if text),
    ]) + "\n"  # fmt: skip
