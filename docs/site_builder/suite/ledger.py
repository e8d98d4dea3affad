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
from affine.checker.diagnosis import diagnose
from affine.checker.reading import load
from affine.checker.search import search
from affine.properties import PROPERTIES
from affine.strategies import cases
from docs.site_builder.suite.mistake_examples import examples, failure
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS, first_line, frameworks

SEED = 0
CASES = 100


def main(destination: Path) -> None:
    """Write the ledger; a property that breaks and a mistake that is lost fail the build."""
    layers = list(_layers())
    start = perf_counter()
    layer, outcomes = load("affine"), []
    for group, properties in groupby(PROPERTIES.values(), key=lambda one: one.group):
        print(f"  {group}", flush=True)
        outcomes += [search(one, layer, max_examples=CASES, seed=SEED) for one in properties]
    seconds = round(perf_counter() - start, 1)
    print("  layers that are known to be wrong", flush=True)
    # Not forked: a framework that a layer has loaded runs threads.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        stems = (layer.path.stem for layer in layers)
        counterexamples = dict(zip(stems, pool.map(_failing, layers), strict=True))
    print("  known mistakes", flush=True)
    known: dict[str, list[tuple[Path, str]]] = {}
    for path, name, _ in layers:
        known.setdefault(counterexamples[path.stem]["named"], []).append((path, name))
    ledger = {
        **_conditions(),
        "seconds": seconds,
        "properties": {
            one.name: {"status": one.status, "cases": one.cases, "seconds": round(one.seconds, 3)}
            for one in outcomes
        },
        "shares": _shares(),
        "counterexamples": counterexamples,
        "mistakes": examples(known),
    }
    destination.parent.mkdir(parents=True, exist_ok=True)
    destination.write_text(json.dumps(ledger, indent=1, ensure_ascii=False), encoding="utf-8")
    held = sum(outcome.status == "held" for outcome in outcomes)
    print(f"  {held} properties held on {sum(outcome.cases for outcome in outcomes)} cases")


def _conditions() -> dict[str, Any]:
    commit = ["git", "rev-parse", "--short", "HEAD"]
    done = subprocess.run(commit, cwd=WRONG_LAYERS, capture_output=True, text=True, check=False)
    packages = {"numpy": np, "hypothesis": hypothesis, "affine": affine}
    versions = {name: package.__version__ for name, package in packages.items()}
    return {
        "schema": 1,
        "time": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "seed": SEED,
        "cases": CASES,
        "commit": done.stdout.strip(),
        "versions": {"python": platform.python_version(), **versions},
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


def kind_of_sizes(sizes: tuple[int, int, int]) -> str:
    """Return which kind of sizes (N, D, M) are; what each kind hides differs.

    Examples:
        >>> [kind_of_sizes(sizes) for sizes in ((4, 3, 2), (3, 3, 2), (4, 1, 2), (0, 3, 2))]
        ['pairwise different', 'some equal', 'a size of one', 'a size of zero']
    """
    if 0 in sizes:
        return "a size of zero"
    if 1 in sizes:
        return "a size of one"
    return "pairwise different" if len(set(sizes)) == 3 else "some equal"


class _WrongLayer(NamedTuple):
    path: Path
    property: str
    mistake: str


def _layers() -> Iterator[_WrongLayer]:
    """Yield the layers that are known to be wrong, each with the property that catches it."""
    for path in sorted(WRONG_LAYERS.glob("*.py")):
        layer = _WrongLayer(path, *first_line(path))
        if layer.property not in PROPERTIES:
            sys.exit(
                f"{path.name} says that {layer.property} catches it, which is not a property: put "
                "the property back, or name in the first line of the file one that catches it"
            )
        if all(map(find_spec, frameworks(path))):
            yield layer


def _failing(layer: _WrongLayer) -> dict[str, Any]:
    """Return how a layer that is known to be wrong fails, and what the diagnosis says of it."""
    path, name, mistake = layer
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong layer may overflow or divide by zero
        outcome = search(PROPERTIES[name], load(str(path)), max_examples=CASES, seed=SEED)
        if outcome.counterexample is None:
            sys.exit(f"{path.name} passes {name}, which should catch it; run `make test`")
        entry = {"mistake": mistake, "equations": PROPERTIES[name].equations} | failure(outcome)
        named = None
        if not frameworks(path):  # compiling takes seconds, and no card needs it
            quantity = getattr(outcome.error, "quantity", "")
            layer = load(str(path))
            named = diagnose(layer, quantity, PROPERTIES[name], outcome.counterexample).mistake
        return entry | {"named": named.name if named else ""}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
