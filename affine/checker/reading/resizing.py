"""Whether a layer runs at other sizes than those it was built with.

The check hands a copy of an instance other weights, and any layer other batches. Where it keeps its
sizes, or arrays of them, what it raises then is the fault of that call, and none of the layer.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from affine.checker.reading.evidence import Evidence, located
from affine.checker.reading.messages import refusal
from affine.checker.reading.probes import Arrays, Probe, probe, silently
from affine.checker.reading.reading import Reading
from affine.layer import Layer

__all__ = ["refuse_fixed_batch", "refuse_fixed_instance", "refuse_fixed_module"]

# What a batch may be fixed at; D and M are other numbers, or a layer whose product fits only where
# two sizes are equal would be taken for one of these.
_BATCHES = (*range(2, 17), 20, 32, 50, 64, 100, 128, 256)
_D, _M = 23, 29


def refuse_fixed_batch(evidence: Evidence, arrays: Arrays, name: str) -> None:
    """Raise a `TargetError` if a layer runs on batches of one length alone, of more than one row.

    A single data point may run too, spread over that length. What runs on one alone has left out
    the batch: that is a mistake.
    """

    def problem(n: int) -> str:
        return _problem(evidence.reading, arrays, probe(n, _D, _M))

    if not problem(5) and not problem(7):
        return
    lengths = [n for n in _BATCHES if not problem(n)]
    if len(lengths) == 1:
        (n,) = lengths
        raise refusal("fixed_batch", name=name, n=n, problem=problem(n + 1))


def refuse_fixed_instance(evidence: Evidence, arrays: Arrays, name: str) -> None:
    """Raise a `TargetError` if an instance runs at its own sizes, and raises at others."""
    reading = evidence.reading
    if reading.instances is None or not reading.instances.is_copy:
        return

    w = reading.parameters(reading.instances.named.value)["w"]
    d, m = reversed(w.shape) if reading.layout.transposed else w.shape
    sizes = d - reading.layout.is_folded, m
    _refuse(name, sizes, [partial(_problem, one, arrays) for one in _both(reading)])


def refuse_fixed_module(layer: Layer, name: str, sizes: tuple[int, int]) -> None:
    """Raise a `TargetError` if a module runs at its own sizes, D and M, and raises at others."""
    arrays = Arrays(dtype=layer.dtypes[0] if layer.dtypes else "float64")

    def problem(at: Probe) -> str:
        return silently(lambda: layer.results(*arrays.given(at)))[1]

    _refuse(name, sizes, [problem])


def _refuse(name: str, sizes: tuple[int, int], ways: list[Callable[[Probe], str]]) -> None:
    d, m = sizes
    elsewhere = [problem(probe(4, d + 2, m + 2)) for problem in ways]
    if not all(elsewhere):
        return
    for problem, stopped in zip(ways, elsewhere, strict=True):
        if not problem(probe(4, d, m)):
            raise refusal("fixed_sizes", name=name, d=d, m=m, problem=stopped)


def _problem(reading: Reading, arrays: Arrays, at: Probe) -> str:
    """Return what keeps both passes from running, `""` if nothing does."""
    reached = located(Evidence(reading, "forward ran"), arrays, at)
    return "" if reached.stage == "gradients found" else reached.problem


def _both(reading: Reading) -> Iterator[Reading]:
    """Yield the reading for data points in rows, and in columns."""
    for columns in (False, True):
        yield replace(reading, layout=replace(reading.layout, columns=columns))
