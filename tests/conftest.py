"""Hypothesis profiles, the seeds of a run, and the layers under test."""

import os
import random
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from affine.checker.reading import load
from affine.layer import Layer

# dev and ci try the same cases each time; nightly explores afresh from ten new seeds.
settings.register_profile("dev", max_examples=100, deadline=None, database=None, derandomize=True)
settings.register_profile("ci", settings.get_profile("dev"), max_examples=200, print_blob=True)
settings.register_profile(
    "nightly", settings.get_profile("dev"), max_examples=2000, derandomize=False
)

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev")
settings.load_profile(PROFILE)

# AFFINE_SEED replays a nightly run; with pytest-xdist, every worker must know the same seeds.
FIRST_SEED = int(os.environ.setdefault("AFFINE_SEED", str(random.SystemRandom().randrange(10**6))))
SEEDS = [FIRST_SEED + offset for offset in range(10)] if PROFILE == "nightly" else [0]


if os.environ.get("AFFINE_REQUIRE_FRAMEWORKS"):  # there a skip would hide that nothing ran
    import jax  # noqa: F401
    import torch  # noqa: F401


def pytest_configure(config: pytest.Config) -> None:
    """Collect no examples of modules whose framework is missing; any other import error fails."""
    reading = Path(__file__).parents[1] / "affine" / "checker" / "reading"
    needs = {"torch": ("torch", "tensors"), "jax": ("jax",)}
    missing = [stem for name, stems in needs.items() if not find_spec(name) for stem in stems]
    paths = [str(reading / f"{stem}.py") for stem in missing]
    config.option.ignore = [*(config.option.ignore or ()), *paths]


def pytest_report_header() -> str:
    """Say which cases this run tries, and how to try them again."""
    replay = f" (again: AFFINE_SEED={FIRST_SEED})" if PROFILE == "nightly" else ""
    return f"hypothesis profile {PROFILE}: {settings().max_examples} cases, seeds {SEEDS}{replay}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a seed once for each seed of the profile."""
    if "seed" in metafunc.fixturenames:
        metafunc.parametrize("seed", SEEDS)


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


@pytest.fixture(scope="session")
def reference() -> Layer:
    """The reference, through the adapter that anybody's layer takes."""
    return load("affine")
