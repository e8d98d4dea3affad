"""The whole check in process: right layers pass, wrong ones fail for the reason they are wrong."""

import importlib.util
import re
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import affine
from affine.checker import check
from affine.checker.diagnosis import causes
from affine.checker.reading import load
from affine.checker.report import Report
from affine.layer import Array, Layer, Pullback
from affine.properties import PROPERTIES
from docs.site_builder.suite.wrong_layers import first_line, frameworks
from tests.conftest import PROFILE, sampled

FOLDER = Path(__file__).parents[1]
CORRECT = sorted((FOLDER / "layers").glob("*.py"))
PLAIN = [path for path in CORRECT if not path.stem.startswith(("torch", "jax"))]
# To compile a function of jax for every case takes longer than all the other tests.
OTHERS = sorted({*CORRECT} - {*PLAIN}, key=lambda path: (path.stem != "torch_by_hand", path))
CORRECT = [*sampled(PLAIN, 12, 3), *sampled(OTHERS, len(OTHERS), 4)]
WRONG = sorted((FOLDER / "wrong_layers").glob("*.py"))
NIGHTLY = PROFILE == "nightly"

# Of these the check finds another property that fails, on a case as small.
NAMED_OTHERWISE = {"equal_rows_merged"}


def checked(path: Path, **options: object) -> Report:
    """Check a layer; skip it where its framework is missing."""
    named = [name for name in ("torch", "jax") if path.stem.startswith(name)]
    for framework in {*frameworks(path), *named}:
        if importlib.util.find_spec(framework) is None:
            pytest.skip(f"{framework} is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a wrong layer may overflow or divide by zero
        return check(load(str(path)), **options)  # type: ignore[arg-type]


def profile_of(path: Path) -> str:
    """Return the smallest profile whose verdict the property of a wrong layer counts for."""
    profile = PROPERTIES[first_line(path)[0]].profile
    return "library" if profile == "note" else profile


def falsified(report: Report) -> list[str]:
    return [found.name for found in report.outcomes if found.status == "falsified"]


# ------------------------------------------------------------------ right and wrong layers


@pytest.mark.parametrize("path", CORRECT, ids=lambda path: path.stem)
@pytest.mark.usefixtures("few_cases")
def test_a_right_layer_passes(path: Path, seed: int) -> None:
    """Whatever the seed, and however it is written; a false alarm would be the worst fault."""
    # The first call of a framework may take seconds.
    is_slow = NIGHTLY or bool(frameworks(path)) or path.stem.startswith(("torch", "jax"))
    report = checked(path, seed=seed, budget=30.0 if is_slow else 20.0)
    assert report.verdict == "pass", (falsified(report), report.error_message)
    assert not report.findings


@pytest.mark.parametrize("path", sampled(WRONG, 40, 8), ids=lambda path: path.stem)
def test_a_wrong_layer_fails_by_its_property(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a case with at most 2 rows, features and outputs, unless it says that it needs more.

    The planted mistakes are caught first, so the same run shows that it can fail.
    """
    monkeypatch.setattr(causes, "_SECONDS_TO_SHRINK", 60.0)  # however busy the machine is
    name, mistake = first_line(path)
    assert mistake
    report = checked(path, only=[name], budget=60.0)
    assert report.verdict == "fail", report.error_message
    assert falsified(report) == [name]
    ((outcome,),) = [finding.outcomes for finding in report.findings]
    assert outcome.counterexample is not None
    if "# Needs: " not in path.read_text(encoding="utf-8"):
        assert max(outcome.counterexample.primal.sizes) <= 2


def test_every_property_catches_a_wrong_layer() -> None:
    """One that finds nothing proves nothing."""
    assert {first_line(path)[0] for path in WRONG} == set(PROPERTIES)


@pytest.mark.parametrize(
    "path", WRONG if NIGHTLY else sampled(WRONG[::10], 5), ids=lambda path: path.stem
)
@pytest.mark.usefixtures("few_cases")
def test_a_wrong_layer_fails_in_its_profile(path: Path) -> None:
    """Its report names the property that it breaks, among those of one cause."""
    report = checked(path, profile=profile_of(path), budget=60.0)
    assert report.verdict == "fail", report.error_message
    named = {one.name for found in report.findings for one in found.outcomes}
    assert named == set(falsified(report))
    assert first_line(path)[0] in named or path.stem in NAMED_OTHERWISE


@pytest.mark.parametrize("profile", sampled(["framework", "library", "textbook"], 3))
def test_the_reference_passes_in_every_profile(profile: str) -> None:
    report = check(affine, profile=profile, budget=8.0)  # type: ignore[arg-type]
    assert report, (falsified(report), report.error_message)
    assert [step.name for step in report.steps][:3] == ["mutation check", "proof", "certificate"]


# ------------------------------------------------------------------ averages over the batch


ANCHORS = [
    "forward_is_x_w_plus_b", "dx_is_dout_wt", "dw_is_xt_dout", "db_is_the_column_sum_of_dout",
]  # fmt: skip


def averaged(bias: float = 1, dx: int = 0, dw: float = 1, db: int = 1) -> Layer:
    """Return a layer that divides dX by N to a power, dW by N, dB by N to another power."""

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        n = len(x)
        return x @ w + bias * b, lambda g: (g @ w.T / n**dx, dw * (x.T @ g) / n, g.sum(0) / n**db)

    return Layer("averaged", vjp)


@pytest.mark.usefixtures("few_cases")
def test_an_average_passes_as_an_average_and_fails_as_a_sum(seed: int) -> None:
    layer = averaged()
    assert check(layer, reduction="mean", seed=seed, budget=8.0).verdict == "pass"
    report = check(layer, seed=seed, only=ANCHORS)
    assert falsified(report) == ["dw_is_xt_dout", "db_is_the_column_sum_of_dout"]


def test_a_sum_fails_as_an_average() -> None:
    report = check(affine, reduction="mean", only=["dw_is_xt_dout"])
    assert (report.verdict, report.reduction) == ("fail", "mean")


@pytest.mark.parametrize("mistake", [{"dw": 2.0}, {"db": 0}, {"dx": 1}, {"bias": 2.0}])
def test_an_average_with_one_more_mistake_fails(mistake: dict[str, float]) -> None:
    assert check(averaged(**mistake), reduction="mean", only=ANCHORS).verdict == "fail"  # type: ignore[arg-type]


def test_an_average_over_no_data_points_may_be_undefined() -> None:
    """A sum over none is 0."""
    name = "zero_sizes_give_zeros"
    assert check(averaged(), profile="library", reduction="mean", only=[name])
    assert falsified(check(averaged(), profile="library", only=[name])) == [name]


# ------------------------------------------------------------------ what is no verdict


def test_nothing_run_is_no_pass() -> None:
    """A property that the form of the layer makes vacuous establishes nothing."""
    report = check(affine, only=["compiled_equals_eager"])
    assert report.verdict == "error"
    assert "no property ran" in report.error_message


def test_an_unknown_property_is_refused_with_the_closest() -> None:
    with pytest.raises(ValueError, match="did you mean dw_is_xt_dout"):
        check(affine, only=["dw_is_xt_dot"])
    with pytest.raises(ValueError, match="names them all"):
        check(affine, only=["42"])


def test_a_property_that_cannot_fail_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted mistakes in dW survive it, and the report says so."""
    blind = type(PROPERTIES["dw_is_xt_dout"])
    genuine = blind.__call__

    def sees_no_dw(self: object, layer: Layer, case: object) -> None:
        if self is not PROPERTIES["dw_is_xt_dout"]:
            genuine(self, layer, case)  # type: ignore[arg-type]

    monkeypatch.setattr(blind, "__call__", sees_no_dw)
    report = check(affine, only=["dw_is_xt_dout", "dx_is_dout_wt"])
    assert report.verdict == "error"
    assert "dw is zero" in report.error_message
    assert "dx is zero" not in report.error_message


def test_a_pass_of_one_property_says_which_other_one_fails() -> None:
    report = checked(FOLDER / "wrong_layers" / "dw_averaged.py", only=["dx_is_dout_wt"])
    assert report.verdict == "pass"
    assert "the layer fails dw_is_xt_dout, which was not asked for" in report.steps[0].established


# ------------------------------------------------------------------ seeds, time, rounding


def test_the_call_is_repeated_where_no_command_names_the_layer() -> None:
    """A class or functions of this session; a module is named as on the command line."""
    only = ["db_is_the_column_sum_of_dout"]
    for pair in ((affine.forward, affine.backward), [(affine.forward, affine.backward)]):
        report = check(*pair, only=only, seed=3)
        assert report.target == "forward and backward"
        assert f"check(..., only=('{only[0]}',), seed=3)" in str(report).replace(
            "\n" + " " * 12, " "
        )
    assert f"affine check affine --only {only[0]} --seed 0" in str(check(affine, only=only))


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ({"reduction": "max"}, "'max' is not a reduction; give one of sum, mean"),
        ({"profile": "strict"}, "'strict' is not a profile; give one of textbook, library, fram"),
        ({"seed": "x"}, "'x' is not a seed; give a whole number from 0 to"),
        ({"seed": -1}, "'-1' is not a seed"),
        ({"only": ["dw"]}, "no property is called dw; did you mean dw_is_xt_dout?"),
        ({"only": "dw"}, "no property is called dw; did you mean dw_is_xt_dout?"),
    ],
)
def test_an_option_that_is_not_known_is_refused(option: dict[str, Any], message: str) -> None:
    """In Python as on the command line: an unknown reduction once accused a right layer."""
    with pytest.raises(ValueError, match=re.escape(message)):
        check(affine, **option)


