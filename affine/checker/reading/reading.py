"""A reading: one record that says how a layer is built and called, and where its results are."""

import copy
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from affine.checker.exceptions import NotThreeGradients
from affine.checker.reading.layout import Layout
from affine.checker.reading.places import (
    INSTANCE,
    PARAMETERS,
    RETURNED,
    Place,
    describe_result,
    is_array,
    rates_on,
)
from affine.checker.reading.probes import BothParameters, Context
from affine.checker.reading.signatures import Takes
from affine.checker.reading.target import Named
from affine.layer import Array, Pullback

__all__ = ["Instances", "Pass", "Reading", "Update", "preserve_random_state"]

Update = Literal["overwrites", "adds", "steps"]
"""What a backward pass does to the gradients of an earlier one, or to the weights."""

_NOTHING = Takes(())


@contextmanager
def preserve_random_state() -> Iterator[None]:
    """Leave the random states as they are: initial weights are drawn and never used."""
    ours, theirs = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002 (the global state)
    try:
        yield
    finally:
        random.setstate(ours)
        np.random.set_state(theirs)  # noqa: NPY002


@dataclass(frozen=True, slots=True)
class Pass:
    """A function or a method, and what it takes."""

    named: Named
    takes: Takes = _NOTHING
    method: str = ""  # of an instance

    def call(self, instance: Any, known: Mapping[str, Any]) -> Any:
        """Call it with what is known by role; a forward pass may fill a context."""
        both = BothParameters((known.get("w"), known.get("b")))
        known = {"params": both, "cache": Context(), **known}
        function = getattr(instance, self.method) if self.method else self.named.value
        return self.takes.call(function, known)

    def __str__(self) -> str:
        return f"{self.method or self.named.expression}{self.takes}"


