"""Mistakes of formats and special values: dtypes, NaN, infinity, large numbers, no data."""

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from affine.checker.diagnosis.examination import Examination, close, raised
from affine.checker.diagnosis.explanation import Explanation
from affine.checker.diagnosis.fixtures import NAMES, copies, fixed, results, right_at, said
from affine.checker.diagnosis.phrasing import agreeing, listed
from affine.checker.diagnosis.probe import numbered
from affine.layer import Array, Operands

__all__ = ["DETECTORS", "narrowed"]

_FORMATS = ("float16", "float32", "float64")
# Which operands each result depends on.
_SOURCES = {"out": "x w b", "dx": "w dout", "dw": "x dout", "db": "dout"}


def narrowed(examined: Examination, quantity: str) -> list[Explanation]:
    """Return whether a result is the right one, stored in a narrower format.

    Examples:
        >>> from affine.layer import Layer
        >>> def vjp(x, w, b):
        ...     return (x @ w + b).astype("f4"), lambda g: (g @ w.T, x.T @ g, g.sum(0))
        >>> narrowed(Examination(Layer("mine", vjp)), "out")[0].sentence
        'Your out is float32 where the arguments are float64'
    """
    evidence = examined.evidence(quantity)
    found = {seen.got.dtype for seen in evidence if seen.got is not None}
    if len(found) != 1 or not _narrower(dtype := found.pop(), np.dtype(np.float64)):
        return []
    with np.errstate(all="ignore"):
        if any(not _equal(seen.got, seen.right.astype(dtype)) for seen in evidence):
            return []
    sentence = f"Your {quantity} is {dtype} where the arguments are float64"
    return [Explanation("result-narrowed", sentence=sentence)]


def narrow_results(examined: Examination) -> Iterator[Explanation]:
    """A result has fewer digits than the arguments."""
    for name in reversed(_FORMATS):
        found = _formats(examined, name)
        narrow = [key for key, dtype in found.items() if _narrower(dtype, np.dtype(name))]
        if narrow:
            verb = agreeing(narrow, "is", "are")
            sentence = f"Your {listed(narrow)} {verb} {found[narrow[0]]}"
            sentence += f" where the arguments are {name}"
            yield Explanation("result-narrowed", sentence=sentence, about=tuple(narrow))
            return


def _formats(examined: Examination, name: str) -> dict[str, np.dtype[Any]]:
    point = fixed().map(lambda array: np.sign(array).astype(name))
    return {key: result.dtype for key, result in results(examined, point).items()}


def _narrower(found: np.dtype[Any], wanted: np.dtype[Any]) -> bool:
    return found.kind != "f" or np.finfo(found).nmant < np.finfo(wanted).nmant


def one_format_only(examined: Examination) -> Iterator[Explanation]:
    """A result has a dtype that does not follow the arguments'."""
    found = {name: _formats(examined, name) for name in _FORMATS}
    for quantity in found["float64"]:
        dtypes = [found[name][quantity].name for name in _FORMATS]
        if dtypes != list(_FORMATS):
            sentence = f"Arguments in {listed(list(_FORMATS))} give your {quantity} in "
            sentence += listed(list(dict.fromkeys(dtypes)))
            yield Explanation("one-format-only", sentence=sentence)
            return


def integers(examined: Examination) -> Iterator[Explanation]:
    """Integer arguments beside floating ones truncate the result."""
    point = fixed()
    for name in Operands._fields:
        others = {key: array / 4 for key, array in point._asdict().items() if key != name}
        mixed = Operands(**others, **{name: getattr(point, name)})
        whole = mixed._replace(**{name: getattr(mixed, name).astype(np.int64)})
        right, got = right_at(mixed), copies(results(examined, whole))
        cut = [
            key
            for key, value in right.items()
            if close(1.0 * got[key], np.trunc(value)) and (value % 1).any()
        ]
        if cut:
            verb = agreeing(cut, "loses its fraction", "lose their fractions")
            sentence = f"Your {listed(cut)} {verb} where {NAMES[name]} holds integers"
            yield Explanation("integers-truncate", sentence=sentence)
            return


