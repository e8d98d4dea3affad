"""A named mistake gives what the layer returned on the failing case too, not on probes alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affine.checker import check
from affine.checker.clock import Clock
from affine.checker.diagnosis import Diagnosis, diagnosis
from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.conditions import Condition
from affine.checker.diagnosis.examination import ProbeSession, Trial, attempt
from affine.checker.diagnosis.probe import Probe
from affine.checker.reading import load
from affine.layer import Layer, Operands
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS, frameworks
from tests.conftest import sampled
from tests.formula_layers import wrong_layer

pytestmark = pytest.mark.usefixtures("few_cases")

# A diagnosis calls a layer of a framework on the same probes, if on fewer.
PATHS = [path for path in sorted(WRONG_LAYERS.glob("*.py")) if not frameworks(path)]
Named = list[tuple[ProbeSession, str, Explanation, Condition | None]]


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Named:
    """Note which formulas a diagnosis names, and of which session."""
    seen: Named = []
    name = diagnosis._named

    def noted(
        session: ProbeSession, quantity: str, found: Explanation, where: Condition | None = None
    ) -> Diagnosis:
        seen.append((session, quantity, found, where))
        return name(session, quantity, found, where)

    monkeypatch.setattr(diagnosis, "_named", noted)
    return seen


def assert_given_on_the_case(named: Named, layer: Layer) -> None:
    for session, quantity, found, where in named:
        if session.case is None or not found.code:
            continue
        point = Operands(*(np.array(array, np.float64) for array in session.case.primal))
        if not all(np.isfinite(array).all() for array in point):
            continue
        session._clock = Clock()  # its own time is over
        results = attempt(lambda: session.fresh(point))  # noqa: B023
        if isinstance(results, Exception):
            assert Probe(point).value(found.code) is None
            continue
        if (got := results.get(quantity)) is not None:
            trial = Trial.of(Probe(point), quantity, got)
            if where and where.makes and not where.holds(trial.probe):
                assert not trial.wrong  # the property calls it on operands of its own as well
                continue
            assert trial.fits(trial.probe.value(found.code)), (layer.name, quantity, found.code)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("path", sampled(PATHS, 48, 12), ids=lambda path: path.stem)
def test_a_formula_gives_what_a_wrong_layer_returned_on_its_case(path: Path, named: Named) -> None:
    layer = load(str(path))
    assert check(layer, budget=300.0).verdict in (
        "fail",
        "pass",
    )  # some keep a promise of other profiles only
    assert_given_on_the_case(named, layer)


@pytest.mark.parametrize("reduction", ["sum", "mean"])
def test_it_does_so_in_a_layout_and_a_reduction_of_its_own(reduction: Any, named: Named) -> None:
    codes = {"dw": "x.T @ dout", "db": "dout.sum(axis=1)"}
    if reduction == "mean":
        codes = {"dw": "2 * (x.T @ dout) / n", "db": "dout.sum(axis=0)"}
    layer = wrong_layer(**codes, dx="dout @ w.T / m")
    assert not check(layer, reduction=reduction, budget=300.0)
    assert len(named) > 1
    assert_given_on_the_case(named, layer)
