"""Right layers, each written in another way: recognised, and equal to the exact sums."""

import importlib.util
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from affine.checker import check
from affine.checker.reading import TargetError, layer_from, load
from affine.checker.reading.frameworks import framework
from affine.layer import Layer, Operands
from affine.oracle import exact
from affine.properties import PROPERTIES

FOLDER = Path(__file__).parents[1] / "layers"
LAYERS = sorted(path.stem for path in FOLDER.glob("*.py"))
assert len(LAYERS) >= 40
SIZES = [(4, 3, 2), (2, 2, 2), (1, 1, 1), (9, 1, 3), (17, 9, 10)]

# What they say in words is a matter of choice: these round where a plain sum is exact.
ROUNDS = {"mean_times_n"}
# Layers whose code alone would be long: reproductions adapt them as a check does.
UNUSUAL = {
    "edinburgh_mlp", "fau_deep_learning", "instance_of_a_configuration", "keras_like",
    "step_in_backward",
}  # fmt: skip
FORMS = {
    "torch_function": "torch function affine(x, w, b)",
    "torch_class": "class Affine(w, b) with forward(x) and backward(dout), on torch tensors",
    "jax_function": "jax function affine(x, w, b)",
    "jax_by_hand": "forward(x, w, b) and backward(dout, x, w), on jax arrays",
}


@cache
def loaded(name: str) -> Layer:
    """Return a layer of the folder, or skip where its framework is missing."""
    for needed in ("torch", "jax"):
        if name.startswith(needed) and importlib.util.find_spec(needed) is None:
            pytest.skip(f"{needed} is not installed")
    return load(str(FOLDER / f"{name}.py"))


def integers(sizes: tuple[int, int, int], dtype: str) -> Operands:
    n, d, m = sizes
    generator = np.random.default_rng(n + 100 * d + 10_000 * m)
    shapes = (n, d), (d, m), (m,), (n, m)
    return Operands(*(generator.integers(-3, 4, shape).astype(dtype) for shape in shapes))


def assert_exact(layer: Layer, point: Operands) -> None:
    for quantity, got in layer.results(*point).items():
        expected = np.asarray(exact(point)[quantity], dtype=np.float64)
        assert isinstance(got, np.ndarray), quantity
        assert got.shape == expected.shape, quantity
        assert np.finfo(got.dtype).nmant >= np.finfo(point.x.dtype).nmant, quantity
        if layer.name.rpartition("/")[2].removesuffix(".py") in ROUNDS:
            assert np.allclose(got, expected, rtol=2e-3), quantity
        else:
            assert np.array_equal(got, expected), quantity


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_equals_the_exact_sums(name: str) -> None:
    """It says how it is written, and why some properties cannot be observed on it."""
    layer = loaded(name)
    for dtype in ("float64", "float32", "float16"):
        # Every new shape costs jax a compilation.
        for sizes in SIZES[: 1 if dtype != "float64" else 2] if layer.compiles_per_shape else SIZES:
            assert_exact(layer, integers(sizes, dtype))
    assert layer.form == FORMS.get(name, layer.form or "missing")
    assert set(layer.not_applicable) <= set(PROPERTIES)
    assert all(layer.not_applicable.values())
    assert (FOLDER / f"{name}.py").read_text(encoding="utf-8").startswith('"""')