def nan_and_infinity(examined: Examination) -> Iterator[Explanation]:
    """A special value in one operand does not reach what depends on it, or reaches more."""
    for value in (np.nan, np.inf, -np.inf):
        for name in Operands._fields:
            for zeros in (False, True):
                # Zeros beside the value: 0·∞ is NaN, so that a skipped product shows.
                point = fixed()
                if zeros:
                    for array in (point.x, point.w, point.dout):
                        array[-1] = array[:, -1] = 0
                getattr(point, name).flat[-1] = value
                found = _reached(examined, point, name, value)
                if zeros and found is not None and found.mistake != "nan-spread":
                    found = found._replace(
                        mistake="zeros-skipped", sentence=f"{found.sentence} where it meets 0"
                    )
                if found is not None:
                    yield found
                    return


def _reached(examined: Examination, point: Operands, name: str, value: float) -> Explanation | None:
    got, right = copies(results(examined, point.map(np.copy))), _by_terms(point)
    words = {"nan": "A NaN", "inf": "An ∞", "-inf": "A −∞"}[f"{value:g}"]
    lost = [key for key in right if (np.isfinite(got[key]) & ~np.isfinite(right[key])).any()]
    if lost and all(name in _SOURCES[key].split() for key in lost):
        mistake = "nan-hidden" if np.isnan(value) else "infinity-lost"
        sentence = f"{words} in {NAMES[name]} does not reach your {listed(lost)}"
        return Explanation(mistake, sentence=sentence)
    spread = [key for key in right if (~np.isfinite(got[key]) & np.isfinite(right[key])).any()]
    if spread:
        sentence = (
            f"{words} in {NAMES[name]} reaches entries of your {listed(spread)} "
            "that do not depend on it"
        )
        return Explanation("nan-spread", sentence=sentence)
    return None


def _by_terms(point: Operands) -> dict[str, Array]:
    """Return the equations term by term, so that no product is skipped."""
    x, w, b, dout = point
    return {
        "out": (x[:, :, None] * w).sum(axis=1) + b,
        "dx": (dout[:, None, :] * w).sum(axis=2),
        "dw": (x[:, :, None] * dout[:, None, :]).sum(axis=0),
        "db": dout.sum(axis=0),
    }


def magnitudes(examined: Examination) -> Iterator[Explanation]:
    """Right at ordinary magnitudes, wrong near the ends of the format, where all results fit."""
    room = 12  # so that no partial sum of the equations overflows
    for names in (("dout",), ("x", "b"), ("w", "b")):
        # A clip, a threshold, or a narrower format inside is not the end of the format.
        if any(_wrong_at(examined, names, exponent) for exponent in (-60, 60, -140, 140)):
            continue
        for exponent in (200, 1023 - room, -200, -1022):
            wrong = _wrong_at(examined, names, exponent)
            if wrong:
                one, many = ("overflows", "overflow") if exponent > 0 else ("is lost", "are lost")
                words = agreeing(wrong, one, many)
                where = f"where {NAMES[names[0]]} is near 2^{exponent}"
                sentence = f"Your {listed(wrong)} {words} {where}"
                yield Explanation("overflow-on-the-way", sentence=sentence, about=tuple(wrong))
                return


def _wrong_at(examined: Examination, names: tuple[str, ...], exponent: int) -> list[str]:
    """Return the results that overflow, or lose digits, at a magnitude."""
    point = fixed()
    point = point._replace(**{name: np.ldexp(getattr(point, name), exponent) for name in names})
    got, right = copies(results(examined, point)), right_at(point)
    wrong = [key for key in right if not close(got.get(key), right[key])]
    return [key for key in wrong if exponent < 0 or not np.isfinite(got[key]).all()]


