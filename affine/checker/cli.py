"""The command line: check a layer, list the properties, explain an equation.

What a command needs is imported when it runs, so that `affine --help` is there at once.
"""

import os
import sys
import traceback
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from secrets import token_hex
from signal import SIG_IGN, SIGINT
from typing import TYPE_CHECKING, Any

import click

import affine
from affine.checker import PROFILES, terminal
from affine.checker.options import nameable, options_of_a_check, writable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from affine.checker.report import Report
    from affine.checker.search import Progress

_EXIT = {"pass": 0, "fail": 1, "error": 2}
_QUIET_SECONDS = 2.0


def main() -> None:
    """Run the command line, and exit with 0, 1 or 2: see `affine --help`.

    Exit code 1 means that a property was falsified and nothing else: an error of this program
    must never read as a verdict. Ctrl-C exits with 130 and SIGTERM with 143, as in a shell.
    """
    try:
        terminal.end_by_exception()
        code = _run()
        # At the end of a process a signal would only print a traceback.
        terminal.handle_signals(SIG_IGN)
    except KeyboardInterrupt as interrupt:
        ended = (
            interrupt
            if isinstance(interrupt, terminal.Interrupted)
            else terminal.Interrupted(SIGINT)
        )
        terminal.write_stderr(f"{ended}\n")
        terminal.discard(sys.stdout)  # its reader may be stuck
        terminal.handle_signals(SIG_IGN)
        code = ended.code
    sys.exit(code)


def _run() -> int:
    # Not `main` of click, which answers an interrupt by an empty line.
    arguments = sys.argv[1:] or ["--help"]
    try:
        with _commands.make_context("affine", arguments) as context:
            return _commands.invoke(context) or 0
    except click.exceptions.Exit as end:
        return end.exit_code if sys.argv[1:] else _EXIT["error"]
    except click.ClickException as error:
        _complain_safely(_with_remedy(error))
    except BrokenPipeError:  # nobody reads the help any more
        terminal.discard(sys.stdout)
        return 0
    except (Exception, SystemExit):  # what is imported may end the program
        fault = "ERROR this is a fault of affine itself; the layer was not judged\n"
        _complain_safely(traceback.format_exc() + fault)
    return _EXIT["error"]


def _with_remedy(error: click.ClickException) -> str:
    """Return what is wrong with a command line, and at its end where to read what is right."""
    text = f"Error: {error.format_message()}\n"
    if not isinstance(error, click.UsageError):
        return text
    usage = f"{error.ctx.get_usage()}\n\n" if error.ctx else ""
    path = error.ctx.command_path if error.ctx else "affine"
    return f"{usage}{text}`{path} --help` says what it takes\n"


def _complain_safely(text: str) -> None:
    with suppress(Exception, SystemExit):  # that an import fails may be what there is to say
        from affine.checker.exceptions import cut
        from affine.checker.report.words import escaped

        text = escaped("\n".join(map(cut, text.split("\n"))))
    terminal.write_stderr(text)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "show_default": True},
    epilog="Exit code: 0 everything held, 1 a property was falsified, 2 no verdict.",
)
@click.version_option(affine.__version__, package_name="affine-gradients", prog_name="affine")
def _commands() -> None:
    """Check an affine layer out = XW + b and its gradients, exactly.

    \b
    Examples:
      affine check my_layer.py      is my layer right, and if not, why?
      affine grade submissions/     the layers of a class: results, and a page for each
      affine list                   every property that is checked
      affine explain dw             an equation, a property or a mistake
    """  # noqa: D301


@_commands.command(short_help="Check the layer in a file or a module.")
@click.argument("target", required=False, metavar="TARGET", callback=nameable)
@options_of_a_check
@click.option(
    "--json", "destination", metavar="FILE", callback=writable,
    type=click.Path(allow_dash=True, path_type=Path),
    help="Write the report as JSON too; with - to standard output, in place of the text.",
)  # fmt: skip
@click.option("--verbose", "-v", is_flag=True, help="Show every property, times and versions too.")
def check(target: str, destination: Path | None, verbose: bool, **chosen: Any) -> int:
    """Check the layer in TARGET: path.py, notebook.ipynb or package.module.

    Append :name to pick one of several layers.

    \b
    Examples:
      affine check my_layer.py
      affine check my_layer.py:MyAffine --profile library --verbose
      affine check homework.ipynb
      affine check course_layer.py --reduction mean
      affine check torch.nn:Linear --seed 7 --json report.json
      affine check my_layer.py --only dw_is_xt_dout

    Exit code: 0 everything held, 1 a property was falsified, 2 no verdict.
    """  # noqa: D301
    # The target runs as the same user: it may put something else where the report shall be.
    is_device = destination is not None and destination.exists() and not destination.is_file()
    report = _checked(target, **chosen)
    _deliver(report, destination, is_device, verbose)
    return _EXIT[report.verdict]


def _checked(target: str, timeout: float, budget: float, **chosen: Any) -> "Report":
    """Return the report: of a target that cannot be judged, why."""
    from affine.checker.clock import Clock
    from affine.checker.process.worker import Worker

    clock = Clock(budget)
    worker = Worker(target, timeout, clock)
    with _progress(target) as progress, worker:
        # The process loads the target while this is loaded here.
        from affine.checker.judge import judged

        return judged(worker, target, clock, progress, **chosen)


