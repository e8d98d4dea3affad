"""A pair of functions, forward and backward, in NumPy or on the arrays of a framework."""

from collections.abc import Callable, Sequence
from typing import Any

from affine.checker.reading.results import out_and_cache, triple
from affine.checker.reading.signatures import backward_plan, forward_plan, parameters
from affine.checker.reading.source import Source
from affine.checker.reading.target import Named, TargetError
from affine.layer import Array, Layer, Pullback

__all__ = ["pair"]


def pair(forward: Named, backward: Named) -> Layer:
    """Return the layer of a forward and a backward function.

    Examples:
        >>> layer = pair(
        ...     Named("f", lambda x, w, b: x @ w + b),
        ...     Named("g", lambda dout, x, w: (dout @ w.T, x.T @ dout, dout.sum(0))),
        ... )
        >>> print(layer.form)
        f(x, w, b) and g(dout, x, w)
        >>> print(layer.usage)
        def vjp(x, w, b):
            return f(x, w, b), lambda dout: g(dout, x, w)
    """
    takes, back = _plans(forward, backward)
    vjp = _vjp(forward, backward, takes, back)
    return Layer(
        backward.expression,
        vjp,
        # Only this form promises to flatten: CS231n gives an image as a data point.
        variants={"with_extra_axes": vjp} if _is_cs231n(forward, back) else {},
        form=f"{_shown(forward, takes)} and {_shown(backward, back)}",
        usage=_usage(forward, backward, takes, back),
    )


def _plans(forward: Named, backward: Named) -> tuple[Sequence[str], Sequence[str]]:
    takes = forward_plan(parameters(forward.value))
    if takes is None:
        raise TargetError(
            f"{forward.expression}{parameters(forward.value)} cannot be called with x, w and b, "
            "or their order is not clear; give it three parameters with these names"
        )
    back = backward_plan(parameters(backward.value))
    if back is None:
        raise TargetError(
            f"{backward.expression}{parameters(backward.value)} can be called neither with "
            "(dout, cache) nor with (dout, x, w), or their order is not clear; give it "
            "parameters with those names"
        )
    return takes, back


def _is_cs231n(forward: Named, back: Sequence[str]) -> bool:
    return forward.expression.rpartition(".")[2] == "affine_forward" and "cache" in back


def _vjp(
    forward: Named, backward: Named, takes: Sequence[str], back: Sequence[str]
) -> Callable[[Array, Array, Array], tuple[Array, Pullback]]:
    run, pull = forward.value, backward.value

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Pullback]:
        known: dict[str, Any] = {"x": x, "w": w, "b": b}
        result = run(*(known[name] for name in takes))
        out, known["cache"] = out_and_cache(result)

        def pullback(dout: Array) -> tuple[Array, Array, Array]:
            given = known | {"dout": dout}
            return triple(pull(*(given[name] for name in back)), backward.expression)

        return out, pullback

    return vjp


# ------------------------------------------------------------------ in words and as code


def _shown(function: Named, plan: Sequence[str]) -> str:
    known = parameters(function.value)
    names = known.names[: len(plan)] if known else plan
    return f"{function.expression}({', '.join(names)})"


def _usage(forward: Named, backward: Named, takes: Sequence[str], back: Sequence[str]) -> str:
    call = f"{forward.expression}({', '.join(takes)})"
    pull = f"{backward.expression}({', '.join(back)})"
    head, out = [], call
    if "cache" in back or Source(forward.value).returned_count() == 2:
        head, out = [f"    out, {'cache' if 'cache' in back else '_'} = {call}"], "out"
    entries = Source(backward.value).returned_entries()
    if not entries:
        return "\n".join(["def vjp(x, w, b):", *head, f"    return {out}, lambda dout: {pull}"])
    values = ", ".join(f"grads{entry}" for entry in entries.values())
    return "\n".join([
        "def vjp(x, w, b):",
        *head,
        "    def pullback(dout):",
        f"        grads = {pull}",
        f"        return {values}",
        "",
        f"    return {out}, pullback",
    ])  # fmt: skip
