"""Mistakes of memory: arguments, results and internal arrays that are one and the same."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from affine.checker.diagnosis.examination import QUANTITIES, Examination, close, raised
from affine.checker.diagnosis.explanation import Explanation
from affine.checker.diagnosis.fixtures import NAMES, copies, differing, fixed, named, results, said
from affine.checker.diagnosis.phrasing import agreeing, listed, number
from affine.checker.diagnosis.probe import numbered
from affine.checker.diagnosis.sgd_updates import step_on_arguments
from affine.layer import Array, Operands

__all__ = [
    "aliased_arguments", "arguments_modified", "buffer_reused", "internals_handed_out",
    "memory_layout", "read_only_refused", "shared_memory",
]  # fmt: skip


def arguments_modified(examined: Examination) -> Iterator[Explanation]:
    """An argument is written to; an update step of W and b is told as such."""
    if step := step_on_arguments(examined):
        yield step
        return
    for seed in (0, 1):
        before = fixed(seed)
        point = examined.lent(before)
        results(examined, point)
        after = zip(Operands._fields, before, point, strict=True)
        changed = [(name, old, new) for name, old, new in after if not np.array_equal(old, new)]
        if changed:
            names = listed([NAMES[name] for name, *_ in changed])
            words = "; ".join(filter(None, (_rewritten(*each, before) for each in changed)))
            sentence = f"The layer writes to your {names}" + (f": {words}" if words else "")
            about = tuple(NAMES[name] for name, *_ in changed)
            yield Explanation("arguments-modified", sentence=sentence, about=about)
            return


def read_only_refused(examined: Examination) -> Iterator[Explanation]:
    """Read-only arguments raise: the layer writes to them, if only their own values."""
    yield from arguments_modified(examined)
    results(examined, fixed().map(np.copy))  # an exception here has another cause
    frozen = fixed().map(np.copy)
    for array in frozen:
        array.flags.writeable = False
    error = raised(lambda: results(examined, frozen))
    if isinstance(error, Exception):
        sentence = f"The layer raises {said(error)} where its arguments are read-only"
        yield Explanation("needs-writable-arguments", sentence=sentence)


def _rewritten(name: str, old: Array, new: Array, before: Operands) -> str:
    ratio = new[old != 0] / old[old != 0]
    if len(ratio) and (np.abs(ratio / ratio.flat[0] - 1) < 1e-12).all():
        factor = float(ratio.flat[0])
        sizes = dict(zip("NDM", before.sizes, strict=True))
        for size, count in sizes.items():
            if factor != 1 and abs(factor * count - 1) < 1e-12:
                return f"{NAMES[name]} is divided by {size}"
        return f"{NAMES[name]} is multiplied by {number(factor)}"
    return f"{NAMES[name]} is set to 0" if not new.any() else ""


def buffer_reused(examined: Examination) -> Iterator[Explanation]:
    """A result changes when the layer is called again, or its backward pass alone."""
    for seeds in ((0, 1), (1, 0)):
        point, other = (examined.kept(fixed(seed).map(np.copy)) for seed in seeds)
        out, pullback = examined.layer.vjp(*point[:3])
        first = {"out": out, **named(pullback(point.dout))}
        kept = copies(first)
        for again, words in (
            (lambda: pullback(other.dout.copy()), "its backward pass runs again"),  # noqa: B023
            (lambda: results(examined, other), "the layer is called again"),  # noqa: B023
        ):
            again()
            now = {name: examined.layer.memory.read(result) for name, result in first.items()}
            names = [
                name for name in now if not np.array_equal(now[name], kept[name], equal_nan=True)
            ]
            if names:
                verb = agreeing(names, "changes", "change")
                sentence = f"Your {listed(names)} of one call {verb} when {words}"
                yield Explanation("buffer-reused", sentence=sentence, about=tuple(names))
                return


def shared_memory(examined: Examination) -> Iterator[Explanation]:
    """A result shares memory with an argument or another result."""
    for point in (fixed(), numbered(1, 3, 4), numbered(3, 3, 3), numbered(1, 1, 1)):
        point = examined.lent(point)
        owned = {NAMES[name]: array for name, array in point._asdict().items()}
        owned |= results(examined, point)
        names = list(owned)
        for one, other in examined.layer.memory.sharing(list(owned.values())):
            first, second = names[one], names[other]
            if second in QUANTITIES:
                where = f", with N = {point.sizes[0]}" if point.sizes[0] == 1 else ""
                sentence = f"Your {second} shares memory with {first}{where}"
                yield Explanation("result-shares-memory", sentence=sentence)
                return


def internals_handed_out(examined: Examination) -> Iterator[Explanation]:
    """Writing into a result changes what comes later."""
    point = examined.kept(examined.lent(fixed()))
    out, pullback = examined.layer.vjp(*point[:3])
    first = {"out": out, **named(pullback(point.dout))}
    kept = copies(first)
    examined.layer.memory.overwrite(list(first.values()))
    again = copies(named(pullback(fixed().dout)))
    again |= {f"next call's {name}": result for name, result in results(examined, fixed()).items()}
    kept |= {f"next call's {name}": result for name, result in kept.items()}
    names = differing(again, kept)
    if names and all(
        np.array_equal(array, fresh) for array, fresh in zip(point, fixed(), strict=True)
    ):
        sentence = f"Overwriting a result changes your {listed(names[:2])} later"
        yield Explanation("internals-handed-out", sentence=sentence)


def aliased_arguments(examined: Examination) -> Iterator[Explanation]:
    """Wrong where two arguments are one array, right on copies."""
    square, b = numbered(3, 3, 3).x, numbered(3, 3, 3).b
    for places in (("x", "w", "dout"), ("x", "w"), ("x", "dout"), ("w", "dout")):
        others = dict(zip(("x", "w", "dout"), numbered(3, 3, 3, seed=4)[::1], strict=False))
        others["dout"] = numbered(3, 3, 3, seed=5).dout
        shared = examined.layer.memory.lend(square)
        point = Operands(**({"b": b} | others | dict.fromkeys(places, shared)))
        separate = examined.lent(point)
        apart = copies(results(examined, separate))
        if not all(map(np.array_equal, point, separate)):
            yield from arguments_modified(examined)
            return
        wrong = differing(results(examined, point), apart)
        if wrong:
            names = listed([NAMES[name] for name in places])
            verb = agreeing(wrong, "is", "are")
            sentence = f"Your {listed(wrong)} {verb} wrong where {names} are one array"
            yield Explanation("aliased-arguments", sentence=sentence, about=tuple(wrong))
            return


def _plain(array: Array) -> Array:
    return np.array(array, order="C")


def _strided(array: Array) -> Array:
    parent = np.full([2 * side + 1 for side in array.shape], 0.5)
    view = parent[(slice(1, None, 2),) * array.ndim]
    view[...] = array
    return view


_LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "in Fortran order": lambda array: array.copy(order="F"),
    "a strided view": _strided,
    "a reversed view": lambda array: array[(slice(None, None, -1),) * array.ndim].copy()[
        (slice(None, None, -1),) * array.ndim
    ],
}
_OVERLAPPING: dict[str, Callable[[Array], Array]] = {
    # Writable, so that a layer that writes shows it by its results.
    "broadcast along its first axis, with a zero stride": lambda array: as_strided(
        array[:1].copy(), array.shape, (0, *array.strides[1:]), writeable=True
    ),
}


def memory_layout(examined: Examination) -> Iterator[Explanation]:
    """Right for C order, wrong or raising for the same numbers in another layout."""
    for words, lay_out in _LAYOUTS.items():
        if found := next(_laid_out(examined, words, lay_out), None):
            yield found
            return
    # Where entries overlap, a layer that writes to its arguments has this for a cause.
    yield from arguments_modified(examined)
    for words, lay_out in _OVERLAPPING.items():
        yield from _laid_out(examined, words, lay_out)


def _laid_out(
    examined: Examination, words: str, lay_out: Callable[[Array], Array]
) -> Iterator[Explanation]:
    for names in (Operands._fields, *((name,) for name in Operands._fields)):

        def laid(names: tuple[str, ...] = names) -> Operands:
            return fixed()._replace(**{name: lay_out(getattr(fixed(), name)) for name in names})

        expected = copies(results(examined, laid().map(_plain)))
        got = raised(lambda: copies(results(examined, laid())))
        broken = isinstance(got, Exception) or differing(got, expected)
        if not broken and len(names) > 1:
            return
        if not broken or len(names) > 1:
            continue
        where = f"where {NAMES[names[0]]} is {words}"
        if isinstance(got, Exception):
            wrong = []
            sentence = f"The layer raises {said(got)} {where}"
        else:
            wrong = differing(got, expected)
            sentence = f"Your {listed(wrong)} {agreeing(wrong, 'is', 'are')} wrong {where}"
            read = laid().map(lambda array: array.ravel(order="K").reshape(array.shape))
            in_memory_order = copies(results(examined, read))
            if all(close(got[name], in_memory_order[name]) for name in wrong):
                sentence += ": its memory is read in order, not by its strides"
        yield Explanation("memory-layout", sentence=sentence, about=tuple(wrong))
