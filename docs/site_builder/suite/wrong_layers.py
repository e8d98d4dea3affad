"""The layers that are known to be wrong: what catches each, and what it needs."""

from pathlib import Path

WRONG_LAYERS = Path(__file__).parents[3] / "tests" / "wrong_layers"


def first_line(path: Path) -> tuple[str, str]:
    """Return the property that must catch a wrong layer, and its mistake, from its first line."""
    name, _, mistake = path.read_text(encoding="utf-8").splitlines()[0].strip('"').partition(": ")
    return name, mistake


def frameworks(path: Path) -> list[str]:
    code = path.read_text(encoding="utf-8")
    return [name for name in ("torch", "jax") if f"\nimport {name}" in code]
