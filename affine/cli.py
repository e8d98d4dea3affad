"""The command line: check a layer, list the properties, explain an equation.

What a command needs is imported when it runs, so that `affine --help` is there at once.
"""

import os
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import affine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from affine.process.worker import Worker
    from affine.report import Report

__all__ = ["main"]

PROFILES = ("textbook", "library", "framework")
_EXIT = {"pass": 0, "fail": 1, "error": 2}
_INTERRUPTED = 130
_QUIET_SECONDS = 2.0
_LOADING_SECONDS = 20.0

Progress = Callable[[str, int, int], None]


def main() -> None:
    """Run the command line, and exit with 0, 1 or 2: see `affine --help`.

    Exit code 1 means that a property was falsified and nothing else: an error of this program
    must never read as a verdict.
    """
    try:
        sys.exit(_commands.main(prog_name="affine", standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(_EXIT["error"])
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted: there is no verdict", err=True)
        sys.exit(_INTERRUPTED)
    except Exception:
        traceback.print_exc()
        click.echo("ERROR this is a fault of affine itself; the layer was not judged", err=True)
        sys.exit(_EXIT["error"])


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit code: 0 everything held, 1 a property was falsified, 2 no verdict.",
)
@click.version_option(affine.__version__, package_name="affine-gradients", prog_name="affine")
def _commands() -> None:
    """Check an affine layer out = XW + b and its gradients, exactly.

    \b
    Examples:
      affine check my_layer.py      is my layer right, and if not, why?
      affine list                   every property that is checked
      affine explain dw             an equation, a property or a mistake
    """  # noqa: D301


# ------------------------------------------------------------------ affine check


def _fits(context: click.Context, parameter: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a file that cannot be written before the work is done, not after."""
    if path is not None and str(path) != "-" and not path.parent.is_dir():
        raise click.BadParameter(f"there is no folder {path.parent}; make it first")
    return path


def _known(
    context: click.Context, parameter: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse a name that no property has, and offer the closest."""
    if not names:
        return names
    from affine.properties import PROPERTIES
    from affine.report.explain import closest

    for name in names:
        if name not in PROPERTIES:
            hint = closest(name, PROPERTIES) or "`affine list` names them all"
            raise click.BadParameter(f"no property is called {name}; {hint}")
    return names


@_commands.command(short_help="Check the layer in a file or a module.")
@click.argument("target")
@click.option(
    "--profile",
    type=click.Choice(PROFILES),
    default="textbook",
    show_default=True,
    help="How much a right layer must promise.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Replays a check.")
@click.option(
    "--json",
    "destination",
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True, path_type=Path),
    callback=_fits,
    help="Write the report as JSON as well; - writes it instead, to standard output.",
)
@click.option(
    "--only", multiple=True, metavar="NAME", callback=_known, help="Run only this property; repeat."
)
@click.option(
    "--reduction",
    type=click.Choice(["sum", "mean"]),
    default="sum",
    show_default=True,
    help="mean: a course that averages dw and db over the batch.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=10.0,
    show_default=True,
    help="Seconds that one call of the layer may take.",
)
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    default=30.0,
    show_default=True,
    help="Seconds that the check may take, about, if the layer is slow.",
)
@click.option("--verbose", "-v", is_flag=True, help="Also every property, times and versions.")
def check(target: str, destination: Path | None, verbose: bool, **chosen: Any) -> int:
    """Check the layer in TARGET: path.py, path.py:name, package.module or package.module:name.

    \b
    Examples:
      affine check my_layer.py
      affine check my_layer.py:MyAffine --profile library --verbose
      affine check course_layer.py --reduction mean
      affine check torch.nn:Linear --seed 7 --json report.json
      affine check my_layer.py --only dw_is_xt_dout

    Exit code: 0 everything held, 1 a property was falsified, 2 no verdict.
    """  # noqa: D301
    report = _checked(target, **chosen)
    _deliver(report, destination, verbose)
    return _EXIT[report.verdict]


