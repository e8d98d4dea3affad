"""No target hangs the checker or hides its mistake; a noisy one with right mathematics passes."""

from pathlib import Path

import numpy as np
import pytest

from affine.adapters import TargetError
from affine.layer import Case, Operands
from affine.process.worker import Worker
from affine.properties import PROPERTIES

FOLDER = Path(__file__).parents[1]


def targets(folder: str) -> list[Path]:
    """Return the targets in a folder."""
    return [path for path in sorted((FOLDER / folder).glob("*.py")) if path.stem != "conftest"]


def some_cases() -> list[Case]:
    """Integers of a few sizes."""
    draw = np.random.default_rng(0)
    found = []
    for n, d, m in [(3, 2, 4), (1, 2, 3), (2, 2, 2)]:
        shapes = ((n, d), (d, m), (m,), (n, m))
        point, step = (
            Operands(*(draw.integers(1, 4, shape).astype(float) for shape in shapes))
            for _ in range(2)
        )
        found.append(Case(point, step, int(draw.integers(256))))
    return found


def failure(worker: Worker, cases: list[Case]) -> str:
    """Return what a property of the textbook finds, `""` if none finds anything."""
    for case in cases:
        for tested in PROPERTIES.values():
            if tested.profile != "textbook" or not tested.is_observable_on(worker.layer):
                continue
            try:
                tested(worker.layer, case)
            except Exception as error:
                return f"{tested.name}: {type(error).__name__}: {error}"
    return ""


def refusal_or_failure(path: Path) -> str:
    """Return why a target is refused, or what is wrong with it."""
    loops = path.stem.startswith("loops")
    at_import = path.stem.endswith("at_import")
    try:
        with Worker(
            str(path),
            timeout=0.3 if loops else 20,
            load_timeout=1 if loops and at_import else 60,
        ) as worker:
            return failure(worker, some_cases() * 3)
    except TargetError as error:
        return str(error)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", targets("hostile"), ids=lambda path: path.stem)
def test_a_hostile_target_never_passes(path: Path) -> None:
    """It is refused when it is loaded, or a property fails; and it takes no longer than it may."""
    assert refusal_or_failure(path)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", targets("noisy"), ids=lambda path: path.stem)
def test_a_noisy_target_passes(path: Path) -> None:
    """Its mathematics is right; nothing else that it does counts here."""
    with Worker(str(path)) as worker:
        assert failure(worker, some_cases()[:1] if path.stem != "is_slow" else []) == ""
        assert worker.layer.forward(*some_cases()[0].point[:3]).shape == (3, 4)
        assert worker.restarts == 0


@pytest.mark.parametrize("path", targets("hostile") + targets("noisy"), ids=lambda path: path.stem)
def test_the_first_line_says_what_a_target_does(path: Path) -> None:
    """In one sentence."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith('"""')
    assert first.endswith('"""')