def empty(examined: Examination) -> Iterator[Explanation]:
    """Sizes of zero: an exception, another shape, or no zeros."""
    for side, sizes in {"N": (0, 3, 4), "D": (2, 0, 4), "M": (2, 3, 0)}.items():
        n, d, m = sizes
        point = Operands(np.ones((n, d)), np.ones((d, m)), np.ones(m), np.ones((n, m)))
        got = raised(lambda: copies(results(examined, point)))  # noqa: B023
        if isinstance(got, Exception):
            yield Explanation(
                "empty-sizes", sentence=f"With {side} = 0 the layer raises {said(got)}"
            )
            return
        wrong = [key for key, value in right_at(point).items() if not _equal(got.get(key), value)]
        if wrong:
            verb = agreeing(wrong, "is", "are")
            sentence = f"With {side} = 0 your {listed(wrong)} {verb} wrong"
            yield Explanation("empty-sizes", sentence=sentence)
            return


def _equal(got: Array | None, value: Array) -> bool:
    return got is not None and got.shape == value.shape and bool((got == value).all())


def shapes(examined: Examination) -> Iterator[Explanation]:
    """A wrong shape is broadcast in silence."""
    x, w, b, dout = numbered(4, 3, 5)
    bad: dict[str, Callable[[], object]] = {
        "b of shape (1,)": lambda: examined.layer.forward(x, w, b[:1]),
        "b of shape (N, 1)": lambda: examined.layer.forward(x, w, x[:, :1]),
        "b of shape (1, M)": lambda: examined.layer.forward(x, w, b[None]),
        "b of shape ()": lambda: examined.layer.forward(x, w, b[0]),
        "X of one row, without its axis": lambda: examined.layer.forward(x[0], w, b),
        "dout of shape (1, M)": lambda: examined.layer.backward(x, w, b, dout[:1]),
        "dout of shape (M,)": lambda: examined.layer.backward(x, w, b, dout[0]),
        "a transposed dout": lambda: examined.layer.backward(x, w, b, dout.T),
    }
    accepted = [words for words, call in bad.items() if not isinstance(raised(call), Exception)]
    if accepted:
        sentence = f"The layer accepts {listed(accepted[:3])}"
        yield Explanation("shapes-not-checked", sentence=sentence)


def flattened(examined: Examination) -> Iterator[Explanation]:
    """With an x of several axes, they are flattened in another order, or dX comes back flat."""
    x, w, b, dout = numbered(4, 6, 5)
    if "with_extra_axes" not in examined.layer.variants:
        return
    out, pullback = examined.layer.variants["with_extra_axes"](x.reshape(4, 2, 3), w, b)
    if _equal(out, x.reshape(4, 2, 3).reshape((4, 6), order="F") @ w + b):
        sentence = "X of shape (4, 2, 3) is flattened in Fortran order, but should be in C order"
        yield Explanation("rows-stacked-for-columns", sentence=sentence)
    elif _equal(pullback(dout)[0], dout @ w.T):
        sentence = "With X of shape (4, 2, 3), your dx has shape (4, 6) and the right numbers"
        yield Explanation("dx-stays-flat", sentence=sentence)


def warns(examined: Examination) -> Iterator[Explanation]:
    """Finite arguments cause a warning."""
    for point in (fixed(), fixed().map(np.zeros_like), fixed().map(np.abs)):
        with warnings.catch_warnings(record=True) as caught, np.errstate(all="warn"):
            warnings.simplefilter("always")
            results(examined, point.map(np.copy))
        if caught:
            text = str(caught[0].message)
            yield Explanation("warns", sentence=f"Finite arguments cause a warning: {text}")
            return


DETECTORS: Mapping[str, Callable[[Examination], Iterator[Explanation]]] = {
    "shapes_of": narrow_results,
    "dtype": one_format_only,
    "integer": integers,
    "nan": nan_and_infinity,
    "infinit": nan_and_infinity,
    "magnitudes": magnitudes,
    "powers_of_two": magnitudes,
    "zero_sizes": empty,
    "refused": shapes,
    "extra_axes": flattened,
    "process": warns,
    "warning": warns,
}
"""By a word of the property that each breaks."""
