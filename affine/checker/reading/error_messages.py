"""Why a target has no known form, in words that say what to do."""

import inspect
from collections.abc import Sequence
from difflib import get_close_matches

from affine.checker.reading.classes import from_class, method
from affine.checker.reading.signatures import parameters
from affine.checker.reading.target import Named

__all__ = ["FORMS", "explain_class", "nothing_found", "without_backward"]

FORMS = (
    "forward(x, w, b) and backward(dout, x, w)",
    "affine_forward(x, w, b) -> (out, cache) and affine_backward(dout, cache)",
    "a class (W, b), or one built from two sizes, with forward(x), backward(dout), dW and db",
    "a torch module, autograd function or function (x, w, b) of tensors",
    "a jax function (x, w, b)",
)


def without_backward(named: Named) -> str:
    """Say that an object is no layer by itself."""
    name = named.expression or "it"
    if callable(named.value):
        other = name.replace("forward", "backward")
        other = other if other != name else f"{name}_backward"
        return (
            f"{name}{parameters(named.value) or ''} is a NumPy function without a backward pass; "
            f"put {other}(dout, x, w) beside it"
        )
    kind = type(named.value).__name__
    return f"{name} is of type {kind}; name a function, a class or a module"


def explain_class(members: Sequence[Named]) -> None:
    """Let the one class that has both passes say what it lacks, if there is one."""
    classes = [one for one in members if inspect.isclass(one.value)]
    both = [
        one for one in classes if method(one.value, "forward") and method(one.value, "backward")
    ]
    if len(both) == 1:
        from_class(both[0])


def nothing_found(members: Sequence[Named], label: str) -> str:
    """Say what was looked for and what is there, with the closest names."""
    callables = [one for one in members if callable(one.value)]
    found = ", ".join(_with_hint(one, callables) for one in callables[:8])
    return "\n".join([
        f"{label} has no known form. Looked for:",
        *(f"  {form}" for form in FORMS),
        f"Found: {found or 'no public function or class'}.",
        "Write one of these forms, or name the layer: path.py:name.",
    ])  # fmt: skip


_EXPECTED = [
    *(f"{stem}{word}" for stem in ("", "affine_", "linear_", "fc_", "dense_")
      for word in ("forward", "backward")),
    "Affine", "Linear", "Dense",
]  # fmt: skip


def _with_hint(named: Named, others: Sequence[Named]) -> str:
    name, known = named.expression, parameters(named.value)
    near = get_close_matches(name, _EXPECTED, n=1, cutoff=0.8)
    is_other = near and near[0].lower() != name.lower()
    if is_other and near[0] not in {one.expression for one in others}:
        hint = f"did you mean {near[0]}?"
    elif inspect.isclass(named.value):
        missing = [one for one in ("forward", "backward") if not method(named.value, one)]
        hint = f"without {' and '.join(missing)}" if missing else ""
    elif "forward" in name.lower() or (near and not is_other):
        takes = known is None or known.takes(3)
        hint = "without a backward function" if takes else "does not take x, w and b"
    else:
        hint = ""
    return f"{name}{known or ''}" + (f" ({hint})" if hint else "")
