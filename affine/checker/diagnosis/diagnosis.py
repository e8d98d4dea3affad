"""The diagnosis: which known mistake a layer makes, verified on probes of its own."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from affine.checker.diagnosis import special_values, state
from affine.checker.diagnosis.catalogue import MISTAKES, RIGHT
from affine.checker.diagnosis.conditions import condition, guarded, observed, special_case
from affine.checker.diagnosis.entrywise import entrywise
from affine.checker.diagnosis.examination import (
    GRADIENTS,
    QUANTITIES,
    Examination,
    Observation,
    close,
    raised,
)
from affine.checker.diagnosis.explanation import Explanation
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.fixtures import copies, results, said
from affine.checker.diagnosis.formats import rounded_operands
from affine.checker.diagnosis.layer_variants import taken
from affine.checker.diagnosis.mistake import Diagnosis
from affine.checker.diagnosis.phrasing import listed
from affine.checker.diagnosis.probe import numbered
from affine.checker.diagnosis.sizes import by_size, remainder
from affine.layer import Case, Layer, Operands, OutOfTime, WorkerDied

__all__ = ["diagnose"]

_RULES = {
    "out": "Equation (out) is XW plus b on every row.",
    "dx": "Equation (dx) is dout·Wᵀ.",
    "dw": "Equation (dw) is Xᵀ·dout, a sum over the data points.",
    "db": "Equation (db) is the sum of dout over the data points.",
    "out_dot": "Equation (jvp) is Ẋ·W + X·Ẇ + ḃ on every row.",
    "per-sample dx": "Equation (per-sample): dX has no sum over the data points.",
    "per-sample dw": "Equation (per-sample) has one product X_iᵀ·dout_i for each data point.",
    "per-sample db": "Equation (per-sample) has one row of dout for each data point.",
}
_NOTHING = (
    "No mistake shows on the probes of the diagnosis: look at what is special about the case."
)
_RULED_OUT = (
    "averaged-over-the-batch", "scaled-by-a-constant", "wrong-sign", "transpose-missing",
    "data-point-left-out", "regulariser", "constant-added", "masked", "clipped",
    "small-values-dropped", "rounded", "lower-precision", "blocks-without-the-remainder",
    "not-deterministic", "accumulates", "stale-state",
)  # fmt: skip


def diagnose(
    layer: Layer, quantity: str, property_name: str = "", case: Case | None = None
) -> Diagnosis:
    """Return which known mistake a layer makes, or what was observed and ruled out.

    A mistake is named only if its formula gives every result on every probe, up to the
    rounding of that formula, where the layer is right as well as where it is wrong.

    Args:
        layer: The layer, known to be wrong.
        quantity: What was found wrong: `out`, `dx`, `dw`, `db`; anything else looks at all four.
        property_name: The property that failed, which says where to look first.
        case: The case on which it failed, as one more probe.

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
            found = _diagnosed(Examination(layer, case), quantity, property_name)
            if found.mistake is None:
                found = _by_another_route(layer, quantity, property_name, case) or found
        except OutOfTime:
            return Diagnosis(
                _these(quantity), None, "The time ran out before the mistake was named."
            )
        except WorkerDied as error:
            mistake = MISTAKES["process-ended"]
            return Diagnosis(
                _these(quantity), mistake, f"A call ended the process or hung: {error}."
            )
        finally:
            layer.memory.release()
    return found


def _by_another_route(
    layer: Layer, quantity: str, property_name: str, case: Case | None
) -> Diagnosis | None:
    """Diagnose the layer as compiled, vectorised, or given other arguments, if that was found."""
    other, said = taken(layer, property_name, case)
    if not said:
        return None
    found = _diagnosed(Examination(other), quantity, "")
    if found.mistake is None:
        return None
    return replace(found, sentence=said + found.sentence[:1].lower() + found.sentence[1:])