def _deliver(report: "Report", destination: Path | None, is_device: bool, verbose: bool) -> None:
    from affine.checker.report.record import dumps
    from affine.checker.report.text import parts, verdict

    if destination is not None and str(destination) == "-":
        terminal.write(dumps(report) + "\n", sys.stdout)
        terminal.write_stderr(verdict(report) + "\n")
        return
    terminal.show(lambda width: parts(report, width, verbose=verbose))
    if destination is None:
        return
    # A file is written as a whole, in the place of whatever is there; a device as it is.
    beside = destination.with_name(f".{destination.name}.{token_hex(8)}")
    try:
        written = destination if is_device else beside
        written.write_text(dumps(report) + "\n", encoding="utf-8")
        if not is_device:
            beside.replace(destination)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise click.ClickException(f"cannot write {destination}: {error.strerror}") from error


@_commands.command(short_help="Grade the layers of a class.")
@click.argument("submissions", nargs=-1, required=True)
@click.option(
    "--out", default="graded", metavar="DIR", type=click.Path(file_okay=False, path_type=Path),
    help="The folder for the results.",
)  # fmt: skip
@click.option(
    "--target", "-t", default="", show_default=False, metavar="FILE[:NAME]",
    help="The file with the layer, where folders hold several.",
)  # fmt: skip
@click.option(
    "--points", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML file: how much each part counts.",
)  # fmt: skip
@options_of_a_check
@click.option(
    "--jobs", "-j", type=click.IntRange(1), metavar="N", show_default="one for each processor",
    help="How many submissions to judge at once on this machine.",
)  # fmt: skip
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Judge on a cluster of Dask, such as tcp://10.0.0.1:8786.",
)
@click.option("--sandbox", is_flag=True, help="Judge in bubblewrap: no network, nothing written.")
@click.option("--verbose", "-v", is_flag=True, help="Also a line for each submission.")
def grade(submissions: tuple[str, ...], out: Path, **chosen: Any) -> int:
    """Check all SUBMISSIONS, and write the results and a page for each.

    They are files, notebooks, folders, zip files as learning platforms export them, or patterns.
    What is judged already is not judged again.

    \b
    Examples:
      affine grade submissions/
      affine grade export.zip --target my_layer.py --points points.toml
      affine grade 'submissions/*/layers.py' --reduction mean --jobs 4 --out week-3

    Exit code: 0 the results are written, whatever they are; 2 they are not.
    """  # noqa: D301
    from affine.checker.grade.cluster import ClusterError, on_a_cluster
    from affine.checker.grade.command import Grading, summary
    from affine.checker.grade.command import grade as grade_all
    from affine.checker.grade.points import Points, PointsError
    from affine.checker.grade.pool import on_this_machine
    from affine.checker.grade.progress import shown
    from affine.checker.grade.sandbox import NoSandbox, require
    from affine.checker.grade.submissions import NoSubmissions

    file, _, member = chosen.pop("target").partition(":")
    jobs, is_verbose = chosen.pop("jobs"), chosen.pop("verbose")
    workers = partial(on_this_machine, jobs or _processors())
    scheduler, is_confined = chosen.pop("scheduler"), chosen["sandbox"]
    if scheduler:
        workers = partial(on_a_cluster, scheduler, is_confined)
    try:
        if is_confined and not scheduler:
            require()
        points = Points.read(chosen.pop("points"), chosen["profile"], chosen["only"])
        grading = Grading(out, points, chosen, member)
        with shown(is_verbose) as told:
            rows = grade_all(submissions, file, grading, workers, told)
    except (NoSubmissions, PointsError, ClusterError, NoSandbox) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error}; name another folder by --out") from error
    except KeyboardInterrupt:
        terminal.write_stderr("what is judged is kept: the same command goes on from there\n")
        raise
    terminal.write(summary(rows, out) + "\n", sys.stdout)
    return 0


def _processors() -> int:
    """Return how many processors this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


@_commands.command("list", short_help="List every property.")
@click.option("--profile", type=click.Choice(PROFILES), help="Only those that this profile adds.")
def list_(profile: str | None) -> None:
    """List every property: its name, its equations, and what it catches.

    \b
    Examples:
      affine list
      affine list --profile library
    """  # noqa: D301
    from affine.checker.report.explain import listing

    terminal.show(lambda width: listing(profile or ""))


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
    from affine.checker.report.explain import explain as explained

    try:
        parts = explained(name)
    except LookupError as error:
        raise click.ClickException(str(error)) from error
    terminal.show(lambda width: parts)


@contextmanager
def _progress(target: str) -> "Iterator[Progress]":
    """Show what is being done, on a terminal and once it takes a while; else stay silent."""
    if not sys.stderr.isatty():
        yield lambda step, done, total: None
        return
    from threading import Timer

    from rich.console import Console

    from affine.checker.report.layout import paragraph
    from affine.checker.report.words import on_one_line

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
