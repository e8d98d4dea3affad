r"""Markdown copies of the pages, made from their sources: the mathematics stays TeX.

What only this site's Markdown knows is written out: directives, references, snippets, what
executed programs printed, the few pieces of HTML.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from pathlib import Path
from textwrap import dedent
from urllib.parse import urljoin
from xml.etree import ElementTree

from docs.site_builder.equations import symbols
from docs.site_builder.exports import plainblocks
from docs.site_builder.record import Record

__all__ = ["copy", "moved", "of_html"]

Link = Callable[[str], str]

_SNIPPET = re.compile(r'^--8<-- "(.+)"$', re.MULTILINE)
_ADMONITION = re.compile(
    r'^(?:!!!|\?\?\?\+?) \w+(?: "(?P<title>.*)")?\n(?P<body>(?:\n| {4}.*(?:\n|\Z))*)', re.MULTILINE
)
_FENCE = re.compile(
    r"^(?P<in> *)(?P<f>`{3,})(?P<info>[^\n`]*)\n(?P<code>.*?)^(?P=in)(?P=f) *$", re.M | re.S
)
_DIRECTIVE = re.compile(r"^\[\[([a-z][a-z ]*): (.+)\]\]$", re.MULTILINE)
_API = re.compile(r"^::: ([\w.]+)$", re.MULTILINE)
# Code and mathematics stay as they are; a reference may hold code.
_KEPT = r"(?P<kept>`[^`]+`|\\\(.+?\\\)|\\\[.+?\\\])"
_REFERENCE = re.compile(
    r"\[(?P<text>(?:[^\[\]`]|`[^`]*`)+)\]\[(?P<id>[^\[\]\s]*)\]|" + _KEPT, re.DOTALL
)
_HTML = re.compile(
    r"(?P<math><math\b.*?</math>)"
    r'|<autoref identifier="(?P<id>[^"]*)"[^>]*>(?P<named>.*?)</autoref>'
    r'|<a [^>]*?href="(?P<href>[^"]*)"[^>]*>(?P<shown>.*?)</a>'
    r"|(?P<gone><(?P<g>button|svg|used-in)\b.*?</(?P=g)>)"
    r"|<summary>(?P<summary>.*?)</summary>"
    r'|(?P<next></span> <span class="equation-symbol">)'
    r"|(?P<line><br>|</(?:p|div|li|dd|dl|h\d)>)"
    r"|(?P<term></dt>)"
    r"|(?P<tag></?[a-z][\w-]*(?:\s[^<>]*)?>)|" + _KEPT,
    re.DOTALL,
)
_ATTRIBUTES = re.compile(r"[ \t]*\{:? *(?:[#.]|data-)[\w\-#. ]*\}[ \t]*$", re.MULTILINE)
_PRE = re.compile(
    r'(?:<span class="filename">(?P<file>[^<]*)</span>)?<pre\b[^>]*>(?P<code>.*?)</pre>',
    re.DOTALL,
)
_RELATIVE = re.compile(r"\]\((?![a-z]+:|#)([^()\s]+)\)")


def copy(markdown: str, printed: Iterable[str], record: Record, link: Link, root: Path) -> str:
    """Return a page as Markdown that needs nothing of this site to be read.

    Args:
        markdown: The page's source.
        printed: What each program of the page that is executed shows, in order.
        record: The registry and the results.
        link: Gives the address, as seen from the page, of what a reference names.
        root: The folder to which snippets are relative.
    """
    text = _SNIPPET.sub(lambda file: (root / file[1]).read_text(encoding="utf-8"), markdown)
    known = plainblocks.directives(record)
    text = _DIRECTIVE.sub(
        lambda found: known[found[1]](found[2]), _ADMONITION.sub(_admonition, text)
    )
    text = _API.sub(lambda found: plainblocks.api(found[1]), _PRE.sub(_fenced, text))
    text = "".join(_pieces(text, iter(printed), link))
    return text.strip() + "\n"


def _admonition(found: re.Match[str]) -> str:
    title = f"**{found['title']}**\n\n" if found["title"] else ""
    return f"{title}{dedent(found['body']).strip()}\n\n"


def _pieces(text: str, printed: Iterator[str], link: Link) -> Iterator[str]:
    """Yield prose written out, and code as it is or as it was executed."""
    end = 0
    for fence in _FENCE.finditer(text):
        yield _prose(text[end : fence.start()], link)
        yield _executed(fence["info"], printed) if "exec=" in fence["info"] else fence[0]
        end = fence.end()
    yield _prose(text[end:], link)


def _executed(info: str, printed: Iterator[str]) -> str:
    """What a program showed; where its source comes first, that is Python."""
    return next(printed).replace("```text", "```python", 1 if "source=" in info else 0)


def _prose(text: str, link: Link) -> str:
    def reference(found: re.Match[str]) -> str:
        if found["kept"]:
            return found[0]
        return f"[{found['text']}]({link(found['id'] or found['text'].strip('`'))})"

    plain = _ATTRIBUTES.sub("", _without_html(_REFERENCE.sub(reference, text), link))
    return re.sub(r"\n{3,}", "\n\n", plain)


def _without_html(text: str, link: Link) -> str:
    def plain(found: re.Match[str]) -> str:
        match found.lastgroup:
            case "math":
                return _name(found["math"])
            case "named":
                return f"[{_without_html(found['named'], link)}]({link(found['id'])})"
            case "shown":
                return f"[{_without_html(found['shown'], link)}]({found['href']})"
            case "summary":
                return f"\n**{found['summary']}**\n"
            case "next":
                return ", "
            case "line":
                return "\n"
            case "term":
                return ": "
            case "kept":
                return found[0]
        return ""

    return _HTML.sub(plain, text)


def _name(mathml: str) -> str:
    """The name, as the registry writes it, of a quantity that was set as MathML."""
    read = (symbols.name_of(element) for element in ElementTree.fromstring(mathml))
    return "".join(name + ("ᵀ" if transposed else "") for name, transposed in read)


def of_html(html: str) -> str:
    """Return what an executed program shows, which is HTML without mathematics, as Markdown."""
    text, end, pieces = _PRE.sub(_fenced, html), 0, []
    for fence in _FENCE.finditer(text):
        pieces += [unescape(_without_html(text[end : fence.start()], str)), fence[0]]
        end = fence.end()
    return "".join([*pieces, unescape(_without_html(text[end:], str))]).strip()


def _fenced(found: re.Match[str]) -> str:
    code = unescape(re.sub(r"<[^>]+>", "", found["code"])).strip("\n")
    title = f"`{found['file']}`:\n\n" if found["file"] else ""
    language = "python" if (found["file"] or "").endswith(".py") else "text"
    return f"\n\n{title}```{language}\n{code}\n```\n\n"


def moved(text: str, page: str, site: str) -> str:
    """Return a copy whose links hold elsewhere: from the site's root, or with its address."""
    return _RELATIVE.sub(lambda to: f"]({urljoin(site, urljoin(page, to[1]))})", text)
