"""`affine check` as a whole process: a right layer and the wrong ones, with the cost of a case."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from affine.properties import PROPERTIES
from docs.machinery.suite.table import WRONG_LAYERS, first_line, frameworks
from tests.benchmarks.timing import medians

RIGHT = Path(__file__).parents[1] / "layers" / "matmul_operator.py"
ROUNDS = 5
# A remark is a failure in the profile above.
PROFILES = {"textbook": "textbook"} | dict.fromkeys(("remark", "library"), "library")


def report_of(path: Path, profile: str = "textbook") -> dict[str, object]:
    """Check a layer in a process of its own, and return the record of its report."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "report.json"
        command = [sys.executable, "-m", "affine", "check", str(path), "--profile", profile]
        subprocess.run([*command, "--json", str(record)], capture_output=True)
        return dict(json.loads(record.read_text(encoding="utf-8")))


def cases_of(report: dict[str, object]) -> int:
    """Return how many cases a verdict rests on."""
    return sum(found["cases"] for found in report["properties"])  # type: ignore[attr-defined]


def main() -> None:
    """Print the median of whole processes, and of one run of each wrong layer."""
    cases = cases_of(report_of(RIGHT))
    seconds = medians({"right": lambda: report_of(RIGHT)}, rounds=ROUNDS)["right"]
    print(f"  a right layer: {seconds:.2f} s, {cases} cases, {seconds / cases * 1e3:.2f} ms each")
    times, costs, missed = [], [], []
    for path in sorted(WRONG_LAYERS.glob("*.py")):
        if frameworks(path):
            continue  # to import a framework takes longer than to check a layer
        start = perf_counter()
        report = report_of(path, PROFILES[PROPERTIES[first_line(path)[0]].profile])
        times.append(perf_counter() - start)
        costs.append(times[-1] / max(cases_of(report), 1))
        if report["verdict"] != "fail":
            missed.append(path.stem)
    print(f"  {len(times)} wrong layers: median {median(times):.2f} s, at most {max(times):.2f} s,")
    print(f"  {median(costs) * 1e3:.2f} ms a case; without a failure: {missed or 0}")


if __name__ == "__main__":
    main()
