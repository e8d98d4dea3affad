"""Where a quantity is wrong: what the wrong calls have in common, of sizes or of values."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import gcd
from typing import NamedTuple

from affine.checker.diagnosis.phrasing import listed
from affine.checker.diagnosis.probe import Probe, distinct_integers
from affine.layer import Operands


class Condition(NamedTuple):
    """What is true of some calls, in words and as code; what makes it true of a point, as code."""

    words: str
    code: str
    makes: Mapping[str, str] = {}

    @property
    def is_special(self) -> bool:
        """Whether few calls meet it: one on values, an equation of sizes, or a multiple."""
        return bool(self.makes) or "==" in self.code or "%" in self.code

    def holds(self, probe: Probe) -> bool:
        """Whether it is true of a call."""
        value = probe.value(self.code)
        return value is not None and bool(value)

    def made_true(self, sizes: tuple[int, int, int]) -> Probe:
        """Return a call that meets a condition on values."""
        point = distinct_integers(*sizes)
        made = {name: Probe(point).value(code) for name, code in self.makes.items()}
        return Probe(Operands(**{**point._asdict(), **made}))


# ------------------------------------------------------------------ sizes


def _of_code(*codes: str) -> tuple[Condition, ...]:
    signs = {"==": "=", "!=": "≠"}
    return tuple(
        Condition(" ".join(signs.get(part, part) for part in code.upper().split()), code)
        for code in codes
    )


# The first that tells the calls apart is the one that is said.
_SPECIAL = _of_code(
    "n == 1", "d == 1", "m == 1", "n > 1", "d > 1", "m > 1", "n == d == m", "d == m", "n == m",
    "n == d",
)  # fmt: skip
_COMPARED = (
    *_of_code("d != m", "n != m", "n != d"),
    Condition("two sizes are equal", "len({n, d, m}) < 3"),
    Condition("not all sizes are equal", "len({n, d, m}) > 1"),
    *_of_code("n > d", "n < d", "d > m", "d < m", "n > m", "n < m"),
)


def special_sizes(wrong: Sequence[Probe], right: Sequence[Probe]) -> Iterator[Condition]:
    """Yield the conditions on sizes that code may test, and that every wrong call meets."""
    right = [probe for probe in right if probe.is_generic]
    for condition in (*_SPECIAL, *_multiples(wrong, right)):
        if all(map(condition.holds, wrong)):
            yield condition


def in_sizes(wrong: Sequence[Probe], right: Sequence[Probe]) -> Condition | None:
    """Return what is true of the sizes of every wrong call and of no right one, None if nothing is.

    A right call shows nothing where zeros or equal entries may hide what is wrong.
    """
    right = [probe for probe in right if probe.is_generic]
    most = [(side, max(probe.names[side] for probe in right)) for side in "ndm" if right]
    least = *_of_code(*(f"{side} > {length}" for side, length in most)), *many_entries(wrong, right)
    for condition in (*special_sizes(wrong, right), *_COMPARED, *least):
        if all(map(condition.holds, wrong)) and not any(map(condition.holds, right)):
            return condition
    return None


def _multiples(wrong: Sequence[Probe], right: Sequence[Probe]) -> Iterator[Condition]:
    """Yield that a size is a multiple of what the wrong ones have in common, or the reverse."""
    of_wrong = list[Condition]()
    for side in "ndm":
        for probes, negation in ((wrong, ""), (right, "not ")):
            lengths = {probe.names[side] for probe in probes}
            if len(lengths) > 1 and (common := gcd(*lengths)) > 1:
                what = f"{negation}a multiple of {common}"
                if common == 2:
                    what = "odd" if negation else "even"
                condition = Condition(
                    f"{side.upper()} is {what}", f"{negation}{side} % {common} == 0"
                )
                of_wrong += [] if negation else [condition]
                yield condition
    if len(of_wrong) > 1:  # such as the blocks of a matrix
        words = listed([condition.words for condition in of_wrong])
        yield Condition(words, " and ".join(condition.code for condition in of_wrong))


def many_entries(wrong: Sequence[Probe], right: Sequence[Probe]) -> Iterator[Condition]:
    """Yield that an operand has more entries than in any right call, and than in no wrong one."""
    right = [probe for probe in right if probe.is_generic]
    for sign, count in (("X", "n * d"), ("W", "d * m"), ("dout", "n * m")):
        fewest, most = (
            [eval(count, {}, probe.names) for probe in probes] for probes in (wrong, right)
        )
        if fewest and most and min(fewest) > max(most):
            words = f"{sign} has more than {max(most)} entries"
            yield Condition(words, f"{count} > {max(most)}")


# ------------------------------------------------------------------ values

# In words, as code, and the operand that makes it true. From all of its entries to one of them.
_OF_ARRAYS = (
    ("{X} is 0", "not {x}.any()", "0 * {x}"),
    ("every entry of {X} is 1", "({x} == 1).all()", "0 * {x} + 1"),
    ("all entries of {X} are equal", "({x} == {x}.flat[0]).all()", "0 * {x} + 3"),
    ("one entry of {X} is not 0", "np.count_nonzero({x}) == 1", "{x} * ({x} == {x}.flat[-1])"),
    ("no entry of {X} is negative", "({x} >= 0).all()", "abs({x})"),
    ("an entry of {X} is 0", "not {x}.all()", "{x} * ({x} != {x}.flat[-1])"),
)
_OF_MATRICES = (
    ("all rows of {X} are equal", "({x} == {x}[:1]).all()", "0 * {x} + {x}[:1]"),
    ("all columns of {X} are equal", "({x} == {x}[:, :1]).all()", "0 * {x} + {x}[:, :1]"),
    ("a row of {X} is 0", "not {x}.any(axis=1).all()", "np.vstack([0 * {x}[:1], {x}[1:]])"),
    ("a column of {X} is 0", "not {x}.any(axis=0).all()",
     "np.hstack([0 * {x}[:, :1], {x}[:, 1:]])"),
    ("two rows of {X} are equal", "len(set(map(tuple, {x}))) < len({x})",
     "np.vstack([{x}[-1:], {x}[1:]])"),
    ("two columns of {X} are equal", "len(set(map(tuple, {x}.T))) < len({x}.T)",
     "np.hstack([{x}[:, -1:], {x}[:, 1:]])"),
)  # fmt: skip
_OF_SQUARE_W = (
    ("W is the identity matrix", "np.array_equal(w, np.eye(d, m))", "np.eye(d, m)"),
    ("W is symmetric", "np.array_equal(w, w.T)", "w + w.T"),
)
_OF_OUT = Condition("an entry of out is 0", "not (x @ w + b).all()", {"b": "b - (x @ w + b)[0]"})


# The first two are those of the probes on which every layer is looked at, if it comes to that.
_SIZES = ((4, 3, 5), (3, 5, 2), (6, 2, 3), (2, 4, 6), (5, 3, 4))
_SIZES_OF_SQUARE_W = ((4, 3, 3), (3, 2, 2), (6, 4, 4), (2, 5, 5), (7, 3, 3))


@cache
def special_probes() -> tuple[tuple[Condition, Sequence[Probe]], ...]:
    """Return the conditions on values, each with probes that meet it, of which two are for all."""
    found = [
        (Condition(words, code, {"w": makes}), _SIZES_OF_SQUARE_W)
        for words, code, makes in _OF_SQUARE_W
    ]
    for sign, name in (("dout", "dout"), ("X", "x"), ("W", "w"), ("b", "b")):
        for template in (*_OF_ARRAYS, *(_OF_MATRICES if name != "b" else ())):
            words, code, makes = (text.format(X=sign, x=name) for text in template)
            found.append((Condition(words, code, {name: makes}), _SIZES))
    found.append((_OF_OUT, _SIZES))
    return tuple((condition, list(map(condition.made_true, sizes))) for condition, sizes in found)


def on_values(wrong: Sequence[Probe]) -> Iterator[tuple[Condition, Sequence[Probe]]]:
    """Yield the conditions that every wrong call meets, the probes for all included; and others."""
    for condition, probes in special_probes():
        if all(probe in wrong for probe in probes[:2]) and all(map(condition.holds, wrong)):
            yield condition, probes[2:]


def in_common(wrong: Sequence[Probe], right: Sequence[Probe]) -> Condition | None:
    """Return a condition on sizes, or else on values, that tells the wrong calls from right ones.

    None if nothing does, or if no call is right.
    """
    if not right:
        return None
    return in_sizes(wrong, right) or next((condition for condition, _ in on_values(wrong)), None)
