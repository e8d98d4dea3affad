"""An import goes to a strictly lower rank, and Hypothesis stays out of the mathematics."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "affine"
RANKS = [
    {"reference", "equations", "quantities", "memory"},
    {"layer"},
    {"oracle"},
    {"cases"},
    {"properties", "strategies"},
    {"checker"},
    {"__main__"},
]
HYPOTHESIS_IN = {"strategies"}


def imports(path: Path) -> set[str]:
    """Return every module that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{name.name}" for name in node.names}
        elif isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
    return found


def breaches(path: Path) -> list[str]:
    """Return what a file imports and should not."""
    inside = path.relative_to(PACKAGE).with_suffix("").parts[0]
    rank = {name: number for number, names in enumerate(RANKS) for name in names}
    wrong = []
    for module in imports(path):
        first, _, rest = module.partition(".")
        used = rest.partition(".")[0]
        if first == "hypothesis" and inside not in HYPOTHESIS_IN:
            wrong.append(f"{inside} imports hypothesis")
        if first != "affine" or used not in rank or used == inside or inside == "__init__":
            continue
        if rank[used] >= rank[inside]:
            wrong.append(f"{inside} imports {used}")
    return sorted(set(wrong))


def test_imports_go_down() -> None:
    """The table of ranks, and every file of the package has one."""
    files = [path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py"]
    assert {path.relative_to(PACKAGE).with_suffix("").parts[0] for path in files} == set().union(
        *RANKS
    )
    assert [breach for path in files for breach in breaches(path)] == []


def test_an_import_upwards_is_found(monkeypatch: object, tmp_path: Path) -> None:
    """The test above can fail."""
    upward = tmp_path / "layer.py"
    upward.write_text("def late():\n    from affine.checker import search\n    import hypothesis\n")
    monkeypatch.setattr(f"{__name__}.PACKAGE", tmp_path)  # type: ignore[attr-defined]
    assert breaches(upward) == ["layer imports checker", "layer imports hypothesis"]
