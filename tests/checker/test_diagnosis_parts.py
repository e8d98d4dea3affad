"""The parts of a diagnosis: what a property shows, and how conditions and numbers read."""

import warnings
from dataclasses import replace
from types import FunctionType

import numpy as np
import pytest

from affine.checker.diagnosis import MISTAKES, diagnose
from affine.checker.diagnosis.catalogue import formulas
from affine.checker.diagnosis.conditions import in_sizes, on_values, special_probes
from affine.checker.diagnosis.diagnosis import DETECTORS
from affine.checker.diagnosis.fit import ratio
from affine.checker.diagnosis.phrasing import listed, notation, summed, with_verb
from affine.checker.diagnosis.probe import Probe, close, distinct_integers, standard
from affine.checker.process.worker import Worker
from affine.checker.reading import load
from affine.checker.search import search
from affine.layer import Layer
from affine.properties import PROPERTIES, Property
from affine.quantities import QUANTITIES
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS, first_line, frameworks
from tests.conftest import sampled

# ------------------------------------------------------------------ what a property shows


def test_a_property_shows_detectors_and_mistakes_and_every_detector_is_shown() -> None:
    shown = {name for tested in PROPERTIES.values() for name in tested.points_to}
    assert shown <= set(DETECTORS) | set(MISTAKES)
    assert set(DETECTORS) <= shown


# By property: a layer of the folder that it catches.
CAUGHT = {
    first_line(path)[0]: path
    for path in sorted(WRONG_LAYERS.glob("*.py"), reverse=True)
    if not frameworks(path)
}


def _renamed(tested: Property) -> Property:
    """Return a copy of the property with another name."""
    check = tested.check
    assert isinstance(check, FunctionType)
    copy = FunctionType(check.__code__, check.__globals__, "another_name", check.__defaults__)
    return replace(tested, check=copy)


@pytest.mark.parametrize("name", sampled(sorted(CAUGHT), 8, 2))
def test_another_name_of_a_property_changes_no_diagnosis(name: str) -> None:
    tested = PROPERTIES[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong layer may overflow or divide by zero
        case = search(tested, load(str(CAUGHT[name]))).counterexample
        first, second = (
            diagnose(load(str(CAUGHT[name])), "", one, case) for one in (tested, _renamed(tested))
        )
    assert case is not None
    # Not the sentence: noise differs from call to call.
    assert (first.mistake, first.quantities) == (second.mistake, second.quantities)


@pytest.mark.parametrize("needs", ["compiled", "with_leading_axes"])
def test_a_variant_is_found_by_what_a_property_needs(needs: str) -> None:
    layer = replace(load("affine"), variants={needs: _without_bias})
    tested = next(found for found in PROPERTIES.values() if found.needs == needs)
    said = diagnose(layer, "out", tested).mistake
    assert said is not None
    assert said.name == "bias-missing"


def _without_bias(x: np.ndarray, w: np.ndarray, b: np.ndarray) -> object:
    columns = tuple(range(x.ndim - 1))
    return x @ w, lambda dout: (
        dout @ w.T,
        np.tensordot(x, dout, (columns, columns)),
        dout.sum(axis=columns),
    )


# ------------------------------------------------------------------ parts


@pytest.mark.parametrize(
    ("sizes", "others", "words"),
    [
        ([(3, 3, 3), (4, 2, 2)], [(5, 3, 4)], "D = M"),
        ([(9, 2, 2), (17, 3, 2)], [(5, 3, 4)], "N > 5"),
        ([(2, 3, 5), (4, 5, 7)], [(3, 4, 5), (5, 7, 9)], "N is even"),
        ([(8, 3, 2), (16, 3, 2)], [(12, 2, 3), (9, 3, 4)], "N is a multiple of 8"),
        ([(3, 7, 2), (5, 9, 3)], [(3, 5, 2), (2, 10, 3)], "D is not a multiple of 5"),
        ([(3, 4, 5)], [(3, 4, 5)], ""),
    ],
)
def test_conditions(
    sizes: list[tuple[int, int, int]], others: list[tuple[int, int, int]], words: str
) -> None:
    wrong, right = (
        [Probe(distinct_integers(*each)) for each in found] for found in (sizes, others)
    )
    condition = in_sizes(wrong, right)
    assert (condition.words if condition else "") == words


def test_a_condition_on_values_is_true_of_its_own_probes_and_of_few_generic_ones() -> None:
    for condition, own in special_probes():
        assert all(map(condition.holds, own)), condition.words
        # Of one row, or one column, all are equal.
        generic = [each for each in standard() if each.is_generic and min(each.point.sizes) > 1]
        assert len(generic) > 20
        assert sum(map(condition.holds, generic)) < len(generic) / 10, condition.words


def test_a_condition_on_values_is_found_where_a_layer_is_wrong() -> None:
    """Of the conditions that are true of the same calls the plainest is said."""
    probes = [probe for _, own in special_probes() for probe in own]
    for condition, _ in special_probes():
        assert next(on_values(list(filter(condition.holds, probes))))[0] is condition
    assert not list(on_values(probes))


def test_a_result_is_close_up_to_the_rounding_of_its_formula() -> None:
    assert close(np.array([0.1 + 0.2]), np.array([0.3]))
    assert not close(np.array([0.3 * (1 + 1e-12)]), np.array([0.3]))
    assert not close(np.array([np.inf, 1]), np.array([-np.inf, 1]))
    assert not close(np.array([np.nan, 1]), np.array([np.inf, 1]))


def test_a_ratio_is_that_of_all_entries() -> None:
    assert ratio(np.array([2.0, 4.0]), np.array([1.0, 2.0])) == 2
    assert ratio(np.array([2.0, 5.0]), np.array([1.0, 2.0])) == 0


def test_formulas_and_lists_are_written_as_a_reader_would() -> None:
    assert notation("x[:-1].T @ dout[:-1] / n") == "X[:-1]ᵀ·dout[:-1] / N"
    assert summed("x.T @ dout", "1", 0.01, "w") == "x.T @ dout + 0.01 * w"
    assert summed("x @ w + b", "1", -1, "b") == "x @ w + b - b"
    assert listed(["out", "dx", "db"]) == "out, dx and db"
    assert with_verb(["dx"], "is", "are") == "dx is"
    assert with_verb(["dx", "dw"], "is", "are") == "dx and dw are"


def test_a_layer_without_the_variants_of_an_instance_is_no_surprise() -> None:
    plain = Layer("mine", lambda x, w, b: (x @ w + b, lambda g: (g @ w.T, x.T @ g, g.sum(0))))
    assert diagnose(plain, "", PROPERTIES["an_instance_may_be_used_again"]).mistake is None


def test_every_formula_of_the_catalogue_runs() -> None:
    """But for those along an axis that db does not have."""
    silent = [
        (quantity, known.code)
        for quantity in QUANTITIES
        for known in formulas(quantity)
        if all(probe.value(known.code) is None for probe in standard())
    ]
    assert {quantity for quantity, _ in silent} <= {"db"}
    assert all("axis=1" in code or "[:" in code for _, code in silent), silent


def test_per_sample_gradients_of_another_process_are_arrays() -> None:
    tested = PROPERTIES["per_sample_gradients_are_the_terms_of_the_sum"]
    with Worker(str(WRONG_LAYERS / "per_sample_bias_summed.py")) as worker:
        found = diagnose(worker.layer, "", tested)
    assert found.mistake == MISTAKES["rows-merged"], found
