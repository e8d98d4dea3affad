"""What others cite stays: no tag is renamed, used again or dropped in silence."""

import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from affine.equations import HISTORY, Event
from docs.site_builder import record
from docs.site_builder.equations import checks
from docs.site_builder.record import Record

ROOT = Path(__file__).parents[1]
FILE = Path("affine") / "history.toml"
LATER = date(2999, 1, 1)


def _renamed(whole: Record) -> Record:
    equations = dict(whole.equations)
    equations["d-w"] = replace(equations.pop("dw"), tag="d-w")
    return replace(whole, equations=equations)


def _with(*events: Event) -> Record:
    return replace(record.load(), history=(*HISTORY, *events))


def _changed_tex(whole: Record) -> Record:
    moved = replace(whole.equations["dw"], tex="dW = X")
    return replace(whole, equations={**whole.equations, "dw": moved})


def test_every_promise_is_kept() -> None:
    assert checks.of_history(record.load()) == []


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        (_renamed(record.load()), "(dw), public since 2026-11-23, has left the registry"),
        (_renamed(record.load()), "(d-w) is not public yet"),
        (_changed_tex(record.load()), "the TeX of (dw) changed"),
        (_with(Event("retired", LATER, "dw", why="See (dx).")), "(dw) was retired on 2999-01-01"),
        (_with(Event("retired", LATER, "gone")), "(gone) was retired without a sentence"),
        (_with(Event("changed", LATER, "gone", tex="a")), "the events of (gone) are changed"),
        (_with(Event("published", LATER, "dw", tex="a")), "of (dw) are published, published"),
        (_with(Event("changed", date(2000, 1, 1), "dw", tex="a")), "stands after a later one"),
    ],
)  # fmt: skip
def test_a_broken_promise_is_told_with_what_to_do(broken: Record, complaint: str) -> None:
    assert complaint in "\n".join(checks.of_history(broken))


def test_retiring_a_tag_with_a_sentence_keeps_the_promise() -> None:
    whole = record.load()
    kept = {tag: one for tag, one in whole.equations.items() if tag != "dw"}
    gone = _with(Event("retired", LATER, "dw", why="It is said by (dx)."))
    complaints = checks.of_history(replace(gone, equations=kept))
    assert [complaint for complaint in complaints if "(dw)" in complaint] == []


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no history of this copy: {done.stderr.strip()}")
    return done.stdout


def test_the_file_only_grows() -> None:
    """Each committed version of it is the beginning of today's."""
    today = (ROOT / FILE).read_text(encoding="utf-8")
    for commit in _git("log", "--format=%H", "--", str(FILE)).split():
        earlier = _git("show", f"{commit}:{FILE}")
        assert today.startswith(earlier), f"{FILE} lost what {commit[:7]} published: put it back"
