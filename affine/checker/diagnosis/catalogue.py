"""The catalogue of known mistakes, and the formulas by which each is recognised.

A formula is NumPy code over x, w, b, dout and the sizes n, d, m, as the files in `known` write it.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, NamedTuple

from affine.checker.diagnosis.phrasing import notation, scaled
from affine.quantities import QUANTITIES

CORRECT: Mapping[str, str] = {
    **{name: quantity.code for name, quantity in QUANTITIES.items()},
    "out_dot": "x_dot @ w + x @ w_dot + b_dot",
    "per-sample dx": QUANTITIES["dx"].code,
    "per-sample dw": "x[:, :, None] * dout[:, None, :]",
    "per-sample db": "dout * 1",
}
"""The right formula of each quantity, those of the variants of a layer included."""
OF_VARIANT = {
    "jvp": ("out_dot",),
    "per_sample_gradients": ("per-sample dx", "per-sample dw", "per-sample db"),
}
"""The quantities that a variant returns."""


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


NOT_AVERAGED = Mistake(
    name="not-averaged",
    title="not averaged over the batch",
    sentence="The gradient is a sum over the data points; --reduction mean asks for the average.",
    formula="dw = x.T @ dout",
    equation="average",
    remedy="Divide by N: dW = Xᵀ·dout / N and db = Σ dout / N; or, if your course sums, check "
    "without --reduction mean.",
    right="dw = x.T @ dout / n",
)
"""What is a mistake only where --reduction mean is asked for."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Which mistake explains a wrong result: verified on probes or by the property, or nothing.

    Attributes:
        quantities: What is wrong: results such as `dw`, or arguments such as `X`.
        mistake: The known mistake; None where no known one explains the result.
        sentence: What was verified or observed, such as "Your dw is Xᵀ·dout / N."
        ruled_out: Titles of the mistakes that were tried and do not explain it.

    Examples:
        >>> Diagnosis(("dw",), None, "No known mistake gives this dw.").mistake is None
        True
    """

    quantities: tuple[str, ...]
    mistake: Mistake | None
    sentence: str
    ruled_out: tuple[str, ...] = ()


class Explanation(NamedTuple):
    """A mistake that gives what the layer returned wherever it was called.

    Either a sentence says so, about some results or arguments, `()` for the result that was asked
    for; or a formula as code, in words where the code is hard to read, with a second mistake in it.
    """

    mistake: str
    sentence: str = ""
    about: Sequence[str] = ()
    code: str = ""
    says: str = ""
    also: str = ""

    @property
    def formula(self) -> str:
        """What the result is, in the notation of the equations."""
        is_zero = self.code.startswith(("0 * ", "np.zeros("))
        return "0" if is_zero else notation(self.says or self.code)


def averaged(found: Explanation) -> Explanation:
    """Return the mistake of a layer that averages, of whose results times N it is known.

    Examples:
        >>> averaged(Explanation("multiplied-by-a-size", code="n * (x.T @ dout)")).formula
        'Xᵀ·dout'
        >>> averaged(Explanation("scaled-by-a-constant", code="2 * (x.T @ dout)")).formula
        '2 * (Xᵀ·dout) / N'
    """
    for right in (CORRECT["dw"], CORRECT["db"]):
        if found.code == scaled(right, "n", 1):
            return found._replace(mistake=NOT_AVERAGED.name, code=right)
    is_again = found.mistake == "averaged-over-the-batch"
    mistake = "averaged-twice" if is_again else found.mistake
    return found._replace(mistake=mistake, code=_over_n(found.code), says=_over_n(found.says))


def _over_n(formula: str) -> str:
    """Return a formula divided by N, in words where it is in words."""
    code, comma, words = formula.partition(", ") if ", with" in formula else (formula, "", "")
    if not code or code.startswith("0 * "):
        return formula
    if " n * " in f" {code}":
        return re.sub(r"\bn \* ", "", code, count=1) + comma + words
    divided = f"{code.removesuffix(' / n')} / (n * n)" if code.endswith(" / n") else ""
    return (divided or scaled(code, "1 / n", 1)) + comma + words


# Where two formulas are one function, the first one gives it its name.
_FILES: Mapping[str, list[dict[str, Any]]] = {
    name: tomllib.loads(
        files(__package__).joinpath("known", f"{name}.toml").read_text(encoding="utf-8")
    )["mistake"]
    for name in ("scale", "operands", "sums", "parts", "entries", "behaviour")
}
_ENTRIES = [entry for entries in _FILES.values() for entry in entries]
OF_SCALE = frozenset(entry["name"] for entry in _FILES["scale"])
"""Names of the mistakes that scale a right result."""


def _right(formula: str) -> str:
    """Return the line that belongs where a formula stands; `""` where none does."""
    name, _, code = formula.partition(" = ")
    if name in CORRECT and not re.search(rf"\b{name}\b", code):
        return f"{name} = {CORRECT[name]}"
    return "return dx, dw, db" if formula.startswith("return ") else ""


def _said(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what every entry says of its mistake."""
    keys = ("name", "title", "sentence", "formula", "equation", "remedy")
    if missing := [key for key in keys if key not in entry]:
        raise ValueError(f"the mistake {entry.get('name', '')} lacks {', '.join(missing)}")
    return {key: entry[key] for key in keys}


