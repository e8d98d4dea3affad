"""Sums of bounded integers are exact in NumPy, torch and jax, up to the stated limit."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from affine.layer import Array, Operands
from affine.oracle import exact, exact_limit

Results = dict[str, Array]
Compute = Callable[[Operands, str], Results]

PRECISION = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}


def limit_of(terms: int, dtype: str) -> int:
    """Return the largest R with K·R² + R < 2^p; NumPy has no bfloat16 to ask for."""
    if dtype != "bfloat16":
        return exact_limit(terms, dtype)
    return max(r for r in range(16) if terms * r * r + r < 2 ** PRECISION[dtype])


# ------------------------------------------------------------------ three libraries


def by_numpy(point: Operands, dtype: str) -> Results:
    x, w, b, dout = (array.astype(dtype) for array in point)
    return {"out": x @ w + b, "dx": dout @ w.T, "dw": x.T @ dout, "db": dout.sum(axis=0)}


def by_torch(point: Operands, dtype: str) -> Results:
    torch = pytest.importorskip("torch")
    x, w, b, dout = (torch.tensor(array, dtype=getattr(torch, dtype)) for array in point)
    results = {"out": x @ w + b, "dx": dout @ w.T, "dw": x.T @ dout, "db": dout.sum(dim=0)}
    return {name: result.double().numpy() for name, result in results.items()}


@contextmanager
def wide(jax: Any) -> Iterator[None]:
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    try:
        yield
    finally:
        jax.config.update("jax_enable_x64", before)


def by_jax(point: Operands, dtype: str) -> Results:
    jax = pytest.importorskip("jax")
    with wide(jax):
        x, w, b, dout = (jax.numpy.asarray(array, dtype=dtype) for array in point)
        results = {"out": x @ w + b, "dx": dout @ w.T, "dw": x.T @ dout, "db": dout.sum(axis=0)}
        assert {str(result.dtype) for result in results.values()} == {dtype}
        return {name: np.asarray(result.astype("float64")) for name, result in results.items()}


LIBRARIES: dict[str, Compute] = {"numpy": by_numpy, "torch": by_torch, "jax": by_jax}
BOTH = [
    (library, dtype)
    for library in LIBRARIES
    for dtype in PRECISION
    if (library, dtype) != ("numpy", "bfloat16")
]


# ------------------------------------------------------------------ up to the limit


def at_the_limit(sizes: tuple[int, int, int], dtype: str, draw: np.random.Generator) -> Operands:
    """Return integers of which as many as possible are as large as the exactness allows."""
    n, d, m = sizes
    limit = limit_of(max(sizes), dtype)
    shapes = (n, d), (d, m), (m,), (n, m)
    if draw.random() < 0.5:
        return Operands(*(limit * draw.choice([-1.0, 1.0, 1.0, 1.0], shape) for shape in shapes))
    return Operands(
        *(draw.integers(-limit, limit, shape, endpoint=True).astype(float) for shape in shapes)
    )


@pytest.mark.parametrize(("library", "dtype"), BOTH)
def test_sums_at_the_limit_are_exact(library: str, dtype: str, seed: int) -> None:
    """Bit for bit, at random sizes, and where every entry has the largest size there is."""
    draw = np.random.default_rng(seed)
    # Every new shape costs jax four compilations.
    for _ in range(3 if library == "jax" else 60):
        n, d, m = (int(side) for side in draw.integers(1, 41, 3))
        point = at_the_limit((n, d, m), dtype, draw)
        results = LIBRARIES[library](point, dtype)
        for quantity, expected in exact(point).items():
            assert (results[quantity] == expected).all(), (quantity, (n, d, m))


@pytest.mark.parametrize(("library", "dtype"), BOTH)
def test_the_largest_sum_is_exact(library: str, dtype: str) -> None:
    """All of one sign: K·R² + R itself, at sizes around the blocks of fast routines."""
    for terms in (17,) if library == "jax" else (1, 7, 8, 9, 16, 17, 31, 64, 65, 129):
        limit = float(limit_of(terms, dtype))
        point = same(terms, limit, limit)
        assert LIBRARIES[library](point, dtype)["out"][0, 0] == terms * limit**2 + limit


# ------------------------------------------------------------------ beyond the limit


def same(terms: int, entry: float, bias: float) -> Operands:
    """Return operands of one number, but for the bias."""
    x, w = np.full((1, terms), entry), np.full((terms, 1), entry)
    return Operands(x, w, np.array([bias]), np.full((1, 1), entry))


def odd_beyond(terms: int, dtype: str) -> Operands | None:
    """Return operands up to R + 1 whose out is odd and above 2^p, or None if there are none."""
    entry = limit_of(terms, dtype) + 1
    for bias in (entry, entry - 1):
        total = terms * entry**2 + bias
        if total % 2 and total > 2 ** PRECISION[dtype]:
            return same(terms, float(entry), float(bias))
    return None


@pytest.mark.parametrize(("library", "dtype"), BOTH)
def test_one_unit_beyond_the_limit_a_sum_rounds(library: str, dtype: str) -> None:
    """The limit is no more careful than it has to be."""
    every = (8,) if library == "jax" else range(1, 65)
    points = {terms: odd_beyond(terms, dtype) for terms in every}
    beyond = {terms: point for terms, point in points.items() if point is not None}
    # Elsewhere the only sum that reaches 2^p is 2^p itself.
    assert len(beyond) > 0.9 * len(points)
    for terms, point in beyond.items():
        out = LIBRARIES[library](point, dtype)["out"]
        assert out[0, 0] != exact(point, "out")["out"][0, 0], terms
