"""Publish this version of the site in a git branch, beside the versions before it.

python -m docs.site_builder.citation.publish --help

Each version has a folder of its own. A tag page is the same in every version, so the tag pages of
the newest version move out of its folder, beside all versions: `t/dw/` next to `0.1.0/`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

import affine

PLACE = "<!-- the versions that hold this equation -->"
"""Stands in a tag page for the list that only the publication knows."""

_OUT_OF_A_TAG_PAGE = re.compile(r"""(?<=["'])\.\./\.\.(?=[/"'])""")
_TO_A_TAG_PAGE = re.compile(r"""(?<=["'])((?:\.\./)*)(?=t/[\w-]+/)""")

_BRANCH, _ALIAS = "gh-pages", "latest"


def moved_links(html: str, url: str, version: str) -> str:
    """Return a page with the links that hold once the tag pages have moved out of the version."""
    if url.startswith("t/"):
        return _OUT_OF_A_TAG_PAGE.sub(f"../../{version}", html)
    return _TO_A_TAG_PAGE.sub(r"../\1", html)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m docs.site_builder.citation.publish",
        description=(__doc__ or "").partition("\n")[0],
        epilog="Example: --push origin commits to the branch, and sends it to that remote.",
    )
    parser.add_argument("--push", metavar="REMOTE", help="the remote to send the branch to")
    arguments = parser.parse_args()
    version = affine.__version__
    # Begin from what the remote has published, if it has anything.
    if arguments.push and _run("git", "ls-remote", "--heads", arguments.push, _BRANCH):
        _run("git", "fetch", "--quiet", arguments.push, f"+{_BRANCH}:{_BRANCH}")
    print(f"publish 1/2: build version {version}", flush=True)
    _run("mike", "deploy", f"--branch={_BRANCH}", "--update-aliases", version, _ALIAS)
    _run("mike", "set-default", f"--branch={_BRANCH}", _ALIAS)
    print("publish 2/2: move the tag pages beside the versions", flush=True)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "tree"
        _run("git", "worktree", "add", "--quiet", str(folder), _BRANCH)
        try:
            _move_tag_pages(folder, version)
            _run("git", "add", "--all", at=folder)
            _run("git", "commit", "--quiet", f"--message=Tag pages of {version}", at=folder)
        finally:
            _run("git", "worktree", "remove", "--force", str(folder))
    if arguments.push:
        _run("git", "push", "--quiet", arguments.push, _BRANCH)
    print(f"publish: version {version} is in the branch {_BRANCH}")


def _move_tag_pages(folder: Path, version: str) -> None:
    """Move the tag pages of a version beside the published versions."""
    shutil.rmtree(folder / "t", ignore_errors=True)
    (folder / version / "t").rename(folder / "t")
    # Links to where each version derives each equation; the newest version first.
    links: dict[str, list[str]] = defaultdict(list)
    for published in json.loads((folder / "versions.json").read_text(encoding="utf-8")):
        name = escape(published["version"])
        text = (folder / published["version"] / "equations.json").read_text(encoding="utf-8")
        for equation in json.loads(text)["equations"]:
            link = f'<a href="../../{name}/{escape(equation["page"])}">{name}</a>'
            links[equation["tag"]].append(link)
    for page in folder.glob("t/*/index.html"):
        text = page.read_text(encoding="utf-8")
        derived = ", ".join(links[page.parent.name])
        listed = f"<p>Derived in the versions {derived}.</p>" if derived else ""
        page.write_text(text.replace(PLACE, listed), encoding="utf-8")


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
