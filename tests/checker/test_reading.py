"""Every form is recognised, by what it is; what cannot be judged says why, and what to do."""

import subprocess
import sys
import tomllib
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace

import numpy as np
import pytest

import affine
from affine.checker.reading import TargetError, layer_from, load
from affine.checker.reading.loading.project import Project
from affine.checker.reading.signatures import parameters, proposals
from affine.checker.reading.vocabulary import gradient_role, role
from affine.layer import Layer

DATA = tomllib.loads((Path(__file__).parent / "reading.toml").read_text(encoding="utf-8"))
FORMS, COURSE = DATA["forms"], DATA["course"]["layers"]
REFUSED = [(case["code"], case["message"]) for case in DATA["refused"]]
FORWARD, BACKWARD = (("x", "w", "b"), ()), (("dout",), ("cache", "x", "w", "b"))
PROPOSED = [
    (FORWARD, "x w b", ["x w b"]),
    (FORWARD, "W hidden b", ["w x b"]),
    (FORWARD, "features matrix shift", ["x w b", "x b w"]),
    (FORWARD, "a b c", ["x w b", "x b w", "w x b", "w b x", "b x w", "b w x"]),
    (FORWARD, "x w b mask", []),
    (FORWARD, "x", []),
    (BACKWARD, "dout cache", ["dout cache"]),
    (BACKWARD, "dz W a_prev", ["dout w x"]),
    (BACKWARD, "x w upstream", ["x w dout"]),
    (BACKWARD, "d", ["dout"]),
    (BACKWARD, "lr", ["dout"]),
]


@pytest.fixture(autouse=True)
def own_search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """A target's folder stays importable: here, until the end of the test."""
    monkeypatch.setattr(sys, "path", [place for place in sys.path if place])
    others = [finder for finder in sys.meta_path if not isinstance(finder, Project)]
    monkeypatch.setattr(sys, "meta_path", others)  # what other tests loaded is not found here


def written(text: str, path: Path) -> str:
    path.write_text(dedent(text), encoding="utf-8")
    return str(path)


