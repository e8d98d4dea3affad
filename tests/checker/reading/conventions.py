"""The conventions in which people write an affine layer, and few combinations of many of them."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from functools import cache
from itertools import combinations as combinations_of
from typing import NamedTuple


@dataclass(frozen=True)
class Convention:
    """How one layer is written: a choice on each axis, `""` where an axis does not apply.

    Attributes:
        kind: `pair` (two functions) or `class`.
        names: The name of the input, which stands for a set of names in `NAMES`.
        layout: Data points in `rows` (N, D) or in `columns` (D, N).
        weight: `DM` or `MD`.
        bias: `M`, `1M` or `M1` for its shape; `last` or `first`: a row or column of the weights.
        built: What the constructor takes.
        effect: Whether backward `overwrites`, `adds` or takes `steps`.
        order: Of the arguments of forward, where it takes the parameters.
        result: What forward returns: `out`, out with a `cache`, or None with out `kept`.
        takes: What backward takes.
        container: Where backward leaves the gradients.
        dx: Whether dx is `returned`, or `kept` beside the other gradients.
        rate: Where a layer that takes steps has its learning rate from.
        flag: An option of the constructor.
        methods: What the two passes are called.
        mode: An option of forward.
    """

    kind: str
    names: str
    layout: str
    weight: str
    bias: str
    built: str
    effect: str
    order: str
    result: str
    takes: str
    container: str
    dx: str
    rate: str
    flag: str
    methods: str
    mode: str

    @property
    def bias_in_weights(self) -> bool:
        return self.bias in ("last", "first")

    @property
    def choices(self) -> dict[str, str]:
        return {axis: getattr(self, axis) for axis in AXES}

    def __str__(self) -> str:
        """Return a name for tests, without what most conventions have in common."""
        usual = ("", "overwrites", "returned", "forward/backward")
        words = [value for value in self.choices.values() if value not in usual]
        return "-".join(words).replace(" ", "_").replace('"', "")


AXES = tuple(field.name for field in fields(Convention))


class Names(NamedTuple):
    """What a layer calls its arrays."""

    x: str
    w: str
    b: str
    dout: str
    cache: str
    dx: str
    dw: str
    db: str


NAMES = {
    "x": Names("x", "w", "b", "dout", "cache", "dx", "dw", "db"),
    "X": Names("X", "W", "b", "dY", "cache", "dX", "dW", "db"),
    "input": Names(
        "input", "weight", "bias", "grad_output", "ctx", "grad_input", "grad_weight", "grad_bias"
    ),
    "A_prev": Names("A_prev", "W", "b", "dZ", "cache", "dA_prev", "dW", "db"),
    "a": Names("a", "p", "q", "r", "s", "t", "u", "v"),
}

RETURNED = ("tuple", "reordered", "dict", "dx,dict", "dx,list", "dx,tuple", "namedtuple")
OF_THE_LAYER = (
    "self.dW", "self.grad_W", "self.gradient_weights", "self.weight_grad", "self._grad_W_current",
    "self.grads[W]",
)  # fmt: skip
WITH_THE_PARAMETERS = ("self.grads[0]", "self.grads[dW]", "self.W.value/grad", "self.W.data/grad")
METHODS = (
    "forward/backward", "forward_pass/backward_pass", "fprop/bprop",
    "forward_propagation/backward_propagation", "feedforward/backpropagate",
)  # fmt: skip
CALL_KEEPS_STATE = "__call__ keeps/backward"
MODES = ("", "training", "training=True", "is_train", 'mode="train"')
FLAGS = ("", "activation=None", 'name="fc"', "seed=0", "use_bias=True", "lr=0.1")


def _bias(chosen: Convention) -> tuple[str, ...]:
    # For columns (1, M) fits nothing.
    vectors = ("M", "1M", "M1") if chosen.layout == "rows" else ("M1", "M")
    return *vectors, "last", "first"


def _built(chosen: Convention) -> tuple[str, ...]:
    return ("",) if chosen.kind == "pair" else ("parameters", "sizes", "swapped", "units", "given")


def _effect(chosen: Convention) -> tuple[str, ...]:
    return ("overwrites", "adds", "steps") if chosen.built not in ("", "given") else ("overwrites",)


def _order(chosen: Convention) -> tuple[str, ...]:
    if chosen.built not in ("", "given"):
        return ("",)
    return ("xw", "wx") if chosen.bias_in_weights else ("xwb", "wxb", "wbx", "bxw")


def _result(chosen: Convention) -> tuple[str, ...]:
    if chosen.kind == "pair":
        return "out", "cache"
    return ("out", "kept") if chosen.effect != "overwrites" else ("out", "cache", "kept")


def _takes(chosen: Convention) -> tuple[str, ...]:
    if chosen.kind == "class":
        return ("dout cache",) if chosen.result == "cache" else ("dout",)
    if chosen.result == "cache":
        return "dout cache", "cache dout"
    return ("dout x w", "x w dout", *["dout x w b"] * (not chosen.bias_in_weights))


def _container(chosen: Convention) -> tuple[str, ...]:
    if chosen.effect == "steps":
        return ("",)
    of_the_layer = OF_THE_LAYER if chosen.built == "given" else OF_THE_LAYER + WITH_THE_PARAMETERS
    if chosen.effect == "adds":
        return of_the_layer
    # Where no name says which one it is, another order is nobody's.
    returned = tuple(each for each in RETURNED if (each, chosen.names) != ("reordered", "a"))
    return returned if chosen.kind == "pair" else returned + of_the_layer


def _dx(chosen: Convention) -> tuple[str, ...]:
    return ("returned", "kept") if chosen.container.startswith("self") else ("returned",)


def _rate(chosen: Convention) -> tuple[str, ...]:
    if chosen.effect != "steps":
        return ("",)
    return "lr", "learning_rate", "constructor", "constructor=0.1", "attribute"


def _flag(chosen: Convention) -> tuple[str, ...]:
    if chosen.built not in ("sizes", "swapped", "units"):
        return ("",)
    unfit = {"use_bias=True"} if chosen.bias_in_weights else set()
    unfit |= {"lr=0.1"} if chosen.effect == "steps" else set()
    return tuple(flag for flag in FLAGS if flag not in unfit)


def _methods(chosen: Convention) -> tuple[str, ...]:
    if chosen.kind == "pair":
        return *METHODS, "affine_forward/affine_backward"
    keeps = chosen.result == "out" and chosen.built not in ("units", "given")
    return *METHODS, "__call__/backward", *[CALL_KEEPS_STATE] * keeps


def _mode(chosen: Convention) -> tuple[str, ...]:
    plain = chosen.built in ("", "given") or chosen.methods == CALL_KEEPS_STATE
    return ("",) if plain else MODES


_OPTIONS: dict[str, Callable[[Convention], tuple[str, ...]]] = {
    "kind": lambda chosen: ("pair", "class", "class"),
    "names": lambda chosen: tuple(NAMES),
    "layout": lambda chosen: ("rows", "columns"),
    "weight": lambda chosen: ("DM", "MD"),
    "bias": _bias,
    "built": _built,
    "effect": _effect,
    "order": _order,
    "result": _result,
    "takes": _takes,
    "container": _container,
    "dx": _dx,
    "rate": _rate,
    "flag": _flag,
    "methods": _methods,
    "mode": _mode,
}
"""What is natural on each axis, after the choices on those before it."""


def drawn(count: int, seed: int) -> Iterator[Convention]:
    """Yield natural conventions at random, the same for the same seed."""
    generator = random.Random(seed)
    for _ in range(count):
        convention = Convention(*[""] * len(AXES))
        for axis, options in _OPTIONS.items():
            # Nobody else has it yet; to replace it for each axis takes most of the time.
            object.__setattr__(convention, axis, generator.choice(options(convention)))
        yield convention


def pairs_of_choices(convention: Convention) -> set[tuple[str, str, str, str]]:
    """Return what a convention chooses, on any two axes."""
    chosen = [(axis, value) for axis, value in convention.choices.items() if value]
    return {first + second for first, second in combinations_of(chosen, 2)}


@cache
def combinations(pool: int = 4000) -> tuple[Convention, ...]:
    """Return natural conventions in which any two choices of different axes meet.

    They are picked from a pool that is drawn at random, the same each time: first those that add
    many pairs of choices, then those that add few.
    """
    candidates = [(each, pairs_of_choices(each)) for each in drawn(pool, seed=0)]
    picked: list[Convention] = []
    covered: set[tuple[str, str, str, str]] = set()
    for enough in (64, 32, 16, 8, 4, 2, 1):
        for convention, choices in candidates:
            if len(choices - covered) >= enough:
                picked.append(convention)
                covered |= choices
    return tuple(picked)
