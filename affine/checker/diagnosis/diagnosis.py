"""The diagnosis: which known mistake a layer makes, verified on probes of its own."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TypeAlias

import numpy as np

from affine.checker.diagnosis import calls, failing, sides, special_cases, special_values
from affine.checker.diagnosis.catalogue import (
    CORRECT,
    MISTAKES,
    NOT_AVERAGED,
    OF_VARIANT,
    Diagnosis,
    Explanation,
    averaged,
)
from affine.checker.diagnosis.conditions import Condition
from affine.checker.diagnosis.entrywise import entrywise
from affine.checker.diagnosis.examination import ProbeSession, attempt
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.other_ways import other_ways
from affine.checker.diagnosis.phrasing import listed
from affine.checker.diagnosis.probe import Probe
from affine.checker.reduction import dtype_of
from affine.layer import Case, Layer, OutOfTime, WorkerDied
from affine.properties import Property
from affine.quantities import GRADIENTS, QUANTITIES

Detector: TypeAlias = Callable[[ProbeSession], Explanation | None]

_PROMISED: tuple[Detector, ...] = (
    calls.arguments_modified, calls.not_deterministic, calls.second_pass, calls.stale_state,
    calls.used_instance, calls.updated_instance, calls.earlier_call, calls.outdated_parameters,
)  # fmt: skip
"""What every right layer promises, so that it is looked for whatever failed, in this order."""
_OF_CALLS: tuple[Detector, ...] = (*_PROMISED, calls.global_state)
"""These compare calls with calls: a wrong formula is never why they find something."""
DETECTORS: Mapping[str, Detector] = {
    detector.__name__: detector
    for detector in (
        *_OF_CALLS, special_values.nan_and_infinity, special_values.magnitudes,
        special_values.flattened_axes,
    )
}  # fmt: skip
"""By the name under which a property shows what its failure points to."""

_EQUATIONS = {
    "out": "Equation (out) is XW plus b on every row.",
    "dx": "Equation (dx) is dout·Wᵀ.",
    "dw": "Equation (dw) is Xᵀ·dout, a sum over the data points.",
    "db": "Equation (db) is the sum of dout over the data points.",
    "out_dot": "Equation (jvp) is Ẋ·W + X·Ẇ + ḃ on every row.",
    "per-sample dx": "Equation (per-sample): dX has no sum over the data points.",
    "per-sample dw": "Equation (per-sample) has one product X_iᵀ·dout_i for each data point.",
    "per-sample db": "Equation (per-sample) has one row of dout for each data point.",
}
_AVERAGES = {
    "dw": "With --reduction mean, dw is Xᵀ·dout / N.",
    "db": "With --reduction mean, db is the sum of dout over the data points, divided by N.",
}
_NO_TIME = "The time ran out before the mistake was named."
_NOTHING = (
    "No mistake shows on the probes of the diagnosis: look at what is special about the case."
)
# What a property shows by itself, unless the layer as it is called there makes a known mistake.
_IF_NO_OTHER = (
    "frozen-operands", "special-case", "entries-rearranged", "rows-left-zero",
    "scaled-by-a-varying-number",
)  # fmt: skip
_AS_EVERYWHERE = "Compute it as everywhere else: where {}, the equation is the same."
_ROUNDS = "Your {} is right up to rounding, and rounds more than a sum of its products has to."
_RULED_OUT = (
    "averaged-over-the-batch", "scaled-by-a-constant", "wrong-sign", "transpose-missing",
    "data-point-left-out", "regulariser", "constant-added", "masked", "clipped",
    "small-values-dropped", "rounded", "lower-precision", "blocks-without-the-remainder",
    "not-deterministic", "accumulates", "stale-state",
)  # fmt: skip


def diagnose(
    layer: Layer,
    quantity: str,
    tested: Property | None = None,
    case: Case | None = None,
    averages: bool = False,
) -> Diagnosis:
    """Return which known mistake a layer makes, or what was observed and ruled out.

    The mistake of a formula is named only if the formula gives every result on every probe, up
    to its rounding, where the layer is right as well as where it is wrong. A mistake of behaviour
    is named if a detector observes it, or if the property that points to it fails once more.

    Args:
        layer: The layer, known to be wrong.
        quantity: What was found wrong: `out`, `dx`, `dw`, `db`; anything else looks at all four.
        tested: The property that failed: what it points to is looked for first.
        case: The case on which it failed, as one more probe.
        averages: Whether the layer's dw and db are averages, which `layer` multiplies by N.

    Examples:
        >>> def vjp(x, w, b):
        ...     return x @ w + b, lambda g: (g @ w.T, x.T @ g / len(x), g.sum(axis=0))
        >>> found = diagnose(Layer("mine", vjp), "dw")
        >>> found.mistake.name
        'averaged-over-the-batch'
        >>> found.sentence[:53]
        'Your dw is Xᵀ·dout / N: averaged over the batch. Equa'
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = _diagnosed(ProbeSession(layer, case, averages=averages), quantity, tested)
            is_open = found.mistake is None or found.mistake.name in _IF_NO_OTHER
            for words, session in other_ways(layer, tested, case) if is_open else ():
                there = _diagnosed(session, quantity)
                unsaid = ("raises", *_IF_NO_OTHER) if found.mistake else ()
                if there.mistake and there.mistake.name not in unsaid:
                    sentence = words + there.sentence[:1].lower() + there.sentence[1:]
                    return replace(there, sentence=sentence)
            return found
        except OutOfTime:
            return Diagnosis(_names(quantity), None, _NO_TIME)
        except WorkerDied as error:
            words = f"A call ended the process or hung: {error}."
            return Diagnosis(_names(quantity), MISTAKES["process-ended"], words)
        finally:
            layer.memory.release()


