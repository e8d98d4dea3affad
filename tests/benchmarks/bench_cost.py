"""The gradients by their formulas, and by Jacobians that are filled and contracted."""

import os
from collections.abc import Iterator

# Threads wait for each other on a machine that has other work. NumPy looks once, at its import.
if __name__ == "__main__":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

import affine
from affine.layer import Array
from docs.site_builder.plotting.measured import Row, store
from tests.benchmarks.timing import medians

SIZES = [2**k for k in range(1, 11)]
LARGEST_FILLED = 64  # 64⁴ entries in single precision are 64 MiB


def by_jacobians(dout: Array, x: Array, w: Array) -> tuple[Array, ...]:
    """Return the gradients as the definition says: dout times the whole Jacobians."""
    (n, d), m = x.shape, w.shape[1]
    boxes = [np.zeros((n, m, *of), x.dtype) for of in ((n, d), (d, m), (m,))]
    for i in range(n):
        boxes[0][i, :, i, :] = w.T
    for j in range(m):
        boxes[1][:, j, :, j] = x
        boxes[2][:, j, j] = 1
    return tuple(np.tensordot(dout, box, axes=2) for box in boxes)


def compare(n: int) -> Row:
    """Return the median seconds of both ways at one size; None for what does not fit."""
    draw = np.random.default_rng(0)
    dout, x, w = (draw.integers(-9, 10, (n, n)).astype("float32") for _ in range(3))
    ways = {"gradient": lambda: affine.backward(dout, x, w)}
    if n <= LARGEST_FILLED:
        ways["Jacobian"] = lambda: by_jacobians(dout, x, w)
        both = zip(ways["gradient"](), ways["Jacobian"](), strict=True)
        assert all((one == other).all() for one, other in both)
    row: Row = {"N = D = M": n, "gradient, seconds": None, "Jacobian, seconds": None}
    for way, function in ways.items():  # apart: the Jacobians take the caches from the gradients
        taken = medians({way: function}, rounds=21, calls=max(256 // n, 1))
        row[f"{way}, seconds"] = taken[way]
    return row


def rows() -> Iterator[Row]:
    for n in SIZES:
        row = compare(n)
        print("  " + ", ".join(f"{name}: {value:.3g}" for name, value in row.items() if value))
        yield row


def main() -> None:
    """Print the medians, and store them for the plot `cost`."""
    store("cost", list(rows()))


if __name__ == "__main__":
    main()
