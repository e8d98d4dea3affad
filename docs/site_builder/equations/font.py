"""One small font for the mathematics: the characters that the site uses, of STIX Two Math."""

import base64
import io
import re
import unicodedata
from html import unescape
from importlib.resources import as_file, files
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

from docs.site_builder.equations.notation import italic

_DRAWN = re.compile(r"<math\b.*?</math>|<svg class=\"boxes[ \"].*?</svg>", re.DOTALL)
_SINGLE = re.compile(r"<mi[^>]*>(.)</mi>")


def characters(html: str) -> set[str]:
    """Return the characters that a page's formulas and pictures draw."""
    found: set[str] = set()
    for drawn in _DRAWN.findall(html):
        found |= set(unescape(re.sub(r"<title>.*?</title>|<[^>]+>", "", drawn)))
        # A letter alone in <mi> is drawn as its mathematical italic.
        found |= {italic(letter) for letter in _SINGLE.findall(drawn)}
    return {sign for sign in found if not unicodedata.category(sign).startswith("C")}


def write(site: Path) -> None:
    """Write the stylesheet that holds the font for all pages under `site`, and its licence.

    A font in a file of its own would come after the first view, which would then move.
    """
    pages = site.rglob("*.html")
    used = set().union(*(characters(page.read_text(encoding="utf-8")) for page in pages))
    folder = site / "assets"
    with as_file(files("ziamath") / "fonts" / "STIXTwoMath-Regular.ttf") as path:
        font = TTFont(path, recalcTimestamp=False)
    # The copyright and licence that the font itself carries.
    copyright, licence, url = (font["name"].getDebugName(id) for id in (0, 13, 14))
    (folder / "stix-two-math-licence.txt").write_text(
        f"{copyright}\n\n{licence}\n{url}\n\nstix-two-math.css holds those characters of "
        f"STIX Two Math that this site uses.\n",
        encoding="utf-8",
    )
    subsetter = subset.Subsetter(subset.Options(flavor="woff2", name_IDs=[0, 1, 2, 13, 14]))
    subsetter.populate(text="".join(sorted(used)))
    subsetter.subset(font)
    font.flavor = "woff2"
    target = io.BytesIO()
    font.save(target)
    data = base64.b64encode(target.getvalue()).decode()
    (folder / "stix-two-math.css").write_text(
        '@font-face {\n  font-family: "STIX Two Math";\n'
        f'  src: url("data:font/woff2;base64,{data}") format("woff2");\n}}\n',
        encoding="utf-8",
    )
