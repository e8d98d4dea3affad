"""The diagnosis: which known mistake a layer makes, verified on probes of its own."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from affine.checker.diagnosis import memory, sizes, special_values, state
from affine.checker.diagnosis.catalogue import MISTAKES, OF_VARIANT, RIGHT, Diagnosis, Explanation
from affine.checker.diagnosis.entrywise import entrywise, rounded_operands
from affine.checker.diagnosis.examination import Examination, Observation, raised
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.phrasing import describe_error, error_message, listed
from affine.checker.diagnosis.probe import close, numbered
from affine.checker.exceptions import NotThreeGradients
from affine.layer import Case, Layer, OutOfTime, WorkerDied, through
from affine.properties import Property
from affine.quantities import GRADIENTS, QUANTITIES

__all__ = ["DETECTORS", "UNASKED", "diagnose"]

Detector: TypeAlias = Callable[[Examination], Explanation | None]

_PROMISED: tuple[Detector, ...] = (
    memory.arguments_modified, state.not_deterministic, state.second_pass, state.stale_state,
    state.updated_instance, state.used_instance, state.earlier_call, state.outdated_parameters,
    memory.memory_layout, memory.aliased_arguments, memory.read_only_refused,
)  # fmt: skip
"""What every right layer promises, so that it is looked for whatever failed, in this order."""
_OF_CALLS: tuple[Detector, ...] = (
    *_PROMISED, memory.buffer_reused, state.followed_instance, memory.internals_handed_out,
    memory.shared_memory, state.global_state,
)  # fmt: skip
"""These compare calls with calls: a wrong formula is never why they find something."""
DETECTORS: Mapping[str, Detector] = {
    detector.__name__: detector
    for detector in (
        *_OF_CALLS, special_values.one_format_only, special_values.integers_truncated,
        special_values.nan_and_infinity, special_values.magnitudes, special_values.empty_sizes,
        special_values.shapes_accepted, special_values.flattened_axes, special_values.warns,
    )
}  # fmt: skip
"""By the name under which a property shows what its failure points to."""
UNASKED = ("integers_truncated",)
"""What no property shows: looked for where none failed."""

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
_NO_TIME = "The time ran out before the mistake was named."
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
    layer: Layer, quantity: str, tested: Property | None = None, case: Case | None = None
) -> Diagnosis:
    """Return which known mistake a layer makes, or what was observed and ruled out.

    A mistake is named only if its formula gives every result on every probe, up to the
    rounding of that formula, where the layer is right as well as where it is wrong.

    Args:
        layer: The layer, known to be wrong.
        quantity: What was found wrong: `out`, `dx`, `dw`, `db`; anything else looks at all four.
        tested: The property that failed: what it shows is looked for first.
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
    needs, shows = (tested.needs, tested.shows) if tested else ("", UNASKED)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            found = _diagnosed(Examination(layer, case), quantity, needs, shows)
            if found.mistake is None and (view := _variant(layer, needs, case)):
                there = _diagnosed(Examination(view[0]), quantity, "", ())
                if there.mistake is not None:
                    sentence = view[1] + there.sentence[:1].lower() + there.sentence[1:]
                    return replace(there, sentence=sentence)
            return found
        except OutOfTime:
            return Diagnosis(_names(quantity), None, _NO_TIME)
        except WorkerDied as error:
            words = f"A call ended the process or hung: {error}."
            return Diagnosis(_names(quantity), MISTAKES["process-ended"], words)
        finally:
            layer.memory.release()


def _diagnosed(examined: Examination, quantity: str, needs: str, shows: Iterable[str]) -> Diagnosis:
    """Look at what is shown, at wrong values, at the rest, and then once more at large sizes."""
    shown = [DETECTORS[name] for name in shows]
    if found := _first(examined, (find for find in shown if find in _OF_CALLS)):
        return _stated(quantity, found)
    asked = (quantity,) if quantity in RIGHT else OF_VARIANT.get(needs, ())
    wrong = _wrong(examined, asked)
    if named := _of_wrong(examined, wrong):
        return named
    of_values = [find for find in shown if find not in _OF_CALLS]
    if not wrong and (found := _first(examined, (*of_values, *_PROMISED))):
        return _stated(quantity, found)
    examined.look_further()
    wrong = _wrong(examined, asked)
    if named := _of_wrong(examined, wrong):
        return named
    if wrong == ("out_dot",) and raised(lambda: _derives_alike(examined)) is True:
        named = _of_wrong(examined, examined.wrong_quantities())
    return named or _of_the_rest(examined, quantity, wrong)


