"""A layer for each known mistake, the property that catches it, and the sizes at which it hides.

The layer is the textbook's with the wrong line of the catalogue in it. A mistake of behaviour,
whose line needs more around it, is shown by a layer of `tests/wrong_layers` that holds this line
and that the diagnosis names so.
"""

import ast
import re
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext, suppress
from functools import partial
from itertools import product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from affine.checker.diagnosis import MISTAKES, Mistake, diagnose
from affine.checker.diagnosis.catalogue import RIGHT
from affine.checker.diagnosis.phrasing import describe_error
from affine.checker.diagnosis.probe import numbered, right_at
from affine.checker.process.worker import Worker
from affine.checker.reading import load
from affine.checker.report import Outcome
from affine.checker.search import search
from affine.layer import Layer, Operands, WorkerDied
from affine.oracle import Violation
from affine.properties import PROPERTIES, Property

__all__ = ["Lost", "find", "shown", "source", "specimens"]

CASES = 100
SEED = 0
SIZES = tuple(product((1, 2, 3), repeat=3))
_QUANTITIES = ("out", "dx", "dw", "db")
_IMPORTS = {"os": "import os", "np": "import numpy as np"}
_ENDS = "os._exit"


class Lost(ValueError):
    """A mistake of the catalogue that this build could not show."""


def specimens(wrong_layers: Mapping[str, Iterable[tuple[Path, str]]]) -> dict[str, Any]:
    """Return what shows each mistake, by its name; of one that nothing shows, what to do.

    Args:
        wrong_layers: By the name of a mistake, the layers that the diagnosis says to make it,
            each with the property that catches it.
    """
    known = {name: list(layers) for name, layers in wrong_layers.items()}
    # Not forked: a framework that a layer has loaded runs threads.
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        found = pool.map(partial(_of_name, known), MISTAKES)
        return dict(zip(MISTAKES, found, strict=True))


def _of_name(known: Mapping[str, list[tuple[Path, str]]], name: str) -> dict[str, Any]:
    try:
        return find(MISTAKES[name], known.get(name, []))
    except Lost as lost:
        return {"lost": str(lost)}


def find(mistake: Mistake, wrong_layers: list[tuple[Path, str]]) -> dict[str, Any]:
    """Return how one mistake shows itself; raises Lost where nothing shows it any more."""
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # a wrong layer may overflow or divide by zero
        for path, names in _candidates(mistake, wrong_layers, Path(folder)):
            for name in names:
                if found := _caught(mistake, path, PROPERTIES[name]):
                    return found | {"layer": path.stem if path.parent != Path(folder) else ""}
        if mistake.unshown and (found := _diagnosed(mistake, Path(folder) / "layer.py")):
            return found | {"layer": ""}
    raise Lost(
        f"the mistake {mistake.name} is no longer caught and named: no property fails on a layer "
        f"with the line `{mistake.formula}`, nor on one of tests/wrong_layers that holds this "
        "line, so that the diagnosis says its name. Mend the property or the diagnosis, mend the "
        "formula in affine/checker/diagnosis/known, or add a wrong layer that makes the mistake"
    )


def _candidates(
    mistake: Mistake, wrong_layers: list[tuple[Path, str]], folder: Path
) -> Iterator[tuple[Path, Iterable[str]]]:
    """Yield layers with the line of the catalogue, each with the properties to try on it."""
    if written := source(mistake.formula):
        path = folder / "layer.py"
        path.write_text(written, encoding="utf-8")
        yield path, _to_try(mistake, [name for _, name in wrong_layers])
    holding = [one for one in wrong_layers if _holds(one[0], mistake.formula)]
    by_size = sorted(holding, key=lambda one: len(one[0].read_text("utf-8")))
    yield from ((path, [name]) for path, name in by_size)


def _holds(layer: Path, formula: str) -> bool:
    """Whether the line of the catalogue, or each line of it, stands in a layer."""
    text = layer.read_text(encoding="utf-8")
    return all(line in text for line in formula.split("; "))


