"""The page on the architecture follows the code: its tree, its ranks, its walks, its paths."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_imports import RANKS

ROOT = Path(__file__).parents[1]
PAGES = {
    name: (ROOT / f"docs/{name}.md").read_text("utf-8") for name in ("architecture", "contributing")
}
MOST_STOPS = 10


def section(page: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one of its level."""
    return page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def tree(page: str) -> Iterator[str]:
    """Yield the path of every line of the drawn tree."""
    drawn = section(page, "The tree").partition("```text\n")[2].partition("```")[0]
    folders: list[str] = []
    for line in drawn.splitlines():
        depth = (len(line) - len(line.lstrip())) // 2
        folders[depth:] = [line.split()[0]]
        yield "".join(folders)


def walk(page: str, heading: str) -> list[tuple[int, str, str]]:
    """Return the number, the file and the function of each stop."""
    items = re.findall(r"^(\d+)\. (.*)$", section(page, heading), re.MULTILINE)
    stops = [re.match(r"`([\w/]+\.py): (\w+)` ", text) for _, text in items]
    assert all(stops), "a stop begins with `path/file.py: function`"
    return [
        (int(number), stop[1], stop[2])
        for (number, _), stop in zip(items, stops, strict=True)
        if stop
    ]


def defined(path: Path) -> set[str]:
    """Return the names of the functions and methods that a file defines."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def entries(folder: str) -> set[str]:
    """Return what a folder holds, as the tree writes it."""
    return {
        f"{folder}{path.name}{'/' * path.is_dir()}"
        for path in (ROOT / folder).iterdir()
        if path.name != "__pycache__"
    }


def test_the_tree_lists_every_entry_and_no_other() -> None:
    """Of the package and of the checker; of the rest, what it lists is there."""
    listed = list(tree(PAGES["architecture"]))
    assert len(listed) == len(set(listed))
    assert set(listed) >= entries("affine/") | entries("affine/checker/")
    assert [path for path in listed if not (ROOT / path).exists()] == []


def test_the_table_of_ranks_is_the_one_that_is_tested() -> None:
    rows = re.findall(r"^\| (\d) \| (.*?) \|", PAGES["architecture"], re.MULTILINE)
    assert [(int(rank), set(re.findall(r"`(\w+)`", files))) for rank, files in rows] == list(
        enumerate(RANKS)
    )


@pytest.mark.parametrize(
    "heading",
    ["A case, from the command line to a verdict", "A tag, from the registry to the site"],
)
def test_every_stop_of_a_walk_exists(heading: str) -> None:
    stops = walk(PAGES["architecture"], heading)
    assert [number for number, _, _ in stops] == list(range(1, len(stops) + 1))
    assert 0 < len(stops) <= MOST_STOPS
    for _, file, function in stops:
        assert function in defined(ROOT / file), file


@pytest.mark.parametrize("page", PAGES)
def test_every_path_on_the_page_exists(page: str) -> None:
    named = set(re.findall(r"`((?:affine|docs|tests|\.github)/[\w./-]*)(?::[^`]*)?`", PAGES[page]))
    assert named
    assert sorted(path for path in named if not (ROOT / path).exists()) == []
