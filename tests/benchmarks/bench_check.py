"""`affine check` as a whole process, beside its imports: a right layer, and every wrong one."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from affine.properties import PROPERTIES
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS, first_line, frameworks

CORRECT = WRONG_LAYERS.parent / "layers" / "matmul_operator.py"
ROUNDS = 5
IMPORTS = "import numpy, hypothesis, click, rich.console"
# A remark is a failure in the profile above.
PROFILES = {"textbook": "textbook"} | dict.fromkeys(("note", "library"), "library")


def seconds_of(*command: str) -> float:
    """Return how long a Python process takes from start to end."""
    start = perf_counter()
    subprocess.run([sys.executable, *command], capture_output=True)
    return perf_counter() - start


def checked(path: Path, profile: str = "textbook") -> tuple[float, dict[str, Any]]:
    """Check a layer in a process of its own; return its seconds, and the record of its report."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "report.json"
        options = "--profile", profile, "--json", str(record)
        seconds = seconds_of("-m", "affine", "check", str(path), *options)
        return seconds, dict(json.loads(record.read_text(encoding="utf-8")))


def main() -> None:
    """Print medians: imports and a right layer five times each, every wrong layer once."""
    imports = median(seconds_of("-c", IMPORTS) for _ in range(ROUNDS))
    right = median(checked(CORRECT)[0] for _ in range(ROUNDS))
    # To import a framework takes longer than to check a layer.
    wrong = [path for path in sorted(WRONG_LAYERS.glob("*.py")) if not frameworks(path)]
    runs = [checked(path, PROFILES[PROPERTIES[first_line(path)[0]].profile]) for path in wrong]
    times = [seconds for seconds, _ in runs]
    named = sum(any(one["mistake"] for one in report["findings"]) for _, report in runs)
    missed = [report["target"] for _, report in runs if report["verdict"] != "fail"]
    print(f"  imports alone: {imports:.2f} s")
    print(f"  a right layer: {right:.2f} s, {right / imports:.2f} × (at most 3.0)")
    print(f"  {len(wrong)} wrong layers: median {median(times):.2f} s,")
    print(f"    {median(times) / imports:.2f} × (at most 2.0), at most {max(times):.2f} s;")
    print(f"    {named} named, without a failure: {missed or 0}")


if __name__ == "__main__":
    main()
