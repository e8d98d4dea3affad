"""What to write instead, by the results that are wrong and by what they are held to."""

from collections.abc import Sequence
from dataclasses import replace

from affine.checker.diagnosis.catalogue import CORRECT, OF_SCALE, Diagnosis
from affine.checker.diagnosis.own_layout import OwnLayout
from affine.checker.diagnosis.phrasing import concerns, listed, notation
from affine.quantities import QUANTITIES

_AVERAGED = ("dw", "db")


def with_remedy(diagnosis: Diagnosis, layout: OwnLayout, averages: bool) -> Diagnosis:
    """Return a diagnosis whose remedy is for these very results, in this layout.

    The catalogue speaks of sums, and a scale of the result that is most often scaled so.

    Args:
        diagnosis: The results that are wrong, and the mistake.
        layout: That of the layer.
        averages: Whether dw and db are held to averages.
    """
    mistake, wrong = diagnosis.mistake, [q for q in diagnosis.quantities if q in QUANTITIES]
    if mistake is None or not wrong or mistake.name not in OF_SCALE:
        return diagnosis
    is_average = averages and not set(_AVERAGED).isdisjoint(wrong)
    if concerns(mistake.equation, wrong) and not is_average:
        return diagnosis
    remedy = f"Write {listed(_right_lines(wrong, layout, averages))}."
    return replace(diagnosis, mistake=replace(mistake, remedy=remedy))


def _right_lines(wrong: Sequence[str], layout: OwnLayout, averages: bool) -> list[str]:
    ends = dict.fromkeys(_AVERAGED, " / N") if averages else {}
    return [
        f"{name} = {notation(layout.code(CORRECT[name], name))}{ends.get(name, '')}"
        for name in dict.fromkeys(wrong)
    ]
