r"""The Markdown of this site: mathematics, equations, boxes and counterexamples.

    \( … \)                           inline mathematics
    \[ … \]                           displayed mathematics, in lines of its own
    [[equation: dw]]                  the block of an equation, at its one home
    [[boxes: dX[N,D] = dout[N,M] · Wᵀ[M,D]]]    shapes as a picture
    [[boxes of: dw]]                  the picture of an equation
    [[boxes as written: …]]           the shapes of the handwritten source, right or not
    [[plot: rounding]]                what docs/plots/rounding.py measures, drawn
    [[areas: N=64 D=512 M=256]]       the Jacobians' memory as areas, to scale
    [[counterexample: dw_averaged]]   the smallest failing input of a known-wrong layer
    [[explorer: dX[1,0] point]]       the interactive figure, and where it begins

An extension of Python-Markdown alone: no site generator is needed or known.
"""

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

from docs.site_builder import record as records
from docs.site_builder.equations import tex
from docs.site_builder.equations.block import equation_block, picture
from docs.site_builder.pictures import shapes
from docs.site_builder.pictures.areas import areas
from docs.site_builder.pictures.counterexample import counterexample
from docs.site_builder.pictures.explorer import explorer
from docs.site_builder.plotting.plots import plot
from docs.site_builder.record import Record

__all__ = ["DirectiveError", "SiteExtension", "makeExtension"]


class DirectiveError(ValueError):
    """A directive that this extension does not know, or that names something unknown."""


class SiteExtension(Extension):
    """Registers what this site adds to Markdown, drawing on one record."""

    def __init__(self, record: Record | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.record = record or records.load()

    def extendMarkdown(self, md: Markdown) -> None:
        # Below code spans, above backslash escapes.
        md.inlinePatterns.register(InlineMath(r"\\\((.+?)\\\)", md), "inline-math", 185)
        md.parser.blockprocessors.register(DisplayMath(md), "display-math", 175)
        directives = Directives(md, self.record)
        md.parser.blockprocessors.register(directives, "directives", 174)


class InlineMath(InlineProcessor):
    r"""Turns \( … \) into MathML."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override]
        return self.md.htmlStash.store(tex.to_mathml(m[1])), m.start(0), m.end(0)


class DisplayMath(BlockProcessor):
    r"""Turns a paragraph \[ … \] into MathML on a line of its own."""

    PATTERN = re.compile(r"(?:^|\n)\\\[(.+?)\\\](?=\n|$)", re.DOTALL)

    def __init__(self, md: Markdown) -> None:
        super().__init__(md.parser)
        self.md = md

    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return bool(self.PATTERN.search(block))

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        block = blocks.pop(0)
        found = self.PATTERN.search(block)
        assert found
        if before := block[: found.start()]:
            self.parser.parseBlocks(parent, [before])
        mathml = "".join(tex.parts(found[1].strip()))
        _append(parent, self.md, f'<div class="display-math">{mathml}</div>')
        if after := block[found.end() :].lstrip("\n"):
            blocks.insert(0, after)


class Directives(BlockProcessor):
    """Turns a line [[name: argument]] into what it asks for."""

    PATTERN = re.compile(r"\[\[([a-z][a-z ]*): (.+)\]\]\s*")

    def __init__(self, md: Markdown, record: Record) -> None:
        super().__init__(md.parser)
        self.md = md
        self.record = record
        self.known: dict[str, Callable[[str, int], str]] = {
            "equation": self._equation,
            "boxes": self._boxes,
            "plot": lambda name, level: plot(name),
            "areas": lambda sizes, level: areas(sizes),
            "boxes as written": lambda text, level: picture(text),
            "boxes of": lambda tag, level: picture(self._find(tag).boxes),
            "counterexample": lambda layer, level: counterexample(layer, record.results),
            "explorer": lambda start, level: explorer(start),
        }

    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return bool(self.PATTERN.fullmatch(block))

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        name, argument = self.PATTERN.fullmatch(blocks.pop(0)).groups()  # type: ignore[union-attr]
        if name not in self.known:
            raise DirectiveError(f"no directive is called {name!r}: [[{name}: {argument}]]")
        html = self.known[name](argument.strip(), _level_below(parent))
        _append(parent, self.md, html)

    def _equation(self, tag: str, level: int) -> str:
        return equation_block(self._find(tag), self.record, level)

    def _boxes(self, text: str, level: int) -> str:
        if wrong := shapes.disagreements(text, self.record.equations):
            raise DirectiveError(f"{text!r} disagrees with affine/equations.toml: {wrong[0]}")
        return picture(text)

    def _find(self, tag: str) -> Any:
        if tag not in self.record.equations:
            known = "write a tag that affine/equations.toml has, or enter the equation there"
            raise DirectiveError(f"no equation has the tag {tag!r}: {known}")
        return self.record.equations[tag]


def _level_below(parent: ElementTree.Element) -> int:
    """The level of a heading that stands below the last one written."""
    levels = [int(child.tag[1]) for child in parent if re.fullmatch(r"h[1-6]", child.tag)]
    return min(levels[-1] + 1, 6) if levels else 2


def _append(parent: ElementTree.Element, md: Markdown, html: str) -> None:
    paragraph = ElementTree.SubElement(parent, "p")
    paragraph.text = md.htmlStash.store(html)


def makeExtension(**kwargs: Any) -> SiteExtension:
    return SiteExtension(**kwargs)
