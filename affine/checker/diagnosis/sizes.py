"""Mistakes that begin at a size: a lost remainder, a switch, a buffer that is too small."""

from collections.abc import Sequence

from affine.checker.diagnosis.examination import Examination, Observed, close
from affine.checker.diagnosis.explanation import Explanation
from affine.checker.diagnosis.fit import explanations
from affine.checker.diagnosis.probe import Probe, numbered
from affine.layer import Operands

__all__ = ["by_size", "remainder"]

_THINGS = {"N": "data points", "D": "features", "M": "outputs"}
# What is left of each product when one of the summed or filled axes stops after k.
_CUT = {
    "out": {
        "D": "x[:, :k] @ w[:k] + b",
        "N": "(np.arange(n) < k)[:, None] * (x @ w + b)",
        "M": "(np.arange(m) < k) * (x @ w + b)",
    },
    "dx": {
        "M": "dout[:, :k] @ w[:, :k].T",
        "N": "(np.arange(n) < k)[:, None] * (dout @ w.T)",
        "D": "(np.arange(d) < k) * (dout @ w.T)",
    },
    "dw": {
        "N": "x[:k].T @ dout[:k]",
        "D": "(np.arange(d) < k)[:, None] * (x.T @ dout)",
        "M": "(np.arange(m) < k) * (x.T @ dout)",
    },
    "db": {"N": "dout[:k].sum(axis=0)", "M": "(np.arange(m) < k) * dout.sum(axis=0)"},
}


# A kind of rule and its number: how many of an axis are used.
_Rule = tuple[str, int]
_KINDS = ("blocks", "blocks from the first full one", "first")
_LARGEST = 520


def remainder(examined: Examination, quantity: str) -> list[Explanation]:
    """Return the block size and the axis of which only full blocks are used.

    Examples:
        >>> from affine.layer import Layer
        >>> def vjp(x, w, b):
        ...     k = len(x) // 4 * 4
        ...     return x @ w + b, lambda g: (g @ w.T, x[:k].T @ g[:k], g.sum(0))
        >>> remainder(Examination(Layer("mine", vjp)), "dw")[0].mistake
        'blocks-without-the-remainder'
    """
    evidence = examined.evidence(quantity)
    wrong = [seen for seen in evidence if seen.wrong]
    for name, code in _CUT.get(quantity, {}).items():
        rules = _fitting(name, code, wrong, _rules(name, wrong))
        if not rules:
            continue
        series = _observed(examined, quantity, name, wrong, _lengths(name, wrong))
        rules = _fitting(name, code, series, rules)
        if sum(seen.wrong for seen in series) > 1 and len({size for _, size in rules}) == 1:
            wide = examined.observe_all([_widened(series[-1], name)], quantity)
            everywhere = _fitting(name, code, [*evidence, *wide], rules)
            where = "" if everywhere else _other_sizes(name, series)
            return [_pattern(quantity, name, *rules[0], where)]
    return []


def _length(seen: Observed, name: str) -> int:
    return seen.probe.point.sizes["NDM".index(name)]


def _rules(name: str, wrong: Sequence[Observed]) -> list[_Rule]:
    longest = max((_length(seen, name) for seen in wrong), default=0)
    sizes = range(2, min(longest, _LARGEST) + 1)
    return [(kind, size) for kind in _KINDS for size in sizes]


def _kept(rule: _Rule, length: int) -> int:
    kind, size = rule
    if kind == "first":
        return min(length, size)
    return length if length < size and kind != "blocks" else length // size * size


def _fitting(name: str, code: str, evidence: Sequence[Observed], rules: list[_Rule]) -> list[_Rule]:
    """Return the rules that give every result."""

    def fits(seen: Observed, rule: _Rule) -> bool:
        kept = _kept(rule, _length(seen, name))
        if (kept == _length(seen, name)) == seen.wrong:
            return not seen.right.any()
        return close(seen.got, Probe(seen.probe.point, k=kept).value(code))

    return [rule for rule in rules if all(fits(seen, rule) for seen in evidence)]


