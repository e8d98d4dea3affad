r"""Markdown copies of the pages, made from their sources: the mathematics stays TeX.

What only this site's Markdown knows is written out: directives, references, snippets, what
executed programs printed, the few pieces of HTML.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from pathlib import Path
from textwrap import dedent
from typing import Any
from urllib.parse import urljoin

from docs.site_builder import directives
from docs.site_builder.equations import formula_text
from docs.site_builder.record import Record

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
    r'|<autoref identifier="(?P<id>[^"]*)"[^>]*>(?P<reference>.*?)</autoref>'
    r'|<a [^>]*?href="(?P<href>[^"]*)"[^>]*>(?P<link>.*?)</a>'
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
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_ROW, _CELL = re.compile(r"<tr>(.*?)</tr>", re.DOTALL), re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>")
_ENTITY = re.compile(r"&(?:#\d+|#x[\da-f]+|[a-z]+);")
_RELATIVE = re.compile(r"\]\((?![a-z]+:|#)([^()\s]+)\)")


def copy(
    markdown: str,
    printed: Iterable[str],
    record: Record,
    link: Link,
    collect: Callable[[str], Any],
    root: Path,
) -> str:
    """Return a page as Markdown that needs nothing of this site to be read.

    `printed` is what each executed program of the page shows, in order; `link` gives the URL of
    what a reference names, `collect` what mkdocstrings knows of a name; snippets are relative to
    `root`.
    """

    def directive(match: re.Match[str]) -> str:
        return directives.find(match[1], match[2]).markdown(match[2], record)

    def admonition(match: re.Match[str]) -> str:
        title = f"**{match['title']}**\n\n" if match["title"] else ""
        return f"{title}{dedent(match['body']).strip()}\n\n"

    def reference(match: re.Match[str]) -> str:
        if match["kept"]:
            return match[0]
        return f"[{match['text']}]({link(match['id'] or match['text'].strip('`'))})"

    text = _SNIPPET.sub(lambda file: (root / file[1]).read_text(encoding="utf-8"), markdown)
    text = _DIRECTIVE.sub(directive, _ADMONITION.sub(admonition, text))
    text = _API.sub(lambda match: _api(match[1], collect(match[1])), _PRE.sub(_fenced, text))
    pieces, outputs = "", iter(printed)
    for prose, fence in _fences(text):
        plain = _ATTRIBUTES.sub("", _without_html(_REFERENCE.sub(reference, prose), link))
        plain = _ENTITY.sub(lambda entity: unescape(entity[0]), plain)
        pieces += re.sub(r"\n{3,}", "\n\n", plain)
        if fence and "exec=" in fence["info"]:
            # What it showed; where its source comes first, that is Python.
            count = 1 if "source=" in fence["info"] else 0
            pieces += next(outputs).replace("```text", "```python", count)
        elif fence:
            pieces += fence[0]
    return pieces.strip() + "\n"


def of_html(html: str) -> str:
    """Return what an executed program shows, which is HTML without mathematics, as Markdown."""
    return "".join(
        unescape(_without_html(prose, str)) + (fence[0] if fence else "")
        for prose, fence in _fences(_TABLE.sub(_tabled, _PRE.sub(_fenced, html)))
    ).strip()


def moved(text: str, page: str, site: str) -> str:
    """Return a copy whose links hold elsewhere: from the site's root, or with its URL."""
    return _RELATIVE.sub(lambda to: f"]({urljoin(site, urljoin(page, to[1]))})", text)


def _fences(text: str) -> Iterator[tuple[str, re.Match[str] | None]]:
    """Yield each piece of prose, and the code after it."""
    end = 0
    for fence in _FENCE.finditer(text):
        yield text[end : fence.start()], fence
        end = fence.end()
    yield text[end:], None


def _fenced(match: re.Match[str]) -> str:
    code = unescape(re.sub(r"<[^>]+>", "", match["code"])).strip("\n")
    title = f"`{match['file']}`:\n\n" if match["file"] else ""
    language = "python" if (match["file"] or "").endswith(".py") else "text"
    return f"\n\n{title}```{language}\n{code}\n```\n\n"


def _tabled(match: re.Match[str]) -> str:
    head, *rows = (_CELL.findall(row) for row in _ROW.findall(match[0]))
    lines = "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))
    return f"\n\n{lines}\n\n"


def _without_html(text: str, link: Link) -> str:
    def plain(match: re.Match[str]) -> str:
        match match.lastgroup:
            case "math":
                return formula_text.line(match["math"])
            case "reference":
                return f"[{_without_html(match['reference'], link)}]({link(match['id'])})"
            case "link":
                return f"[{_without_html(match['link'], link)}]({match['href']})"
            case "summary":
                return f"\n**{match['summary']}**\n"
            case "kept":
                return match[0]
        return {"next": ", ", "line": "\n", "term": ": "}.get(match.lastgroup or "", "")

    return _HTML.sub(plain, text)


def _api(dotted: str, item: Any) -> str:
    """Return the signature and the docstring of a public object, and of its methods."""
    item = item.final_target if item.is_alias else item
    members = {dotted: item}
    if item.is_class:
        members |= {f"{dotted}.{one.name}": one for one in item.functions.values()}
    return "\n\n".join(_object(name, one) for name, one in members.items() if "._" not in name)


def _object(name: str, item: Any) -> str:
    parts = [f"### `{name}`"]
    if signature := item.signature() if item.is_function or item.is_class else "":
        parts.append(f"```python\n{signature}\n```")
    if item.docstring:
        # The examples of a docstring, which are indented, go between fences.
        text, examples, code = item.docstring.value.partition("\nExamples:\n")
        lines = (line.removeprefix("    ") for line in code.rstrip().splitlines())
        if examples:
            text += "\n".join(["\n\nExamples:\n\n```python", *lines, "```"])
        parts.append(text)
    return "\n\n".join(filter(None, parts))