def _diagnosed(examined: Examination, quantity: str, property_name: str) -> Diagnosis:
    hinted = _hinted(property_name, state.DETECTORS)
    if any(find in _COMPARING for find in hinted):
        hinted.insert(0, state.not_deterministic)  # then a comparison of calls says nothing else
    for find in hinted:
        if found := _first(examined, find):
            return _stated(quantity, found)
    wrong = _wrong(examined, quantity, property_name)
    if named := _of_wrong(examined, wrong):
        return named
    rest = [find for find in state.DETECTORS.values() if find not in _POLICY]
    special_ones = _hinted(property_name, special_values.DETECTORS)
    for find in dict.fromkeys([] if wrong else [*special_ones, *rest]):
        if found := _first(examined, find):
            return _stated(quantity, found)
    examined.look_further()
    wrong = _wrong(examined, quantity, property_name)
    if named := _of_wrong(examined, wrong):
        return named
    if wrong == ("out_dot",) and raised(lambda: _derives_alike(examined)) is True:
        named = _of_wrong(examined, examined.wrong_quantities())
    return named or _of_the_rest(examined, quantity, wrong)


def _derives_alike(examined: Examination) -> bool:
    """Whether forward and backward mode derive one function: then they have one mistake."""
    return all(_is_adjoint(examined, point) for point in (numbered(5, 3, 4), numbered(3, 4, 2)))


def _is_adjoint(examined: Examination, point: Operands) -> bool:
    """Whether ⟨dout, out_dot⟩ is ⟨dx, x_dot⟩ + ⟨dw, w_dot⟩ + ⟨db, b_dot⟩, for b = 0."""
    point = point._replace(b=0 * point.b)
    x_dot, w_dot, b_dot = point.x[::-1] + 1, point.w[::-1] + 2, point.b + 3
    jvp, found = examined.layer.variants.get("jvp"), copies(results(examined, point.map(np.copy)))
    if jvp is None or set(found) != set(QUANTITIES):
        return False
    forward = (point.dout * jvp(point.x, point.w, x_dot, w_dot, b_dot)).sum()
    backward = sum(
        (found[name] * dot).sum()
        for name, dot in zip(GRADIENTS, (x_dot, w_dot, b_dot), strict=True)
    )
    return close(np.asarray(forward), np.asarray(backward))


def _hinted(
    name: str, detectors: Mapping[str, Callable[[Examination], Iterator[Explanation]]]
) -> list[Callable[[Examination], Iterator[Explanation]]]:
    """Return the detectors that look for what a property is about."""
    return [find for word, find in detectors.items() if word in name]


def _of_wrong(examined: Examination, wrong: tuple[str, ...]) -> Diagnosis | None:
    """Return the first mistake that explains a wrong quantity, with the others it explains."""
    for name in wrong:
        diagnosis = _of_values(examined, name)
        if diagnosis.mistake is not None:
            return _merged(examined, diagnosis, [other for other in wrong if other != name])
    return None


def _first(
    examined: Examination, find: Callable[[Examination], Iterator[Explanation]]
) -> Explanation | None:
    """Return what a detector finds; a layer that raises in it tells it nothing."""
    found = raised(lambda: next(find(examined), None))
    return None if isinstance(found, Exception) else found


def _wrong(examined: Examination, quantity: str, property_name: str) -> tuple[str, ...]:
    """Return the quantities to explain: the one asked for if it is wrong, else all wrong ones."""
    asked = [quantity] if quantity in RIGHT else []
    if not asked and "jvp" in property_name:
        asked = ["out_dot"]
    if not asked and "per_sample" in property_name:
        asked = [f"per-sample {name}" for name in GRADIENTS]
    wrong = [name for name in asked if any(seen.wrong for seen in examined.evidence(name))]
    return tuple(wrong) or examined.wrong_quantities()


