"""`affine check` as a whole process, beside its imports: a right layer, and every wrong one.

With AFFINE_BEFORE naming another checkout, that one takes turns with this one.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from affine.properties import PROPERTIES
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS, first_line, frameworks

HERE = Path(__file__).parents[2]
RIGHT = HERE / "tests" / "layers" / "matmul_operator.py"
ROUNDS = 5
IMPORTS = "import numpy, hypothesis, click, rich.console"
# A remark is a failure in the profile above.
PROFILES = {"textbook": "textbook"} | dict.fromkeys(("note", "library"), "library")


def seconds_of(root: Path, *command: str) -> float:
    """Return how long a Python process takes from start to end."""
    start = perf_counter()
    environment = os.environ | {"PYTHONPATH": str(root)}
    subprocess.run([sys.executable, *command], cwd=root, env=environment, capture_output=True)
    return perf_counter() - start


def checked(root: Path, path: Path, profile: str = "textbook") -> tuple[float, dict[str, Any]]:
    """Check a layer in a process of its own; return its seconds, and the record of its report."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "report.json"
        options = "--profile", profile, "--json", str(record)
        seconds = seconds_of(root, "-m", "affine", "check", str(path), *options)
        return seconds, dict(json.loads(record.read_text(encoding="utf-8")))


def cases_of(report: dict[str, Any]) -> int:
    """Return how many cases a verdict rests on."""
    return sum(found["cases"] for found in report["properties"])


def is_named(report: dict[str, Any]) -> bool:
    """Whether some finding names a known mistake."""
    return any(finding["mistake"] for finding in report["findings"])


def main() -> None:
    """Print medians: imports and a right layer five times each, every wrong layer once."""
    roots = {"now": HERE}
    if "AFFINE_BEFORE" in os.environ:
        roots["before"] = Path(os.environ["AFFINE_BEFORE"]).resolve()
    # To import a framework takes longer than to check a layer.
    wrong = [path for path in sorted(WRONG_LAYERS.glob("*.py")) if not frameworks(path)]
    times: dict[str, list[float]] = defaultdict(list)
    reports: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number in range(ROUNDS):
        times["imports"].append(seconds_of(HERE, "-c", IMPORTS))
        for name, root in roots.items():
            seconds, report = checked(root, RIGHT)
            times[f"right, {name}"].append(seconds)
            reports[f"right, {name}"].append(report)
        for path in wrong[number::ROUNDS]:
            for name, root in roots.items():
                profile = PROFILES[PROPERTIES[first_line(path)[0]].profile]
                seconds, report = checked(root, path, profile)
                times[f"wrong, {name}"].append(seconds)
                reports[f"wrong, {name}"].append(report | {"target": path.stem})
    imports = median(times["imports"])
    print(f"  imports alone: {imports:.2f} s")
    for name in roots:
        right, wrongs = median(times[f"right, {name}"]), times[f"wrong, {name}"]
        cases, found = cases_of(reports[f"right, {name}"][0]), reports[f"wrong, {name}"]
        print(f"  {name}: a right layer: {right:.2f} s, {right / imports:.2f} × (at most 3.0),")
        print(f"    {cases} cases; {len(found)} wrong layers: median {median(wrongs):.2f} s,")
        print(f"    {median(wrongs) / imports:.2f} × (at most 2.0), at most {max(wrongs):.2f} s;")
        print(f"    {sum(map(cases_of, found))} cases, {sum(map(is_named, found))} named,")
        missed = [one["target"] for one in found if one["verdict"] != "fail"]
        print(f"    without a failure: {missed or 0}")


if __name__ == "__main__":
    main()
