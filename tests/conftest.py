"""Hypothesis profiles, the seed of a run, and the layers under test."""

import os
import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis.database import DirectoryBasedExampleDatabase, ExampleDatabase

from affine.checker import certificate, search
from affine.checker.reading import load
from affine.layer import Layer

# Not tests, and not to be imported here: layers that the tests load.
collect_ignore = ["layers", "wrong_layers", "hostile"]


def examples_in(place: str) -> ExampleDatabase:
    """Return where failing examples are kept: a folder, or a Redis server for many machines."""
    if not place.startswith("redis:"):
        return DirectoryBasedExampleDatabase(place)
    from hypothesis.extra.redis import RedisExampleDatabase
    from redis import Redis

    return RedisExampleDatabase(Redis.from_url(place))


# The seed is `--hypothesis-seed`, which is 0 unless it is given: dev and ci try the same cases each
# time. `make nightly` gives another one, and keeps what it finds.
settings.register_profile("dev", max_examples=100, deadline=None, database=None)
settings.register_profile("ci", settings.get_profile("dev"), max_examples=200, print_blob=True)
settings.register_profile(
    "nightly",
    settings.get_profile("ci"),
    max_examples=2000,
    database=examples_in(os.environ.get("AFFINE_EXAMPLES", ".hypothesis/examples")),
)

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")
settings.load_profile(PROFILE)


if os.environ.get("AFFINE_REQUIRE_FRAMEWORKS"):  # there a skip would hide that nothing ran
    import jax  # noqa: F401
    import torch  # noqa: F401


def sampled(values: Sequence[Any], step: int, wide: int = 1) -> list[Any]:
    """Return all of them; only every so many runs unless exhaustive tests are asked for.

    Those that are not every `wide`-th are marked `long` as well.
    """
    rare, long = pytest.mark.exhaustive, pytest.mark.long
    return [
        value
        if number % step == 0
        else pytest.param(value, marks=[rare] if number % wide == 0 else [rare, long])
        for number, value in enumerate(values)
    ]


def pytest_configure(config: pytest.Config) -> None:
    """Collect no examples of modules whose framework is missing; any other import error fails."""
    reading = Path(__file__).parents[1] / "affine" / "checker" / "reading"
    paths = [str(reading / f"{name}.py") for name in ("torch", "jax") if not find_spec(name)]
    config.option.ignore = [*(config.option.ignore or ()), *paths]


def pytest_report_header(config: pytest.Config) -> str:
    """Say which cases this run tries, and how to try them again."""
    seed = config.getoption("hypothesis_seed")
    return (
        f"hypothesis profile {PROFILE}: {settings().max_examples} cases; "
        f"again: HYPOTHESIS_PROFILE={PROFILE} pytest --hypothesis-seed={seed}"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of the check with the seed of Hypothesis, and with more of them each night."""
    if "seed" in metafunc.fixturenames:
        first = int(metafunc.config.getoption("hypothesis_seed"))
        count = 10 if PROFILE == "nightly" else 1
        metafunc.parametrize("seed", range(first, first + count))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of layers that are written in torch or jax."""
    for item in items:
        path = getattr(item, "callspec", None) and item.callspec.params.get("path")  # type: ignore[attr-defined]
        code = path.read_text(encoding="utf-8") if isinstance(path, Path) else ""
        if re.search(r"torch|jax", f"{item.nodeid}\n{code}"):
            item.add_marker("frameworks")


@pytest.fixture(autouse=True)
def error_state() -> Iterator[None]:
    """Restore NumPy's error state, which some wrong layers change."""
    with np.errstate():
        yield


@pytest.fixture
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a whole check in this process end early, except at night.

    For layers that are right, or wrong in nearly all cases.
    """
    if PROFILE != "nightly":
        monkeypatch.setattr(search, "EXAMPLES", 12)
        monkeypatch.setattr(search, "_EXAMPLES_OF_LARGE", 3)
        monkeypatch.setattr(certificate, "_OF_NETWORKS", ())
        monkeypatch.setattr(certificate, "_SHAPES", certificate._SHAPES[:9])


@pytest.fixture(scope="session")
def reference() -> Layer:
    """The reference, through the adapter that anybody's layer takes."""
    return load("affine")
