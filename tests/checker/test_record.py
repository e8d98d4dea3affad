"""A report as JSON, as its published schema says."""

import json
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from affine.checker import check
from affine.checker.report import Report
from affine.checker.report.record import SCHEMA, dumps, record, schema
from affine.oracle import Violation
from tests.checker.report_factory import failing, falsified, reports


def test_the_schema_is_a_schema() -> None:
    """Of draft 2020-12, and of the version that the records carry."""
    Draft202012Validator.check_schema(schema())
    assert schema()["properties"]["schema"]["const"] == SCHEMA


@pytest.mark.parametrize("name", reports())
def test_every_kind_of_report_is_valid_json(name: str) -> None:
    """Strict JSON, which has no NaN, and as the schema says."""
    written = json.loads(dumps(reports()[name]), parse_constant=pytest.fail)
    Draft202012Validator(schema()).validate(written)
    assert written["verdict"] == reports()[name].verdict


def test_json_keeps_every_digit() -> None:
    """Numbers come back as they were; what JSON cannot hold is text."""
    found = record(reports()["exact"])["properties"][0]["counterexample"]
    assert found["expected"]["values"] == [["1/3"], [1]]
    assert found["got"]["values"] == [[0.3], [1]]
    special = record(reports()["special"])["properties"][0]["counterexample"]["point"]
    assert special["x"]["values"] == [["inf"]]
    assert special["w"]["values"] == [["nan"]]
    assert special["b"]["dtype"] == "float16"
    sevenths = (np.arange(6, dtype="f4") / 7).reshape(2, 3)
    outcome = falsified(Violation("dw", "dw", sevenths, sevenths))
    report = Report("mine.py", outcomes=(outcome,))
    back = json.loads(dumps(report))["properties"][0]["counterexample"]["got"]
    assert np.array_equal(np.array(back["values"], back["dtype"]), sevenths)
    assert back["strides"] == [12, 4]


def test_json_says_how_the_layer_was_read() -> None:
    """Under the name that reports give it, and under its earlier one."""
    written = record(failing(form="forward(x, w, b)"))
    assert written["reading"] == written["form"] == "forward(x, w, b)"


def test_json_says_which_mistake_a_property_shows() -> None:
    """Each falsified property carries the diagnosis of its cause."""
    written = record(failing())
    assert [one["diagnosis"] for one in written["properties"]] == [
        "Your dw is Xᵀ·dout / N."
    ] * 2 + [None]
    assert written["findings"][0]["mistake"]["name"] == "averaged-over-the-batch"


NO_ARRAYS = {
    "int": 3, "list": [1.0], "str": "x", "NoneType": None, "float64": np.float64(1),
    "<U1": np.array(["a"]), "complex128": np.ones(1) * 1j,
}  # fmt: skip


@pytest.mark.parametrize("kind", NO_ARRAYS)
@pytest.mark.usefixtures("few_cases")
def test_a_result_that_is_no_array_of_numbers_is_valid_json(kind: str) -> None:
    """What it is, the message says."""

    def forward(x: Any, w: Any, b: Any) -> Any:
        return x @ w + b

    def backward(dout: Any, x: Any, w: Any) -> Any:
        return dout @ w.T, x.T @ dout, NO_ARRAYS[kind]

    written = json.loads(dumps(check(forward, backward, only=["db_is_the_column_sum_of_dout"])))
    Draft202012Validator(schema()).validate(written)
    assert kind in written["properties"][0]["message"]
