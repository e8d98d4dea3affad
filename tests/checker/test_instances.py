"""What an instance of a layer class is asked for, and when its parameters are updated."""

from pathlib import Path

import numpy as np
import pytest

from affine.checker.reading import TargetError, layer_from, load
from affine.checker.reduction import undo_mean_reduction
from affine.layer import Layer
from tests.checker.test_reading import assert_right, written


class _Passes:
    """Both passes of a layer, by its own W and b."""

    def forward(self, x):  # type: ignore[no-untyped-def]
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):  # type: ignore[no-untyped-def]
        self.dW, self.db = self.x.T @ dout, dout.sum(0)
        return dout @ self.W.T


class _Given(_Passes):
    def __init__(self, W, b):  # type: ignore[no-untyped-def]
        self.W, self.b = W, b


class _Hidden(_Given):
    """W and b are not for others to write to."""

    def __init__(self, W, b):  # type: ignore[no-untyped-def]
        self._W, self._b = W, b

    W = property(lambda self: self._W)
    b = property(lambda self: self._b)


class _Frozen(_Given):
    def __init__(self, W, b):  # type: ignore[no-untyped-def]
        super().__init__(W.copy(), b)
        self.W.flags.writeable = False


class _Renewed(_Given):
    """Has a method that updates more than W and b."""

    def step(self):  # type: ignore[no-untyped-def]
        self.W -= self.dW
        self.transposed = self.W.T.copy()


class _Stepping(_Given):
    def step(self):  # type: ignore[no-untyped-def]
        self.W -= self.dW
        self.dW = None


@pytest.mark.parametrize(
    ("made", "is_updated"),
    [(_Given, True), (_Stepping, True), (_Hidden, False), (_Frozen, False), (_Renewed, False)],
)
def test_parameters_are_updated_where_a_user_may(made: type, is_updated: bool) -> None:
    layer = layer_from(made)
    assert ("after_update" in layer.variants) == is_updated
    assert ("def update(" in layer.usage) == is_updated
    assert "on_reused_instance" in layer.variants
    for variant in layer.variants.values():
        assert_right(Layer("used before", variant))


def test_a_forgotten_gradient_is_a_wrong_result() -> None:
    """Its place is there and holds None: the layer is judged, as one that returns None is."""

    class Affine(_Given):
        db = None

        def backward(self, dout):  # type: ignore[no-untyped-def]
            self.dW, self.db = self.x.T @ dout, None
            return dout @ self.W.T

    assert layer_from(Affine).backward(*map(np.ones, ((4, 3), (3, 2), 2, (4, 2))))[2] is None


def test_gradients_that_nobody_kept_are_named() -> None:
    class Affine(_Given):
        def backward(self, dout):  # type: ignore[no-untyped-def]
            return dout @ self.W.T

    with pytest.raises(
        TargetError,
        match=r"no gradient of b and W: backward returned one ndarray, .* among W, b, x; return dX",
    ):
        layer_from(Affine).backward(*map(np.ones, ((4, 3), (3, 2), 2, (4, 2))))


def test_a_gradient_that_all_instances_share_is_refused() -> None:
    class Affine(_Given):
        def backward(self, dout):  # type: ignore[no-untyped-def]
            type(self).dW, self.db = self.x.T @ dout, dout.sum(0)
            return dout @ self.W.T

    Affine.dW = np.zeros((3, 2))  # type: ignore[attr-defined]
    with pytest.raises(TargetError, match=r"dW \(of the class, shared by all instances\)"):
        layer_from(Affine).backward(*map(np.ones, ((4, 3), (3, 2), 2, (4, 2))))


def test_a_module_that_is_frozen_as_a_whole_is_refused() -> None:
    torch = pytest.importorskip("torch")
    with pytest.raises(TargetError, match="frozen: neither weight nor bias requires a gradient"):
        layer_from(torch.nn.Linear(3, 2).requires_grad_(False))


def test_a_module_that_was_built_is_judged_and_stays_as_it_is() -> None:
    """To convert it in place, inside a transform of torch, once ended the process."""
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(3, 2)
    layer = layer_from(module)
    x, w, b = np.ones((4, 3)), np.ones((3, 2)), np.ones(2)
    for dtype in ("float64", "float32"):
        operands = [one.astype(dtype) for one in (x, w, x, w, b)]
        assert (layer.variants["jvp"](*operands) == 7).all()
    assert module.weight.dtype == module.bias.dtype == torch.float32


def test_a_module_without_weights_yet_is_refused() -> None:
    torch = pytest.importorskip("torch")
    module = torch.nn.LazyLinear(2)
    for lazy in (torch.nn.LazyLinear, module):
        with pytest.raises(TargetError, match="makes its weights in its first forward pass"):
            layer_from(lazy)
    module(torch.ones(4, 3))
    assert layer_from(module).transposed


def test_a_module_that_keeps_its_sizes_is_refused(tmp_path: Path) -> None:
    """With other weights it raises, and that is the fault of the call."""
    pytest.importorskip("torch")
    text = """
        import torch
        class Flattening(torch.nn.Linear):
            def forward(self, x): return super().forward(x.reshape(-1, self.in_features))
        layer = Flattening(3, 2)
    """
    target = written(text, tmp_path / "flattening.py")
    with pytest.raises(TargetError, match="runs at its own sizes, D = 3 and M = 2"):
        load(f"{target}:layer")
    assert_right(load(f"{target}:Flattening"))


def test_an_instance_that_raises_at_its_own_sizes_too_is_judged() -> None:
    """That is a mistake of the layer."""

    class Untransposed(_Given):
        def backward(self, dout):  # type: ignore[no-untyped-def]
            self.dW, self.db = self.x.T @ dout, dout.sum(0)
            return dout @ self.W

    layer = layer_from(Untransposed(np.ones((3, 2)), np.zeros(2)))
    with pytest.raises(ValueError, match="matmul"):
        layer.backward(np.ones((4, 3)), np.ones((3, 2)), np.ones(2), np.ones((4, 2)))


def test_a_convention_holds_for_an_instance_that_lives_on() -> None:
    """Averages that are turned into sums are turned so in each variant."""

    class Mean(_Given):
        def backward(self, dout):  # type: ignore[no-untyped-def]
            self.dW, self.db = self.x.T @ dout / len(dout), dout.mean(0)
            return dout @ self.W.T

    layer = undo_mean_reduction(layer_from(Mean))
    x, w, b, dout = np.ones((4, 3)), np.ones((3, 2)), np.ones(2), np.ones((4, 2))
    assert "after_update" in layer.variants
    for variant in (layer.vjp, *layer.variants.values()):
        assert variant(x, w, b)[1](dout)[2].tolist() == [4, 4]