def _of_values(examined: Examination, quantity: str) -> Diagnosis:
    """Diagnose one quantity that is wrong on the standard probes."""
    evidence = examined.evidence(quantity)
    found = explanations(quantity, evidence, examined.raising(quantity))
    where = ""
    if not found or guarded(evidence, found[0].code):
        # Where a formula is used in one case alone, a simpler one may be the same there.
        special_found, where = special_case(examined, quantity)
        found = special_found or found
    if not found and all(seen.got is None for seen in evidence):
        found = [Explanation("not-an-array", sentence=f"Your {quantity} is no array of numbers")]
    if not found:
        changing = _first(examined, state.not_deterministic) or _first(examined, state.earlier_call)
        if changing:
            return _stated(quantity, changing)
    for find in (special_values.narrowed, rounded_operands, entrywise, remainder, by_size):
        found = found or find(examined, quantity)
    if len({each.mistake for each in found}) == 1:
        return _named(quantity, found[0], where or guarded(evidence, found[0].code))
    if found:
        titles = listed([MISTAKES[each.mistake].title for each in found])
        return Diagnosis(
            _these(quantity), None, f"Your {quantity} fits more than one mistake: {titles}."
        )
    return Diagnosis(_these(quantity), None, "")


def _named(quantity: str, found: Explanation, where: str = "") -> Diagnosis:
    mistake = MISTAKES[found.mistake]
    only = f"Where {where}, your" if where else "Your"
    also = f", and {MISTAKES[found.also].title}" if found.also else ""
    sentence = found.sentence or f"{only} {quantity} is {found.shown}: {mistake.title}{also}"
    return Diagnosis(_these(quantity), mistake, f"{sentence}. {_RULES[quantity]}")


def _stated(quantity: str, found: Explanation) -> Diagnosis:
    return Diagnosis(found.about or _these(quantity), MISTAKES[found.mistake], f"{found.sentence}.")


def _merged(examined: Examination, diagnosis: Diagnosis, others: list[str]) -> Diagnosis:
    """Add the other wrong quantities that the same mistake explains."""
    same = [diagnosis]
    for name in others:
        other = _of_values(examined, name)
        if other.mistake == diagnosis.mistake:
            same.append(other)
    quantities = tuple(name for each in same for name in each.quantities)
    sentence = " ".join(dict.fromkeys(each.sentence for each in same))
    return Diagnosis(quantities, diagnosis.mistake, sentence)


def _of_the_rest(examined: Examination, quantity: str, wrong: tuple[str, ...]) -> Diagnosis:
    """Diagnose what no formula explains: exceptions; else say what is seen."""
    if wrong:
        return Diagnosis(wrong, None, observed(examined, wrong), _titles())
    failed = [call for call in examined.standard() if call.error or "arity" in call.results]
    if failed:
        return _failing(examined, quantity, failed)
    for name in QUANTITIES:
        if hidden := entrywise(examined, name):
            return _named(name, hidden[0])
    return Diagnosis(_these(quantity), None, _NOTHING)


_COMPARING = tuple(
    state.DETECTORS[word]
    for word in ("each_backward", "an_instance", "updated", "layout", "same_array")
)
_POLICY = tuple(
    state.DETECTORS[word]
    for word in ("share", "process", "writing_into", "later_calls", "later_batches")
)


def _these(*quantities: str) -> tuple[str, ...]:
    """Return the names that are none of nothing."""
    return tuple(filter(None, quantities))


def _titles() -> tuple[str, ...]:
    return tuple(MISTAKES[name].title for name in _RULED_OUT)


def _failing(examined: Examination, quantity: str, failed: list[Observation]) -> Diagnosis:
    """Name the exception, and the sizes at which it is raised."""
    fine = [call.probe.point.sizes for call in examined.standard() if call not in failed]
    where = condition([call.probe.point.sizes for call in failed], fine) if fine else ""
    when = f", where {where}" if where else "" if fine else ", at every size that was tried"
    call = failed[0]
    if call.error is None:
        count = len(call.results["arity"]) if hasattr(call.results["arity"], "__len__") else "no"
        sentence = f"The backward pass returns {count} results{when}, but should return three"
        return _stated(quantity, Explanation("wrong-number-of-results", sentence=sentence))
    if isinstance(call.error, TypeError) and "but should return dx, dw and db" in str(call.error):
        sentence = f"{said(call.error).removeprefix('TypeError: ')}{when}"
        return _stated(quantity, Explanation("wrong-number-of-results", sentence=sentence))
    part = "backward" if "out" in call.results else "forward"
    sentence = f"The {part} pass raises {said(call.error)}{when}"
    return _stated(quantity, Explanation("raises", sentence=sentence))
