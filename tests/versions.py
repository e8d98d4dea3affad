"""Run the check's tests under each Python here, on the newest dependencies and on the oldest.

The oldest ones run under the oldest Python alone, unless --only asks for them: few install them
under another.

It needs nothing but Python, so it also runs where there is no make: python tests/versions.py
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build" / "versions"
AGES = ("oldest", "newest")

# What may depend on a version: processes, and whole checks of layers that are right.
# That each wrong layer fails is mathematics, and would take longer than all of this.
TESTS = (
    "tests/checker/process",
    "tests/checker/grade/test_grade.py",
    "tests/checker/test_hostile_check.py::test_a_noisy_target_passes_with_a_report_to_read",
)
OPTIONS = ("--quiet", "-n", "auto", "-m", "not exhaustive")
TOOLS = ("pytest", "pytest-xdist", "jsonschema")

ABOUT = "import sys; print(sys.implementation.name, *sys.version_info[:2], sys.executable, sep='|')"
VERSIONS = (
    "import sys; from importlib.metadata import version; "
    "print(', '.join(f'{name} {version(name)}' for name in sys.argv[1:]))"
)


def main(arguments: list[str] | None = None) -> int:
    """Return 1 if an environment could not be made or a test failed in it."""
    chosen = environments(arguments)
    failures = []
    with ThreadPoolExecutor(1) as installer:  # while the tests run under the one before
        made = {name: installer.submit(environment, chosen[name], name) for name in chosen}
        for name, one in made.items():
            begun = time.monotonic()
            print(f"{name}: ", end="", flush=True)  # what takes long is named while it does
            try:
                inside = one.result()
                print(versions(inside), end=": ", flush=True)
                printed = output_of(inside, "-m", "pytest", *OPTIONS, *TESTS)
            except subprocess.CalledProcessError as error:
                printed = error.output
                failures.append((name, printed))
            result = "".join(printed.splitlines()[-1:]).strip("= ")
            print(f"{result} ({time.monotonic() - begun:.0f} s in all)", flush=True)
    for name, output in failures:
        print(f"\n---- the end of what {name} printed\n" + "\n".join(output.splitlines()[-40:]))
    return bool(failures)


def environments(arguments: list[str] | None) -> dict[str, str]:
    """Return the environments that are asked for, each by its name with its Python."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--this-python", action="store_true", help="look for no other Python")
    parser.add_argument("--only", choices=AGES, help="one age of the dependencies, not both")
    parser.add_argument("--ends", action="store_true", help="the first and the last of these alone")
    options = parser.parse_args(arguments)
    found = pythons([sys.executable] if options.this_python else candidates())
    if len(found) == 1 and not options.this_python:
        print("no other Python from 3.11 on was found on this machine")
    names = {}
    for minor, python in found.items():
        ages = AGES if minor == next(iter(found)) else AGES[1:]
        for age in [options.only] if options.only else ages:
            names[f"{minor}-{age}"] = python
    ends = next(iter(names)), next(reversed(names))
    return {name: names[name] for name in ends} if options.ends else names


def candidates() -> list[str]:
    """Return what may be a Python: this one, those on the PATH, those of pyenv."""
    named = [shutil.which(f"python3.{minor}") for minor in range(11, 30)]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    return [sys.executable, *filter(None, named), *map(str, pyenv.glob("versions/*/bin/python"))]


def pythons(paths: Iterable[str]) -> dict[str, str]:
    """Return the first CPython of each minor version that the metadata allows."""
    found: dict[tuple[int, int], str] = {}
    for path in paths:
        about = subprocess.run([path, "-c", ABOUT], capture_output=True, text=True, check=False)
        if about.returncode == 0:  # pyenv's stand-ins for a Python that is not chosen fail
            kind, major, minor, executable = about.stdout.strip().split("|")
            if kind == "cpython" and (version := (int(major), int(minor))) >= (3, 11):
                found.setdefault(version, executable)
    return {f"{major}.{minor}": found[major, minor] for major, minor in sorted(found)}


def environment(python: str, name: str) -> str:
    """Make a virtual environment, unless it is there already, and return its Python."""
    folder = FOLDER / name
    inside = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    bounds = oldest() if name.endswith("oldest") else []
    # The metadata are installed too; and what is newest may be another release tomorrow.
    made_from = [output_of(python, "-VV"), *tools(), (ROOT / "pyproject.toml").read_text("utf-8")]
    made_from += bounds or [date.today().isoformat()]
    record, text = folder / "made-from.txt", "\n".join(made_from)
    if not record.is_file() or record.read_text("utf-8") != text:
        output_of(python, "-m", "venv", "--clear", str(folder))
        constraints = folder / "constraints.txt"
        constraints.write_text("\n".join(bounds), "utf-8")
        # What is imported is compiled then: to compile all of it takes longer than to install it.
        options = ["--quiet", "--disable-pip-version-check", "--no-compile"]
        options += ["--only-binary", ":all:"]
        options += ["--constraint", str(constraints), *tools(), "--editable", str(ROOT)]
        output_of(inside, "-m", "pip", "install", *options)
        record.write_text(text, "utf-8")
    return inside


def versions(inside: str) -> str:
    """Return the dependencies in an environment with their versions."""
    names = dict.fromkeys(re.split(r"[^\w-]", each)[0] for each in dependencies())
    return output_of(inside, "-c", VERSIONS, *names).strip()


def dependencies() -> list[str]:
    """Return the requirements of the package."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return list(project["dependencies"])


def oldest() -> list[str]:
    """Return its requirements with each minimum as the version to take; the markers stay."""
    return [each.replace(">=", "==", 1) for each in dependencies()]


def tools() -> list[str]:
    """Return what the tests need, as tests/requirements.txt pins it."""
    pins = (ROOT / "tests" / "requirements.txt").read_text("utf-8")
    return re.findall(rf"^(?:{'|'.join(TOOLS)})==[^\s;]+", pins, re.MULTILINE)


def output_of(*command: str) -> str:
    """Run a command and return what it printed; raise if it fails."""
    ended = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8",
        errors="replace", check=True,
    )  # fmt: skip
    return ended.stdout


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # a log on Windows lacks some signs
    sys.exit(main())