def test_a_seed_replays_a_check() -> None:
    """The same findings, on the same cases."""
    path = FOLDER / "wrong_layers" / "blocks_of_eight.py"
    names = ["dw_is_xt_dout", "a_split_batch_stacks_and_adds"]
    reports = [checked(path, only=names, seed=11, budget=60.0) for _ in range(2)]
    assert reports[0].verdict == "fail"
    one, other = (
        [repr(found.outcomes[0].counterexample) for found in report.findings]
        + [outcome.cases for outcome in report.outcomes]
        for report in reports
    )
    assert one == other


def test_a_slow_layer_is_judged_on_fewer_cases() -> None:
    """About within its budget, and the report says on how many cases."""

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        time.sleep(0.01)
        return x @ w + b, lambda g: (g @ w.T, x.T @ g, g.sum(axis=0))

    report = check(Layer("slow", vjp), budget=5.0)
    assert report.verdict == "pass", falsified(report)
    assert report.seconds < 9
    held = [outcome for outcome in report.outcomes if outcome.status == "held"]
    assert all(outcome.cases >= 1 for outcome in held)
    assert sum(outcome.cases for outcome in held) < 600


@pytest.mark.parametrize(
    "name", ["mean_times_n", pytest.param("strassen", marks=pytest.mark.exhaustive)]
)
@pytest.mark.usefixtures("few_cases")
def test_rounding_is_noted_and_no_failure(name: str) -> None:
    report = checked(FOLDER / "layers" / f"{name}.py", budget=20.0)
    assert report.verdict == "pass", falsified(report)
    assert any("It is rounding, and no failure" in note for note in report.notes)


@pytest.mark.usefixtures("few_cases")
def test_results_that_round_in_one_round_of_the_search_are_no_failure() -> None:
    """Those of other properties too, whose calls were made before the first was seen to round."""

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        return (x @ w + b) / 49 * 49, lambda dout: tuple(
            result / 49 * 49 for result in (dout @ w.T, x.T @ dout, dout.sum(axis=0))
        )

    names = ["one_hot_dout_reads_off_the_jacobians", "x_transposed_dx_is_dw_w_transposed"]
    report = check(Layer("rounds", vjp), only=names, budget=60.0)
    assert report.verdict == "pass", falsified(report)
    assert "it rounds where a sum would be exact" in report.notes[0]


@pytest.mark.usefixtures("few_cases")
def test_a_library_promises_sums_that_are_exact() -> None:
    path, only = FOLDER / "layers" / "mean_times_n.py", ["integer_sums_are_exact"]
    assert falsified(checked(path, profile="library", only=only, budget=20.0)) == only


def test_the_process_is_left_as_it_was() -> None:
    """Whatever the layer does to NumPy's error state."""
    before = np.geterr()
    checked(FOLDER / "wrong_layers" / "error_state_silenced.py", only=["dw_is_xt_dout"])
    assert np.geterr() == before
