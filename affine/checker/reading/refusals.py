"""Why a target is not judged: what was tried, how far it came, and what to write."""

import inspect
from collections.abc import Sequence
from functools import partial
from textwrap import indent
from typing import Any

import numpy as np

from affine.checker.reading.choice import reads_names_alone
from affine.checker.reading.evidence import Evidence
from affine.checker.reading.forms import methods, one_parameters
from affine.checker.reading.libraries import engine_of, library_of, library_used
from affine.checker.reading.places import arrays_of, attributes, is_array
from affine.checker.reading.probes import silently
from affine.checker.reading.reading import Pass
from affine.checker.reading.signatures import Parameters, parameters, proposals
from affine.checker.reading.target import Named, TargetError
from affine.checker.reading.vocabulary import (
    WORDS,
    closest,
    flag,
    refusal,
    role,
    sentence,
    size_role,
)

__all__ = ["function_not_read", "no_known_form", "not_read", "without_backward"]


def not_read(
    far: Evidence | None, parts: Sequence[Named], backwards: Sequence[Pass]
) -> TargetError:
    """Return why no reading of a layer holds, by how far the furthest came."""
    return _or_by_engine(_not_read(far, parts, backwards), parts[0].value)


def _not_read(
    far: Evidence | None, parts: Sequence[Named], backwards: Sequence[Pass]
) -> TargetError:
    name = parts[0].expression or "the layer"
    if far is None and reads_names_alone():
        return refusal("read_without_calls", name=name)
    is_right = far is not None and far.is_forward_right
    if (library := library_of(parts[0].value)) and not is_right:
        return _of_a_library(name, library)
    if far is None:
        return _not_called(parts)
    instances, call = far.reading.instances, f"{name}{parameters(parts[0].value)}"
    if instances is None and not is_right and far.reading.layout.is_folded:
        return refusal("forward_function", call=call)
    # The one argument of a constructor whose name does not say what it is.
    given = [*instances.takes.names] if instances else []
    if far.stage == "not built" and len(given) == 1 and not _is_known(given[0]):
        return refusal("class_takes_unknown", call=call, unknown=given[0])
    if instances and not (is_right or instances.places or instances.takes.is_named):
        return _not_called(parts)
    form = str(instances or "")
    forward = f"{far.reading.forward}{' of ' * bool(form)}{form}"
    return _stopped(far, backwards, name, form, forward, str(far.reading.backward))


def _stopped(
    far: Evidence, backwards: Sequence[Pass], name: str, form: str, forward: str, backward: str
) -> TargetError:
    """Return at which call the furthest reading stopped, and why."""
    facts = {"name": name, "form": form, "forward": forward, "backward": backward}
    facts |= {"problem": far.problem, "returned": far.returned}
    if far.other:
        return refusal(f"read_{far.other}", **facts)
    if far.may_lack_something:
        call = {"not built": form, "built": forward}.get(far.stage, backward)
        return refusal("read_lacks_something", call=call, **facts)
    if far.stage == "not built":
        return refusal("read_not_built", **facts)
    if far.stage == "built":
        return refusal("read_forward_raises", **facts)
    if not far.is_forward_right:
        return refusal("read_forward_unclear", doubt=_doubt(far), **facts)
    if not backwards:
        return refusal("read_no_backward", **facts)
    for one in backwards:  # one may take no dout, as far as its arguments say
        known = one_parameters(one)
        if known.is_known and all(flag(name).is_step for name in known.names):
            takes = f"{one.named.expression}{known}"
            return refusal("read_backward_takes", takes=takes, **facts)
    if far.stage == "forward ran":
        return refusal("read_backward_raises", **facts)
    if far.reading.update == "steps":
        return refusal("read_no_step", **facts)
    if far.stage == "backward ran":
        return refusal("read_no_gradients", where=_kept_on(far.instance), **facts)
    return refusal("read_backward_unclear", **facts)


def _or_by_engine(error: TargetError, value: Any) -> TargetError:
    """Return an error with what to write where an engine beside the code differentiates."""
    engine = "" if library_used(value) else engine_of(value)  # for a library there is code
    return TargetError(f"{error}\n{sentence('own_engine', engine=engine)}") if engine else error


def _of_a_library(name: str, library: dict[str, Any]) -> TargetError:
    """Return why a layer of a library is not judged, with the code to write."""
    facts = {key: library[key] for key in ("because", "write", "example")}
    code = indent(library["code"].strip(), "  ")
    return refusal("of_a_library", name=name, library=library["name"], code=code, **facts)


def _kept_on(instance: Any) -> str:
    """Return what an instance holds after both passes, in words."""
    held = {} if instance is None else attributes(instance)
    names = [f"{key} (None)" if value is None else key for key, value in held.items()]
    shared = [key for key, value in vars(type(instance)).items() if is_array(value)]
    names += [f"{key} (of the class, shared by all instances)" for key in shared]
    return f" among {', '.join(names)}" if names else ""


