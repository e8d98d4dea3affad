"""A report as JSON, for graders, CI and other programs; `schema.json` describes it."""

import json
import re
from importlib.resources import files
from numbers import Real
from typing import Any

import numpy as np

from affine.checker.diagnosis import Diagnosis
from affine.checker.exceptions import cut, message
from affine.checker.memory import layout
from affine.checker.report import Finding, Outcome, Report
from affine.checker.report.snippet import counterexample
from affine.checker.report.words import is_visible, kind_of
from affine.layer import Array
from affine.oracle import NotAnArray
from affine.properties import PROPERTIES

SCHEMA = 1
"""The version of the format: a change that breaks a reader counts it up."""


def dumps(report: Report) -> str:
    """Return the report as JSON text, which is safe to print: what acts on a terminal is escaped.

    Examples:
        >>> json.loads(dumps(Report("mine.py", error_message="no file mine.py")))["verdict"]
        'error'
    """
    written = json.dumps(record(report), indent=1, ensure_ascii=False, allow_nan=False)
    return _ACTING.sub(_escaped, written)


# Control characters are escaped already. The last one begins a command to a CI.
_ACTING = re.compile(r"[^\x00-\x7e]|(?<=##)\w*\[")


def _escaped(found: re.Match[str]) -> str:
    """Return signs as JSON writes them in ASCII, unless they are one that a reader sees."""
    if found[0].endswith("["):
        return found[0][:-1] + r"\u005b"
    return found[0] if is_visible(found[0]) else json.dumps(found[0])[1:-1]


def schema() -> dict[str, Any]:
    """Return the JSON Schema of `record`."""
    return dict(json.loads(files(__package__).joinpath("schema.json").read_text(encoding="utf-8")))


def record(report: Report) -> dict[str, Any]:
    """Return the report as objects, lists, texts and numbers."""
    causes = {each.name: cause for cause in report.findings for each in cause.outcomes}
    certificate, coverage = report.certificate, report.coverage
    return {
        "schema": SCHEMA,
        "verdict": report.verdict,
        "target": cut(report.target),
        "trouble": cut(report.error_message),
        "form": cut(report.form),
        "reading": cut(report.form),
        **_fields(report, "profile", "reduction", "seed"),
        "versions": {name: cut(version) for name, version in report.versions.items()},
        "seconds": report.seconds,
        "properties": [_outcome(each, causes.get(each.name), report) for each in report.outcomes],
        "findings": [_finding(finding) for finding in report.findings],
        "remarks": [cut(note) for note in report.notes],
        "steps": [
            {"name": step.name, "established": cut(step.established), "seconds": step.seconds}
            for step in report.steps
        ],
        "coverage": coverage
        and {
            "sizes": list(coverage.sizes),
            "entries": coverage.entries,
            "dtypes": sorted(coverage.dtypes),
            "layouts": sorted(coverage.layouts),
            "not_tried": list(report.not_tried),
        },
        "certificate": certificate
        and {
            "draws": certificate.draws,
            "shapes": [list(shape) for shape in certificate.shapes],
            "limit": certificate.limit,
            "degree": certificate.degree,
            "miss_bound": str(certificate.miss_bound),
            "miss_probability": float(certificate.miss_bound),
        },
    }


def _fields(thing: object, *names: str) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}


def _outcome(outcome: Outcome, cause: Finding | None, report: Report) -> dict[str, Any]:
    tested, failure = PROPERTIES.get(outcome.name), counterexample(outcome, report.reduction)
    is_first = cause is not None and cause.outcomes[0].name == outcome.name
    code = cause.reproduction.code if cause and is_first else ""
    diagnosis = cause and cause.diagnosis
    error = failure.error if failure else outcome.error
    case = failure and {
        "point": {name: _array(array) for name, array in failure.case.primal._asdict().items()},
        "step": {name: _array(array) for name, array in failure.case.tangent._asdict().items()},
        "choice": failure.case.selector,
        "quantity": failure.violation.quantity,
        "expected": _array(failure.violation.expected),
        "got": _array(failure.violation.got),
        "snippet": code,
    }
    return {
        "name": outcome.name,
        "equations": list(tested.equations) if tested else [],
        **_fields(outcome, "status", "cases", "seconds"),
        "counterexample": case,
        "message": cut(outcome.reason) if error is None else message(error),
        "exception": kind_of(outcome.error),
        "diagnosis": diagnosis and cut(diagnosis.sentence),
    }


def _array(value: Any) -> dict[str, Any] | None:
    if value is None or isinstance(value, NotAnArray):  # which the message says
        return None
    array: Array = np.asarray(value)
    exact = array.dtype == object
    return {
        "dtype": "exact" if exact else array.dtype.name,
        "shape": list(array.shape),
        "strides": list(array.strides),
        "layout": "" if exact else layout(array),
        "values": _values(array[()]),
    }


def _values(array: Any) -> Any:
    """Return numbers that JSON readers get back exactly, others as their exact text."""
    if np.ndim(array):
        return [_values(part) for part in array]
    nearest = float(array) if isinstance(array, Real | np.bool_) else np.nan
    return nearest if np.isfinite(nearest) and nearest == array else str(array)


def _finding(finding: Finding) -> dict[str, Any]:
    diagnosis, mistake = finding.diagnosis or Diagnosis((), None, ""), finding.mistake
    return {
        "properties": [outcome.name for outcome in finding.outcomes],
        "quantity": ", ".join(diagnosis.quantities),
        "sentence": cut(diagnosis.sentence),
        "mistake": mistake and _fields(mistake, "name", "title", "equation", "remedy"),
        "ruled_out": list(diagnosis.ruled_out),
        "reproduction": finding.reproduction.code,
        "no_reproduction": cut(finding.reproduction.why_none),
    }