@dataclass(frozen=True, slots=True)
class Instances:
    """How instances are made: of a class, or as copies of one instance."""

    named: Named
    takes: Takes = _NOTHING
    is_copy: bool = False
    places: tuple[tuple[str, Place], ...] = ()  # of `w` and `b`, where they are put
    kept: tuple[tuple[str, Place], ...] = ()  # where an instance that is built from them has them
    is_lazy: bool = False  # the first forward pass makes the parameters

    def of_sizes(self, d: int, m: int, **known: Any) -> Any:
        """Return what the class builds from the sizes, or from what is known by role."""
        known |= {"d": d, "m": m, "shape": (d, m), "turned": (m, d)}
        return self.takes.call(self.named.value, known)

    def make(self, layout: Layout, w: Array, b: Array, forward: Pass) -> Any:
        """Return a fresh instance with these weights and this bias."""
        known = layout.given(w.T[:1] * 0, w, b)
        with preserve_random_state():
            if self.is_copy:
                instance = copy.deepcopy(self.named.value)
            else:
                instance = self.of_sizes(*w.shape, **known)
            if self.is_lazy:
                forward.call(instance, known)
        for which, place in self.places:
            place.put(instance, known[which])
        return instance

    def __str__(self) -> str:
        expression = self.named.expression
        return f"instance {expression}" if self.is_copy else f"class {expression}{self.takes}"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a layer is read.

    Attributes:
        forward: The forward pass.
        backward: The backward pass.
        layout: How the layer keeps its arrays.
        instances: How instances are made, None for a pair of functions.
        parameter_pass: A second method, which returns dW and db.
        out: Where the forward pass leaves out.
        has_cache: Whether it returns a cache beside out.
        gradients: Where dx, dw and db are after the backward pass, by `x`, `w` and `b`.
        update: What the backward pass does to the gradients of the last one, or to the weights.
        rate: The learning rate of a backward pass that takes a step.
        is_certain: Whether the names leave no doubt of the roles.
    """

    forward: Pass
    backward: Pass
    layout: Layout = field(default_factory=Layout)
    instances: Instances | None = None
    parameter_pass: Pass | None = None
    out: Place = field(default_factory=lambda: Place(RETURNED))
    has_cache: bool = False
    gradients: Mapping[str, Place] = field(default_factory=dict)
    update: Update = "overwrites"
    rate: float = 1.0
    is_certain: bool = True

    @property
    def is_named(self) -> bool:
        """Whether every role is known by its name, and none by elimination."""
        made = [self.instances.takes] if self.instances else []
        given = (self.forward.takes, self.backward.takes, *made)
        return self.is_certain and all(each.is_named for each in given)

    def at_rate(self, rate: float) -> "Reading":
        """Return the same reading at another learning rate."""
        backward = replace(self.backward, takes=self.backward.takes.at_rate(rate))
        made = self.instances and replace(self.instances, takes=self.instances.takes.at_rate(rate))
        return replace(self, backward=backward, instances=made, rate=rate)

    def instance(self, w: Array, b: Array) -> Any:
        """Return a fresh instance with these parameters, None for a pair of functions."""
        if self.instances is None:
            return None
        if self.update == "steps":  # into arrays of its own
            w, b = w * 1, b * 1
        return self.instances.make(self.layout, w, b, self.forward)

    def vjp(self, x: Array, w: Array, b: Array) -> tuple[Any, Pullback]:
        """Return out and the pullback of a fresh instance, or of a pair of functions."""
        return self.passes(self.instance(w, b), x, w, b)

    def passes(self, instance: Any, x: Array, w: Array, b: Array) -> tuple[Any, Pullback]:
        """Run the forward pass of an instance; return out and the backward pass."""
        known = self.layout.given(x, w, b)
        kept = self._peek(self.out, instance)
        out = _read(self.run_forward(instance, known), self.out, kept, known.values())

        def pullback(dout: Array) -> tuple[Any, Any, Any]:
            given = {**known, "dout": self.layout.data(dout)}
            if self.update == "adds":
                self._zero(instance)
            before = {which: self._peek(place, instance) for which, place in self.gradients.items()}
            roots = self.run_backward(instance, given)
            found = {
                which: _read(self._gradient(place, roots), place, before[which], given.values())
                for which, place in self.gradients.items()
            }
            return self.layout.gradients(found.get("x"), found.get("w"), found.get("b"))

        return self.layout.data(out), pullback

    def run_forward(self, instance: Any, known: dict[str, Any]) -> Any:
        """Return out in the layer's own layout; put it and the cache beside what is known."""
        known["cache"] = Context()
        returned = self.forward.call(instance, known)
        out = self.out.get({INSTANCE: instance, RETURNED: returned})
        known["out"] = out
        if self.has_cache and "cache" not in self.forward.takes.roles:
            known["cache"] = returned[1] if len(returned) == 2 else returned[1:]
        return out

    def run_backward(self, instance: Any, given: Mapping[str, Any]) -> dict[str, Any]:
        """Run the backward pass; return the roots under which the gradients are."""
        held = self.parameters(instance) if self.update == "steps" else {}
        before = {which: value * 1 for which, value in held.items()}
        with self._at_rate(instance):
            roots = {INSTANCE: instance, RETURNED: self.backward.call(instance, given)}
        if self.parameter_pass is not None:
            roots[PARAMETERS] = self.parameter_pass.call(instance, given)
        if before:
            after = self.parameters(instance)
            roots["step"] = {one: (before[one] - after[one]) / self.rate for one in before}
            for which, place in self.held_in:
                place.put(instance, before[which])
        return roots

    @contextmanager
    def _at_rate(self, instance: Any) -> Iterator[None]:
        """Let a backward pass that takes a step find its learning rate, for this once."""
        is_step = self.update == "steps"
        places = list(rates_on(instance, self.backward.method)) if is_step else []
        before = {place: place.get({INSTANCE: instance}) for place in places}

        def put(rates: Mapping[Place, Any]) -> None:
            for place, value in rates.items():
                with suppress(AttributeError, TypeError):  # of what cannot be set
                    place.put(instance, value)

        try:
            put(dict.fromkeys(places, self.rate))
            yield
        finally:
            put(before)

    def parameters(self, instance: Any) -> dict[str, Any]:
        """Return W and b as an instance holds them."""
        return {which: place.get({INSTANCE: instance}) for which, place in self.held_in}

    @property
    def is_by_steps(self) -> bool:
        """Whether dw and db are seen as the step that a backward pass takes."""
        return any(place.root == "step" for place in self.gradients.values())

    @property
    def held_in(self) -> Sequence[tuple[str, Place]]:
        """Where instances keep W and b."""
        return () if self.instances is None else self.instances.places or self.instances.kept

    def _peek(self, place: Place, instance: Any) -> Any:
        """Return what an instance holds there already, None where there is nothing yet."""
        if place.root != INSTANCE:
            return None
        try:
            return place.get({INSTANCE: instance})
        except Exception:  # of the user's code, as properties are
            return None

    def _zero(self, instance: Any) -> None:
        """Set the gradients to zero, as the caller of a layer that adds to them does."""
        own, held = getattr(instance, "__dict__", {}), self.parameters(instance)
        for which in {"w", "b"} & self.gradients.keys():
            place = self.gradients[which]
            array = self._peek(place, instance)
            if array is not None and place.path[0] in own:  # what all instances share stays
                # Of the dtype of the parameter: one of float32 would round what is added to it.
                like = held.get(which, array)
                place.put(instance, (like if like.shape == array.shape else array) * 0)

    def _gradient(self, place: Place, roots: Mapping[str, Any]) -> Any:
        try:
            return place.get(roots)
        except (LookupError, TypeError, AttributeError):
            got = describe_result(roots[RETURNED])
            expected = "but should return dx, dw and db"
            if place.root == INSTANCE:
                got, expected = f"{got}, and left no {place.code(INSTANCE)}", "where it was before"
            message = f"{self.backward.named.expression} returned {got}, {expected}"
            raise NotThreeGradients(message) from None

    # -------------------------------------------------------------- in words

    @property
    def form(self) -> str:
        """How the layer is called, and what differs from XW + b, in one line."""
        passes = f"{self.forward} and {self.backward}"
        if self.parameter_pass is not None:
            passes = f"{self.forward}, {self.backward} and {self.parameter_pass}"
        called = passes if self.instances is None else f"{self.instances} with {passes}"
        return self.layout.described(called, self._conventions())

    def _conventions(self) -> Iterator[str]:
        if self.instances is not None and self.instances.is_lazy:
            yield "parameters made by the first forward pass"
        if self.update == "adds":
            yield "gradients added to those of the last pass"
        if self.is_by_steps:
            yield f"gradients seen as the step of the weights at a learning rate of {self.rate:g}"
        elif self.update == "steps":
            yield "weights updated by the backward pass"


def _read(value: Any, place: Place, before: Any, given: Iterable[Any]) -> Any:
    """Return what an attribute holds, copied if the next pass may overwrite it as a buffer."""
    if isinstance(value, np.matrix):  # which has two axes whatever is meant
        value = np.asarray(value)
    if place.root != INSTANCE or not is_array(value):
        return value
    # A view, and an argument that was kept, are handed on as they are.
    owns_memory = getattr(value, "base", None) is None
    is_buffer = value is before or (owns_memory and not any(value is one for one in given))
    return copy.copy(value) if is_buffer else value
