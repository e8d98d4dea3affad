"""Code that shows a failure again, with NumPy and nothing else."""

import ast
import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from affine.cases import LAYOUTS
from affine.checker.memory import layout
from affine.checker.reading import load
from affine.checker.report import Finding
from affine.checker.report.snippet import REPLAYS, literal, snippet
from affine.checker.report.text import case_lines
from affine.checker.result_counts import WrongCount
from affine.checker.search import search
from affine.layer import Array, Layer, Operands
from affine.oracle import Violation, bounds, exact
from affine.properties import PROPERTIES
from tests.checker.report_factory import USAGE, a_point, averaged, falsified
from tests.test_affine import any_axes


def _executed(code: str, **known: object) -> dict[str, object]:
    """Run a snippet; how it ended is in `raised`."""
    names: dict[str, object] = {"raised": None, **known}
    try:
        exec(code, names)
    except Exception as error:
        names["raised"] = error
    return names


def test_the_snippet_reproduces_the_failure() -> None:
    """With the user's own functions and NumPy, and nothing else."""
    code = snippet(averaged(), USAGE)
    assert "affine" not in code
    names = _executed(code)
    assert np.array_equal(names["got"], [[1.0]])  # type: ignore[arg-type]
    assert np.array_equal(names["expected"], [[2.0]])  # type: ignore[arg-type]


def test_the_snippet_of_a_large_array_says_how_much_of_it_is_wrong() -> None:
    """And shows it with gaps."""
    got = np.zeros((1025, 1))
    error = Violation("dx", "dx", got, got + 2)
    point = a_point(1025, 1, 1)._replace(w=np.full((1, 1), 2.0))
    outcome = falsified(error, point, "dx_is_dout_wt")
    wrong = "def vjp(x, w, b):\n    return x @ w + b, lambda g: (0 * g, w, b)"
    said = str(_executed(snippet(outcome, wrong))["raised"])
    assert "Mismatched elements: 1025 / 1025" in said
    assert len(said) < 2000
    assert _executed(snippet(outcome, USAGE))["raised"] is None  # as after it was put right


def test_numpy_is_imported_once() -> None:
    """Also where the lines that call the layer import it already."""
    usage = "from mine import dense\nimport numpy as np\n\nvjp = dense"
    assert snippet(averaged(), usage).count("import numpy") == 1


def test_a_snippet_of_an_exception_raises_it() -> None:
    """The same exception, and the last line says which."""
    usage = "def vjp(x, w, b):\n    raise ZeroDivisionError('on purpose')"
    code = snippet(falsified(ZeroDivisionError("on purpose")), usage)
    assert code.endswith("# does not come here: raises ZeroDivisionError: on purpose")
    assert isinstance(_executed(code)["raised"], ZeroDivisionError)


def test_no_snippet_is_better_than_one_that_shows_nothing() -> None:
    """Where one plain call does not show the failure and the property brings no calls."""
    other = Violation("dw", "dw", np.array([[1.0]]), np.array([[5]]))
    assert snippet(falsified(other, name="not_of_this_package"), USAGE) == ""
    assert snippet(falsified(Violation("no", "dw"), name="mine"), USAGE) == ""


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        ("(g @ w.T, [[1.0]], g.sum(0))", "class 'list'"),
        ("(g @ w.T, (x.T @ g).astype(int), g.sum(0))", "int64"),
        ("(g @ w.T, x.T @ g.sum(1), g.sum(0))", r"\(1,\)"),
        ("(g @ w.T, x.T @ g)", "array"),
        ("None", "None"),
    ],
)
def test_what_is_no_array_of_that_shape_is_shown_as_such(returned: str, said: str) -> None:
    """Also where there are not three gradients."""
    usage = f"def vjp(x, w, b):\n    return x @ w + b, lambda g: {returned}"
    names: dict[str, Any] = {}
    exec(usage, names)
    outcome = search(PROPERTIES["dw_is_xt_dout"], Layer("mine", names["vjp"]))
    if isinstance(outcome.error, TypeError | ValueError):  # as the process of a layer has it
        outcome = replace(outcome, error=WrongCount("not three", "dx"))
    raised = _executed(snippet(outcome, usage))["raised"]
    assert isinstance(raised, AssertionError)
    assert re.search(said, str(raised))


def test_a_right_layer_passes_where_real_numbers_are_rounded() -> None:
    """In whatever order it adds up; one that is wrong beyond that fails."""
    sevenths = _operands(0).map(lambda array: (array + 0.3) / 7)
    right = sevenths.x.T @ sevenths.dout
    expected, bound = exact(sevenths, "dw")["dw"], bounds(sevenths, "dw")["dw"]
    error = Violation("dw", "dw", right * (1 + 1e-9), expected, bound=bound)
    code = snippet(falsified(error, sevenths, "rounding_stays_within_the_bound"), USAGE)
    right_usage = USAGE.replace(" / len(x)", "")
    assert _executed(code.replace(USAGE, right_usage))["raised"] is None
    backwards = right_usage.replace("x.T @ g", "x[::-1].T @ g[::-1]")
    assert _executed(code.replace(USAGE, backwards))["raised"] is None
    assert _executed(code)["raised"] is not None


LIES = {
    **LAYOUTS,
    "read-only broadcast": lambda array: np.broadcast_to(array[:1], array.shape),
    # No slice of an array in C order lies so.
    "cropped": lambda array: np.asfortranarray(np.concatenate([array, array]))[: len(array)],
}


