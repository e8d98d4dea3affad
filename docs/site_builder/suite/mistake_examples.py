"""A layer for each known mistake, the property that catches it, and the sizes at which it hides.

The layer is the textbook's with the wrong line of the catalogue in it. A mistake of behaviour,
whose line needs more around it, is shown by a layer of `tests/wrong_layers` that holds this line
and that the diagnosis names so.
"""

import ast
import re
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext, suppress
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from affine.checker.diagnosis import MISTAKES, Mistake, diagnose
from affine.checker.diagnosis.catalogue import CORRECT
from affine.checker.diagnosis.phrasing import describe_error
from affine.checker.diagnosis.probe import distinct_integers
from affine.checker.process.worker import Worker
from affine.checker.reading import load
from affine.checker.report import Outcome
from affine.checker.search import search
from affine.layer import Layer, WorkerDied
from affine.oracle import NotAnArray, Violation, exact
from affine.properties import PROPERTIES, Property
from docs.site_builder.suite.violations import violations
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS, frameworks

CASES = 100
SEED = 0
SIZES = tuple(product((1, 2, 3), repeat=3))
_QUANTITIES = ("out", "dx", "dw", "db")
_IMPORTS = {"os": "import os", "np": "import numpy as np"}
_ENDS = "os._exit"


class Lost(ValueError):
    """A mistake of the catalogue that this build could not show."""


def examples(wrong_layers: Mapping[str, Iterable[tuple[Path, str]]]) -> dict[str, Any]:
    """Return what shows each mistake, by its name; of one that nothing shows, what to do.

    `wrong_layers` are those that the diagnosis says to make a mistake, each with the property that
    catches it.
    """
    layers = [list(wrong_layers.get(name, ())) for name in MISTAKES]
    # Not forked: a framework that a layer has loaded runs threads.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        return dict(zip(MISTAKES, pool.map(_find_or_lose, MISTAKES, layers), strict=True))


def _find_or_lose(name: str, layers: list[tuple[Path, str]]) -> dict[str, Any]:
    try:
        return find(MISTAKES[name], layers)
    except Lost as lost:
        return {"lost": str(lost)}


