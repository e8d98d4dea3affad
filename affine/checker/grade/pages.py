"""The pages of a grading: one for each submission, and an overview. Each needs no other file."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import PurePath
from urllib.parse import quote

from affine.checker.grade.job import PLAIN_NAME
from affine.checker.grade.results import WORDS, Row
from affine.checker.report.words import clean, counted

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>
{style}</style>
<noscript><style>tbody[hidden] {{ display: table-row-group; }}</style></noscript>
</head>
<body>
<main>
{body}
</main>
{script}</body>
</html>
"""
_COLUMNS = (
    "submission",
    "verdict",
    "points",
    "mistakes or reason",
    "read as",
    "equal to",
    "seconds",
)
_NUMBERS = ("points", "seconds")


def page_names(names: Iterable[str]) -> dict[str, str]:
    """Return a name of a page for each submission, fit for any file system.

    Examples:
        >>> list(page_names(["Ada L.", "ada l", "café/a.py"]).values())
        ['pages/ada-l.html', 'pages/ada-l-2.html', 'pages/café-a.py.html']
    """
    taken: dict[str, int] = {}
    pages = {}
    for name in names:
        plain = re.sub(r"[^\w.]+", "-", name.lower()).strip("-.")[:50] or "submission"
        while plain in taken:
            taken[plain] += 1
            plain = f"{plain}-{taken[plain]}"
        taken[plain] = 1
        pages[name] = f"pages/{plain}.html"
    return pages


def submission_page(row: Row, report: str, points: Mapping[str, float], file: str = "") -> str:
    """Return the page of a submission: its report, and its points where there is a verdict.

    Its only file was called `file`; `""` if there are several.
    """
    title = f"{row.name}: {WORDS[row.verdict]}"
    body = f"<h1>{_text(title)}</h1>\n"
    plain = PLAIN_NAME + PurePath(file).suffix
    if file and file != plain:
        body += f"<p>Your file {_text(file)} is called {plain} here.</p>\n"
    body += f"{report}\n"
    if row.points is not None:
        lines = "".join(
            f'<tr><th scope="row">{_text(part)}</th><td class="number">{earned:g}</td>'
            f'<td class="number">{points[part]:g}</td></tr>\n'
            for part, earned in row.points.items()
        )
        total = f"{row.total:g} of {sum(points.values()):g}"
        head = '<th scope="col">part</th><th scope="col" class="number">points</th>'
        head += '<th scope="col" class="number">of</th>'
        body += f"<h2>Points: {total}</h2>\n<table>\n<thead><tr>{head}</tr></thead>\n"
        body += f"<tbody>\n{lines}</tbody>\n</table>\n"
    return _page(title, body)


def overview(rows: Sequence[Row], points: Mapping[str, float]) -> str:
    """Return the page that leads to all others: how many are right, each mistake, each row."""
    counts = {verdict: sum(row.verdict == verdict for row in rows) for verdict in WORDS}
    counted_ones = ", ".join(f"{count} {WORDS[verdict]}" for verdict, count in counts.items())
    title = counted(len(rows), "submission")
    copies = sum(bool(row.equal_to) for row in rows)
    equal = f" {counted(copies, 'submission')} equal to another one." if copies else ""
    body = f"<h1>{title}: {counted_ones}</h1>\n"
    body += f"<p>The points at most: {sum(points.values()):g}.{equal}</p>\n"
    body += "".join(_mistakes(rows)) + "".join(_table(rows))
    return _page(title, body, _own("overview.js"))


def _mistakes(rows: Sequence[Row]) -> Iterator[str]:
    made: dict[str, list[Row]] = {}
    for row in rows:
        for title in dict.fromkeys(mistake["title"] for mistake in row.mistakes):
            made.setdefault(title, []).append(row)
    if not made:
        return
    yield "<h2>Mistakes</h2>\n"
    most = max(map(len, made.values()))
    for title, who in sorted(made.items(), key=lambda item: (-len(item[1]), item[0])):
        bar = f'<span class="bar" style="width: {16 * len(who) / most:.2f}rem"></span>'
        said = f'<span class="made">{_text(title)}: {len(who)}</span>'
        yield f"<details><summary>{said}{bar}</summary>\n<ul>\n"
        yield "".join(f"<li>{_link(row)}</li>\n" for row in who)
        yield "</ul></details>\n"


def _table(rows: Sequence[Row]) -> Iterator[str]:
    yield "<h2>Submissions</h2>\n"
    yield '<form hidden><label>Search <input type="search"></label> '
    yield '<span role="status"></span></form>\n'
    yield '<div class="wide" tabindex="0" role="region" aria-label="Submissions">\n'
    yield "<table>\n<thead><tr>"
    for name in _COLUMNS:
        kind = ' class="number"' if name in _NUMBERS else ""
        order = ' aria-sort="ascending"' if name == _COLUMNS[0] else ""
        yield f'<th scope="col"{kind}{order}>{name}</th>'
    yield "</tr></thead>\n<tbody hidden>\n"  # until the script shows the first ones
    for row in rows:
        titles = dict.fromkeys(mistake["title"] for mistake in row.mistakes)
        what = "; ".join(titles) or row.reason
        total = "" if row.total is None else f"{row.total:g}"
        texts = [_text(WORDS[row.verdict]), total, _text(what), _text(row.reading)]
        cells = [_link(row), *texts, _text(row.equal_to), f"{row.seconds:.2f}"]
        yield "<tr>"
        for name, cell in zip(_COLUMNS, cells, strict=True):
            yield f'<td class="number">{cell}</td>' if name in _NUMBERS else f"<td>{cell}</td>"
        yield "</tr>\n"
    yield "</tbody>\n</table></div>\n"


def _link(row: Row) -> str:
    return f'<a href="{quote(row.page)}">{_text(row.name)}</a>'


def _text(text: str) -> str:
    return escape(clean(text))


def _own(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


def _page(title: str, body: str, script: str = "") -> str:
    script = f"<script>\n{script}</script>\n" if script else ""
    return _PAGE.format(title=_text(title), style=_own("page.css"), body=body, script=script)
