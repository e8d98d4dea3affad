"""Run the property suite for the site: what held, and how each known mistake shows.

    python -m docs.site_builder.suite.ledger build/ledger.json

The pages print these results and nothing else; a page built without them says "not run".
"""

import json
import platform
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import groupby
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import hypothesis
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings

import affine
from affine.cases import kind_of_sizes
from affine.checker import Outcome
from affine.checker.diagnosis import diagnose
from affine.checker.reading import load
from affine.checker.search import search
from affine.properties import PROPERTIES
from affine.strategies import cases
from docs.site_builder.suite.kill_matrix import WRONG_LAYERS, first_line, frameworks, only
from docs.site_builder.suite.mistake_examples import shown, specimens

SEED = 0
CASES = 100


def main(destination: Path) -> None:
    """Write the ledger; a property that breaks and a mistake that is lost fail the build."""
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
        "counterexamples": (counterexamples := _counterexamples(layers)),
        "mistakes": _mistakes(layers, counterexamples),
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
        kinds[kind_of_sizes(case.primal.sizes)] += 1

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


def _counterexamples(layers: list[_WrongLayer]) -> dict[str, dict[str, Any]]:
    """Return how each layer that is known to be wrong fails, and what the diagnosis says of it."""
    print("  layers that are known to be wrong", flush=True)
    # Not forked: a framework that a layer has loaded runs threads.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = pool.map(_failing, layers)
        return dict(zip((layer.path.stem for layer in layers), found, strict=True))


def _failing(layer: _WrongLayer) -> dict[str, Any]:
    path, name, mistake = layer
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong layer may overflow or divide by zero
        outcome = search(PROPERTIES[name], load(str(path)), max_examples=CASES, seed=SEED)
        if outcome.counterexample is None:
            sys.exit(f"{path.name} passes {name}, which should catch it; run `make test`")
        found = _counterexample(mistake, outcome)
        return found | {"only": only(path), "named": _named(path, outcome)}


def _counterexample(mistake: str, outcome: Outcome) -> dict[str, Any]:
    equations = PROPERTIES[outcome.name].equations
    return {"mistake": mistake, "equations": equations} | shown(outcome)


def _named(path: Path, outcome: Outcome) -> str:
    """Return the name of the mistake that the diagnosis says a layer makes; `""` if none."""
    if frameworks(path):
        return ""  # compiling takes seconds, and no card needs it
    tested, quantity = PROPERTIES[outcome.name], getattr(outcome.error, "quantity", "")
    found = diagnose(load(str(path)), quantity, tested, outcome.counterexample).mistake
    return found.name if found else ""


def _mistakes(layers: list[_WrongLayer], counterexamples: dict[str, Any]) -> dict[str, Any]:
    """Return what shows each mistake of the catalogue."""
    print("  known mistakes", flush=True)
    known: dict[str, list[tuple[Path, str]]] = {}
    for path, name, _ in layers:
        known.setdefault(counterexamples[path.stem]["named"], []).append((path, name))
    return specimens(known)


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
