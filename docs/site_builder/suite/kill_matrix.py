"""Which property catches which known-wrong layer.

python -m docs.site_builder.suite.kill_matrix build/table.json
"""

import json
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from affine.checker.conventions import snap_to_exact
from affine.checker.reading import load
from affine.checker.search import fails_on, search
from affine.properties import PROPERTIES

WRONG_LAYERS = Path(__file__).parents[3] / "tests" / "wrong_layers"
CASES = 60
COMPILED_CASES = 4  # compiling takes a second each time
SEED = 0


def main(destination: Path) -> None:
    """Write, for each layer, the properties that catch it."""
    paths = sorted(WRONG_LAYERS.glob("*.py"))
    with ProcessPoolExecutor() as pool:
        table = dict(zip([path.stem for path in paths], pool.map(caught_by, paths), strict=True))
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.write_text(json.dumps(table, indent=1), encoding="utf-8")


def caught_by(path: Path, cases: int = CASES) -> list[str]:
    """Return the properties, of all profiles, that catch a layer within so many cases."""
    names = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong layer may overflow or divide by zero
        for name, tested in PROPERTIES.items():
            most = COMPILED_CASES if tested.needs == "compiled" else cases
            # Loaded anew: a layer with a memory of its own meets each property for the first time.
            outcome = search(tested, load(str(path)), max_examples=most, seed=SEED, shrink=False)
            is_caught = outcome.status == "falsified"
            if outcome.counterexample is not None and tested.profile != "note":
                # Exactness finds, the bound judges: what only rounds is right.
                exact = snap_to_exact(load(str(path)))
                is_caught = fails_on(tested, exact, outcome.counterexample) is not None
            if is_caught:
                names.append(name)
    return names


def first_line(path: Path) -> tuple[str, str]:
    """Return the property that must catch a wrong layer, and its mistake, from its first line."""
    name, _, mistake = path.read_text(encoding="utf-8").splitlines()[0].strip('"').partition(": ")
    return name, mistake


def only(path: Path) -> bool:
    """Whether a layer says that no other property catches it."""
    return "\n# Only: " in path.read_text(encoding="utf-8")


def frameworks(path: Path) -> list[str]:
    """Return the frameworks that a layer imports."""
    code = path.read_text(encoding="utf-8")
    return [name for name in ("torch", "jax") if f"\nimport {name}" in code]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
