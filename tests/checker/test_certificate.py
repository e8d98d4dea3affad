"""The chance that a wrong gradient passes the draws, counted over every draw of a small range."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

import affine
from affine.checker import check
from affine.checker.certificate import CENTRAL_DIFFERENCE, certify, draw, miss_bound, prove
from affine.checker.one_case import fails_on
from affine.checker.report.record import dumps
from affine.checker.report.text import text
from affine.checker.report.words import below
from affine.layer import Array, Case, Layer, Operands, Pullback
from affine.oracle import exact_limit
from tests.conftest import sampled
from tests.formula_layers import wrong_layer

Gradient = Callable[[Any, Any, Any, Any], tuple[Any, Any, Any]]

# Of 1×1×1 layers: from x, w, b, dout to dx, dw, db; each is a polynomial of degree ≤ 2.
WRONG: dict[str, Gradient] = {
    "weight decay": lambda x, w, b, g: (g * w, x * g + w, g),
    "wrong operand": lambda x, w, b, g: (g * x, x * g, g),
    "factor 2": lambda x, w, b, g: (g * w, 2 * x * g, g),
    "product of the operands": lambda x, w, b, g: (g * w, x * w, g),
    "a constant added": lambda x, w, b, g: (g * w, x * g + 1, g),
    "bias forgotten": lambda x, w, b, g: (g * w, x * g, 0 * g),
    "all halved": lambda x, w, b, g: (2 * g * w, 2 * x * g, 2 * g),
    "dx and dw swapped": lambda x, w, b, g: (x * g, g * w, g),
    "quadratic": lambda x, w, b, g: (g * w, x * g + x * x - x, g),
}
DEGREE = 3


def passing(gradient: Gradient, limit: int) -> Fraction:
    """Return the share of all draws from −limit to limit that satisfy the identity."""
    values = np.arange(-limit, limit + 1)
    x, w, b, g, to_x, to_w, to_b = np.meshgrid(*[values] * 7, indexing="ij", sparse=True)
    ahead = g * ((x + to_x) * (w + to_w) + b + to_b)
    behind = g * ((x - to_x) * (w - to_w) + b - to_b)
    dx, dw, db = gradient(x, w, b, g)
    holds = ahead - behind == 2 * (dx * to_x + dw * to_w + db * to_b)
    shape = (len(values),) * 7
    return Fraction(int(np.broadcast_to(holds, shape).sum()), len(values) ** 7)


def layer_of(gradient: Gradient) -> Layer:
    def vjp(x: Array, w: Array, b: Array) -> Any:
        def pullback(dout: Array) -> tuple[Array, ...]:
            dx, dw, db = gradient(x, w, b[None], dout)
            return dx, dw, db[0]

        return x @ w + b, pullback

    return Layer("1×1×1", vjp)


def satisfies(layer: Layer, case: Case) -> bool:
    return fails_on(CENTRAL_DIFFERENCE, layer, case) is None


# ------------------------------------------------------------------ the bound


@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("mistake", WRONG)
def test_no_wrong_gradient_passes_more_often_than_the_bound_says(mistake: str, limit: int) -> None:
    assert passing(WRONG[mistake], limit) <= miss_bound(DEGREE, limit, draws=1)


@pytest.mark.parametrize("limit", [2, 3])
def test_the_bound_is_no_exaggeration(limit: int) -> None:
    """Some mistake passes nearly as often as it allows, and none would fit a lower degree."""
    worst = max(passing(gradient, limit) for gradient in WRONG.values())
    assert worst > 0.85 * miss_bound(DEGREE, limit, draws=1)
    assert worst > miss_bound(DEGREE - 1, limit, draws=1)


def test_the_true_gradient_passes_every_draw() -> None:
    assert passing(lambda x, w, b, g: (g * w, x * g, g), 2) == 1


@pytest.mark.parametrize("mistake", sampled(["quadratic", "weight decay", "wrong operand"], 3))
def test_the_property_counts_the_same(mistake: str) -> None:
    """On all 3^7 draws from −1 to 1, one by one."""
    layer = layer_of(WRONG[mistake])
    held = 0
    for x, w, b, g, *step in product((-1.0, 0.0, 1.0), repeat=7):
        point, moved = (
            Operands(np.array([[x]]), np.array([[w]]), np.array([b]), np.array([[g]]))
            for x, w, b, g in ((x, w, b, g), (*step, 0.0))
        )
        held += satisfies(layer, Case(point, moved))
    assert Fraction(held, 3**7) == passing(WRONG[mistake], 1)


@pytest.mark.parametrize("draws", sampled([2, 1, 3], 3))
def test_independent_draws_multiply(draws: int) -> None:
    """What passes k draws in a row, of many tries, is the share of one draw to the k-th power."""
    generator = np.random.default_rng(7)
    layer = layer_of(WRONG["factor 2"])
    tries = 1500
    passed = sum(
        all(satisfies(layer, draw((1, 1, 1), 2, generator)) for _ in range(draws))
        for _ in range(tries)
    )
    share = float(passing(WRONG["factor 2"], 2)) ** draws
    assert abs(passed / tries - share) < 4 * (share * (1 - share) / tries) ** 0.5
    assert share <= miss_bound(DEGREE, 2, draws)
    assert miss_bound(DEGREE, 2, draws) == miss_bound(DEGREE, 2, 1) ** draws


def test_a_chance_is_at_most_one() -> None:
    assert miss_bound(degree=3, limit=0, draws=4) == 1


# ------------------------------------------------------------------ the draws


def test_each_number_is_drawn_equally_often() -> None:
    """Each of 7 values in each of 8 places, over 2100 draws: 300 times, give or take 5 sigma."""
    generator = np.random.default_rng(1)
    cases = [draw((1, 1, 1), 3, generator) for _ in range(2100)]
    table = np.array([np.concatenate([a.ravel() for a in (*c.primal, *c.tangent)]) for c in cases])
    assert table.shape == (2100, 8)
    for column in table.T:
        counts = Counter(column.tolist())
        assert sorted(counts) == [-3, -2, -1, 0, 1, 2, 3]
        assert all(abs(count - 300) < 5 * (300 * 6 / 7) ** 0.5 for count in counts.values())


def test_the_numbers_are_independent() -> None:
    """Of any two places of one draw, and of one place in two draws, all pairs occur equally."""
    generator = np.random.default_rng(2)
    cases = [draw((1, 1, 1), 1, generator) for _ in range(1800)]
    table = np.array([np.concatenate([a.ravel() for a in (*c.primal, *c.tangent)]) for c in cases])
    pairs = [(table[:, i], table[:, j]) for i in range(8) for j in range(i)]
    pairs += [(table[:-1, i], table[1:, i]) for i in range(8)]
    for one, other in pairs:
        counts = Counter(zip(one.tolist(), other.tolist(), strict=True))
        assert len(counts) == 9
        assert all(abs(count - 200) < 5 * (200 * 8 / 9) ** 0.5 for count in counts.values())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_what_could_be_rounded_is_not_drawn(dtype: str) -> None:
    """The identity moves operands by as much as they are: half the limit is left to each."""
    generator = np.random.default_rng(0)
    largest = exact_limit(9, dtype) // 2
    assert draw((2, 9, 4), largest, generator, dtype).primal.x.dtype == dtype
    with pytest.raises(ValueError, match=f"at most {largest}"):
        draw((2, 9, 4), largest + 1, generator, dtype)


def test_a_draw_at_the_limit_is_exact(reference: Layer) -> None:
    """In half precision, where there is least room: 200 draws hold bit for bit."""
    generator = np.random.default_rng(0)
    limit = exact_limit(9, "float16") // 2
    cases = [draw((2, 9, 4), limit, generator, "float16") for _ in range(200)]
    assert all(satisfies(reference, case) for case in cases)


@pytest.mark.parametrize("sides", [(0, 1), (0, 2), (1, 2), (0, 1, 2)])
def test_what_is_wrong_only_at_the_sizes_of_networks_is_found(sides: tuple[int, ...]) -> None:
    """Where two sides, or all three, are above 130: there everything else looks right."""

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        sizes = *x.shape, len(b)
        scale = 2 if all(sizes[side] > 130 for side in sides) else 1
        return x @ w + b, lambda g: (g @ w.T, scale * x.T @ g, g.sum(axis=0))

    certificate, outcome = certify(Layer("wrong when large", vjp))
    case = outcome.counterexample
    assert case is not None
    assert all(case.primal.sizes[side] > 130 for side in sides)
    assert len(certificate.shapes) == 12


# ------------------------------------------------------------------ what is reported


def test_the_printed_bound_is_that_of_the_draws() -> None:
    report = check(affine, only=[CENTRAL_DIFFERENCE.name])
    found = report.certificate
    assert found is not None
    assert found.miss_bound == miss_bound(found.degree, found.limit, found.draws)
    assert found.degree == DEGREE
    assert f"with probability below {below(found.miss_bound)}" in " ".join(text(report).split())
    assert f'"miss_bound": "{found.miss_bound}"' in dumps(report)


def test_a_layer_that_fails_a_draw_gets_no_certificate() -> None:
    layer = Layer("x + w", lambda x, w, b: (x @ w + b, lambda g: (g @ w.T, 2 * x.T @ g, g.sum(0))))
    assert certify(layer)[1].status == "falsified"
    report = check(layer, only=[CENTRAL_DIFFERENCE.name])
    assert report.verdict == "fail"
    assert report.certificate is None
    assert "probability" not in text(report)


# ------------------------------------------------------------------ the proof


@pytest.mark.parametrize(
    "codes",
    [
        {"dw": "x.T @ dout * w.any()"},
        {"db": "dout.sum(axis=0) * x.any()"},
        {"dx": "dout @ w.T * b.any()"},
        {"out": "(x @ w + b) * x.any()"},
    ],
)
def test_what_is_lost_where_another_operand_is_zero_is_no_proof(codes: dict[str, str]) -> None:
    _, outcome = prove(wrong_layer(**codes))
    assert outcome.status == "falsified"
