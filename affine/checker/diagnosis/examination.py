"""What a layer does on the probes of a diagnosis."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property, partial
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from affine.checker.clock import Clock
from affine.checker.diagnosis.catalogue import OF_VARIANT
from affine.checker.diagnosis.conditions import special_probes
from affine.checker.diagnosis.own_layout import OwnLayout
from affine.checker.diagnosis.probe import (
    Probe,
    arrays,
    close,
    copies,
    distinct_integers,
    magnified,
    standard,
)
from affine.checker.reduction import dtype_of
from affine.layer import (
    VJP,
    Array,
    Call,
    Case,
    Layer,
    Operands,
    Results,
    WorkerDied,
    by_name,
    intercept_calls,
)
from affine.quantities import QUANTITIES

# Seconds that the calls of one diagnosis may take, and how many probes there are at the least.
_PATIENCE, _LEAST = 8.0, 14
# Multiples of the lengths of blocks and vectors.
_MULTIPLES = (
    (8, 3, 2), (12, 2, 3), (16, 3, 2), (24, 2, 3), (32, 3, 2), (48, 2, 3), (64, 3, 2), (10, 2, 3),
    (3, 8, 2), (2, 12, 3), (3, 16, 2), (2, 24, 3), (3, 32, 2), (2, 48, 3), (3, 64, 2), (2, 10, 3),
    (3, 2, 8), (2, 3, 12), (3, 2, 16), (2, 3, 24), (3, 2, 32), (2, 3, 48), (3, 2, 64), (2, 3, 10),
)  # fmt: skip
# Beyond the blocks of most kernels.
_FURTHER = (
    (130, 2, 3), (131, 3, 2), (2, 130, 3), (3, 131, 2), (2, 3, 130), (3, 2, 131), (40, 40, 40),
    (67, 66, 65), (260, 3, 2), (2, 260, 3), (2, 3, 260),
)  # fmt: skip
# Past the largest sizes that a property makes by itself.
_FAR = ((1030, 2, 3), (1031, 3, 2), (2, 1030, 3), (3, 1031, 2), (2, 3, 1030), (3, 2, 1031))


def attempt(call: Callable[[], Any]) -> Any:
    """Return what a call returns or the exception that it raises, `WorkerDied` excepted."""
    try:
        return call()
    except WorkerDied:
        raise
    except (Exception, SystemExit) as error:
        return error if isinstance(error, Exception) else RuntimeError(f"SystemExit: {error}")


def _copied(point: Operands) -> Operands:
    return point.map(lambda array: np.array(array, order="C"))


class Trial(NamedTuple):
    """One quantity on one probe: what the layer returned, and what the equation gives.

    What is not an array of numbers is None; wrong is what differs in shape or beyond rounding.
    """

    probe: Probe
    got: Array | None
    right: Array
    wrong: bool

    @classmethod
    def of(cls, probe: Probe, quantity: str, result: Any) -> "Trial":
        """Compare a result, a copy that no later call changes, with the equation."""
        got, right = None, probe.right(quantity)
        if isinstance(result, np.ndarray | np.generic):
            array = np.array(result, subok=False)
            got = array if array.dtype.kind in "fiub" else None
        return cls(probe, got, right, not close(got, right))

    @property
    def unit(self) -> float:
        """The distance from 1 to the next number in the format of the result."""
        if self.got is None or self.got.dtype.kind != "f":
            return 2.0**-52
        return float(np.finfo(self.got.dtype).eps)

    def fits(self, value: Array | None) -> bool:
        """Whether a formula's value is what the layer returned.

        A bias of shape (1, M) is read as (M,), and so is a db of one row.
        """
        if close(self.got, value) or self.got is None or value is None:
            return close(self.got, value)
        is_row = self.right.ndim == self.got.ndim == 1 and value.shape == (1, len(self.got))
        return is_row and close(self.got, value[0])


class CallResult(NamedTuple):
    """One call: what came back, and the exception that was raised."""

    probe: Probe
    results: dict[str, Trial]
    error: Exception | None = None


class ProbeSession:
    """A layer under diagnosis, and what it does on the probes: its calls may take some seconds.

    Its arguments are of this dtype in the end, whatever format the probes have: of that which the
    layer takes, unless one is given. Where both passes are made in one call, nothing tells which
    of them raises.
    """

    def __init__(
        self,
        layer: Layer,
        case: Case | None = None,
        dtype: str = "",
        averages: bool = False,
        in_one_call: bool = False,
    ) -> None:
        self.case, self.averages, self.in_one_call = case, averages, in_one_call
        self.layout = OwnLayout(layer.columns, layer.transposed)
        self.dtype = dtype or dtype_of(layer)
        is_fixed = bool(dtype or layer.dtypes)
        self._clock = Clock(_PATIENCE)
        # Arguments stay alive, so that a cache keyed by id() shows itself only where it is meant.
        kept: list[Call] = []

        def view(call: Call) -> tuple[Call, Callable[[Results], Results]]:
            self._clock.raise_if_expired()
            if is_fixed:
                call = [array.astype(self.dtype, copy=False) for array in call]
            kept.append(call)
            return call, dict

        self.layer = intercept_calls(layer, view)

    @cached_property
    def standard(self) -> list[CallResult]:
        """What the layer does on the standard probes, and on the case that was found."""
        probes = list(standard(self.layer.compiles_per_shape))
        if self.layer.by_steps:  # beside larger weights a step shows no digits of its own
            probes = [each for each in probes if all((a == np.rint(a)).all() for a in each.point)]
        if self.case is not None and 0 not in self.case.primal.sizes:
            point = self.case.primal.map(lambda a: np.array(a, np.float64, order="C"))
            if all(np.isfinite(array).all() for array in point):
                probes.insert(0, Probe(point))  # however little time there is
        probes = list(filter(self._is_within_the_format, probes))
        half, calls = self._clock.start + _PATIENCE / 2, list[CallResult]()
        for call in self.observe_each(probes):
            calls.append(call)
            if len(calls) >= _LEAST and perf_counter() > half:
                break
        return calls

    def look_further(self) -> None:
        """Add special values and larger sizes to the standard probes."""
        sizes = [*_FURTHER, *(() if self.layer.compiles_per_shape else (*_MULTIPLES, *_FAR))]
        if self.case is not None and max(self.case.primal.sizes) > 8:
            n, d, m = self.case.primal.sizes
            sizes += [(n, d, m), (n + 1, d + 1, m + 1), (2 * n, d, m), (n, 2 * d, m), (n, d, 2 * m)]
        special = [probe for _, probes in special_probes() for probe in probes[:2]]
        further = [*special, *magnified(), *(Probe(distinct_integers(*each)) for each in sizes)]
        self.standard.extend(self.observe_each(filter(self._is_within_the_format, further)))

    def _is_within_the_format(self, probe: Probe) -> bool:
        """Whether all products and sums fit the dtype, whatever their order."""
        limits, (smallest, largest) = np.finfo(self.dtype), probe.magnitudes
        return bool(largest < limits.max / 4 and smallest**2 > limits.tiny)

    def evidence(self, quantity: str) -> list[Trial]:
        """Return one quantity on every standard probe on which it came back."""
        if quantity in QUANTITIES:
            return [call.results[quantity] for call in self.standard if quantity in call.results]
        needs = next((needs for needs, names in OF_VARIANT.items() if quantity in names), "")
        trial: list[Trial] = []
        for call in self.standard if needs in self.layer.variants else ():
            x, w, b, dout = call.probe.point
            dots = {"x_dot": x[::-1] + 1, "w_dot": w[::-1] + 2, "b_dot": b[::-1] + 3}
            arguments = (x, w, *dots.values()) if needs == "jvp" else (dout, x, w)
            result = attempt(partial(self.layer.variants[needs], *arguments))
            if isinstance(result, tuple | list):  # a list where another process returned it
                result = result[OF_VARIANT[needs].index(quantity)]
            if not isinstance(result, Exception):
                trial.append(Trial.of(Probe(call.probe.point, **dots), quantity, result))
        return trial

    def raising(self, quantity: str) -> list[Probe]:
        """Return the standard probes on which the layer raised before a quantity came back."""
        return [call.probe for call in self.standard if call.error and quantity not in call.results]

    def wrong_quantities(self) -> tuple[str, ...]:
        """Return the quantities that are wrong on at least one standard probe."""
        return tuple(
            name for name in QUANTITIES if any(trial.wrong for trial in self.evidence(name))
        )

    def observe(self, probe: Probe) -> CallResult:
        """Call the layer on copies of a probe's operands."""
        point = _copied(probe.point)
        results: dict[str, Trial] = {}

        def both_passes() -> None:
            out, pullback = self.layer.vjp(*point[:3])
            results["out"] = Trial.of(probe, "out", out)
            for name, result in by_name(pullback(point.dout)).items():
                results[name] = Trial.of(probe, name, result)

        return CallResult(probe, results, attempt(both_passes))

    def observe_each(self, probes: Iterable[Probe]) -> Iterator[CallResult]:
        """Call the layer on each probe, many at once where that is quicker."""
        waiting = deque(probes)
        if self.layer.batch is not None:
            calls = self.layer.results_of([_copied(probe.point) for probe in waiting])
            while waiting and isinstance(results := attempt(partial(next, calls)), dict):
                probe = waiting.popleft()
                trials = {name: Trial.of(probe, name, got) for name, got in results.items()}
                yield CallResult(probe, trials)
                self._clock.raise_if_expired()
        # What raised is called once more by itself: its forward pass may have been right.
        yield from map(self.observe, waiting)

    def observe_all(self, points: Iterable[Operands], quantity: str) -> list[Trial]:
        """Return one quantity on further points, where it came back."""
        calls = self.observe_each(map(Probe, points))
        return [call.results[quantity] for call in calls if quantity in call.results]

    def results(self, point: Operands) -> Results:
        """Return copies of what the layer gives for these very operands; raises what it raises."""
        return copies(self.layer.results(*point))

    def fresh(self, point: Operands) -> Results:
        """Return what the layer gives for copies of the operands, wrong formulas included."""
        return self.results(_copied(point))

    def passes(self, vjp: VJP, point: Operands) -> tuple[Results, Callable[[Array], Results]]:
        """Return copies of the results of a variant, and its backward pass, by name."""
        out, pullback = vjp(*point[:3])

        def backward(dout: Array) -> Results:
            return arrays(by_name(pullback(dout)))

        return copies({"out": out, **backward(point.dout)}), backward

    def lent(self, point: Operands) -> Operands:
        """Return copies that the layer is given itself: what it writes there is seen here."""
        return point.map(lambda array: self.layer.memory.lend(array.astype(self.dtype)))
