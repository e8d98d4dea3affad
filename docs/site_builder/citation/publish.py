"""Publish this version of the site in a git branch, beside the versions before it.

python -m docs.site_builder.citation.publish --help
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import affine
from docs.site_builder.citation.versions import PLACE, Home, listed

_EXAMPLES = """\
examples:
  python -m docs.site_builder.citation.publish                commit to the branch gh-pages, here
  python -m docs.site_builder.citation.publish --push origin  and send it to that remote
"""
_ALIAS = "latest"


def main() -> None:
    """Publish, as the command line says."""
    arguments = _parser().parse_args()
    version, branch = affine.__version__, arguments.branch
    if arguments.push:
        _update(branch, arguments.push)
    print(f"publish 1/2: build version {version}", flush=True)
    _run("mike", "deploy", f"--branch={branch}", "--update-aliases", version, _ALIAS)
    _run("mike", "set-default", f"--branch={branch}", _ALIAS)
    print("publish 2/2: move the tag pages beside the versions", flush=True)
    with _checked_out(branch) as folder:
        beside(folder, version)
        _run("git", "add", "--all", at=folder)
        _run("git", "commit", "--quiet", f"--message=Tag pages of {version}", at=folder)
    if arguments.push:
        _run("git", "push", "--quiet", arguments.push, branch)
    print(f"publish: version {version} is in the branch {branch}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m docs.site_builder.citation.publish",
        description=(__doc__ or "").partition("\n")[0],
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--branch", default="gh-pages", help="default: %(default)s")
    parser.add_argument("--push", metavar="REMOTE", help="the remote to send the branch to")
    return parser


def beside(folder: Path, version: str) -> None:
    """Move the tag pages of a version beside the published versions, and copy its feed there."""
    shutil.rmtree(folder / "t", ignore_errors=True)
    (folder / version / "t").rename(folder / "t")
    shutil.copy(folder / version / "changes.xml", folder / "changes.xml")
    homes = _homes(folder)
    for page in folder.glob("t/*/index.html"):
        text = page.read_text(encoding="utf-8")
        found = listed(homes.get(page.parent.name, []))
        page.write_text(text.replace(PLACE, found), encoding="utf-8")


def _homes(folder: Path) -> dict[str, list[Home]]:
    """Return where each version derives each equation; the newest version first."""
    homes: dict[str, list[Home]] = {}
    for published in json.loads((folder / "versions.json").read_text(encoding="utf-8")):
        name = published["version"]
        listing = json.loads((folder / name / "equations.json").read_text(encoding="utf-8"))
        for equation in listing["equations"]:
            homes.setdefault(equation["tag"], []).append(Home(name, equation["page"]))
    return homes


# ------------------------------------------------------------------ git and mike


def _update(branch: str, remote: str) -> None:
    """Begin from what the remote has published, if it has anything."""
    found = _run("git", "ls-remote", "--heads", remote, branch)
    if found:
        _run("git", "fetch", "--quiet", remote, f"+{branch}:{branch}")


@contextmanager
def _checked_out(branch: str) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        _run("git", "worktree", "add", "--quiet", str(tree), branch)
        try:
            yield tree
        finally:
            _run("git", "worktree", "remove", "--force", str(tree))


def _run(*command: str, at: Path | None = None) -> str:
    """Run a command, from beside this Python if it is there; its failure ends the program."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        command, cwd=at, env={**os.environ, "PATH": path}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{done.stdout}{done.stderr}\npublish: `{' '.join(command)}` failed; see above")
    return done.stdout


if __name__ == "__main__":
    main()