def _checked(target: str, timeout: float, budget: float, **chosen: Any) -> "Report":
    """Return the report: of a target that cannot be judged, why."""
    from affine.clock import Clock
    from affine.process.worker import Worker

    clock = Clock(budget)
    # A framework takes seconds to import, however short the calls are.
    loading = max(_LOADING_SECONDS, 6 * timeout)
    worker = Worker(target, timeout=timeout, load_timeout=loading, clock=clock)
    with _progress(target) as progress, worker:
        # The process loads the target while these are loaded here.
        from affine.adapters import TargetError
        from affine.layer import LayerGone
        from affine.report import Report
        from affine.runner import check as judge

        try:
            report = judge(worker.layer, progress=progress, clock=clock, **chosen)
        except (TargetError, LayerGone) as error:
            named = {name: chosen[name] for name in ("profile", "reduction", "seed")}
            return Report(target, trouble=str(error), **named)
    return replace(report, target=target, remarks=(*report.remarks, *_remarks(worker)))


def _remarks(worker: "Worker") -> "Iterator[str]":
    """Yield what is worth knowing of the process in which the target ran."""
    last = next((line for line in reversed(worker.output.split("\n")) if line.strip()), "")
    if last:
        yield f"the target printed something; its last line: {last.strip()}"
    if worker.connection.uses_reference:
        yield "the target uses affine, whose reference this check trusts: is it a layer of its own?"


def _deliver(report: "Report", destination: Path | None, verbose: bool) -> None:
    from affine.report.record import dumps
    from affine.report.text import parts, verdict

    if destination is not None and str(destination) == "-":
        _write(dumps(report) + "\n")
        click.echo(verdict(report), err=True)
        return
    _print(lambda width: parts(report, width, verbose=verbose))
    if destination is not None:
        try:
            destination.write_text(dumps(report) + "\n", encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"cannot write {destination}: {error.strerror}") from error


# ------------------------------------------------------------------ affine list, affine explain


@_commands.command("list", short_help="List every property.")
@click.option("--profile", type=click.Choice(PROFILES), help="Only those that this profile adds.")
def list_(profile: str | None) -> None:
    """List every property: its name, its equations, and what it catches.

    \b
    Examples:
      affine list
      affine list --profile library
    """  # noqa: D301
    from affine.report.explain import listing

    _print(lambda width: listing(profile or ""))


@_commands.command(short_help="Explain an equation, a property or a mistake.")
@click.argument("name")
def explain(name: str) -> None:
    """Explain NAME: the tag of an equation, a property, or a known mistake.

    \b
    Examples:
      affine explain dw
      affine explain dw_is_xt_dout
      affine explain averaged-over-the-batch
    """  # noqa: D301
    from affine.report.explain import explain as explained

    try:
        parts = explained(name)
    except LookupError as error:
        raise click.ClickException(str(error)) from error
    _print(lambda width: parts)


# ------------------------------------------------------------------ terminal


def _print(parts: "Callable[[int], Iterable[RenderableType]]") -> None:
    """Print parts on standard output: in colour on a terminal, unless NO_COLOR says no."""
    from rich.console import Console

    from affine.report.layout import printed

    found = Console()  # of the terminal: its width, and which colours it knows
    _write(printed(parts(found.width), found.width, found.color_system))


def _write(text: str) -> None:
    """Write to standard output. That a reader went away (`| head`) is no error of the check."""
    encoding = sys.stdout.encoding or "utf-8"
    # A log that cannot hold an ᵀ gets a question mark, not a traceback.
    text = text.encode(encoding, "replace").decode(encoding)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more at its end; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _progress(target: str) -> "Iterator[Progress]":
    """Show what is being done, on a terminal and once it takes a while; else stay silent."""
    if not sys.stderr.isatty():
        yield lambda step, done, total: None
        return
    from threading import Timer

    from rich.console import Console

    from affine.report.layout import paragraph
    from affine.report.words import on_one_line

    doing = f"checking {on_one_line(target, 60)}"
    status = Console(stderr=True).status(paragraph(doing))
    timer = Timer(_QUIET_SECONDS, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda step, done, total: status.update(paragraph(f"{doing}: {step} {done}/{total}"))
    finally:
        timer.cancel()
        timer.join()
        status.stop()