@pytest.mark.parametrize("name", LAYERS)
def test_the_code_of_a_reproduction_defines_the_same_layer(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run beside the file; for functions and plain classes it needs nothing of this package."""
    layer = loaded(name)
    monkeypatch.syspath_prepend(str(FOLDER))
    namespace: dict[str, object] = {}
    exec("import numpy as np\n" + layer.usage, namespace)
    assert ("affine." in layer.usage) == (name in UNUSUAL or name.startswith(("torch", "jax")))
    vjp = namespace["vjp"]
    assert callable(vjp)
    assert_exact(Layer(layer.name, vjp), integers((4, 3, 2), "float64"))


# ------------------------------------------------------------------ what some forms can do


def test_cs231n_flattens_an_image() -> None:
    """dx comes back in the shape of x."""
    layer = loaded("cs231n")
    assert "with_extra_axes" in layer.variants
    x, w = np.arange(24.0).reshape(2, 3, 4), np.ones((12, 5))
    out, pullback = layer.variants["with_extra_axes"](x, w, np.zeros(5))
    assert out.shape == (2, 5)
    assert pullback(out)[0].shape == x.shape


@pytest.mark.parametrize("name", ["torch_module", "torch_module_around_linear", "jax_function"])
def test_frameworks_do_more(name: str) -> None:
    """Leading axes, compilation, vectorisation and directional derivatives agree with vjp."""
    layer = loaded(name)
    point = integers((4, 3, 2), "float64")
    x, w, b, dout = point
    expected = exact(point)
    assert "jvp" in layer.variants
    assert np.array_equal(layer.variants["jvp"](x, w, x, 0 * w, 0 * b), x @ w)
    assert "vmapped" in layer.variants
    outs, dxs, dws, dbs = layer.variants["vmapped"](x[:, None], w, b, dout[:, None])
    assert np.array_equal(outs[:, 0], expected["out"])
    assert np.array_equal(dxs[:, 0], expected["dx"])
    assert np.array_equal(dws.sum(axis=0), expected["dw"])
    assert np.array_equal(dbs.sum(axis=0), expected["db"])
    assert "with_leading_axes" in layer.variants
    out, pullback = layer.variants["with_leading_axes"](x[None], w, b)
    assert np.array_equal(out[0], expected["out"])
    assert np.array_equal(pullback(dout[None])[1], expected["dw"])


@pytest.mark.parametrize("name", ["torch_module", "jax_custom_vjp"])
def test_a_compiled_layer_gives_the_same(name: str) -> None:
    layer = loaded(name)
    point = integers((4, 3, 2), "float64")
    assert "compiled" in layer.variants
    assert_exact(Layer(layer.name, layer.variants["compiled"]), point)


def test_what_a_form_refuses_is_not_offered() -> None:
    """A custom derivative rule has no forward mode."""
    assert "jvp" not in loaded("jax_custom_vjp").variants


def test_leading_axes_are_judged_where_the_forward_pass_is_right_for_them() -> None:
    """Whether the backward pass takes them or not; other numbers show that they are not meant."""
    assert "with_leading_axes" in loaded("jax_custom_vjp").variants
    torch = pytest.importorskip("torch")

    class OfMatrices(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx, x, w, b):  # type: ignore[no-untyped-def]
            ctx.save_for_backward(x, w)
            return x.reshape(len(x), -1)[:, : len(w)] @ w + b

        @staticmethod
        def backward(ctx, dout):  # type: ignore[no-untyped-def]
            x, w = ctx.saved_tensors
            return dout.mm(w.t()), x.t().mm(dout), dout.sum(0)

    assert "with_leading_axes" not in layer_from(OfMatrices, "of matrices").variants


def test_jax_is_left_as_it_was() -> None:
    """64-bit numbers are switched on for each call alone."""
    layer = loaded("jax_function")
    before = sys.modules["jax"].config.jax_enable_x64
    point = integers((4, 3, 2), "float64")
    assert layer.backward(*point)[0].dtype == np.float64
    assert sys.modules["jax"].config.jax_enable_x64 == before


def test_how_torch_takes_weights_is_tried() -> None:
    """A function of one data point gives no (N, M)."""
    torch = pytest.importorskip("torch")
    assert (
        layer_from(lambda x, w, b: torch.add(x @ w, b)).form == "torch function the layer(x, w, b)"
    )
    assert layer_from(torch.nn.functional.linear).form.endswith(": weight (M, D)")
    with pytest.raises(TargetError, match="mv was not judged"):
        layer_from(torch.mv)
    form = "torch module Linear(in_features, out_features): weight (M, D)"
    assert layer_from(torch.nn.Linear).form == form


def test_a_device_that_is_not_there_is_no_fault_of_the_layer() -> None:
    """What torch raises in code of its own may be for want of a device."""
    torch = pytest.importorskip("torch")
    if torch.cuda.is_available():
        pytest.skip("there is a device")
    with pytest.raises(TargetError, match=r"raised .* may not be on this machine; make that call"):
        layer_from(lambda x, w, b: (torch.matmul(x, w) + b).cuda().cpu())


def test_a_result_that_torch_cannot_differentiate_has_gradients_of_zeros() -> None:
    """As where one operand alone is detached; and the remedy does not speak of formulas."""
    torch = pytest.importorskip("torch")
    only = ["dx_is_dout_wt", "dw_is_xt_dout", "db_is_the_column_sum_of_dout"]
    report = check(torch.no_grad()(lambda x, w, b: torch.add(x @ w, b)), only=only)
    (finding,) = report.findings
    assert finding.mistake is not None
    assert finding.mistake.name == "always-zero"
    assert finding.mistake.remedy.startswith("Let X, W and b reach out as they are: no detach()")


def test_a_framework_is_adapted_where_this_package_is_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in the process of a target: it is not loaded once more, so its classes stay its own."""
    pytest.importorskip("torch")
    framework.cache_clear()
    with monkeypatch.context() as hiding:
        for name in [name for name in sys.modules if name.partition(".")[0] == "affine"]:
            hiding.delitem(sys.modules, name)
        layer = load(str(FOLDER / "torch_function.py"))
        assert "affine.reference" not in sys.modules
    assert isinstance(layer, Layer)
