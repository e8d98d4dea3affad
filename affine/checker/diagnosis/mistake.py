"""What a known mistake is, and what a diagnosis says."""

from dataclasses import dataclass

__all__ = ["Diagnosis", "Mistake"]


@dataclass(frozen=True, slots=True)
class Mistake:
    """A known mistake.

    Attributes:
        name: Permanent, such as `averaged-over-the-batch`: the heading of its page.
        title: A few words, such as "averaged over the batch".
        sentence: The mistake in one sentence.
        formula: The wrong formula, as code.
        equation: Tag of the equation that it violates.
        remedy: What to write instead.
        right: The right line, as code; `""` where the wrong line is one too many.
        seen: Where it was seen in a published program: an address, and what is said there.
        unshown: Why no property catches it, for a mistake that only a diagnosis looks for.

    Examples:
        >>> from affine.checker.diagnosis import MISTAKES
        >>> MISTAKES["averaged-over-the-batch"].formula
        'dw = x.T @ dout / n'
    """

    name: str
    title: str
    sentence: str
    formula: str
    equation: str
    remedy: str
    right: str = ""
    seen: tuple[tuple[str, str], ...] = ()
    unshown: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Which mistake explains a wrong result: verified exactly on a probe of its own, or nothing.

    Attributes:
        quantities: What is wrong, of `out`, `dx`, `dw` and `db`.
        mistake: The known mistake; None where no known one explains the result.
        sentence: What was verified, with the formula found: "Your dw is Xᵀ·dout / N."
        ruled_out: Titles of the mistakes that were tried and do not explain it.
    """

    quantities: tuple[str, ...]
    mistake: Mistake | None
    sentence: str
    ruled_out: tuple[str, ...] = ()
