"""Run the property suite for the site: what held, and how each known mistake shows.

    python -m docs.machinery.ledger build/ledger.json

The pages print these results and nothing else; a page built without them says "not run".
"""

import json
import platform
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings

import affine
from affine.adapters import load
from affine.layer import Operands
from affine.properties import PROPERTIES
from affine.runner import Outcome, search
from affine.strategies import cases, class_of
from docs.machinery.table import WRONG_LAYERS, first_line, frameworks, only

SEED = 0
CASES = 100


def main(destination: Path) -> None:
    """Write the ledger; what the reference breaks stands in it, and fails the build."""
    layers = list(_layers())
    start = perf_counter()
    properties = {outcome.name: outcome for outcome in _reference()}
    ledger = {
        "schema": 1,
        "time": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "seconds": round(perf_counter() - start, 1),
        "seed": SEED,
        "cases": CASES,
        "commit": _commit(),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "hypothesis": hypothesis.__version__,
            "affine": affine.__version__,
        },
        "properties": {name: _row(outcome) for name, outcome in properties.items()},
        "shares": _shares(),
        "counterexamples": dict(_counterexamples(layers)),
    }
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.write_text(json.dumps(ledger, indent=1, ensure_ascii=False), encoding="utf-8")
    total = sum(outcome.cases for outcome in properties.values())
    held = sum(outcome.status == "held" for outcome in properties.values())
    print(f"  {held} properties held on {total} cases")


def _reference() -> Iterator[Outcome]:
    layer = load("affine")
    for group, properties in groupby(PROPERTIES.values(), key=lambda found: found.group):
        print(f"  {group}", flush=True)
        for found in properties:
            yield search(found, layer, max_examples=CASES, seed=SEED)


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "status": outcome.status,
        "cases": outcome.cases,
        "seconds": round(outcome.seconds, 3),
    }


def _shares(draws: int = 1000) -> dict[str, float]:
    """Measure which kinds of sizes the strategy reaches."""
    kinds: Counter[str] = Counter()

    @hypothesis.seed(SEED)
    @settings(
        max_examples=draws,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def count(case: Any) -> None:
        kinds[class_of(case.point.sizes)] += 1

    count()
    return {kind: number / kinds.total() for kind, number in kinds.most_common()}


class _WrongLayer(NamedTuple):
    path: Path
    property: str
    mistake: str


def _layers() -> Iterator[_WrongLayer]:
    """Yield the layers that are known to be wrong, each with the property that catches it."""
    for path in sorted(WRONG_LAYERS.glob("*.py")):
        found = _WrongLayer(path, *first_line(path))
        if found.property not in PROPERTIES:
            sys.exit(
                f"{path.name} says that {found.property} catches it, which is no property: put the "
                "property back, or name in the first line of the file one that catches it"
            )
        if all(map(find_spec, frameworks(path))):
            yield found


def _counterexamples(layers: list[_WrongLayer]) -> Iterator[tuple[str, dict[str, Any]]]:
    print("  layers that are known to be wrong", flush=True)
    for path, name, mistake in layers:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a wrong layer may overflow or divide by zero
            outcome = search(PROPERTIES[name], load(str(path)), max_examples=CASES, seed=SEED)
        if outcome.counterexample is None:
            sys.exit(f"{path.name} passes {name}, which should catch it; run `make test`")
        found = _counterexample(mistake, outcome, outcome.counterexample.point)
        yield path.stem, found | {"only": only(path)}


def _counterexample(mistake: str, outcome: Outcome, inputs: Operands) -> dict[str, Any]:
    error = outcome.error
    return {
        "mistake": mistake,
        "property": outcome.name,
        "equations": PROPERTIES[outcome.name].equations,
        "quantity": getattr(error, "quantity", ""),
        "message": str(error),
        "inputs": {name: array.tolist() for name, array in inputs._asdict().items()},
        "expected": _plain(getattr(error, "expected", None)),
        "got": _plain(getattr(error, "got", None)),
    }


def _plain(array: Any) -> Any:
    """Return an array as lists of numbers, None where there is none to show."""
    return None if array is None else np.asarray(array, dtype=np.float64).tolist()


def _commit() -> str:
    found = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=WRONG_LAYERS, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return found.stdout.strip()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
