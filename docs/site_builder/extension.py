r"""The Markdown of this site: mathematics, and the directives of `directives.py`.

    \( … \)               inline mathematics
    \[ … \]               displayed mathematics, in lines of its own
    [[name: argument]]    a directive, on a line of its own

An extension of Python-Markdown alone: no site generator is needed or known.
"""

import re
from typing import Any
from xml.etree import ElementTree

from markdown import Markdown
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

from docs.site_builder import directives
from docs.site_builder import record as records
from docs.site_builder.equations import notation
from docs.site_builder.record import Record


class SiteExtension(Extension):
    """Registers what this site adds to Markdown, drawing on one record."""

    def __init__(self, record: Record | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.record = record or records.load()

    def extendMarkdown(self, md: Markdown) -> None:
        # Below code spans, above backslash escapes.
        md.inlinePatterns.register(InlineMath(r"\\\((.+?)\\\)", md), "inline-math", 185)
        md.parser.blockprocessors.register(DisplayMath(md), "display-math", 175)
        processor = DirectiveProcessor(md, self.record)
        md.parser.blockprocessors.register(processor, "directives", 174)


class InlineMath(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override]
        mathml = notation.tex_to_mathml(m[1])
        return self.md.htmlStash.store(mathml), m.start(0), m.end(0)


class HtmlProcessor(BlockProcessor):
    """Puts HTML in place of a block."""

    def __init__(self, md: Markdown) -> None:
        super().__init__(md.parser)
        self.md = md

    def append(self, parent: ElementTree.Element, html: str) -> None:
        ElementTree.SubElement(parent, "p").text = self.md.htmlStash.store(html)


class DisplayMath(HtmlProcessor):
    PATTERN = re.compile(r"(?:^|\n)\\\[(.+?)\\\](?=\n|$)", re.DOTALL)

    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return bool(self.PATTERN.search(block))

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        block = blocks.pop(0)
        match = self.PATTERN.search(block)
        assert match
        if before := block[: match.start()]:
            self.parser.parseBlocks(parent, [before])
        self.append(parent, notation.displayed(match[1].strip()))
        if after := block[match.end() :].lstrip("\n"):
            blocks.insert(0, after)


class DirectiveProcessor(HtmlProcessor):
    PATTERN = re.compile(r"\[\[([a-z][a-z ]*): (.+)\]\]\s*")

    def __init__(self, md: Markdown, record: Record) -> None:
        super().__init__(md)
        self.record = record

    def test(self, parent: ElementTree.Element, block: str) -> bool:
        return bool(self.PATTERN.fullmatch(block))

    def run(self, parent: ElementTree.Element, blocks: list[str]) -> None:
        name, argument = self.PATTERN.fullmatch(blocks.pop(0)).groups()  # type: ignore[union-attr]
        # A title stands one level below the last heading that was written.
        levels = [int(child.tag[1]) for child in parent if re.fullmatch(r"h[1-6]", child.tag)]
        level = min(levels[-1] + 1, 6) if levels else 2
        directive = directives.find(name, argument)
        self.append(parent, directive.html(argument.strip(), self.record, level))


def makeExtension(**kwargs: Any) -> SiteExtension:
    return SiteExtension(**kwargs)