def find(mistake: Mistake, wrong_layers: list[tuple[Path, str]]) -> dict[str, Any]:
    """Return how one mistake shows itself; raises Lost where nothing shows it any more."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # a wrong layer may overflow or divide by zero
        for path, names in _candidates(mistake, wrong_layers, Path(folder)):
            for name in names:
                if entry := _caught(mistake, path, PROPERTIES[name]):
                    _require_its_equation(mistake, entry.get("breaks"))
                    return entry | {"layer": path.stem if path.parent != Path(folder) else ""}
        if mistake.unshown:
            path = Path(folder) / "layer.py"
            named = diagnose(load(str(path)), "")
            if named.mistake is not None and named.mistake.name == mistake.name:
                entry = {"property": "", "quantity": "", "message": named.sentence, "layer": ""}
                return entry | _seen_by_a_plain_call(path)
    for path in WRONG_LAYERS.glob("*.py"):
        if (needed := frameworks(path)) and _holds(path.read_text("utf-8"), mistake):
            return {"needs": needed}  # which the machine that builds the site may not have
    raise Lost(
        f"the mistake {mistake.name} is no longer caught and named: no property fails on a layer "
        f"with the line `{mistake.formula}`, nor on one of tests/wrong_layers that holds this "
        "line, so that the diagnosis says its name. Mend the property or the diagnosis, mend the "
        "formula in affine/checker/diagnosis/known, or add a wrong layer that makes the mistake"
    )


def _require_its_equation(mistake: Mistake, breaks: list[str] | None) -> None:
    if breaks and mistake.equation not in breaks:
        raise Lost(
            f"the mistake {mistake.name} does not break ({mistake.equation}), the equation that "
            f"affine/checker/diagnosis/known gives for it: write one of {', '.join(breaks)}"
        )


def _candidates(
    mistake: Mistake, wrong_layers: list[tuple[Path, str]], folder: Path
) -> Iterator[tuple[Path, Iterable[str]]]:
    """Yield layers with the line of the catalogue, each with the properties to try on it."""
    if code := source(mistake.formula):
        path = folder / "layer.py"
        path.write_text(code, encoding="utf-8")
        # Properties of values, the formula's own first; then those known; or all.
        wrong = mistake.formula.partition(" = ")[0]
        of_values = [name for name, one in PROPERTIES.items() if one.group == "value"]
        of_values.sort(key=lambda name: wrong not in PROPERTIES[name].equations)
        known = [name for _, name in wrong_layers]
        rest = known or [name for name, one in PROPERTIES.items() if one.profile != "note"]
        yield path, dict.fromkeys([*of_values[:4], *rest])
    # Layers of the tests that hold the line, or each line, of the catalogue; the shortest first.
    texts = {path: path.read_text("utf-8") for path, _ in wrong_layers}
    for path, name in sorted(wrong_layers, key=lambda one: len(texts[one[0]])):
        if _holds(texts[path], mistake):
            yield path, [name]


def _holds(text: str, mistake: Mistake) -> bool:
    return all(line in text for line in mistake.formula.split("; "))


def source(formula: str) -> str:
    """Return the textbook's layer with a wrong line in it; `""` where the line needs more.

    Examples:
        >>> print(source("dw = x.T @ dout / n").split("def backward")[1])
        (dout, x, w):
            n, d, m = *x.shape, w.shape[1]
            dx = dout @ w.T
            dw = x.T @ dout / n
            db = dout.sum(axis=0)
            return dx, dw, db
        <BLANKLINE>
    """
    place = _place(formula)
    if not place:
        return ""
    lines = {name: f"{name} = {CORRECT[name]}" for name in _QUANTITIES}
    lines |= {"return": "return dx, dw, db", place: formula}
    forward = ("forward", "out")
    backward = ("before", "dx", "dw", "db", "after", "return")
    code = "\n\n".join([
        _function("forward(x, w, b)", [*(lines.get(name) for name in forward), "return out"]),
        _function("backward(dout, x, w)", map(lines.get, backward)),
    ])  # fmt: skip
    imports = "".join(
        f"{line}\n" for name, line in _IMPORTS.items() if re.search(rf"\b{name}\.", code)
    )
    return f"{imports}\n\n{code}".lstrip("\n")


def _function(head: str, body: Iterable[str | None]) -> str:
    lines = [line for line in body if line]
    if re.search(r"\b[ndm]\b", "\n".join(lines)):
        lines.insert(0, "n, d, m = *x.shape, w.shape[1]")
    return "".join(f"{line}\n" for line in [f"def {head}:", *(f"    {line}" for line in lines)])


def _place(formula: str) -> str:
    """Return which line of the layer a formula replaces, or where it is added."""
    try:
        ast.parse(formula)
    except SyntaxError:
        return ""
    # Names that the textbook's layer does not have.
    if re.search(r"(?<![.\w])(self|ctx|buffer|_\w+)\b", formula):
        return ""
    name, _, code = formula.partition(" = ")
    if name in _QUANTITIES and not re.search(rf"\b{name}\b", code):
        return name
    if re.search(r"\b(dx|dw|db)\b", formula):
        return "return" if formula.startswith("return") else "after"
    if formula.startswith("return"):
        return ""
    return "before" if "dout" in formula else "forward"


def _caught(mistake: Mistake, path: Path, tested: Property) -> dict[str, Any] | None:
    """Return how the layer breaks the property, if the diagnosis then names the mistake."""
    ends = _ENDS in path.read_text("utf-8")
    with Worker(str(path)) if ends else nullcontext() as worker:
        layer = worker.layer if worker else load(str(path))
        outcome = search(tested, layer, max_examples=CASES, seed=SEED)
        if outcome.counterexample is None:
            return None
        fresh = layer if worker else load(str(path))
        quantity = getattr(outcome.error, "quantity", "")
        named = diagnose(fresh, quantity, tested, outcome.counterexample).mistake
        if named is None or named.name != mistake.name:
            return None
        entry = failure(outcome)
    if ends:
        return entry  # called once more, it would end this process
    quantity, point = entry["quantity"], outcome.counterexample.primal
    if entry["expected"] is None and quantity in _QUANTITIES:
        # The property says of the result only that it is wrong: show the right one beside it.
        with suppress(Exception):
            got = load(str(path)).results(*point.map(np.copy))[quantity]
            right = exact(point, quantity)[quantity]
            if got is not None and not np.array_equal(got, right):
                entry |= {"expected": _plain(right), "got": _plain(got)}
    return entry | _seen_by_a_plain_call(path)


def failure(outcome: Outcome) -> dict[str, Any]:
    """Return how a property failed, as the ledger keeps it."""
    error, case = outcome.error, outcome.counterexample
    assert case is not None
    assert error is not None
    return {
        "property": outcome.name,
        "quantity": getattr(error, "quantity", ""),
        "message": str(error)
        if isinstance(error, Violation | WorkerDied)
        else describe_error(error),
        "inputs": {name: _plain(array) for name, array in case.primal._asdict().items()},
        "dtype": np.result_type(*case.primal).name,
        "expected": _plain(getattr(error, "expected", None)),
        "got": _plain(getattr(error, "got", None)),
    }


def _plain(array: Any) -> Any:
    """Return an array as lists of numbers, None where there is none to show."""
    if array is None or isinstance(array, NotAnArray):
        return None
    return np.asarray(array, dtype=np.float64).tolist()


def _seen_by_a_plain_call(path: Path) -> dict[str, Any]:
    anew = _loader(path)
    return {"hides": _hides(anew), "breaks": violations(anew)}


def _loader(path: Path) -> Callable[[], Layer]:
    """Return what gives the layer as nobody has called it yet.

    The textbook's layer keeps nothing from call to call, whatever its line: it is loaded once.
    """
    if path.parent == WRONG_LAYERS:
        return lambda: load(str(path))
    layer = load(str(path))
    return lambda: layer


def _hides(anew: Callable[[], Layer]) -> list[list[int]]:
    """Return the sizes at which one call of the layer gives all that the equations give."""
    hidden = []
    for sizes in SIZES:
        layer, point = anew(), distinct_integers(*sizes)
        x, w, b, _ = point
        right = exact(point) | {"jvp": 5 * (x @ w) + 4 * b}
        with suppress(Exception):
            got = layer.results(*point.map(np.copy))
            if "jvp" in layer.variants:
                got["jvp"] = layer.variants["jvp"](x, w, 2 * x, 3 * w, 4 * b)
            if all(
                isinstance(array, np.ndarray) and np.array_equal(array, right[name])
                for name, array in got.items()
            ):
                hidden.append(list(sizes))
    return hidden
