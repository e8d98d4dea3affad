"""A layer in a child process behaves as it does here: its results, its memory, its failures."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from affine.cases import LAYOUTS
from affine.checker.process import ABOUT, server
from affine.checker.process.worker import Worker
from affine.checker.reading import TargetError, load
from affine.layer import Case, Layer, Operands
from affine.properties import PROPERTIES
from docs.site_builder.suite.wrong_layers import WRONG_LAYERS, first_line, frameworks
from tests.conftest import sampled

X, W, B = np.arange(6.0).reshape(2, 3), np.ones((3, 2)), np.zeros(2)


def some_cases() -> list[Case]:
    """Integers of a few sizes, each in another layout."""
    draw = np.random.default_rng(0)
    sizes = [(3, 2, 4), (2, 2, 2), (1, 2, 3)]
    layouts = ("strided", "C", "broadcast")
    found = []
    for (n, d, m), layout in zip(sizes, layouts, strict=True):
        shapes = ((n, d), (d, m), (m,), (n, m))
        point, step = (
            Operands(*(draw.integers(-3, 4, shape).astype(float) for shape in shapes))
            for _ in range(2)
        )
        found.append(Case(point.map(LAYOUTS[layout]), step, int(draw.integers(256))))
    return found


def verdicts(layer: Layer) -> list[tuple[str, int]]:
    """Return which property fails on which case."""
    failed = []
    for number, case in enumerate(some_cases()):
        for tested in PROPERTIES.values():
            if not tested.is_observable_on(layer):
                continue
            try:
                tested(layer, case)
            except Exception:
                failed.append((tested.name, number))
    return failed


def sample() -> list[Path]:
    """Every second wrong layer that is about memory and state, and a few of the others."""
    found: dict[bool, list[Path]] = {True: [], False: []}
    for path in sorted(WRONG_LAYERS.glob("*.py")):
        # No two runs of noise are the same; frameworks are slow to load.
        if path.stem != "noise" and not frameworks(path):
            group = PROPERTIES[first_line(path)[0]].group
            found[group in ("memory", "state", "special")].append(path)
    return found[True][::2] + found[False][::16]


# ------------------------------------------------------------------ the same verdicts


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "target", sampled(["affine", *map(str, sample())], 8, 2), ids=lambda name: Path(name).stem
)
def test_every_property_says_what_it_says_in_process(target: str) -> None:
    """On the reference and on wrong layers, case by case."""
    with Worker(target) as worker:
        assert verdicts(worker.layer) == verdicts(load(target))


def test_what_is_known_of_the_layer_is_copied() -> None:
    """Its name, form and usage, and its variants; both passes may go in one message."""
    here, dout = load("affine"), X @ W
    with Worker("affine") as worker:
        there = worker.layer
        for field in ("name", "form", "usage", "not_applicable"):
            assert getattr(there, field) == getattr(here, field)
        assert "with_extra_axes" not in there.variants
        jvp, per_sample = (there.variants[name] for name in ("jvp", "per_sample_gradients"))
        assert np.array_equal(jvp(X, W, X, W, B), here.variants["jvp"](X, W, X, W, B))
        assert [term.shape for term in per_sample(dout, X, W)] == [(2, 3), (2, 3, 2), (2, 2)]
        out, pullback = there.vjp(X, W, B)
        at_once = there.results(X, W, B, dout).values()
        assert all(map(np.array_equal, at_once, (out, *pullback(dout))))


def test_how_the_layer_was_read_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """As data: every field that says so, also where it is not the usual one."""
    here = Layer(
        "mine", load("affine").vjp, compiles_per_shape=True, remarks=["first", "second"],
        dtypes=["float32", "float16"], by_steps=True, columns=True, transposed=True,
    )  # fmt: skip
    monkeypatch.setattr(server, "load", lambda *_: here)
    monkeypatch.setattr(server, "_hide_this_package", lambda: None)
    monkeypatch.delitem(sys.modules, "affine.reference")  # which it would remark on
    about = json.loads(json.dumps(server._load("mine.py", lambda: None, False)[1]))
    worker = object.__new__(Worker)
    monkeypatch.setattr(worker, "_load", lambda: about)
    for field in ABOUT:
        assert getattr(worker.layer, field) == getattr(here, field)


# ------------------------------------------------------------------ what the target finds


def test_the_target_finds_neither_the_checker_nor_a_test_framework(
    worker_of: Callable[..., Worker],
) -> None:
    """Nor arguments of the checker, nor something to read."""
    worker = worker_of(
        """
        import sys
        seen = {name.partition(".")[0] for name in sys.modules}
        def forward(x, w, b):
            watched = {"affine", "hypothesis", "pytest", "_pytest", "unittest"}
            now = {name.partition(".")[0] for name in sys.modules}
            print("found:", watched & (seen | now), sys.argv[1:], repr(sys.stdin.read()))
            return x @ w + b
        """
    )
    worker.layer.forward(X, W, B)
    worker.__exit__(None, None, None)
    assert worker.output == "found: set() [] ''\n"


def test_the_end_of_the_output_is_kept(worker_of: Callable[..., Worker]) -> None:
    """The last 64 KiB of a megabyte, of both streams."""
    worker = worker_of(
        """
        import sys
        print("first")
        def forward(x, w, b):
            print("x" * 2**20, file=sys.stderr)
            print("last")
            return x
        """
    )
    worker.layer.forward(X, W, B)
    worker.__exit__(None, None, None)
    assert not worker.output.startswith("first")
    assert worker.output.endswith("xxx\nlast\n")
    assert len(worker.output) == 2**16


def test_a_target_error_is_one_here() -> None:
    """With the message of the adapters."""
    with Worker("no_such_file.py") as worker, pytest.raises(TargetError, match="no file no_such_f"):
        worker.layer  # noqa: B018


def test_the_child_imports_no_more_than_it_needs() -> None:
    """Starting it is quick, and there is nothing of the checker to meddle with."""
    code = "import affine.checker.process.server, sys; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(found.stdout.split())
    assert not loaded & {"hypothesis", "pytest", "affine.properties", "affine.oracle", "torch"}


def test_a_target_that_asks_the_reference_is_remarked_on(tmp_path: Path) -> None:
    """Also where it imports it in a call: a pass says little of it."""
    target = tmp_path / "target.py"
    target.write_text(
        "def forward(x, w, b):\n    import affine\n\n    return affine.forward(x, w, b)\n\n"
        "def backward(dout, x, w):\n    return dout @ w.T, x.T @ dout, dout.sum(axis=0)\n"
    )
    with Worker(str(target)) as worker:
        assert any("is it a layer of its own?" in remark for remark in worker.layer.remarks)