def diagnose_unwritten(layer: Layer) -> Diagnosis | None:
    """Return which pass is still to be written, None where none is; this takes one call."""
    session = ProbeSession(layer)
    found = failing.unwritten(session.layer)
    return _diagnosis_from(session, "", found) if found else None


def _diagnosed(session: ProbeSession, quantity: str, tested: Property | None = None) -> Diagnosis:
    """Look at what is shown, at wrong values, at the rest, and then once more at large sizes."""
    missing = failing.unwritten(session.layer)
    if missing and (quantity in missing.about or quantity not in QUANTITIES):
        return _diagnosis_from(session, quantity, missing)
    of_calls, of_values = _pointed_to(tested) if tested else ([], [])
    if named := _by(session, quantity, of_calls):
        return named
    asked = OF_VARIANT.get(tested.needs, ()) if tested else ()
    asked = (quantity,) if quantity in CORRECT else asked
    wrong = _wrong(session, asked)
    if not set(wrong).isdisjoint(GRADIENTS):
        named = _by(session, quantity, [calls.overwritten_in_between])
    named = named or _of_wrong(session, wrong)
    if not (named or wrong):
        named = _by(session, quantity, (*of_values, *_of_behaviour(session)))
    if named:
        return named
    session.look_further()
    wrong = _wrong(session, asked)
    named = _of_wrong(session, wrong)
    if not named and wrong == ("out_dot",):  # a derivative of what is wrong
        named = _of_wrong(session, session.wrong_quantities())
    named = named or _of_the_rest(session, quantity, wrong, tested)
    if not (named.mistake or wrong) and tested and _is_right_up_to_rounding(session, tested):
        rounds = Diagnosis(_names(quantity), None, _ROUNDS.format(quantity))
        find = partial(special_values.rounded_on_the_way, quantity=quantity)
        return _by(session, quantity, [find]) or rounds
    return named


def _pointed_to(tested: Property) -> tuple[list[Detector], list[Detector]]:
    """Return what looks for the mistakes that a property points to, in calls and in values."""
    of_calls: list[Detector] = []
    of_values: list[Detector] = []
    for name in tested.points_to:
        find = DETECTORS.get(name) or partial(failing.failing_again, tested, name)
        in_memory = name in MISTAKES and tested.group == "memory"
        (of_calls if find in _OF_CALLS or in_memory else of_values).append(find)
    return of_calls, of_values


def _of_behaviour(session: ProbeSession) -> tuple[Detector, ...]:
    """Return what is looked for where all values are right: in another format, only its range."""
    if session.dtype != dtype_of(session.layer):
        return (special_values.magnitudes,)
    of_values = special_values.integers_truncated, special_values.magnitudes
    return (*_PROMISED, calls.other_layouts, *of_values)


def _by(session: ProbeSession, quantity: str, detectors: Iterable[Detector]) -> Diagnosis | None:
    """Return what the first of some detectors finds; to raise in one says nothing about it."""
    for find in detectors:
        found = attempt(lambda: find(session))  # noqa: B023
        if isinstance(found, Explanation):
            return _diagnosis_from(session, quantity, found)
    return None


def _wrong(session: ProbeSession, asked: Iterable[str]) -> tuple[str, ...]:
    """Return the quantities to explain: those asked for if they are wrong, else all wrong ones."""
    wrong = (name for name in asked if any(trial.wrong for trial in session.evidence(name)))
    return tuple(wrong) or session.wrong_quantities()


# ------------------------------------------------------------------ wrong values


def _of_wrong(session: ProbeSession, wrong: tuple[str, ...]) -> Diagnosis | None:
    """Return the first mistake that explains a wrong quantity, with the others it explains."""
    for name in wrong:
        named = _of_values(session, name)
        if named.mistake is None:
            continue
        others = [_of_values(session, other) for other in wrong if other != name]
        same = [named, *(other for other in others if other.mistake == named.mistake)]
        quantities = tuple(name for each in same for name in each.quantities)
        sentence = " ".join(dict.fromkeys(each.sentence for each in same))
        return Diagnosis(quantities, named.mistake, sentence)
    return None


