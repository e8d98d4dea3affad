"""The reference against the bare NumPy expressions: what validation costs."""

import numpy as np

import affine
from tests.benchmarks.timing import medians


def compare(n: int, d: int, m: int, *, rounds: int, calls: int) -> dict[str, float]:
    """Return the ratio of medians, reference to bare expression, at one size."""
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(n, d)), rng.normal(size=(d, m)), rng.normal(size=m)
    dout = rng.normal(size=(n, m))
    taken = medians(
        {
            "bare forward": lambda: x @ w + b,
            "forward": lambda: affine.forward(x, w, b),
            "bare backward": lambda: (dout @ w.T, x.T @ dout, dout.sum(axis=0)),
            "backward": lambda: affine.backward(dout, x, w),
        },
        rounds=rounds,
        calls=calls,
    )
    for name, seconds in taken.items():
        print(f"  ({n}, {d}, {m})  {name:14s} {seconds * 1e6:9.2f} µs")
    return {name: taken[name] / taken[f"bare {name}"] for name in ("forward", "backward")}


def main() -> None:
    """Print the ratios at a real size, and the share of validation at a tiny one."""
    for name, ratio in compare(256, 512, 256, rounds=401, calls=1).items():
        print(f"  {name} is {ratio:.3f} × the bare expression (at most 1.05)")
    for name, ratio in compare(8, 8, 8, rounds=401, calls=50).items():
        print(f"  validation is {1 - 1 / ratio:.0%} of {name} at (8, 8, 8)")


if __name__ == "__main__":
    main()
