"""The check as a pytest plugin: `pytest --affine my_layer.py`, or two lines in a test file.

Whoever does not use it pays for the options only: everything else is imported where it runs.
"""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from affine.checker import PROFILES, REDUCTIONS, Profile, Reduction, seed_from, selected

__all__ = ["properties_of"]


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
    judged = _loaded(layer, pytest.Collector.CollectError)

    @pytest.mark.parametrize("name", _names(profile))
    def test(name: str) -> None:
        _run(judged, name, profile=profile, reduction=reduction, seed=seed)

    return test


def _loaded(layer: Any, error: type[Exception], prefix: str = "") -> Any:
    """Return the layer that a target names, or that a class or a function is."""
    from affine.checker.reading import TargetError, layer_from, load
    from affine.checker.report.words import clean

    try:
        return load(layer) if isinstance(layer, str) else layer_from(layer)
    except TargetError as reason:
        raise error(prefix + clean(str(reason))) from None


def _names(profile: Profile) -> list[str]:
    # In `textbook` a property that is only remarked on never fails.
    never = "note" if profile == "textbook" else ""
    return [each.name for each in selected(profile) if each.profile != never]


def _run(layer: Any, name: str, **options: Any) -> None:
    """Fail with the report if the property does not hold; skip if nothing can be said."""
    from affine.checker import check
    from affine.checker.report.text import text
    from affine.checker.report.words import clean

    report = check(layer, only=[name], **options)
    for outcome in report.outcomes:
        if outcome.name == name and outcome.status == "not_observable":
            pytest.skip(clean(outcome.reason) or "not observable in this form")
    if not report:
        pytest.fail(text(report), pytrace=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register the options."""
    group = parser.getgroup("affine", "check of an affine layer")
    group.addoption(
        "--affine",
        metavar="TARGET",
        help="check a layer, one item for each property: path.py[:name] or package.module[:name]; "
        "without paths of tests nothing else is collected",
    )
    options: dict[str, tuple[Any, str, dict[str, Any]]] = {
        "profile": ("textbook", "how much a right layer has to promise", {"choices": PROFILES}),
        "reduction": (
            "sum", "mean: hold dW and db to averages over the batch", {"choices": REDUCTIONS},
        ),
        "seed": (0, "replays the check", {"type": _seed, "metavar": "SEED"}),
    }  # fmt: skip
    for name, (default, help, more) in options.items():
        help = f"{help} (default: {default})"
        group.addoption(f"--affine-{name}", default=default, help=help, **more)


def _seed(text: str) -> int:
    try:
        return seed_from(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def pytest_configure(config: pytest.Config) -> None:
    """Collect no tests beside the layer, unless paths are given."""
    if config.option.affine and config.args_source is not config.ArgsSource.ARGS:
        config.args = []


def pytest_report_header(config: pytest.Config) -> str | None:
    """Say what is checked, and the seed that replays it."""
    option = config.option
    mean = ", reduction mean" if option.affine_reduction == "mean" else ""
    options = f"profile {option.affine_profile}, seed {option.affine_seed}{mean}"
    return f"affine: {_target(config)} ({options})" if option.affine else None


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


def pytest_report_collectionfinish(items: list[pytest.Item]) -> str | None:
    """Say how the layer was read."""
    layers = [item.parent.layer for item in items if isinstance(item, _PropertyItem)]
    form = getattr(layers[0], "form", "") if layers else ""
    if not form:
        return None
    from affine.checker.report.words import on_one_line

    return f"affine: read as {on_one_line(form)}"


class _Target(pytest.Collector):
    """The layer that is checked, as the parent of its properties."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self.layer = _loaded(self.config.option.affine, pytest.UsageError, "--affine: ")

    def collect(self) -> Iterator["_PropertyItem"]:
        for name in _names(self.config.option.affine_profile):
            yield _PropertyItem.from_parent(self, name=name)


class _PropertyItem(pytest.Item):
    """One property of the layer."""

    parent: _Target

    def runtest(self) -> None:
        names, option = ("profile", "reduction", "seed"), self.config.option
        options = {name: getattr(option, f"affine_{name}") for name in names}
        _run(self.parent.layer, self.name, **options)

    def reportinfo(self) -> tuple[Path, None, str]:
        return Path(_target(self.config)), None, self.name