def _lengths(name: str, wrong: Sequence[Observed]) -> list[int]:
    """Return lengths around and past those at which the layer is known to be wrong."""
    least = min(_length(seen, name) for seen in wrong)
    most = max(_length(seen, name) for seen in wrong)
    block = least - 1
    # A whole and a half, a quarter, a third: what tells a block from its divisors.
    parts = {block + block // 2, block + block // 4, block + block // 3}
    past = {2 * block, 2 * least - 1, 2 * least, most + 1, min(2 * most, 1100) + 1}
    before = {length for length in (5, 7) if length < least}
    return sorted({*range(block, least + 9), *parts, *past, *before} - {0})


def _observed(
    examined: Examination,
    quantity: str,
    name: str,
    wrong: Sequence[Observed],
    lengths: Sequence[int],
) -> list[Observed]:
    """Look at the layer along one axis; the others are as short as they are known to matter."""
    sizes = [min(each) for each in zip(*(seen.probe.point.sizes for seen in wrong), strict=True)]
    points = []
    for length in lengths:
        sizes["NDM".index(name)] = length
        points.append(numbered(*sizes))
    return examined.observe_all(points, quantity)


def _widened(seen: Observed, name: str) -> Operands:
    sizes = zip("NDM", seen.probe.point.sizes, strict=True)
    return numbered(*(size if other == name else size + 5 for other, size in sizes))


def _other_sizes(name: str, series: Sequence[Observed]) -> str:
    """Say at which other sizes a series was observed."""
    sizes = zip("NDM", series[0].probe.point.sizes, strict=True)
    others = [f"{other} = {size}" for other, size in sizes if other != name]
    return f", with {' and '.join(others)}"


def _pattern(quantity: str, name: str, kind: str, size: int, where: str) -> Explanation:
    things = _THINGS[name]
    if kind == "first":
        words = f"uses the first {size} {things} only, so it is right up to {size}"
        return Explanation("wrong-beyond-a-size", sentence=f"Your {quantity} {words}{where}")
    words = f"takes the {things} in blocks of {size} and leaves out what remains after the last"
    sentence = f"Your {quantity} {words} full block{where}"
    return Explanation("blocks-without-the-remainder", sentence=sentence)


def by_size(examined: Examination, quantity: str) -> list[Explanation]:
    """Return the size beyond which a quantity is wrong, found by bisection.

    Examples:
        >>> from affine.layer import Layer
        >>> def vjp(x, w, b):
        ...     scale = len(x) if len(x) > 6 else 1
        ...     return x @ w + b, lambda g: (g @ w.T, x.T @ g / scale, g.sum(0))
        >>> by_size(Examination(Layer("mine", vjp)), "dw")[0].sentence
        'Your dw is right up to N = 6; beyond, it is Xᵀ·dout / N'
    """
    evidence = examined.evidence(quantity)
    wrong = [seen for seen in evidence if seen.wrong]
    shortest = {name: min((_length(seen, name) for seen in wrong), default=0) for name in _THINGS}
    for name in sorted(shortest, key=lambda name: -shortest[name]):
        # Right for one or two only is no switch at a size: few terms may make no difference.
        low, high = 3, shortest[name]
        start = _observed(examined, quantity, name, wrong, [low, high]) if low < high else []
        if [seen.wrong for seen in start] != [False, True]:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            found = _observed(examined, quantity, name, wrong, [middle])
            if not found:
                return []
            low, high = (low, middle) if found[0].wrong else (middle, high)
        if explanation := _beyond(examined, quantity, name, low, evidence):
            return [explanation]
    return []


def _beyond(
    examined: Examination, quantity: str, name: str, low: int, evidence: Sequence[Observed]
) -> Explanation | None:
    """Make sure that a quantity is right up to a length and wrong at every one beyond."""
    wrong = [seen for seen in evidence if seen.wrong]
    lengths = [low, low + 1, low + 2, low + 3, 2 * low, 2 * low + 1, 3 * low, 4 * low]
    series = _observed(examined, quantity, name, wrong, lengths)
    if [seen.wrong for seen in series] != [False, *[True] * 7]:
        return None
    if any(_length(seen, name) <= low for seen in wrong):
        return None
    beyond = [seen for seen in evidence if _length(seen, name) > low and seen.right.any()]
    where = "" if all(seen.wrong for seen in beyond) else _other_sizes(name, series)
    if where and low < 6:
        return None  # a corner of something else, and no size of its own
    found = explanations(quantity, [*series[1:], *wrong])
    formula = f"it is {found[0].shown}" if len(found) == 1 else "it is wrong"
    sentence = f"Your {quantity} is right up to {name} = {low}{where}; beyond, {formula}"
    return Explanation("wrong-beyond-a-size", sentence=sentence)
