"""`pytest --affine TARGET`, and the two lines in a test file."""

import argparse
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from affine.checker import pytest_plugin
from affine.properties import PROPERTIES

pytest_plugins = ["pytester"]

# By this name whether or not the package is installed, with its entry point, beside it.
PLUGIN = ("-p", "no:affine", "-p", "affine.checker.pytest_plugin", "-p", "no:cacheprovider")
VERDICT = "FAIL my_layer.py: averaged over the batch (dw)"
TEXTBOOK = [found.name for found in PROPERTIES.values() if found.profile == "textbook"]
ONE = "dw_is_xt_dout"
Run: TypeAlias = Callable[..., pytest.RunResult]

CORRECT = """
def forward(x, w, b): return x @ w + b
def backward(dout, x, w): return dout @ w.T, x.T @ dout, dout.sum(0)
"""
WRONG = CORRECT.replace("x.T @ dout,", "x.T @ dout / len(x),")


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run pytest with the plugin, in this process."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return lambda *arguments: pytester.runpytest_inprocess(*PLUGIN, *arguments)


def test_each_property_is_an_item(pytester: pytest.Pytester, run: Run) -> None:
    """Without any test files; those that are there stay out, unless they are named."""
    pytester.makepyfile(my_layer=CORRECT, test_mine="def test_mine(): ...")
    result = run("--affine", "my_layer.py", "--collect-only", "-q")
    names = [line.partition("::")[2] for line in result.outlines if "::" in line]
    assert names == TEXTBOOK
    result = run("--affine", "my_layer.py", "test_mine.py", "--collect-only", "-q")
    result.stdout.fnmatch_lines(["my_layer.py::*", "test_mine.py::test_mine"])


def test_a_right_layer_passes(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(my_layer=CORRECT)
    result = run("--affine", "my_layer.py", "--affine-seed", "7", "-k", f"{ONE} or jvp_is", "-rs")
    result.assert_outcomes(passed=1, skipped=1, deselected=len(TEXTBOOK) - 2)
    result.stdout.fnmatch_lines(["affine: my_layer.py (profile textbook, seed 7)"])
    result.stdout.fnmatch_lines(["SKIPPED*jvp*"])


def test_a_wrong_layer_fails_with_the_report(pytester: pytest.Pytester, run: Run) -> None:
    """And with nothing of this package's own code."""
    pytester.makepyfile(my_layer=WRONG)
    result = run("--affine", "my_layer.py", "-k", ONE)
    result.assert_outcomes(failed=1, deselected=len(TEXTBOOK) - 1)
    result.stdout.fnmatch_lines([f"_* {ONE} _*", VERDICT, f"FAILED my_layer.py::{ONE} *"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*affine/checker*")


def test_the_mean_has_a_check_of_its_own(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(my_layer=WRONG.replace("dout.sum(0)", "dout.mean(0)"))
    result = run("--affine", "my_layer.py", "--affine-reduction", "mean", "-k", ONE)
    result.assert_outcomes(passed=1, deselected=len(TEXTBOOK) - 1)


def test_a_profile_has_its_properties(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(my_layer=CORRECT)
    result = run("--affine", "my_layer.py", "--affine-profile", "library", "--collect-only", "-q")
    names = {line.partition("::")[2] for line in result.outlines if "::" in line}
    assert "dtypes_follow_promotion" in names
    assert set(TEXTBOOK) < names


@pytest.mark.parametrize(
    ("target", "message"),
    [("no_such.py", "no file no_such.py"), ("my_layer.py", "my_layer.py: no known form")],
)
def test_a_target_that_cannot_be_judged_is_a_usage_error(
    target: str, message: str, pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makepyfile(my_layer="answer = 42")
    result = run("--affine", target)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: --affine: {message}*"])


def test_a_seed_is_checked_before_the_work(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(my_layer=CORRECT)
    result = run("--affine", "my_layer.py", "--affine-seed=-1")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*'-1' is not a seed; give a whole number from 0 to *"])
    for given in ("7.5", "seven", "99999999999999999999"):
        with pytest.raises(argparse.ArgumentTypeError, match="is not a seed"):
            pytest_plugin._seed(given)


def test_text_of_the_target_does_not_act(pytester: pytest.Pytester, run: Run) -> None:
    """Neither its name nor what it raises reaches the terminal as it is."""
    name = "::error::[1]\x1b[2J.py"
    message = r"raise ValueError('\n::error::no \x1b[2J ##[error]no')"
    source = CORRECT.replace("return dout", f"{message}; return dout")
    (pytester.path / name).write_text(source, encoding="utf-8")
    result = run("--affine", name, "-k", ONE, "-v")
    result.assert_outcomes(failed=1, deselected=len(TEXTBOOK) - 1)
    printed = result.stdout.str()
    assert "\x1b[2J" not in printed
    assert not re.search(r"^\s*::|##\[", printed, re.MULTILINE)
    assert r"\::error::no \x1b[2J ##\[error]no" in printed


def test_without_the_option_nothing_changes(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_mine(): ...")
    run().assert_outcomes(passed=1)


def test_two_lines_in_a_test_file(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(my_layer=WRONG)
    pytester.makepyfile(
        """
        from affine.checker.pytest_plugin import properties_of
        test_my_layer = properties_of("my_layer.py")
        """
    )
    result = run("-k", f"{ONE} or db_is_the_column_sum_of_dout")
    result.assert_outcomes(passed=1, failed=1, deselected=len(TEXTBOOK) - 2)
    result.stdout.fnmatch_lines([f"*test_my_layer?{ONE}?*", VERDICT])
    result.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_a_test_file_with_no_layer_is_no_traceback(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        from affine.checker.pytest_plugin import properties_of
        test_my_layer = properties_of("no_such.py")
        """
    )
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["no file no_such.py; give the path of a Python file"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_who_does_not_use_it_pays_for_the_options_alone(tmp_path: Path) -> None:
    """Neither Hypothesis nor a property is imported, and next to nothing beyond NumPy."""
    code = (
        "import numpy, pytest, sys; before = set(sys.modules);"
        "import affine.checker.pytest_plugin;"
        "new = set(sys.modules) - before;"
        "print(sorted(name for name in new if not name.startswith('numpy')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == (
        "['affine', 'affine.checker', 'affine.checker.pytest_plugin', 'affine.reference']"
    )