def _of_values(session: ProbeSession, quantity: str) -> Diagnosis:
    """Diagnose one quantity that is wrong on the standard probes."""
    evidence = session.evidence(quantity)
    found = explanations(quantity, evidence, session.raising(quantity))
    where = None
    if not found or special_cases.guarded(evidence, found[0].code):
        special_found, where = special_cases.special_case(session, quantity)
        found = special_found or found
    if not found and evidence and all(trial.got is None for trial in evidence):
        words = f"Your {quantity} is not an array of floating-point numbers"
        found = [Explanation("not-an-array", words)]
    changing = calls.not_deterministic, calls.earlier_call
    if not found and (named := _by(session, quantity, changing)):
        return named
    of_results = (
        entrywise, special_values.nan_at_zeros, sides.bias_times_a_count, sides.remainder,
        sides.by_size, sides.other_weights, special_cases.beyond_many_entries,
    )  # fmt: skip
    for find in (special_values.narrowed, *(of_results if quantity in QUANTITIES else ())):
        found = found or find(session, quantity)
    if len({each.mistake for each in found}) == 1:
        where = special_cases.where_used(evidence, found[0].code, where)
        return _named(session, quantity, found[0], where)
    titles = session.layout.words(listed([MISTAKES[each.mistake].title for each in found]))
    sentence = f"Your {quantity} fits more than one mistake: {titles}." if found else ""
    return Diagnosis(_names(quantity), None, sentence)


def _named(
    session: ProbeSession, quantity: str, found: Explanation, where: Condition | None = None
) -> Diagnosis:
    mistake, equation = MISTAKES[found.mistake], _EQUATIONS[quantity]
    if session.averages and quantity in _AVERAGES:
        found, equation = averaged(found), _AVERAGES[quantity]
        mistake = {**MISTAKES, NOT_AVERAGED.name: NOT_AVERAGED}[found.mistake]
    layout = session.layout
    if where and found.mistake == "always-zero":
        mistake = MISTAKES["special-case"]
    mistake, equation = layout.mistake(mistake), layout.words(equation)
    if where and where.makes:
        mistake = replace(mistake, remedy=_AS_EVERYWHERE.format(where.words))
    only = f"Where {where.words}, your" if where and where.code else "Your"
    only = "In some calls, your" if where is special_cases.SOMEWHERE else only
    also = f", and {layout.words(MISTAKES[found.also].title)}" if found.also else ""
    formula = f"{only} {quantity} is {layout.formula(quantity, found)}: {mistake.title}{also}"
    sentence = layout.words(found.sentence) or formula
    return Diagnosis(_names(quantity), mistake, f"{sentence}. {equation}")


def _diagnosis_from(session: ProbeSession, quantity: str, found: Explanation) -> Diagnosis:
    about = tuple(found.about) or _names(quantity)
    mistake = session.layout.mistake(MISTAKES[found.mistake])
    return Diagnosis(about, mistake, f"{session.layout.words(found.sentence)}.")


def _names(quantity: str) -> tuple[str, ...]:
    return (quantity,) if quantity else ()


# ------------------------------------------------------------------ what no formula explains


def _of_the_rest(
    session: ProbeSession, quantity: str, wrong: tuple[str, ...], tested: Property | None
) -> Diagnosis:
    """Diagnose what no formula explains: exceptions; else say what is seen."""
    if wrong:
        return _observed(session, wrong)
    # What came back wrong did not raise: that another call does is another cause.
    comes_back = failing.fails_by_a_result(tested, session)
    if not comes_back and (found := failing.raised(session)):
        return _diagnosis_from(session, quantity, found)
    for name in QUANTITIES:
        if hidden := entrywise(session, name):
            return _named(session, name, hidden[0])
    return Diagnosis(_names(quantity), None, _NOTHING)


def _observed(session: ProbeSession, wrong: tuple[str, ...]) -> Diagnosis:
    """Say what is seen of wrong quantities, by the first that has a name, if one has."""
    seen = {name: special_cases.observed(session, name) for name in wrong}
    mistake = next((each.mistake for each in seen.values() if each.mistake), "")
    same = {name: each for name, each in seen.items() if each.mistake == mistake}
    sentence = " ".join(f"{each.sentence}." for each in same.values())
    if mistake:
        said = {**_EQUATIONS, **_AVERAGES} if session.averages else _EQUATIONS
        equations = " ".join(said[name] for name in same)
        found = Explanation(mistake, f"{sentence} {equations}".removesuffix("."), tuple(same))
        return _diagnosis_from(session, "", found)
    titles = tuple(session.layout.words(MISTAKES[name].title) for name in _RULED_OUT)
    return Diagnosis(wrong, None, f"No known mistake explains this. {sentence}", titles)


def _is_right_up_to_rounding(session: ProbeSession, tested: Property) -> bool:
    """Whether a property about rounding failed by no more than that."""
    if session.case is None or not {"rounding-bound", "exact-integers"} & {*tested.equations}:
        return False
    results = session.observe(Probe(session.case.primal)).results
    return len(results) == len(QUANTITIES) and not any(trial.wrong for trial in results.values())
