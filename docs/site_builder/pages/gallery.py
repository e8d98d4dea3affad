"""The card of a mistake: the wrong line beside the right one, and what this build saw of it."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from itertools import combinations, product
from textwrap import shorten

from affine.checker.diagnosis import Mistake
from docs.site_builder.equations.block import reference
from docs.site_builder.equations.names import typeset
from docs.site_builder.pictures.matrices import figure
from docs.site_builder.suite.results import NOT_RUN, Results

__all__ = ["card", "hides", "lines", "seen", "shown"]

_SIZES = tuple(product((1, 2, 3), repeat=3))
_SIMPLE: Mapping[str, Callable[[int, int, int], bool]] = {
    "N = 1": lambda n, d, m: n == 1,
    "D = 1": lambda n, d, m: d == 1,
    "M = 1": lambda n, d, m: m == 1,
    "N = D": lambda n, d, m: n == d,
    "N = M": lambda n, d, m: n == m,
    "D = M": lambda n, d, m: d == m,
}


def card(mistake: Mistake, results: Results) -> str:
    """Return the card as HTML."""
    title = typeset(mistake.title[:1].upper() + mistake.title[1:])
    return (
        f'<article class="mistake" data-search-exclude="true">\n'
        f"<h3>{reference(f'mistake-{mistake.name}', title)}</h3>\n"
        f"<p>{_html(mistake.sentence)}</p>\n"
        f"{lines(mistake)}\n{shown(mistake, results)}\n{seen(mistake)}</article>"
    )


def lines(mistake: Mistake) -> str:
    """Return the wrong line beside the right one."""
    right = f"<code>{escape(mistake.right)}</code>" if mistake.right else "without this line"
    return (
        f'<dl class="mistake-lines"><div><dt>wrong</dt> <dd><code>{escape(mistake.formula)}</code>'
        f"</dd></div>\n<div><dt>right</dt> <dd>{right}</dd></div></dl>"
    )


def shown(mistake: Mistake, results: Results) -> str:
    """Return what this build saw of the mistake: a counterexample, and where it hides."""
    found = results.mistake(mistake.name)
    if found is None:
        return f"<p>Counterexample: {NOT_RUN} in this build.</p>"
    words = shorten(found["message"], 160, placeholder=" …").rstrip(".")
    message = f'<code class="message">{escape(words)}</code>'
    if not found["property"]:
        return f"<p>{escape(mistake.unshown)} In this build it said: {message}.</p>"
    by = reference(f"p-{found['property']}", f"<code>{found['property']}</code>")
    layer = f", in <code>tests/wrong_layers/{found['layer']}.py</code>" if found["layer"] else ""
    return (
        f"{figure(found)}\n<p>{message}. Caught by {by}{layer}.</p>\n"
        f"{hides([tuple(sizes) for sizes in found['hides']]) if 'hides' in found else ''}"
    )


def seen(mistake: Mistake) -> str:
    """Return where the mistake was seen in a published program."""
    links = "".join(f'<a href="{escape(at)}">{escape(says)}</a>. ' for at, says in mistake.seen)
    return f"<p>Seen in {links.strip()}</p>\n" if links else ""


# ------------------------------------------------------------------ where it hides


def hides(sizes: Sequence[tuple[int, ...]]) -> str:
    """Return at which sizes one call does not show the mistake, in words and as a picture."""
    if not sizes:
        return '<p class="hides">Hides nowhere: one call shows it at every size up to 3.</p>'
    if len(sizes) == len(_SIZES):
        return '<p class="hides">Hides from one plain call, at every size up to 3.</p>'
    said = _words(sizes) or f"at {len(sizes)} of {len(_SIZES)} sizes"
    return f'<p class="hides"><span>Hides {said}.</span> {_picture(sizes)}</p>'


def _words(sizes: Sequence[tuple[int, ...]]) -> str:
    """Return the shortest condition that holds at these of the sizes alone; `""` if none does.

    Examples:
        >>> _words([size for size in _SIZES if size[0] == 1 or size[1] == size[2]])
        'where N = 1 or D = M'
    """
    where = {name: {size for size in _SIZES if holds(*size)} for name, holds in _SIMPLE.items()}
    for words, found in _combined(where):
        if found == set(sizes):
            return f"where {words}"
    return ""


def _combined(
    where: Mapping[str, set[tuple[int, ...]]],
) -> Iterator[tuple[str, set[tuple[int, ...]]]]:
    yield from where.items()
    for (one, a), (other, b) in combinations(where.items(), 2):
        yield f"{one} and {other}", a & b
        yield f"{one} or {other}", a | b
    for (one, a), (two, b), (three, c) in combinations(where.items(), 3):
        yield f"{one}, {two} and {three}", a & b & c
        yield f"{one}, {two} or {three}", a | b | c


def _picture(sizes: Sequence[tuple[int, ...]]) -> str:
    """Return a field of D by M cells for each N, with the sizes at which it hides filled."""
    cells = "".join(_cell(*size) for size in _SIZES)
    hidden = "".join(_cell(*size) for size in sizes)
    labels = "".join(f'<text x="{40 * n - 26}" y="42">N = {n}</text>' for n in (1, 2, 3))
    listed = ", ".join("×".join(map(str, size)) for size in sizes)
    return (
        '<svg class="sizes" role="img" viewBox="-1 -1 114 46" width="114" height="46">'
        f"<title>Hidden sizes N×D×M: {listed}</title>"
        f'<path class="hidden" d="{hidden}"/><path class="cells" d="{cells}"/>{labels}</svg>'
    )


def _cell(n: int, d: int, m: int) -> str:
    return f"M{40 * (n - 1) + 10 * (m - 1)} {10 * (d - 1)}h10v10h-10z"


def _html(text: str) -> str:
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", typeset(escape(text, quote=False)))
