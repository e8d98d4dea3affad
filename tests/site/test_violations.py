"""Which equations a wrong layer breaks is tried, and agrees with what one can see by hand."""

from collections.abc import Callable
from dataclasses import replace

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from affine.checker.diagnosis import MISTAKES
from affine.layer import Array, Layer
from docs.site_builder import record
from docs.site_builder.pages import equations, mistakes
from docs.site_builder.record import Results
from docs.site_builder.suite.mistake_examples import Lost, find
from docs.site_builder.suite.violations import NOT_TRIED, violations

Backward = Callable[[Array, Array, Array, Array], tuple[Array, ...]]


def broken(backward: Backward, bias: float = 1) -> set[str]:
    """The equations that out = XW + bias·b breaks with these gradients, (dout, x, w, out)."""

    def vjp(x: Array, w: Array, b: Array) -> tuple[Array, Callable[[Array], tuple[Array, ...]]]:
        out = x @ w + bias * b
        return out, lambda dout: backward(dout, x, w, out)

    return set(violations(lambda: Layer("mine", vjp)))  # type: ignore[arg-type]


def right(dout: Array, x: Array, w: Array, out: Array) -> tuple[Array, ...]:
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def masked_by_x(dout: Array, x: Array, w: Array, out: Array) -> tuple[Array, ...]:
    return (dout @ w.T) * (x > 0), x.T @ dout, dout.sum(axis=0)


def masked_by_out(dout: Array, x: Array, w: Array, out: Array) -> tuple[Array, ...]:
    return right(dout * (out > 0), x, w, out)


def averaged(dout: Array, x: Array, w: Array, out: Array) -> tuple[Array, ...]:
    return dout @ w.T, x.T @ dout / len(x), dout.sum(axis=0)


def decayed(dout: Array, x: Array, w: Array, out: Array) -> tuple[Array, ...]:
    return dout @ w.T, x.T @ dout + w / 8, dout.sum(axis=0)


def test_a_right_layer_breaks_none() -> None:
    assert not broken(right)


@pytest.mark.parametrize(
    ("backward", "breaks", "keeps"),
    [
        # For a given X the mask is a factor: dX stays linear in dout, and in W.
        (masked_by_x, "dx chain pairings adjoint", "dw db linearity bilinearity out"),
        # This mask depends on W and on X.
        (masked_by_out, "dx dw db bilinearity", "linearity batch-additivity out affinity"),
        # With one data point there is nothing to average.
        (averaged, "dw per-sample-sum batch-additivity balance", "dx db one-dw linearity"),
        (decayed, "dw linearity one-dw pairings", "dx db out affinity independence"),
    ],
)
def test_what_is_broken_and_what_holds(backward: Backward, breaks: str, keeps: str) -> None:
    found = broken(backward)
    assert found >= set(breaks.split())
    assert not found & set(keeps.split())


def test_a_forward_pass_without_the_bias_breaks_what_speaks_of_the_bias() -> None:
    found = broken(right, bias=0)
    assert found >= {"out", "entry-b", "jacobian-b", "ones-column", "chain"}
    assert not found & {"jacobian-x", "jacobian-w", "affinity", "independence", "dx", "dw", "db"}


def test_only_definitions_are_left_out() -> None:
    assert {"average", "dout", "exact-integers", "loss"} == NOT_TRIED


# ------------------------------------------------------------------ what the pages say of it


def page(tag: str, breaks: dict[str, list[str]]) -> str:
    shown = {name: {"property": "p", "breaks": tags} for name, tags in breaks.items()}
    return equations._mistakes(tag, Results({"mistakes": shown}))


def test_the_page_of_an_equation_lists_what_breaks_it_and_nothing_else() -> None:
    breaks = {"averaged-over-the-batch": ["dw", "per-sample-sum"], "masked": ["dx"]}
    assert "[mistake-averaged-over-the-batch]" in page("dw", breaks)
    assert "`dw = x.T @ dout / n`" in page("per-sample-sum", breaks)
    assert "mistake-masked" not in page("linearity", breaks)
    assert equations._mistakes("dw", Results()) == "Not run in this build."


def test_a_mistake_that_one_call_does_not_show_stands_apart() -> None:
    gallery = mistakes.mistakes(replace(record.load(), results=Results({
        "mistakes": {"warns": {"property": "", "message": "m", "layer": "", "breaks": []}}
    })))  # fmt: skip
    assert gallery.index("Right in one plain call") < gallery.index("mistake-warns")


def test_the_catalogue_names_an_equation_that_the_mistake_breaks() -> None:
    wrong = replace(MISTAKES["averaged-over-the-batch"], equation="dx")
    with pytest.raises(Lost, match=r"does not break \(dx\).*write one of .*per-sample-sum"):
        find(wrong, [])
