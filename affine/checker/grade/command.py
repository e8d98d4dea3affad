"""The whole of a grading: gather, judge what is not judged yet, write the results."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import affine
from affine.checker.grade.pages import overview, page_names, submission_page
from affine.checker.grade.points import Points
from affine.checker.grade.pool import Submit, finished
from affine.checker.grade.results import SCHEMA, WORDS, Row, junit, not_judged, row, table
from affine.checker.grade.store import Store, write
from affine.checker.grade.submissions import Submission, gather
from affine.checker.report.words import counted

Workers: TypeAlias = Callable[[], AbstractContextManager[tuple[Submit, int]]]
"""Begins the work: yields what hands out a job, and how many may wait or run."""
Told: TypeAlias = Callable[[str, str, int, int], None]
"""Called with the name and the verdict of a submission, how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Grading:
    """What is asked for.

    Attributes:
        out: The folder of the results.
        points: How much each part counts.
        options: Those of the check, as `Job` has them.
        member: The name of the layer in its file; `""` if there is one alone.
    """

    out: Path
    points: Points
    options: Mapping[str, Any]
    member: str = ""


def grade(
    sources: Sequence[str],
    target: str,
    grading: Grading,
    workers: Workers,
    told: Told,
) -> list[Row]:
    """Judge all submissions, write the results, and return what came of each.

    Raises:
        NoSubmissions: There is nothing to grade.
    """
    store, unpacked = Store(grading.out / "judged"), grading.out / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)  # of a run that was killed
    try:
        submissions = gather(sources, target, unpacked)
        keys, refused = _keys(submissions, grading)
        gave_up = _judge_all(submissions, keys, grading, store, workers, told)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    rows = list(_pages(submissions, keys, {**refused, **gave_up}, grading, store))
    _write_results(rows, grading)
    return rows


def _keys(
    submissions: Sequence[Submission], grading: Grading
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the key of each submission, and why some have none."""
    keys, refused = {}, {}
    for each in submissions:
        try:
            if each.refusal:
                refused[each.name] = each.refusal
            else:
                keys[each.name] = each.job(grading.member, grading.options).key
        except OSError as error:
            refused[each.name] = f"it cannot be read: {error.strerror}"
    return keys, refused


def _judge_all(
    submissions: Sequence[Submission],
    keys: Mapping[str, str],
    grading: Grading,
    store: Store,
    workers: Workers,
    told: Told,
) -> dict[str, str]:
    """Judge each key once, unless its result is there; return why some were given up."""
    first = {keys[each.name]: each for each in reversed(submissions) if each.name in keys}
    waiting = {key: each for key, each in reversed(first.items()) if store.get(key) is None}
    given_up: dict[str, str] = {}
    jobs = (each.job(grading.member, grading.options) for each in waiting.values())
    with workers() as (submit, at_once):
        for done, (key, result) in enumerate(finished(jobs, submit, at_once), start=1):
            if "gave_up" in result:
                given_up[key] = result["gave_up"]
            else:
                store.put(key, result)
            verdict = result["report"]["verdict"] if "report" in result else "error"
            told(waiting[key].name, WORDS[verdict], done, len(waiting))
    return {name: given_up[key] for name, key in keys.items() if key in given_up}


def _pages(
    submissions: Sequence[Submission],
    keys: Mapping[str, str],
    reasons: Mapping[str, str],
    grading: Grading,
    store: Store,
) -> Iterator[Row]:
    """Write the page of each submission, and yield what came of it."""
    (grading.out / "pages").mkdir(exist_ok=True)
    pages, first = page_names(each.name for each in submissions), dict[str, str]()
    for each in submissions:
        why, key = reasons.get(each.name, ""), keys.get(each.name, each.name)
        result = not_judged(each.target or each.name, why) if why else store.get(key)
        if result is None:
            result = not_judged(each.target, "its result was removed; grade again")
        equal_to = "" if why else first.setdefault(key, each.name)
        equal_to = "" if equal_to == each.name else equal_to
        found = row(
            each.name, pages[each.name], result, grading.points,
            key="" if why else key, equal_to=equal_to,
        )  # fmt: skip
        file = each.target if len(each.files) == 1 else ""
        page = submission_page(found, result["html"], grading.points.of, file)
        write(grading.out / found.page, page)
        yield found


def _write_results(rows: Sequence[Row], grading: Grading) -> None:
    record = {
        "schema": SCHEMA,
        "version": affine.__version__,
        "options": dict(grading.options),
        "points": dict(grading.points.of),
        "counts": {verdict: sum(row.verdict == verdict for row in rows) for verdict in WORDS},
        "submissions": [row.record() for row in rows],
    }
    points = grading.points.of
    for name, text in {
        "results.json": json.dumps(record, indent=1) + "\n",
        "results.csv": table(rows, points),
        "junit.xml": junit(rows),
        "index.html": overview(rows, points),
    }.items():
        write(grading.out / name, text)


def summary(rows: Sequence[Row], out: Path) -> str:
    """Return how many are right, wrong and not judged, and where that is written."""
    counts = [
        f"{sum(row.verdict == verdict for row in rows)} {word}" for verdict, word in WORDS.items()
    ]
    total = counted(len(rows), "submission")
    return f"{total}: {', '.join(counts)}. See {out / 'index.html'}"
