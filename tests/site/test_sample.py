"""What pages show about layers was printed by the commands, or is said not to have run."""

from pathlib import Path

import pytest

from docs.site_builder.suite.sample import console, layer


@pytest.fixture
def _results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some results of the suite: without any, no command is run."""
    ledger = tmp_path / "ledger.json"
    ledger.write_text('{"seed": 0}', encoding="utf-8")
    monkeypatch.setenv("AFFINE_LEDGER", str(ledger))


@pytest.mark.usefixtures("_results")
def test_a_command_is_shown_with_what_it_printed() -> None:
    shown = console("affine explain db", first=1)
    assert shown == "```text\n$ affine explain db\nEquation (db): Gradient of the bias\n…\n```\n"


@pytest.mark.usefixtures("_results")
def test_another_exit_code_than_the_page_expects_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="exit code 2"):
        console("affine check no_such_file.py")


def test_a_quick_look_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AFFINE_LEDGER", raising=False)
    assert "Not run in this build." in console("affine explain db")


def test_without_the_package_that_it_needs_a_command_is_shown_alone() -> None:
    shown = console("affine check my_layer.py", "torch_layer", needs="no_such_package")
    assert "$ affine check my_layer.py" in shown
    assert "Not run in this build" in shown


def test_a_layer_is_shown_as_the_file_that_is_checked() -> None:
    assert layer("right").startswith('```python title="my_layer.py"\nimport numpy as np\n')
