"""`affine list` and `affine explain`: every name has its explanation."""

from datetime import date

import pytest

from affine.checker.diagnosis import MISTAKES
from affine.checker.report.explain import explain
from affine.equations import EQUATIONS, Event
from affine.properties import PROPERTIES
from tests.checker.command_line import main


def test_list_names_every_property(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each on a line of its own, at any width."""
    assert main(monkeypatch, "list") == 0
    lines = [line.split("[")[0].strip() for line in capsys.readouterr().out.splitlines()]
    assert set(PROPERTIES) <= set(lines)


def test_list_shows_one_profile(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Only what the profile adds."""
    assert main(monkeypatch, "list", "--profile", "library") == 0
    printed = capsys.readouterr().out
    for name, found in PROPERTIES.items():
        assert (f"  {name}  [library]" in printed) == (found.profile == "library")


def test_everything_can_be_explained() -> None:
    """Every tag, every property and every known mistake."""
    for name in (*EQUATIONS, *PROPERTIES, *MISTAKES):
        assert name in str(explain(name)[0])


@pytest.mark.parametrize("name", ["chain", "vmap_equals_a_loop", "averaged-over-the-batch"])
def test_an_explanation_begins_with_the_name(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(monkeypatch, "explain", name) == 0
    assert name in capsys.readouterr().out.splitlines()[0]


def test_an_equation_is_explained_from_shapes_to_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader learns to read it, to compute it, and to test it."""
    assert main(monkeypatch, "explain", "(dW)") == 0
    printed = capsys.readouterr().out
    for part in ("dW = Xᵀ · dout", r"X^\top \cdot", "dW D×M", "dw=x.T @ dout", "dw_is_xt_dout"):
        assert part in printed


def test_a_retired_tag_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = Event("retired", date(2030, 1, 1), "old", why="It is said by (dw).")
    monkeypatch.setattr("affine.checker.report.explain.retired", lambda: {"old": event})
    assert main(monkeypatch, "explain", "old") == 2
    assert "(old) was retired on 2030-01-01: It is said by (dw)." in capsys.readouterr().err