def assert_right(layer: Layer) -> None:
    """3·2 + 1, 5·3 and 5·2, at sizes that hide no transpose."""
    one = np.ones((1, 1))
    out, pullback = layer.vjp(2 * one, 3 * one, np.ones(1))
    assert out == 7
    assert [float(array.squeeze()) for array in pullback(5 * one)] == [15, 10, 5]
    shapes = [array.shape for array in layer.backward(*map(np.ones, ((4, 3), (3, 2), 2, (4, 2))))]
    assert shapes == [(4, 3), (3, 2), (2,)]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_recognised(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is the layer of the code that reproductions show, run beside the file."""
    layer = load(written(FORMS[form], tmp_path / f"layer_{list(FORMS).index(form)}.py"))
    assert layer.form == form
    assert_right(layer)
    monkeypatch.syspath_prepend(str(tmp_path))
    space: dict[str, object] = {}
    exec(layer.usage, space)
    assert_right(Layer("usage", space["vjp"]))  # type: ignore[arg-type]


# ------------------------------------------------------------------ which one is meant


def test_the_usual_name_is_taken_from_several(tmp_path: Path) -> None:
    """The layers.py of a course holds many pairs."""
    layer = load(written(COURSE, tmp_path / "layers.py"))
    assert layer.form.startswith("affine_forward")
    assert_right(layer)


def test_a_name_chooses(tmp_path: Path) -> None:
    """A function of a pair, a class, an attribute of it, a tuple."""
    text = """
    class Mine:
        forward, backward = staticmethod(affine_forward), staticmethod(affine_backward)
    pair = affine_forward, affine_backward
    """
    target = written(COURSE + dedent(text), tmp_path / "layers.py")
    for name in ("affine_forward", "affine_backward", "Mine", "pair"):
        layer = load(f"{target}:{name}")
        assert layer.name == f"{target}:{name}"
        assert_right(layer)


def test_an_instance_is_copied(tmp_path: Path) -> None:
    """With other weights and bias, and whatever else it was built with."""
    form = "class Dense(units, input_dim) with forward(x) and backward(dout)"
    target = written(FORMS[form] + "\nlayer = Dense(2, 3)\n", tmp_path / "layer.py")
    assert_right(load(f"{target}:layer"))


def test_imported_functions_are_no_layers_of_a_file(tmp_path: Path) -> None:
    """Unless nothing else is there, as in a package that collects them."""
    written(FORMS["affine(x, w, b) and affine_vjp(dout, x, w)"], tmp_path / "sibling_of_mine.py")
    again = "from sibling_of_mine import affine, affine_vjp\n"
    own = again + FORMS["forward(x, w, b) and backward(dout, x, w)"]
    assert load(written(own, tmp_path / "mine.py")).form.startswith("forward")
    assert load(written(again, tmp_path / "again.py")).form.startswith("affine(")


def test_the_random_state_is_left_alone(tmp_path: Path) -> None:
    """A class of sizes draws weights that nobody uses."""
    text = """
        import numpy as np
        class Linear:
            def __init__(self, d, m): self.W, self.b = np.random.randn(d, m), np.zeros(m)
            def forward(self, x):
                self.x = x
                return x @ self.W + self.b
            def backward(self, g): return g @ self.W.T, self.x.T @ g, g.sum(0)
    """
    layer = load(written(text, tmp_path / "layer.py"))
    before = np.random.get_state()[1].tobytes()  # noqa: NPY002
    assert_right(layer)
    assert np.random.get_state()[1].tobytes() == before  # noqa: NPY002


# ------------------------------------------------------------------ objects


def test_objects_are_layers_too() -> None:
    """A module, a namespace, a function, a pair, and a layer."""
    space = SimpleNamespace(forward=affine.forward, backward=affine.backward)
    pair = affine.forward, affine.backward
    for found in (affine, space, affine.backward, pair):
        assert_right(layer_from(found))
    layer = layer_from(pair, "mine")
    assert layer.name == "mine"
    assert layer_from(layer) is layer


def test_a_class_of_the_test_file_is_a_layer() -> None:
    class Mine:
        def forward(self, x, w, b):  # type: ignore[no-untyped-def]
            self.x, self.w = x, w
            return x @ w + b

        def backward(self, dout):  # type: ignore[no-untyped-def]
            return dout @ self.w.T, self.x.T @ dout, dout.sum(0)

    layer = layer_from(Mine)
    assert layer.name == "Mine"
    assert_right(layer)
    assert layer.usage.startswith("# Mine: your own\n")


@pytest.mark.parametrize("result", [None, (1, 2), 5])
def test_results_of_the_wrong_kind_are_described(result: object) -> None:
    layer = layer_from((lambda x, w, b: x @ w + b, lambda dout, x, w: result))
    with pytest.raises(TypeError, match=r"returned .*, but should return dx, dw and db"):
        layer.backward(*map(np.ones, ((4, 3), (3, 2), 2, (4, 2))))


@pytest.mark.parametrize(("wanted", "names", "expected"), PROPOSED)
def test_arguments_are_proposed_by_name_and_then_by_trial(
    wanted: tuple[tuple[str, ...], tuple[str, ...]], names: str, expected: list[str]
) -> None:
    """What is left over is found by elimination; an argument of no known use is given nothing."""
    known = parameters(eval(f"lambda {names.replace(' ', ', ')}: None"))
    assert [" ".join(takes.roles) for takes in proposals(known, *wanted)] == expected


def test_names_say_what_they_are() -> None:
    names = {"X": "x", "weights": "w", "grad_output": "dout", "dL_dout": "dout", "foo": ""}
    assert {name: role(name) for name in names} == names
    gradients = {"dW": "w", "grad_b": "b", "weight_grad": "w", "dinputs": "x", "db": "b", "W": ""}
    assert {name: gradient_role(name) for name in gradients} == gradients


def test_frameworks_are_not_imported_unasked() -> None:
    """Adapting a NumPy layer loads neither torch nor jax."""
    code = (
        "import sys; from affine.checker.reading import load; load('affine');"
        "print([name for name in ('torch', 'jax', 'hypothesis') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ------------------------------------------------------------------ what cannot be judged


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_file_that_cannot_be_judged_says_why(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=f"(?s){message}"):
        load(written(text, tmp_path / "layer.py"))


@pytest.mark.parametrize("dw", ["x @ dout", "x.T @ (dout @ dout)"])
def test_a_mistake_that_raises_on_most_batches_is_judged(dw: str, tmp_path: Path) -> None:
    """Its products fit where two sizes are equal: no batch is fixed."""
    text = f"""
        import numpy as np
        def forward(x, w, b): return x @ w + b
        def backward(dout, x, w): return dout @ w.T, {dw}, dout.sum(axis=0)
    """
    assert load(written(text, tmp_path / "layer.py")).form


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("no_such_file.py", "no file no_such_file.py; give the path"),
        ("my_ow.py", "did you mean my_own.py"),
        ("my_own", "not a module; did you mean the file my_own.py"),
        ("my_own.py:affine_forwrd", "did you mean affine_forward"),
        ("my_own.py:nothing_like_it", "it has answer, affine_forward.*; name one of these"),
        ("my_own.py:affine_forward", "put affine_backward.dout, x, w. .*affine_backwards is close"),
        ("my_own.py:answer", "is of type int; name a function"),
        (".", "is a folder; name one Python file in it, such as my_own.py"),
        ("notes.txt", "not a Python file; give one whose name ends in .py"),
        ("", "no target is named"),
        ("no_such_package.module", "no module no_such_package.module; install it"),
        ("two words", "neither a Python file nor a module"),
        ("affine:no_such_name", "no_such_name"),
    ],
)
def test_what_is_not_there_is_refused(
    target: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "answer = 42\ndef affine_forward(x, w, b): ...\ndef affine_backwards(d): ...\n"
    (tmp_path / "my_own.py").write_text(text, encoding="utf-8")
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TargetError, match=message):
        load(target)


def test_siblings_and_main_are_as_when_python_runs_the_file(tmp_path: Path) -> None:
    """Its folder can be imported from, later as well, and its demonstration does not run."""
    (tmp_path / "helper_of_the_layer.py").write_text("def add(x, b): return x + b\n")
    (tmp_path / "later_helper.py").write_text("def total(g): return g.sum(0)\n")
    text = """
        from helper_of_the_layer import add
        def forward(x, w, b): return add(x @ w, b)
        def backward(dout, x, w):
            from later_helper import total
            return dout @ w.T, x.T @ dout, total(dout)
        if __name__ == "__main__":
            raise SystemExit("the demonstration ran")
    """
    layer = load(written(text, tmp_path / "layer.py"))
    assert layer.backward(*map(np.ones, ((4, 3), (3, 2), 2, (4, 2))))[2].tolist() == [4, 4]
    # Behind everything else: no file beside the layer hides a library.
    assert sys.path[0] != str(tmp_path)


def test_two_files_of_one_name_do_not_meet(tmp_path: Path) -> None:
    layers = []
    for factor in (1, 2):
        path = tmp_path / str(factor) / "layer.py"
        path.parent.mkdir()
        text = f"def forward(x, w, b): return {factor} * (x @ w + b)\ndef backward(g, x, w): ..."
        layers.append(load(written(text, path)))
    arguments = np.ones((1, 1)), np.ones((1, 1)), np.ones(1)
    assert [layer.forward(*arguments) for layer in layers] == [2, 4]