def _doubt(far: Evidence) -> str:
    """Return why a forward pass that is not affine is not blamed, and what to do."""
    reading = far.reading
    given = [*reading.forward.takes.arguments]
    given += reading.instances.takes.arguments if reading.instances else ()
    for one in given:
        if not one.role and flag(one.name).doubtful:
            return f"{one.name} may change what it computes; leave that out"
    if len(reading.forward.takes.roles) > 1 and not reading.forward.takes.is_certain:
        return "its names do not say which argument is which; call its arguments x, w and b"
    return f"it returned {far.returned}; leave out what else it computes, such as an activation"


def _not_called(parts: Sequence[Named]) -> TargetError:
    """Return why there was no way at all to call a layer."""
    named = parts[0]
    if len(parts) == 2:
        known = parameters(named.value)
        return _function_takes(f"{named.expression}{known}", known)
    if not inspect.isclass(named.value):
        has_weights = any(np.ndim(array) == 2 for _, array in arrays_of(named.value))
        reason = "sides_unclear" if has_weights else "no_weights_held"
        return refusal(reason, name=named.expression)
    known = parameters(named.value)
    for which in methods(named.value, "forward"):
        takes = parameters(getattr(named.value, which), skip=1)
        if takes.is_known and not takes.each:
            return refusal("graph_node", call=f"{named.expression}.{which}()")
    call = f"{named.expression}{known}"
    ways = [each for roles in ("dm", "m") for each in proposals(known, roles, names=size_role)]
    problems = [silently(partial(each.call, named.value, {"d": 3, "m": 2}))[1] for each in ways]
    if problems and all(problems):
        return refusal("read_not_built", form=f"class {call}", problem=problems[0])
    if [*ways, *proposals(known, "")]:
        return refusal("no_parameters_held", call=call)
    unknown = [name for name in known.required if not _is_known(name)]
    if not unknown:
        return refusal("class_takes_sizes", call=call)
    return refusal("class_takes_unknown", call=call, unknown=" and ".join(unknown))


def _function_takes(call: str, known: Parameters) -> TargetError:
    """Return why a function cannot be given x, w and b."""
    unknown = [name for name in known.required if role(name) not in ("x", "w", "b")]
    if len(known.required) < 3 or not unknown:
        return refusal("forward_function", call=call)
    return refusal("function_takes_unknown", call=call, unknown=" and ".join(unknown))


def function_not_read(named: Named, known: Parameters, far: Evidence | None) -> TargetError:
    """Return why a function that a framework differentiates is not judged."""
    name = named.expression.removesuffix(".apply") or "the layer"
    call = f"{name}{known}"
    if library := library_of(named.value):
        return _of_a_library(name, library)
    if far is None:
        return _function_takes(call, known)
    return _stopped(far, [], name, form=call, forward=call, backward="its backward pass")


def _is_known(name: str) -> bool:
    """Whether it is known what to give a constructor for an argument of this name."""
    return bool(flag(name).values or size_role(name) or role(name) in ("w", "b"))


# ------------------------------------------------------------------ which layer is meant


def without_backward(named: Named, others: Sequence[Named]) -> TargetError:
    """Return the error that an object is no layer by itself."""
    name = named.expression or "it"
    if not callable(named.value):
        return refusal("no_layer", name=name, kind=type(named.value).__name__)
    if library := library_used(named.value):
        return _of_a_library(name, library)
    other = _partner(name)
    near = closest(other, [one.expression for one in others])
    hint = f" ({near} is close; rename it)" if near not in ("", name) else ""
    takes = parameters(named.value)
    missing = refusal("no_backward", name=name, takes=takes, other=other, hint=hint)
    return _or_by_engine(missing, named.value)


def no_known_form(label: str, callables: Sequence[Named]) -> TargetError:
    """Return the error that a namespace holds nothing that looks like a layer."""
    for one in callables:
        if library := library_used(one.value):
            return _of_a_library(one.expression, library)
    named = callables[:8]
    calls = [f"{one.expression}{parameters(one.value)}{_hint(one, callables)}" for one in named]
    found = ", ".join(calls)
    unknown = refusal("no_known_form", label=label, found=found or "no public function or class")
    return _or_by_engine(unknown, callables[0].value if callables else None)


def _hint(named: Named, others: Sequence[Named]) -> str:
    """Return in brackets what may be wrong with what was found."""
    name = named.expression
    near = closest(name, WORDS["names"]["expected"], cutoff=0.8)
    if near.lower() not in ("", name.lower(), *(one.expression.lower() for one in others)):
        return f" (did you mean {near}?)"
    if inspect.isclass(named.value):
        missing = [one for one in ("forward", "backward") if not methods(named.value, one)]
        return f" (without a method {' and a method '.join(missing)})" if missing else ""
    is_alone = _partner(name) not in [one.expression for one in others]
    return f" (without {_partner(name)} beside it)" if near and is_alone else ""


def _partner(name: str) -> str:
    """Return what the other pass of a function should be called."""
    first = "backward" if "backward" in name else "forward"
    other = name.replace(first, "forward" if first == "backward" else "backward")
    return other if other != name else f"{name}_backward"
