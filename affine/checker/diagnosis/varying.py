"""A factor that depends on a size: of the bias, or of the whole result."""

from collections.abc import Mapping, Sequence

import numpy as np

from affine.checker.diagnosis.catalogue import Explanation
from affine.checker.diagnosis.examination import ProbeSession, Trial
from affine.checker.diagnosis.fit import ratio
from affine.checker.diagnosis.phrasing import listed, number

_SHOWN = 3  # lengths with their factors


def bias_times_a_count(session: ProbeSession, quantity: str) -> list[Explanation]:
    """Return how often the bias is added, where that depends on a size."""
    evidence = session.evidence(quantity) if quantity == "out" else []
    if factor := varying_factor(evidence, "np.tile(b, (n, 1))", "x @ w"):
        sentence = f"Your out is X·W plus b times {factor}: the bias is scaled"
        return [Explanation("bias-scaled", sentence)]
    return []


def varying_factor(evidence: Sequence[Trial], term: str, base: str = "") -> str:
    """Return of which size the factor of a term is a function, with some of its values.

    `""` if the result is not a base plus a multiple of the term on every probe, or if the multiple
    depends on more than one size.
    """
    factors: dict[tuple[int, int, int], float] = {}
    for trial in evidence:
        got, value = trial.got, trial.probe.value(term)
        start = trial.probe.value(base) if base else np.zeros_like(trial.right)
        if got is None or value is None or start is None or got.shape != value.shape:
            return ""
        rest = got - start
        if not np.isfinite(rest).all():
            return ""
        if value.any():
            unit = float(np.finfo(got.dtype).eps) if got.dtype.kind == "f" else 2.0**-52
            factor = ratio(rest, value, float(np.abs(got).max()), unit)
            sizes = trial.probe.point.sizes
            if not factor or abs(factors.setdefault(sizes, factor) / factor - 1) > 1e-3:
                return ""
    if sum(trial.wrong for trial in evidence) < 2:
        return ""
    return _of_one_size(factors)


def _of_one_size(factors: Mapping[tuple[int, int, int], float]) -> str:
    """Return on which size a factor depends, with some of its values; `""` if on none alone."""
    for axis, side in enumerate("NDM"):
        of_length: dict[int, set[float]] = {}
        for sizes, factor in factors.items():
            of_length.setdefault(sizes[axis], set()).add(float(f"{factor:.6g}"))
        is_function = all(len(values) == 1 for values in of_length.values())
        if is_function and len(set.union(*of_length.values())) > 1:
            # The shortest with each factor.
            first = {of_length[each].pop(): each for each in sorted(of_length, reverse=True)}
            lengths = sorted((length, each) for each, length in first.items())[:_SHOWN]
            shown = [f"{number(each)} at {side} = {length}" for length, each in lengths]
            return f"a number that depends on {side}, {listed(shown)}"
    return ""
