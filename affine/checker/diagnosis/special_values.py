"""Mistakes of formats and special values: dtypes, rounding, NaN, infinity, large numbers."""

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import frexp

import numpy as np

from affine.checker.diagnosis.catalogue import CORRECT, Explanation, with_operands
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.phrasing import listed, notation, with_verb
from affine.checker.diagnosis.probe import (
    close,
    distinct_integers,
    plain_operands,
    right_at,
    terms_at,
)
from affine.layer import Array, Operands
from affine.quantities import AXES, QUANTITIES


def narrowed(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return whether a result is the right one, stored in a narrower format."""
    evidence = session.evidence(quantity)
    dtypes = {trial.got.dtype for trial in evidence if trial.got is not None}
    if len(dtypes) != 1:
        return []
    dtype = dtypes.pop()
    if dtype.kind == "f" and np.finfo(dtype).nmant >= np.finfo(session.dtype).nmant:
        return []
    with np.errstate(all="ignore"):
        if any(not _equal(trial.got, trial.right.astype(dtype)) for trial in evidence):
            return []
    sentence = f"Your {quantity} is {dtype} where the arguments are {session.dtype}"
    return [Explanation("result-narrowed", sentence)]


def _equal(got: Array | None, value: Array) -> bool:
    return got is not None and got.shape == value.shape and bool((got == value).all())


def integers_truncated(session: ProbeSession) -> Explanation | None:
    """Integer arguments beside floating ones truncate the result."""
    if session.layer.dtypes or session.dtype != "float64":  # all arguments are of one dtype then
        return None
    point, quarters = plain_operands(), plain_operands().map(lambda array: array / 4)
    for name, array in point._asdict().items():
        right = right_at(quarters._replace(**{name: array}))
        whole = quarters._replace(**{name: array.astype(np.int64)})
        got = session.results(whole)
        cut = [
            key
            for key, value in right.items()
            if close(1.0 * got[key], np.trunc(value)) and (value % 1).any()
        ]
        if cut:
            what = with_verb(cut, "loses its fraction", "lose their fractions")
            sentence = f"Your {what} where {notation(name)} holds integers"
            return Explanation("integers-truncate", sentence)
    return None


# ------------------------------------------------------------------ values

_SPECIAL = {"A NaN": np.nan, "An ∞": np.inf, "A −∞": -np.inf}


def nan_and_infinity(session: ProbeSession) -> Explanation | None:
    """A special value in one operand does not reach what depends on it, or reaches more."""
    # Zeros beside the value: 0·∞ is NaN, so that a skipped product shows.
    for value, name, zeros in product(_SPECIAL, Operands._fields, (False, True)):
        point = plain_operands()
        for array in (point.x, point.w, point.dout) if zeros else ():
            array[-1] = array[:, -1] = 0
        getattr(point, name).flat[-1] = _SPECIAL[value]
        got = session.fresh(point)
        # Which entries are finite, in the result and in the equation, with no product skipped.
        finite = {}
        for key, (operands, subscripts, *_) in QUANTITIES.items():
            factors = [getattr(point, operand) for operand in operands if operand != "b"]
            right = np.einsum(subscripts, *factors) + (point.b if key == "out" else 0)
            finite[key] = np.isfinite(got[key]), np.isfinite(right)
        lost = [key for key, (reached, right) in finite.items() if (reached & ~right).any()]
        if lost and all(name in QUANTITIES[key].operands for key in lost):
            mistake = "nan-hidden" if np.isnan(_SPECIAL[value]) else "infinity-lost"
            sentence = f"{value} in {notation(name)} does not reach your {listed(lost)}"
            if zeros:
                return Explanation("zeros-skipped", f"{sentence} where it meets 0")
            return Explanation(mistake, sentence)
        spread = [key for key, (reached, right) in finite.items() if (~reached & right).any()]
        if spread:
            sentence = (
                f"{value} in {notation(name)} reaches entries of your {listed(spread)} "
                "that do not depend on it"
            )
            return Explanation("nan-spread", sentence)
    return None


# Where a result is NaN, in words, and what of an operand is 0 there, as code.
_ZEROS = (
    ("where an entry of {} is 0", "{0} == 0"),
    ("where a row of {} is 0", "~{0}.any(axis=1, keepdims=True)"),
    ("where a column of {} is 0", "~{0}.any(axis=0)"),
    ("where {} is 0", "not {0}.any()"),
    ("everywhere if one entry of {} is 0", "not {0}.all()"),
)


def nan_at_zeros(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return the zeros of an operand at which a result is NaN, as 0 / 0 is; elsewhere it is right.

    Which entries are NaN must follow from the zeros in every call, random zeros among them.
    """
    evidence = session.evidence(quantity)
    if not all(map(_is_nan_where_wrong, evidence)):
        return []
    right, needed = CORRECT[quantity], QUANTITIES[quantity].operands
    for name, (words, zeros) in product(Operands._fields, _ZEROS):
        # The operand is divided, or the result and multiplied again.
        holed = {name: f"np.where({zeros.format(name)}, np.nan, {name})"}
        codes = [with_operands(right, holed)] if name in needed else []
        codes.append(f"np.where({zeros.format(name)}, np.nan, {right})")
        for code in codes:
            if not _gives_all(code, evidence):
                continue
            further = session.observe_all(_with_zeros(name), quantity)
            if _gives_all(code, further) and sum(trial.wrong for trial in further) > 1:
                where = words.format(notation(name))
                sentence = f"Your {quantity} is NaN {where}, and right elsewhere"
                return [Explanation("nan-at-zeros", sentence)]
    return []


def _is_nan_where_wrong(trial: Trial) -> bool:
    if trial.got is None or trial.got.dtype.kind != "f" or trial.got.shape != trial.right.shape:
        return False
    return close(np.where(np.isnan(trial.got), trial.right, trial.got), trial.right)


def _gives_all(code: str, evidence: Sequence[Trial]) -> bool:
    return all(trial.fits(trial.probe.value(code)) for trial in evidence)


def _with_zeros(name: str) -> Iterator[Operands]:
    """Yield operands of which one has zeros: some entries, one row, one column, all."""
    for seed, sizes in enumerate(((4, 3, 5), (6, 4, 2), (3, 5, 4), (5, 2, 3))):
        point = distinct_integers(*sizes)
        array = getattr(point, name)
        array *= np.random.default_rng(seed).random(array.shape) < 0.7
        yield point
        for place in (0, (..., 0), ...):
            one = distinct_integers(*sizes)
            getattr(one, name)[place] = 0
            yield one


def magnitudes(session: ProbeSession) -> Explanation | None:
    """Right at ordinary magnitudes, wrong near the ends of the format, where all results fit."""
    if session.layer.by_steps:  # beside the end of the format, a step is nothing or all
        return None
    limits = np.finfo(session.dtype)
    part = limits.maxexp / 1024  # of the range of float64
    # Up to where each result still fits, whatever the order of its sums.
    sums = terms_at(plain_operands()).values()
    highest = {int(limits.maxexp) - 3 - frexp(each)[1] for each in sums}
    high = (*(int(exponent * part) for exponent in (60, 140, 200)), *sorted(highest))
    ends = *high, int(-200 * part), int(limits.minexp)
    for names in (("dout",), ("x", "b"), ("w", "b")):
        # A threshold, or a narrower format inside, is not the end of the format.
        if any(_wrong_at(session, names, int(exponent * part)) for exponent in (-60, -140)):
            continue
        for exponent in ends:
            if wrong := _wrong_at(session, names, exponent):
                verbs = ("overflows", "overflow") if exponent > 0 else ("is lost", "are lost")
                where = f"where {notation(names[0])} is near 2^{exponent}"
                sentence = f"Your {with_verb(wrong, *verbs)} {where}"
                return Explanation("overflow-on-the-way", sentence, wrong)
    return None


def _wrong_at(session: ProbeSession, names: tuple[str, ...], exponent: int) -> list[str]:
    """Return the results that overflow, or lose digits, at a magnitude."""
    point = plain_operands()
    point = point._replace(**{name: np.ldexp(getattr(point, name), exponent) for name in names})
    got, right = session.results(point), right_at(point)
    largest = float(np.finfo(session.dtype).max) / 4
    # A narrower result is another mistake.
    wide = [key for key in got if got[key].itemsize >= np.dtype(session.dtype).itemsize]
    fitting = [key for key, size in terms_at(point).items() if size < largest and key in wide]
    wrong = [key for key in fitting if not close(got[key], right[key])]
    return [key for key in wrong if exponent < 0 or not np.isfinite(got[key]).all()]


# ------------------------------------------------------------------ shapes


def flattened_axes(session: ProbeSession) -> Explanation | None:
    """With an x of several axes, they are flattened in another order, or dX comes back flat."""
    x, w, b, dout = distinct_integers(4, 6, 5)
    out, pullback = session.layer.variants["with_extra_axes"](x.reshape(4, 2, 3), w, b)
    if _equal(out, x.reshape(4, 2, 3).reshape((4, 6), order="F") @ w + b):
        sentence = "X of shape (4, 2, 3) is flattened in Fortran order, but should be in C order"
        return Explanation("rows-stacked-for-columns", sentence)
    dx = pullback(dout)[0]
    if _equal(dx, (dout @ w.T).reshape((4, 2, 3), order="F")):
        sentence = "The dx of an X of shape (4, 2, 3) is in Fortran order, but should be in C order"
        return Explanation("rows-stacked-for-columns", sentence)
    if _equal(dx, dout @ w.T):
        sentence = "With X of shape (4, 2, 3), your dx has shape (4, 6) and the right numbers"
        return Explanation("dx-stays-flat", sentence)
    return None


# ------------------------------------------------------------------ rounding

_NO_POWERS = (3, 5, 6, 7, 9, 10, 11, 12, 13, 49)
_POWERS = (2, 4, 8, 16, 32)


def rounded_on_the_way(session: ProbeSession, quantity: str) -> Explanation | None:
    """Return what rounds on the way to a result that is a sum of whole numbers, and so exact."""
    if quantity not in QUANTITIES:
        return None
    of = session, quantity
    words = _scaled_and_back(*of) or _divided_by_a_size(*of) or _cancelling(*of)
    return Explanation("rounded-on-the-way", f"Your {quantity} {words}") if words else None


def _are_exact(session: ProbeSession, quantity: str, points: Sequence[Operands]) -> bool:
    """Whether a quantity is right to the last bit on points of whole numbers."""
    trials = session.observe_all(points, quantity)
    return len(trials) == len(points) and all(
        trial.got is not None and np.array_equal(trial.got, trial.right) for trial in trials
    )


def _scaled_and_back(session: ProbeSession, quantity: str) -> str:
    """Say that one product alone is rounded already."""
    one = Operands(*map(np.ones_like, distinct_integers(1, 1, 1)))
    for name in QUANTITIES[quantity].operands:
        points = [one._replace(**{name: getattr(one, name) * value}) for value in range(1, 64)]
        if not _are_exact(session, quantity, points):
            return "rounds where N = D = M = 1 already: a number is scaled, and scaled back"
    return ""


def _divided_by_a_size(session: ProbeSession, quantity: str) -> str:
    """Say by which size something is divided on the way: it is exact for powers of two alone."""
    for place, side in enumerate("NDM"):

        def is_exact(length: int, place: int = place) -> bool:
            sizes = [4, 4, 4]
            sizes[place] = length
            return _are_exact(session, quantity, [distinct_integers(*sizes)])

        if all(map(is_exact, _POWERS)) and sum(map(is_exact, _NO_POWERS)) < len(_NO_POWERS) - 2:
            return (
                f"rounds sums of whole numbers unless {side} is a power of two: "
                f"a value on the way is divided by {side}"
            )
    return ""


def _cancelling(session: ProbeSession, quantity: str) -> str:
    """Say which large entry costs digits although it is multiplied by 0 alone."""
    side, operands = QUANTITIES[quantity].summed, QUANTITIES[quantity].operands
    limits = np.finfo(session.dtype)
    large = 2.0 ** min(limits.nmant + 8, limits.maxexp // 2)
    factors = [name for name in operands if side in AXES[name]]
    for one, other in permutations(factors, 2):
        for place in range(plain_operands().sizes["NDM".index(side)]):
            usual, point = (_meeting_zeros(one, other, side, place, v) for v in (1, large))
            if _are_exact(session, quantity, [usual]) > _are_exact(session, quantity, [point]):
                return (
                    f"loses digits to a large entry of {notation(one)} that {notation(other)} "
                    "multiplies by 0: it is added, and subtracted again"
                )
    return ""


def _meeting_zeros(one: str, other: str, side: str, place: int, value: float) -> Operands:
    """Return operands of which one holds a value where the other one holds zeros."""
    point = plain_operands()
    for name, entry in ((one, value), (other, 0.0)):
        np.moveaxis(getattr(point, name), AXES[name].index(side), 0)[place] = entry
    return point