MISTAKES: Mapping[str, Mistake] = {
    entry["name"]: Mistake(
        **_said(entry),
        right=entry.get("right", _right(entry["formula"])),
        seen=tuple((place["at"], place["says"]) for place in entry.get("seen", ())),
        unshown=entry.get("unshown", ""),
    )
    for entry in _ENTRIES
}
"""Every known mistake by name."""


class Formula(NamedTuple):
    """A wrong formula, a scale or a term, as NumPy code, with the mistake that it makes.

    A term may make the mistake with one factor only, and say what the result is in words.
    """

    mistake: str
    code: str
    factor: float | None = None
    says: str = ""


@cache
def formulas(quantity: str) -> tuple[Formula, ...]:
    """Return the known wrong formulas of a quantity, each once."""
    right = CORRECT[quantity]
    whole = right if right.endswith(")") else f"({right})"
    first: dict[str, Formula] = {right: Formula("", "")}
    for entry in _ENTRIES:
        codes = list(entry.get(quantity, ()))
        for template in entry.get("after", ()):
            # No brackets twice; those of a call stay where the formula has none of its own.
            bracketed = r"\(\{\}\)" if whole.startswith("(") else r"(?<!\w)\(\{\}\)"
            codes.append(re.sub(bracketed, "{}", template).replace("{}", whole))
        codes += [with_operands(right, operands) for operands in entry.get("before", ())]
        for code in codes:
            first.setdefault(code, Formula(entry["name"], code))
            if quantity != "out":  # many a backward pass has no b at hand
                without_b = code.replace("x @ w + b", "x @ w")
                first.setdefault(without_b, Formula(entry["name"], without_b))
    if quantity in ("out", "dx", "dw"):
        for one, other in product(("x", "w", "dout", "x.T", "w.T", "dout.T"), repeat=2):
            code = f"{one} @ {other}" + (" + b" if quantity == "out" else "")
            first.setdefault(code, Formula("wrong-operand", code))
    return tuple(first.values())[1:]


def with_operands(right: str, operands: Mapping[str, str]) -> str:
    """Return a formula with other code for some operands, in brackets unless it is one factor."""
    call, index = r"[\w.]*\((?:[^()]*\([^()]*\))*[^()]*\)", r"[\w.]+(?:\[[^\]]*\])?"

    def replacement(found: re.Match[str]) -> str:
        code = operands.get(found[0], found[0])
        return code if re.fullmatch(f"{call}|{index}", code) else f"({code})"

    return re.sub(r"\b(?:x|w|b|dout)\b", replacement, right)


@cache
def terms(quantity: str) -> tuple[Formula, ...]:
    """Return the known terms that are added to a quantity; the ones with one factor come first."""
    found = [
        Formula(
            entry["name"],
            part[quantity],
            part.get("factor"),
            f"{CORRECT[quantity]}, {part['says']}" if "says" in part else part.get("reads", ""),
        )
        for entry in _ENTRIES
        for part in entry.get("plus", ())
        if quantity in part
    ]
    return tuple(sorted(found, key=lambda term: term.factor is None))


@cache
def scales() -> tuple[Formula, ...]:
    """Return the known wrong scales."""
    return tuple(
        Formula(entry["name"], code) for entry in _ENTRIES for code in entry.get("scale", ())
    )
