"""What the site says to programs: the list of equations, and its schema."""

import json
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from jsonschema import Draft202012Validator, ValidationError

from affine.equations import CORRECTIONS, EQUATIONS, HISTORY, Event
from docs.site_builder.pages import data as site_data
from tests.site.conftest import ADDRESS
from tests.site.dead_links import dead_links


@pytest.fixture
def data(addressed: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((addressed / "equations.json").read_text(encoding="utf-8"))
    return found


def test_the_list_keeps_its_schema(addressed: Path, data: dict[str, Any]) -> None:
    """The schema that is published is the one that is checked, and it would refuse other lists."""
    name = f"schema/equations-{site_data.SCHEMA}.json"
    schema = json.loads((addressed / name).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    validator.validate(data)
    with pytest.raises(ValidationError):
        validator.validate(data | {"equations": [data["equations"][0] | {"spoken": 1}]})


def test_the_list_holds_every_equation_and_leads_to_its_home(
    addressed: Path, data: dict[str, Any]
) -> None:
    assert [one["tag"] for one in data["equations"]] == list(EQUATIONS)
    assert data["address"] == ADDRESS
    for one in data["equations"]:
        page, _, anchor = one["page"].partition("#")
        assert f'id="{anchor}"' in (addressed / page).read_text(encoding="utf-8")
        assert (addressed / one["permanent"] / "index.html").is_file()


def test_each_correction_has_both_lines(data: dict[str, Any]) -> None:
    assert [one["id"] for one in data["corrections"]] == list(CORRECTIONS)
    for one in data["corrections"]:
        assert one["right"] == EQUATIONS[one["tag"]].tex
        assert one["wrong"]
        assert one["right"] not in one["wrong"]


def test_no_link_of_the_site_is_dead(addressed: Path) -> None:
    assert list(dead_links(addressed, address=ADDRESS)) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    text = '<a href="b.html#c"></a><a href="b.html#d"></a><a href="e.html"></a><img src="f.png">'
    (tmp_path / "a.html").write_text(text, encoding="utf-8")
    (tmp_path / "b.html").write_text('<p id="c">', encoding="utf-8")
    assert [one.partition(": ")[2] for one in dead_links(tmp_path)] == [
        "b.html#d",
        "e.html",
        "f.png",
    ]


@pytest.mark.exhaustive
def test_a_retired_tag_keeps_its_page(tmp_path: Path) -> None:
    """With the reason, and records to cite it by."""
    from tests.site.building import build, copy_to

    copy = copy_to(tmp_path)
    with (copy / "affine" / "history.toml").open("a", encoding="utf-8") as file:
        for event in (
            Event("published", HISTORY[-1].date, "old", title="An old equation", tex="a = b"),
            Event("retired", HISTORY[-1].date, "old", why="It is said by (dw)."),
        ):
            fields = {"kind": event.kind, "tag": event.tag, "title": event.title, "tex": event.tex}
            lines = [f'{name} = "{value}"' for name, value in fields.items() if value]
            why = f'why = "{event.why}"' if event.why else ""
            file.write("\n".join(["", "[[event]]", f"date = {event.date}", *lines, why, ""]))
    done = build(copy)
    assert done.returncode == 0, done.stderr
    page = (copy / "site" / "t" / "old" / "index.html").read_text(encoding="utf-8")
    assert "It is said by (dw)." in page
    assert "An old equation, equation (old)" in page
    data = json.loads((copy / "site" / "equations.json").read_text(encoding="utf-8"))
    assert [one["kind"] for one in data["retired"]["old"]] == ["published", "retired"]