@pytest.mark.parametrize(
    ("dtype", "shape"),
    [("f2", (3, 2)), ("f4", (2,)), ("f8", (1, 1)), ("f8", (0, 2)), ("g", (5, 4))],
)
@pytest.mark.parametrize("name", LIES)
def test_literals_are_the_arrays(name: str, dtype: str, shape: tuple[int, ...]) -> None:
    """Values, dtype, strides and read-only flag, bit for bit."""
    values = (np.arange(np.prod(shape)).reshape(shape) / 7 - 0.5).astype(dtype)
    array = LIES[name](values)
    made = _executed("import numpy as np\n" + "\n".join(literal("x", array)))["x"]
    assert isinstance(made, np.ndarray)
    assert made.dtype == array.dtype
    assert np.array_equal(made, array)
    assert made.flags.writeable == array.flags.writeable
    if min(shape) > 1:
        assert made.strides == array.strides
        assert layout(made) == layout(array)


@pytest.mark.parametrize(
    "array",
    [
        np.full((129, 3), 2.0),
        np.eye(40)[:, :5],
        np.array([[np.nan, np.inf], [-np.inf, -0.0]]),
        np.arange(-60.0, 60.0).reshape(12, 10),
        np.array([[Fraction(1, 2), 3]], dtype=object),
        np.array([3, 4]),
    ],
    ids=["full", "sparse", "special", "long", "exact", "integers"],
)
def test_literals_of_any_numbers(array: Array) -> None:
    """Large arrays in few lines, and no line that a terminal would break."""
    lines = literal("x", array)
    assert max(map(len, lines)) <= 80
    made = _executed("import numpy as np\n" + "\n".join(lines))["x"]
    assert isinstance(made, np.ndarray)
    assert np.array_equal(made, array.astype(float), equal_nan=True)
    assert np.array_equal(np.signbit(made), np.signbit(array.astype(float)))


def test_a_layer_held_to_averages_is_shown_what_it_was_given() -> None:
    """Not the sum over dout that the check compares with, but the average over N·dout."""
    point = a_point(2, 1, 1)
    error = Violation("db[0] = 4.0, but should be 2", "db", np.array([4.0]), np.array([2]))
    outcome = falsified(error, point, "db_is_the_column_sum_of_dout")
    shown = [line.plain.rstrip() for line in case_lines(Finding((outcome,)), 80, "mean")]
    assert shown[2:] == [
        "x (2×1)   dout (2×1)", "[1]       [2]", "[1]       [2]", "",
        "expected db (1,)   got db (1,)", "[2]                [›4‹]",
    ]  # fmt: skip
    names = _executed(snippet(outcome, USAGE, "mean"))
    assert names["got"] == [4.0]
    assert names["expected"] == [2.0]


def test_other_calls_of_a_layer_held_to_averages_go_through_the_sum() -> None:
    """What a property calls is then what the check called."""
    outcome = falsified(ValueError("no"), name="not_of_this_package")
    code = snippet(outcome, USAGE, "mean")
    names = _executed(code)
    assert names["dw"] == [[2.0]]
    assert "N·dout" in "".join(line.plain for line in case_lines(Finding((outcome,)), 80, "mean"))


@pytest.mark.parametrize("name", REPLAYS)
def test_the_replay_shows_no_failure_of_a_right_layer(name: str, reference: Layer) -> None:
    """Its lines set `got` and `expected`, which are equal for the reference on every choice."""
    assert {"got", "expected"} <= {
        node.id for node in ast.walk(ast.parse(REPLAYS[name])) if isinstance(node, ast.Name)
    }
    for choice in (0, 1, 2, 3, 5, 200, 40000):
        vjp = any_axes if PROPERTIES[name].needs == "with_extra_axes" else reference.vjp
        names = {"np": np, "vjp": vjp, "selector": choice}
        # What `usage` defines for a class: an instance, and its passes.
        passes = lambda _, *three, vjp=vjp: vjp(*three)  # noqa: E731
        names |= {"instance_of": lambda w, b: None, "passes": passes}
        names["update"] = lambda instance, w, b: None
        names |= _operands(choice)._asdict()
        names |= {f"{name}2": array for name, array in _operands(choice + 1)._asdict().items()}
        with np.errstate(invalid="ignore"):  # ∞ times 0, on purpose
            exec(REPLAYS[name], names)
        assert _same(names["got"], names["expected"]), choice


def _operands(seed: int) -> Operands:
    generator = np.random.default_rng(seed)
    shapes = (4, 3), (3, 2), (2,), (4, 2)
    return Operands(*(generator.integers(-3, 4, shape).astype(float) for shape in shapes))


def _same(one: object, other: object) -> bool:
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f")  # type: ignore[arg-type]


def test_every_replay_is_of_a_property() -> None:
    """A property that gets another name takes its lines along."""
    assert set(PROPERTIES) >= set(REPLAYS)


@pytest.mark.parametrize("name", ["01_layer", "my layer", "class"])
def test_a_file_that_no_import_statement_can_name_is_imported_all_the_same(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reproduction of it runs beside the file."""
    (tmp_path / f"{name}.py").write_text(
        "def forward(x, w, b):\n    return x @ w + b\n\n"
        "def backward(dout, x, w):\n    return dout @ w.T, x.T @ dout / 2, dout.sum(axis=0)\n"
    )
    layer = load(str(tmp_path / f"{name}.py"))
    monkeypatch.syspath_prepend(tmp_path)
    assert np.array_equal(_executed(snippet(averaged(), layer.usage))["got"], [[1.0]])  # type: ignore[arg-type]
    assert "import_module" not in snippet(averaged(), load("affine").usage)
