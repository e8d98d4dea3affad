"""What a callable takes, and the ways to give it its arguments: by name, then by trial."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import Parameter
from itertools import compress, permutations
from typing import Any

from affine.checker.reading.probes import STAND_INS, Descent
from affine.checker.reading.vocabulary import WORDS, Flag, flag, plain, role, size_role

__all__ = ["Argument", "Parameters", "Takes", "parameters", "proposals"]

# More unknown names than this are no layer's.
_MOST_FREE = 4


def _has_default(one: Parameter) -> bool:
    """Whether a parameter may be left out."""
    return one.default is not one.empty


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters of a callable, as far as they are known."""

    each: tuple[Parameter, ...] = ()
    is_known: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all."""
        return tuple(one.name for one in self.each)

    @property
    def required(self) -> list[str]:
        """The names of those without a default."""
        return [one.name for one in self.each if not _has_default(one)]

    def takes(self, count: int) -> bool:
        """Whether this many positional arguments fit, as far as that is known."""
        needs_more = not all(map(_has_default, self.each[self.star :]))
        return not self.is_known or (len(self.required) <= count <= self.star and not needs_more)

    @property
    def star(self) -> int:
        """Where those begin that are given by keyword alone."""
        return sum(one.kind is not one.KEYWORD_ONLY for one in self.each)

    def __str__(self) -> str:
        if not self.is_known:
            return ""
        star = self.star
        names = [*self.names[:star], *["*"] * (star < len(self.each)), *self.names[star:]]
        return f"({', '.join(names)})"


def parameters(function: Callable[..., Any], skip: int = 0) -> Parameters:
    """Return the parameters after the first few, which no caller passes."""
    try:
        found = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        return Parameters(is_known=False)
    if any(one.kind is one.VAR_POSITIONAL for one in found):
        return Parameters(is_known=False)
    return Parameters(tuple(one for one in found if one.kind is not one.VAR_KEYWORD))


@dataclass(frozen=True, slots=True)
class Argument:
    """What is given for one parameter: what has this role, or a value."""

    name: str
    role: str = ""
    value: Any = None
    by_keyword: bool = False

    @property
    def is_rate(self) -> bool:
        """Whether it is a learning rate, or an optimiser with one."""
        return not self.role and (flag(self.name).is_step or isinstance(self.value, Descent))


@dataclass(frozen=True, slots=True)
class Takes:
    """One way to give a callable its arguments.

    `is_certain`: the names alone leave no doubt of it; `is_named`: not by elimination.
    """

    arguments: tuple[Argument, ...]
    is_certain: bool = True
    is_named: bool = True

    @property
    def roles(self) -> tuple[str, ...]:
        """What is given, in order."""
        return tuple(one.role for one in self.arguments if one.role)

    @property
    def names(self) -> Mapping[str, str]:
        """What each parameter is given, by its name."""
        return {one.name: one.role for one in self.arguments if one.role}

    @property
    def flags(self) -> Mapping[str, Any]:
        """The values that are given, by the names of their parameters."""
        return {one.name: one.value for one in self.arguments if not one.role}

    def call(self, function: Callable[..., Any], known: Mapping[str, Any]) -> Any:
        """Call a function with what is known by role."""
        given = [(one, known[one.role] if one.role else one.value) for one in self.arguments]
        by_name = {one.name: value for one, value in given if one.by_keyword}
        return function(*(value for one, value in given if not one.by_keyword), **by_name)

    def at_rate(self, rate: float) -> "Takes":
        """Return the same with another learning rate, where one is given."""
        given = [
            replace(one, value=type(one.value)(rate)) if one.is_rate else one
            for one in self.arguments
        ]
        return replace(self, arguments=tuple(given))

    def code(self, known: Mapping[str, str]) -> str:
        """Return the arguments of such a call as code."""
        each = [(one, known[one.role] if one.role else repr(one.value)) for one in self.arguments]
        return ", ".join(f"{one.name}={v}" if one.by_keyword else v for one, v in each)

    def __str__(self) -> str:
        shown = [one for one in self.arguments if not one.name.startswith("_")]
        each = (one.name if one.role else f"{one.name}={one.value!r}" for one in shown)
        return f"({', '.join(each)})"


def proposals(
    known: Parameters,
    required: Sequence[str],
    optional: Sequence[str] = (),
    names: Callable[[str], str] = role,
) -> Iterator[Takes]:
    """Yield the ways to give a callable what is required, the most likely first.

    Args:
        known: Its parameters.
        required: The roles that have to be given, in their usual order.
        optional: The roles that may be given, in their usual order.
        names: From the name of a parameter to its role.
    """
    if not known.is_known:
        for count in range(len(optional), -1, -1):
            usual = (*required, *optional[:count])
            yield Takes(tuple(Argument(each, each) for each in usual), is_certain=False)
        return
    claims = _claims(known, (*required, *optional), names)
    ways = list(_assigned(known, claims, required, optional))
    is_sure = len(ways) == 1
    if not ways and not set(required) <= {*claims}:  # names that are not meant as usual
        ways = list(_assigned(known, [""] * len(claims), required, optional))
    for roles in ways:
        guessed = [one != claim for one, claim in zip(roles, claims, strict=True)]
        by_elimination = sum(guessed)
        is_doubted = any(map(_is_doubted, compress(known.each, guessed)))
        for given, is_doubtful in _given(known, roles):
            is_certain = is_sure and by_elimination <= 1 and not (is_doubtful or is_doubted)
            has_flags = any(not one.role for one in given)
            is_named = is_certain and (not by_elimination or len(claims) == 1) and not has_flags
            yield Takes(given, is_certain, is_named)


def _is_doubted(one: Parameter) -> bool:
    """Whether a parameter may be meant for something else than what no other takes."""
    words = {plain(one.name), *(word for word in one.name.lower().split("_") if len(word) > 1)}
    is_flag = bool(flag(one.name).values) or one.default is None
    return is_flag or not words.isdisjoint(WORDS["names"]["labels"])


_LEFT_OUT: Any = object()


def _claims(known: Parameters, roles: Sequence[str], names: Callable[[str], str]) -> list[str]:
    """Return what each parameter is by its name, `""` where that is not sure."""
    claims = [names(one.name) for one in known.each]
    claims = [claim if claim in roles else "" for claim in claims]
    own = [name.lower() for name in known.names]
    if names is role and "w" not in claims and {"a", "b"} <= {*own}:  # a, b, c say nothing
        claims = ["" if a in "ab" else claim for a, claim in zip(own, claims, strict=True)]
    # A flag of that name where the role is taken (bias=True beside b), or two of one name.
    for k, claim in enumerate(claims):
        if claim and claim in claims[:k]:
            claims[k] = ""
            if names is size_role:  # hidden_size, output_size: the order says it
                claims[claims.index(claim)] = ""
    return claims


def _assigned(
    known: Parameters, claims: Sequence[str], required: Sequence[str], optional: Sequence[str]
) -> Iterator[list[str]]:
    """Yield the role of each parameter."""
    missing = [each for each in required if each not in claims]
    # One letter says that a parameter is a flag only beside a default.
    flags = [one for one in known.each if flag(one.name).values]
    flags = [one for one in flags if _has_default(one) or len(one.name) > 1]
    unclaimed = [k for k, one in enumerate(known.each) if not claims[k] and one not in flags]
    if len(unclaimed) < len(missing):  # backward(eta) takes no rate, nor does backward(eta, lr) two
        unclaimed = [k for k, claim in enumerate(claims) if not claim][: len(missing)]
    needed = [k for k in unclaimed if not _has_default(known.each[k])]
    with_default = [k for k in unclaimed if k not in needed]
    free = sorted([*needed, *with_default[: max(len(missing) - len(needed), 0)]])
    if len(free) > _MOST_FREE or len(free) < len(missing):
        return
    pool = [*missing, *(each for each in optional if each not in claims), ""]
    ways = {*permutations([*pool, *[""] * (len(free) - 1)], len(free))}
    for roles in sorted(ways, key=lambda roles: [pool.index(each) for each in roles]):
        filled = dict(zip(free, roles, strict=True))
        if set(missing) <= set(roles) and all(map(filled.get, needed)):
            yield [filled.get(k, claim) for k, claim in enumerate(claims)]


def _given(known: Parameters, roles: Sequence[str]) -> Iterator[tuple[tuple[Argument, ...], bool]]:
    """Yield arguments, with values for those without a role; and whether one may change the layer.

    They are given by position, until one is left out.
    """
    choices, is_doubtful = [], False
    for one, which in zip(known.each, roles, strict=True):
        of_name = Flag((), ()) if which else flag(one.name)
        options = [STAND_INS.get(v, v) for v in of_name.values]
        is_neutral = _has_default(one) and one.default in of_name.values
        is_doubtful |= of_name.doubtful and not is_neutral
        if _has_default(one) and not of_name.is_step:
            options = [_LEFT_OUT, *([] if of_name.if_required else options)]
        choices.append(options or [_LEFT_OUT])
    # One is varied at a time: the others keep their first value.
    first = [options[0] for options in choices]
    varied = [(k, value) for k, options in enumerate(choices) for value in options[1:]]
    for values in (first, *([*first[:k], value, *first[k + 1 :]] for k, value in varied)):
        given: list[Argument] = []
        for k, (one, which, value) in enumerate(zip(known.each, roles, values, strict=True)):
            if which or value is not _LEFT_OUT:
                by_keyword = one.kind is one.KEYWORD_ONLY or len(given) < k
                given.append(Argument(one.name, which, value, by_keyword))
        yield tuple(given), is_doubtful
