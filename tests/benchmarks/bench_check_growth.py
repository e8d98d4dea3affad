"""How the time of a check grows: with the size of a case, and with the time of one call."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

# Threads wait for each other on a machine that has other work. NumPy looks once, at its import.
if __name__ == "__main__":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from affine.checker.certificate import CENTRAL_DIFFERENCE, draw
from affine.checker.reading import load
from affine.layer import Case, Layer
from affine.oracle import exact, exact_limit, expect_equal
from docs.site_builder.plotting.measured import Row, store
from tests.benchmarks.timing import medians

SIZES = [2**k for k in range(9)]
BUDGET = 10  # seconds
SLEEPS = 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03  # beyond these the budget gives no verdict

SLOW = """
from time import sleep
def forward(x, w, b):
    sleep({0})
    return x @ w + b
def backward(dout, x, w):
    sleep({0})
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
"""


def judge(layer: Layer, case: Case) -> None:
    """Do what the certificate does with one draw."""
    expect_equal("out", layer.forward(*case.primal[:3]), exact(case.primal, "out")["out"])
    CENTRAL_DIFFERENCE(layer, case)


def run(layer: Layer, case: Case) -> None:
    """Call the layer as often as `judge` does."""
    for _ in range(3):
        layer.forward(*case.primal[:3])
    layer.backward(*case.primal)


def by_size() -> Iterator[Row]:
    """Yield the medians for one draw, and for the layer's part of it."""
    layer, generator = load("affine"), np.random.default_rng(0)
    for n in SIZES:
        case = draw((n, n, n), min(1000, exact_limit(n, "float64") // 2), generator)
        ways = {
            "judged, seconds": lambda case=case: judge(layer, case),
            "called, seconds": lambda case=case: run(layer, case),
        }
        yield {"N = D = M": n} | medians(ways, rounds=11, calls=max(16 // n, 1))


def by_sleep() -> Iterator[Row]:
    """Yield one run of the command for each time that a call sleeps."""
    for sleep in SLEEPS:
        with tempfile.TemporaryDirectory() as folder:
            layer, record = Path(folder, "my_layer.py"), Path(folder, "report.json")
            layer.write_text(SLOW.format(sleep), encoding="utf-8")
            command = [sys.executable, "-m", "affine", "check", str(layer)]
            start = perf_counter()
            subprocess.run(
                [*command, "--budget", str(BUDGET), "--json", str(record)],
                capture_output=True,
                check=True,
            )
            seconds = perf_counter() - start
            properties = json.loads(record.read_text(encoding="utf-8"))["properties"]
        cases = sum(found["cases"] for found in properties)
        yield {"sleep, seconds": sleep, "check, seconds": seconds, "cases": cases, "budget": BUDGET}


def main() -> None:
    """Print both, and store them for the plots `size` and `slow`."""
    for name, rows in ("size", list(by_size())), ("slow", list(by_sleep())):
        store(name, rows)
        for row in rows:
            print("  " + ", ".join(f"{column}: {value:.3g}" for column, value in row.items()))


if __name__ == "__main__":
    main()
