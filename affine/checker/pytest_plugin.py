"""The check as a pytest plugin: `pytest --affine my_layer.py`, or two lines in a test file.

Whoever does not use it pays for the options only: everything else is imported where it runs.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pytest

__all__ = ["properties_of"]

Profile: TypeAlias = Literal["textbook", "library", "framework"]
Reduction: TypeAlias = Literal["sum", "mean"]

_PROFILES = ("textbook", "library", "framework")
_LARGEST_SEED = 2**63 - 1


class Falsified(Exception):
    """A property does not hold; the text is what the report says about it."""


def properties_of(
    layer: Any, *, profile: Profile = "textbook", reduction: Reduction = "sum", seed: int = 0
) -> Callable[[str], None]:
    """Return a test function for your own test file, with one test for each property.

    Args:
        layer: A target as for `affine check`, or the class, function, module or pair (forward,
            backward) itself.
        profile: How much a right layer has to promise.
        reduction: `mean` holds dW and db to averages over the batch.
        seed: Replays the check.

    Examples:
        >>> import affine
        >>> test_my_layer = properties_of(affine)
        >>> test_my_layer("dw_is_xt_dout")
    """
    from affine.checker.reading import TargetError, layer_from, load
    from affine.checker.report.words import clean

    try:
        judged = load(layer) if isinstance(layer, str) else layer_from(layer)
    except TargetError as error:
        raise pytest.Collector.CollectError(clean(str(error))) from None

    @pytest.mark.parametrize("name", _names(profile))
    def test(name: str) -> None:
        failure = _failure(judged, name, profile, reduction, seed)
        if failure:
            pytest.fail(failure, pytrace=False)

    return test


def _names(profile: Profile) -> list[str]:
    from affine.properties import PROPERTIES

    levels = {
        "textbook": ("textbook",),
        "library": ("textbook", "note", "library"),
        "framework": ("textbook", "note", "library", "framework"),
    }
    return [found.name for found in PROPERTIES.values() if found.profile in levels[profile]]


def _failure(layer: Any, name: str, profile: Profile, reduction: Reduction, seed: int) -> str:
    """Return what the report says if the property does not hold; skip if nothing can be said."""
    from affine.checker import check
    from affine.checker.report.text import text
    from affine.checker.report.words import clean

    report = check(layer, profile=profile, reduction=reduction, seed=seed, only=[name])
    outcome = next((found for found in report.outcomes if found.name == name), None)
    if outcome is not None and outcome.status == "not_observable":
        pytest.skip(clean(outcome.reason) or "not observable in this form")
    return "" if report else text(report)


# ------------------------------------------------------------------ pytest --affine TARGET


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    group = parser.getgroup("affine", "check of an affine layer")
    group.addoption(
        "--affine",
        metavar="TARGET",
        help="check a layer, one item for each property: path.py[:name] or package.module[:name]; "
        "without paths of tests nothing else is collected",
    )
    group.addoption(
        "--affine-profile",
        choices=_PROFILES,
        default="textbook",
        help="how much a right layer has to promise (default: textbook)",
    )
    group.addoption(
        "--affine-reduction",
        choices=("sum", "mean"),
        default="sum",
        help="mean: hold dW and db to averages over the batch (default: sum)",
    )
    group.addoption(
        "--affine-seed",
        type=_seed,
        default=0,
        help="replays the check (default: 0)",
        metavar="SEED",
    )


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) > _LARGEST_SEED:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a seed; give a whole number from 0 to {_LARGEST_SEED}"
        )
    return int(text)


def pytest_configure(config: pytest.Config) -> None:
    """Collect no tests beside the layer, unless paths are given."""
    if config.option.affine and config.args_source is not config.ArgsSource.ARGS:
        config.args = []


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what is checked, and the seed that replays it."""
    if not config.option.affine:
        return None
    option = config.option
    mean = ", reduction mean" if option.affine_reduction == "mean" else ""
    chosen = f"profile {option.affine_profile}, seed {option.affine_seed}{mean}"
    return f"affine: {_target(config)} ({chosen})"


def _target(config: pytest.Config) -> str:
    """The target as it is fit to print: pytest prints it as it is."""
    from affine.checker.report.words import on_one_line

    return on_one_line(config.option.affine)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the properties of the layer, before `-k` and others select."""
    if config.option.affine:
        name = _target(config)
        # pytest reads :: and [ in an identifier.
        nodeid = name.replace("::", ":").translate({ord("["): "(", ord("]"): ")"})
        target = _Target.from_parent(session, name=name, nodeid=nodeid)
        # By a report, as everything else that is collected: then pytest counts the items.
        report = config.hook.pytest_make_collect_report(collector=target)
        config.hook.pytest_collectreport(report=report)
        items[:0] = report.result


class _Target(pytest.Collector):
    """The layer that is checked, as the parent of its properties."""

    def __init__(self, **keywords: Any) -> None:
        from affine.checker.reading import TargetError, load
        from affine.checker.report.words import clean

        super().__init__(**keywords)
        try:
            self.layer = load(self.config.option.affine)
        except TargetError as error:
            raise pytest.UsageError(f"--affine: {clean(str(error))}") from None

    def collect(self) -> Iterator["_PropertyItem"]:
        for name in _names(self.config.option.affine_profile):
            yield _PropertyItem.from_parent(self, name=name, layer=self.layer)


class _PropertyItem(pytest.Item):
    """One property of the layer."""

    def __init__(self, *, layer: Any, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.layer = layer

    def runtest(self) -> None:
        option = self.config.option
        failure = _failure(
            self.layer,
            self.name,
            option.affine_profile,
            option.affine_reduction,
            option.affine_seed,
        )
        if failure:
            raise Falsified(failure)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return the report alone, without a traceback through this package."""
        if isinstance(excinfo.value, Falsified):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return Path(_target(self.config)), None, self.name
