"""Why a target is not judged: what was tried, how far it came, and what to write."""

import inspect
from collections.abc import Sequence

from affine.checker.reading.evidence import Evidence, reads_names_alone
from affine.checker.reading.forms import methods, one_parameters
from affine.checker.reading.places import attributes
from affine.checker.reading.reading import Pass
from affine.checker.reading.signatures import Parameters, parameters
from affine.checker.reading.target import Named, TargetError, refusal
from affine.checker.reading.vocabulary import WORDS, closest, flag, is_step, role, size_role

__all__ = ["function_not_read", "no_known_form", "not_read", "without_backward"]


def not_read(
    far: Evidence | None, parts: Sequence[Named], backwards: Sequence[Pass]
) -> TargetError:
    """Return why no reading of a layer holds, by how far the furthest came."""
    name = parts[0].expression or "the layer"
    if far is None and reads_names_alone():
        return refusal("read_without_calls", name=name)
    if far is None:
        return _not_called(parts, backwards)
    form = str(far.reading.instances or "")
    facts = {"name": name, "form": form, "problem": far.problem, "returned": far.returned}
    facts["forward"] = f"{far.reading.forward}{' of ' * bool(form)}{form}"
    facts["backward"] = str(far.reading.backward)
    if far.stage == "not built":
        return refusal("read_not_built", **facts)
    if far.stage == "built":
        return refusal("read_forward_raises", **facts)
    if not far.is_forward_right:
        doubt = _doubt(far)
        return refusal("read_forward_unclear", doubt=doubt, **facts)
    if unknown := _unknown_backward(backwards):
        return refusal("read_backward_takes", takes=unknown, **facts)
    if far.stage == "forward ran":
        return refusal("read_backward_raises", **facts)
    if far.stage == "backward ran":
        held = attributes(far.instance) if far.instance is not None else {}
        names = [f"{key} (None)" if value is None else key for key, value in held.items()]
        where = f" among {', '.join(names)}" if names else ""
        return refusal("read_no_gradients", where=where, **facts)
    return refusal("read_backward_unclear", **facts)


def _doubt(far: Evidence) -> str:
    """Return why a forward pass that is not affine is not blamed."""
    reading = far.reading
    given = [*reading.forward.takes.arguments]
    given += reading.instances.takes.arguments if reading.instances else ()
    for one in given:
        if not one.role and (known := flag(one.name)) and known.doubtful:
            return f"{one.name} may change what it computes"
    return "its names do not say which argument is which"


def _unknown_backward(backwards: Sequence[Pass]) -> str:
    """Return a backward pass that takes no dout, as far as its arguments say."""
    for one in backwards:
        known = one_parameters(one)
        if known.is_known and not [each for each in known.each if not is_step(each.name)]:
            return f"{one.named.expression}{known}"
    return ""


def _not_called(parts: Sequence[Named], backwards: Sequence[Pass]) -> TargetError:
    """Return why there was no way at all to call a layer."""
    named = parts[0]
    if len(parts) == 2:
        known = parameters(named.value)
        return _function_takes(f"{named.expression}{known}", known)
    if not inspect.isclass(named.value):
        return refusal("sides_unclear", name=named.expression)
    known = parameters(named.value)
    for which in methods(named.value, "forward"):
        takes = parameters(getattr(named.value, which), skip=1)
        if takes.is_known and not takes.each:
            return refusal("graph_node", call=f"{named.expression}.{which}()")
    unknown = [one.name for one in known.each if not (one.has_default or _is_known(one.name))]
    facts = {"call": f"{named.expression}{known}", "unknown": " and ".join(unknown)}
    return refusal("class_takes_unknown" if len(unknown) else "no_parameters_held", **facts)


def _function_takes(call: str, known: Parameters) -> TargetError:
    """Return why a function cannot be given x, w and b."""
    unknown = [
        one.name for one in known.each if not (one.has_default or role(one.name) in ("x", "w", "b"))
    ]
    if known.required < 3 or not unknown:
        return refusal("forward_function", call=call)
    return refusal("function_takes_unknown", call=call, unknown=" and ".join(unknown))


def function_not_read(named: Named, known: Parameters, far: Evidence | None) -> TargetError:
    """Return why a function that a framework differentiates is not judged."""
    name = named.expression.removesuffix(".apply")
    call = f"{name}{known}"
    if far is None:
        return _function_takes(call, known)
    facts = {"name": name, "form": call, "forward": call, "problem": far.problem}
    if far.stage == "built":
        return refusal("read_forward_raises", **facts)
    return refusal("read_forward_unclear", doubt=_doubt(far), **facts)


def _is_known(name: str) -> bool:
    """Whether it is known what to give a constructor for an argument of this name."""
    return bool(flag(name) or size_role(name) or role(name) in ("w", "b"))


# ------------------------------------------------------------------ which layer is meant


def without_backward(named: Named, others: Sequence[Named]) -> TargetError:
    """Return the error that an object is no layer by itself."""
    name = named.expression or "it"
    if not callable(named.value):
        return refusal("no_layer", name=name, kind=type(named.value).__name__)
    other = name.replace("forward", "backward")
    near = closest(other, [one.expression for one in others])
    hint = f" ({near} is close; rename it)" if near not in ("", name) else ""
    other = other if other != name else f"{name}_backward"
    takes = parameters(named.value)
    return refusal("no_backward", name=name, takes=takes, other=other, hint=hint)


def no_known_form(label: str, callables: Sequence[Named]) -> TargetError:
    """Return the error that a namespace holds nothing that looks like a layer."""
    calls = [
        (f"{one.expression}{parameters(one.value)}", _hint(one, callables)) for one in callables[:8]
    ]
    found = ", ".join(f"{call} ({hint})" if hint else call for call, hint in calls)
    return refusal("no_known_form", label=label, found=found or "no public function or class")


def _hint(named: Named, others: Sequence[Named]) -> str:
    name = named.expression
    near = closest(name, WORDS["names"]["expected"], cutoff=0.8)
    if near.lower() not in ("", name.lower(), *(one.expression.lower() for one in others)):
        return f"did you mean {near}?"
    if inspect.isclass(named.value):
        missing = [one for one in ("forward", "backward") if not methods(named.value, one)]
        return f"without a {' and a '.join(missing)} pass" if missing else ""
    if near or "forward" in name.lower():
        return "without a backward function"
    return ""