def _first(examined: Examination, detectors: Iterable[Detector]) -> Explanation | None:
    """Return what the first of some detectors finds; to raise in one says nothing about it."""
    for find in detectors:
        found = raised(lambda: find(examined))  # noqa: B023
        if isinstance(found, Explanation):
            return found
    return None


def _wrong(examined: Examination, asked: Iterable[str]) -> tuple[str, ...]:
    """Return the quantities to explain: those asked for if they are wrong, else all wrong ones."""
    wrong = (name for name in asked if any(seen.wrong for seen in examined.evidence(name)))
    return tuple(wrong) or examined.wrong_quantities()


def _derives_alike(examined: Examination) -> bool:
    """Whether forward and backward mode derive one function: then they have one mistake.

    That is, whether ⟨dout, out_dot⟩ is ⟨dx, x_dot⟩ + ⟨dw, w_dot⟩ + ⟨db, b_dot⟩, for b = 0.
    """
    for point in (numbered(5, 3, 4), numbered(3, 4, 2)):
        x, w, b, dout = point = point._replace(b=0 * point.b)
        dots = x[::-1] + 1, w[::-1] + 2, b + 3
        got = examined.fresh(point)
        forward = (dout * examined.layer.variants["jvp"](x, w, *dots)).sum()
        backward = sum((got[name] * dot).sum() for name, dot in zip(GRADIENTS, dots, strict=True))
        if not close(np.asarray(forward), np.asarray(backward)):
            return False
    return True


# ------------------------------------------------------------------ wrong values


def _of_wrong(examined: Examination, wrong: tuple[str, ...]) -> Diagnosis | None:
    """Return the first mistake that explains a wrong quantity, with the others it explains."""
    for name in wrong:
        named = _of_values(examined, name)
        if named.mistake is None:
            continue
        others = [_of_values(examined, other) for other in wrong if other != name]
        same = [named, *(other for other in others if other.mistake == named.mistake)]
        quantities = tuple(name for each in same for name in each.quantities)
        sentence = " ".join(dict.fromkeys(each.sentence for each in same))
        return Diagnosis(quantities, named.mistake, sentence)
    return None


def _of_values(examined: Examination, quantity: str) -> Diagnosis:
    """Diagnose one quantity that is wrong on the standard probes."""
    evidence = examined.evidence(quantity)
    found = explanations(quantity, evidence, examined.raising(quantity))
    where = ""
    if not found or sizes.guarded(evidence, found[0].code):
        # Where a formula is used in one case alone, a simpler one may be the same there.
        special_found, where = sizes.special_case(examined, quantity)
        found = special_found or found
    if not found and all(seen.got is None for seen in evidence):
        sentence = f"Your {quantity} is not an array of numbers"
        found = [Explanation("not-an-array", sentence)]
    changing = state.not_deterministic, state.earlier_call
    if not found and (explanation := _first(examined, changing)):
        return _stated(quantity, explanation)
    of_results = rounded_operands, entrywise, sizes.remainder, sizes.by_size
    for find in (special_values.narrowed, *(of_results if quantity in QUANTITIES else ())):
        found = found or find(examined, quantity)
    if len({each.mistake for each in found}) == 1:
        return _named(quantity, found[0], where or sizes.guarded(evidence, found[0].code))
    titles = listed([MISTAKES[each.mistake].title for each in found])
    sentence = f"Your {quantity} fits more than one mistake: {titles}." if found else ""
    return Diagnosis(_names(quantity), None, sentence)


def _named(quantity: str, found: Explanation, where: str = "") -> Diagnosis:
    mistake = MISTAKES[found.mistake]
    only = f"Where {where}, your" if where else "Your"
    also = f", and {MISTAKES[found.also].title}" if found.also else ""
    sentence = found.sentence or f"{only} {quantity} is {found.formula}: {mistake.title}{also}"
    return Diagnosis(_names(quantity), mistake, f"{sentence}. {_EQUATIONS[quantity]}")


