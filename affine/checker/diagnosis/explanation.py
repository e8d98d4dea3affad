"""What explains a wrong result, and when a formula does."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from affine.checker.diagnosis.examination import Observed, close
from affine.checker.diagnosis.phrasing import shown
from affine.layer import Array

__all__ = ["Explanation", "explains"]


class Explanation(NamedTuple):
    """A wrong formula that gives what the layer returned wherever it was called.

    Attributes:
        mistake: The name of the mistake.
        code: The formula found; `""` where `sentence` says it all.
        sentence: What was found, where no formula says it.
        says: The formula in words, where its code is hard to read.
        also: The name of a second mistake in the same formula.
        about: The results or arguments that it is about; `()` for the one that was asked for.
    """

    mistake: str
    code: str = ""
    sentence: str = ""
    says: str = ""
    also: str = ""
    about: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """What the result is, in the notation of the equations."""
        return "0" if self.code.startswith("0 * ") else shown(self.says or self.code)


def explains(value: Callable[[Observed], Array | None], evidence: Sequence[Observed]) -> int:
    """How well a formula gives every result: 2 everywhere, 1 with a guard, 0 not at all.

    It takes at least two probes on which the layer is wrong. Where the formula does not run, or
    has another shape than the equation, a layer may guard against it and be right there. Where
    it is no number, such as 1/(N − 1) for N = 1, a layer may do anything.
    """
    explained, strength = 0, 2
    for seen in sorted(evidence, key=lambda seen: not seen.wrong):
        predicted = value(seen)
        fits = close(seen.got, predicted)
        if predicted is None or predicted.shape != seen.right.shape:
            if seen.wrong and not fits:
                return 0
            strength = min(strength, 1 + fits)
        elif not fits and np.isfinite(predicted).all():
            return 0
        explained += seen.wrong and fits
    return strength if explained >= 2 else 0
