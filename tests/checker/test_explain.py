"""`affine list` and `affine explain`: every name has its explanation."""

from datetime import date

import pytest

from affine.checker.diagnosis import MISTAKES
from affine.checker.report.explain import explain
from affine.equations import EQUATIONS, Event
from affine.properties import PROPERTIES
from tests.checker.command_line import main


def test_list_names_every_property() -> None:
    """Each on a line of its own, at any width."""
    ended = main("list")
    assert ended.code == 0
    assert set(PROPERTIES) <= {line.split("[")[0].strip() for line in ended.out.splitlines()}


def test_list_shows_one_profile() -> None:
    """Only what the profile adds."""
    printed = main("list", "--profile", "library").out
    for name, found in PROPERTIES.items():
        assert (f"  {name}  [library]" in printed) == (found.profile == "library")


def test_everything_can_be_explained() -> None:
    """Every tag, every property and every known mistake."""
    for name in (*EQUATIONS, *PROPERTIES, *MISTAKES):
        assert name in str(explain(name)[0])


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        (
            "(dW)",
            ["(dw)", "dW = Xᵀ · dout", "dW D×M", "dw_is_xt_dout", r"X^\top \cdot", "dw=x.T @ dout"],
        ),
        ("vmap_equals_a_loop", ["vmap_equals_a_loop", "Needs     vmapped", "def vmap_equals"]),
        ("averaged-over-the-batch", ["averaged-over-the-batch", "Wrong", "Right", "Remedy"]),
    ],
)
def test_an_explanation_is_printed_in_order(name: str, parts: list[str]) -> None:
    """From the name, by shapes, to code."""
    ended = main("explain", name)
    assert ended.code == 0
    places = [ended.out.index(part) for part in parts]
    assert places == sorted(places)


def test_a_retired_tag_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    event = Event("retired", date(2030, 1, 1), "old", why="It is said by (dw).")
    monkeypatch.setattr("affine.checker.report.explain.retired", lambda: {"old": event})
    ended = main("explain", "old")
    assert ended.code == 2
    assert "(old) was retired on 2030-01-01: It is said by (dw)." in ended.err