def _to_try(mistake: Mistake, known: Iterable[str]) -> Iterable[str]:
    """Return the properties to try: of values, the formula's own first; those known; or all."""
    wrong = mistake.formula.partition(" = ")[0]
    of_values = [name for name, found in PROPERTIES.items() if found.group == "value"]
    of_values.sort(key=lambda name: wrong not in PROPERTIES[name].equations)
    rest = known or [name for name, found in PROPERTIES.items() if found.profile != "note"]
    return dict.fromkeys([*of_values[:4], *rest])


# ------------------------------------------------------------------ the layer


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
    lines = {name: f"{name} = {RIGHT[name]}" for name in _QUANTITIES}
    lines |= {"return": "return dx, dw, db", place: formula}
    forward = _function("forward(x, w, b)", [lines.get("forward"), lines["out"], "return out"])
    gradients = [lines[name] for name in ("dx", "dw", "db")]
    backward = [lines.get("before"), *gradients, lines.get("after"), lines["return"]]
    code = f"{forward}\n\n{_function('backward(dout, x, w)', backward)}"
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
    # Names that the textbook's layer does not have.
    if not _is_code(formula) or re.search(r"(?<![.\w])(self|buffer|_\w+)\b", formula):
        return ""
    name, _, code = formula.partition(" = ")
    if name in _QUANTITIES and not re.search(rf"\b{name}\b", code):
        return name
    if re.search(r"\b(dx|dw|db)\b", formula):
        return "return" if formula.startswith("return") else "after"
    if formula.startswith("return"):
        return ""
    return "before" if "dout" in formula else "forward"


def _is_code(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


# ------------------------------------------------------------------ what shows it


def _caught(mistake: Mistake, path: Path, tested: Property) -> dict[str, Any] | None:
    """Return how the layer breaks the property, if the diagnosis then names the mistake."""
    ends = path.read_text("utf-8").count(_ENDS)
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
        found = shown(outcome)
        if ends:
            return found  # called once more, it would end this process
        return found | _values(path, outcome, found) | {"hides": _hides(path)}


def _values(path: Path, outcome: Outcome, found: dict[str, Any]) -> dict[str, Any]:
    """Return a result beside the right one where the property says of it only that it is wrong."""
    name, case = found["quantity"], outcome.counterexample
    if found["expected"] is not None or name not in _QUANTITIES or case is None:
        return {}
    with suppress(Exception):
        got, right = load(str(path)).results(*case.primal.map(np.copy))[name], right_at(case.primal)
        if got is not None and not np.array_equal(got, right[name]):
            return {"expected": _plain(right[name]), "got": _plain(got)}
    return {}


def _diagnosed(mistake: Mistake, path: Path) -> dict[str, Any] | None:
    """Return what the diagnosis says of a mistake that no property catches."""
    found = diagnose(load(str(path)), "")
    if found.mistake is None or found.mistake.name != mistake.name:
        return None
    return {"property": "", "quantity": "", "message": found.sentence, "hides": _hides(path)}


def shown(outcome: Outcome) -> dict[str, Any]:
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
        "expected": _plain(getattr(error, "expected", None)),
        "got": _plain(getattr(error, "got", None)),
    }


def _plain(array: Any) -> Any:
    """Return an array as lists of numbers, None where there is none to show."""
    return None if array is None else np.asarray(array, dtype=np.float64).tolist()


# ------------------------------------------------------------------ where it hides


def _hides(path: Path) -> list[list[int]]:
    """Return the sizes at which one call of the layer gives all that the equations give."""
    return [list(sizes) for sizes in SIZES if _is_right(load(str(path)), numbered(*sizes))]


def _is_right(layer: Layer, point: Operands) -> bool:
    try:
        got = layer.results(*point.map(np.copy))
        if "jvp" in layer.variants:
            got["jvp"] = layer.variants["jvp"](
                point.x, point.w, 2 * point.x, 3 * point.w, 4 * point.b
            )
    except Exception:
        return False
    right = right_at(point) | {"jvp": 5 * (point.x @ point.w) + 4 * point.b}
    return all(
        isinstance(array, np.ndarray) and np.array_equal(array, right[name])
        for name, array in got.items()
    )