def _stated(quantity: str, found: Explanation) -> Diagnosis:
    about = tuple(found.about) or _names(quantity)
    return Diagnosis(about, MISTAKES[found.mistake], f"{found.sentence}.")


def _names(quantity: str) -> tuple[str, ...]:
    return (quantity,) if quantity else ()


# ------------------------------------------------------------------ what no formula explains


def _of_the_rest(examined: Examination, quantity: str, wrong: tuple[str, ...]) -> Diagnosis:
    """Diagnose what no formula explains: exceptions; else say what is seen."""
    if wrong:
        titles = tuple(MISTAKES[name].title for name in _RULED_OUT)
        return Diagnosis(wrong, None, sizes.describe_observed(examined, wrong), titles)
    failed = [call for call in examined.standard() if GRADIENTS[-1] not in call.results]
    if failed:
        return _stated(quantity, _failing(examined, failed))
    for name in QUANTITIES:
        if hidden := entrywise(examined, name):
            return _named(name, hidden[0])
    return Diagnosis(_names(quantity), None, _NOTHING)


def _failing(examined: Examination, failed: list[Observation]) -> Explanation:
    """Name the exception, and the sizes at which it is raised."""
    fine = [call.probe.point.sizes for call in examined.standard() if call not in failed]
    where = sizes.condition([call.probe.point.sizes for call in failed], fine) if fine else ""
    when = f", where {where}" if where else "" if fine else ", at every size that was tried"
    error, other = failed[0].error, failed[0].other
    if error is None:
        count = len(other) if hasattr(other, "__len__") else "no"
        sentence = f"The backward pass returns {count} results{when}, but should return three"
        return Explanation("wrong-number-of-results", sentence)
    if isinstance(error, NotThreeGradients):
        return Explanation("wrong-number-of-results", f"{error_message(error)}{when}")
    part = "backward" if "out" in failed[0].results else "forward"
    return Explanation("raises", f"The {part} pass raises {describe_error(error)}{when}")


# ------------------------------------------------------------------ other ways to call a layer

_VARIANTS: Mapping[str, tuple[str, int | None, int | None]] = {
    "compiled": ("Compiled: ", None, None),
    "vmapped": ("Vectorised: ", 0, 0),
    "with_leading_axes": ("With a leading axis of x: ", 0, 0),
    "with_extra_axes": ("With one more axis of x: ", 1, None),
}
"""How a sentence says it, and which axis x and dout have more, of length one."""


def _variant(layer: Layer, needs: str, case: Case | None) -> tuple[Layer, str] | None:
    """Return the layer as the property calls it, or in the format of the case, and the words."""
    if needs in _VARIANTS and needs in layer.variants:
        words, *axes = _VARIANTS[needs]
        function = layer.variants[needs]
        vjp = _vjp_of_vmapped(function) if needs == "vmapped" else function
        other = replace(layer, vjp=vjp, batch=None, compiles_per_shape=True)
        return through(other, _with_axes(*axes), ()), words
    formats = {array.dtype.name for array in case.primal} if case is not None else set()
    if len(formats) != 1 or not formats < {"float32", "float16"}:
        return None
    name = formats.pop()
    view = lambda call: ([array.astype(name) for array in call], dict)  # noqa: E731
    return through(layer, view, ()), f"With arguments in {name}, "


def _vjp_of_vmapped(vmapped: Callable[..., Any]) -> Callable[..., Any]:
    def vjp(x: Any, w: Any, b: Any) -> Any:
        def pullback(dout: Any) -> Any:
            _, dx, dw, db = vmapped(x, w, b, dout)
            return dx, dw[0], db[0]

        return vmapped(x, w, b, np.zeros((*x.shape[:-1], len(b)), x.dtype))[0], pullback

    return vjp


def _with_axes(of_x: int | None, of_dout: int | None) -> Callable[..., Any]:
    """Return the view of a call in which x and dout have one axis more, if any."""

    def wide(array: Any, axis: int | None) -> Any:
        return array if axis is None else np.expand_dims(array, axis)

    def view(call: Any) -> Any:
        x, w, b, *dout = call
        axes = {"out": of_dout, "dx": of_x}
        return (wide(x, of_x), w, b, *(wide(each, of_dout) for each in dout)), lambda got: {
            name: result if axes.get(name) is None else np.take(result, 0, axes[name])
            for name, result in got.items()
        }

    return view
