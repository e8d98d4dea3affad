"""From files, folders, patterns and archives to the submissions in them."""

import glob
import os
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from affine.checker.grade.archives import MOST_BYTES, MOST_FILES, unpack, unpack_inner
from affine.checker.grade.job import PLAIN_NAME, Job

LAYERS = (".py", ".ipynb")
_ARCHIVES = (".zip", ".rar", ".7z", ".gz", ".tar", ".tgz")
# They are no part of a layer, and two equal layers may come with different ones.
_DOCUMENTS = (".md", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".html", ".png", ".jpg", ".jpeg")
_IGNORED = ("__pycache__", "__MACOSX", "node_modules", "venv", "site-packages")
_MOST_NAMED = 5


class NoSubmissions(Exception):
    """Nothing to grade was found, or what was named cannot be read."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What one student handed in.

    Attributes:
        name: What tells it from the others.
        files: Where each of its files lies.
        target: Which of them has the layer.
        refusal: Why it cannot be judged; `""` if it can.
    """

    name: str
    files: Mapping[str, Path]
    target: str = ""
    refusal: str = ""

    def job(self, member: str, options: Mapping[str, Any]) -> Job:
        """Return it with what it holds; `member` is the layer's own name in its file."""
        files, target = {name: path.read_bytes() for name, path in self.files.items()}, self.target
        if len(files) == 1:  # what students call their files makes no difference
            target = PLAIN_NAME + Path(target).suffix
            files = {target: files.popitem()[1]}
        return Job(files, ":".join(filter(None, (target, member))), options)


def gather(sources: Sequence[str], target: str, scratch: Path) -> list[Submission]:
    """Return the submissions in files, folders, patterns and archives, sorted by name.

    A file is a submission. Of one folder or archive each file and each folder is one. Of several,
    each is one that holds layers itself, and not only folders.

    Args:
        sources: What the user named.
        target: The file with the layer in each folder; `""` where that has a single one.
        scratch: Where archives are unpacked.

    Raises:
        NoSubmissions: Nothing was found.
    """
    paths = [Path(each) for source in sources for each in _matches(source)]
    places = [path.absolute() for path in paths]
    shared = Path(os.path.commonpath([place.parent for place in places]))
    submissions: list[Submission] = []
    for number, place in enumerate(places):
        name, own_scratch = place.relative_to(shared), scratch / str(number)
        if place.suffix == ".zip":
            name, place = name.with_suffix(""), _unpacked(place, own_scratch)
            groups = _groups(place, is_alone=len(places) == 1)
        else:
            groups = _opened(_groups(place, is_alone=len(places) == 1), own_scratch)
        for inside, files in groups:
            own = inside if len(places) == 1 and inside.name else name / inside
            submissions += _targeted(own.as_posix(), files, target)
    if not submissions:
        raise NoSubmissions(
            f"no Python file and no notebook in {', '.join(sources[:_MOST_NAMED])}; "
            "name files, folders or zip files with submissions"
        )
    return sorted(_told_apart(submissions), key=lambda each: each.name)


def _matches(source: str) -> list[str]:
    if Path(source).exists():
        return [source]
    if not (found := sorted(glob.glob(source, recursive=True))):  # noqa: PTH207 (as it is typed)
        raise NoSubmissions(f"there is no {source}; name files, folders or zip files")
    return found


def _unpacked(archive: Path, folder: Path) -> Path:
    try:
        unpack(archive, folder)
    except (ValueError, OSError, RuntimeError, zipfile.BadZipFile) as error:
        why = f"{archive} cannot be unpacked: {error}"
        raise NoSubmissions(f"{why}; unpack it, and name the folder") from error
    return folder


def _opened(
    groups: Iterable[tuple[Path, dict[str, Path]]], scratch: Path
) -> Iterator[tuple[Path, dict[str, Path]]]:
    """Yield the groups of a folder with their zip files unpacked, as those of an archive are."""
    for number, (inside, files) in enumerate(groups):
        folder, found = scratch / str(number), dict[str, Path]()
        archive = files.get(inside.name) if inside.suffix == ".zip" else None
        if archive and unpack_inner(archive, folder):
            yield inside.with_suffix(""), _files(folder)
            continue
        for name, path in files.items():
            within = Path(name).with_suffix("")
            if path.suffix == ".zip" and unpack_inner(path, folder / within):
                inner = _files(folder / within)
                found |= {(within / each).as_posix(): held for each, held in inner.items()}
            else:
                found[name] = path
        yield inside, found


def _groups(place: Path, is_alone: bool) -> Iterator[tuple[Path, dict[str, Path]]]:
    """Yield the files of each submission in a place, and the name of it there."""
    if place.is_file():
        yield Path(), {place.name: place}
        return
    entries = _entries(place)
    has_layers = any(entry.suffix in LAYERS for entry in entries)
    # An archive may hold one folder, with the submissions in it.
    if len(entries) == 1 and entries[0].is_dir():
        inner = _entries(entries[0])
        if not any(each.suffix in LAYERS for each in inner) and any(map(Path.is_dir, inner)):
            yield from _groups(entries[0], is_alone)
            return
    if has_layers and not is_alone:
        yield Path(), _files(place)
        return
    for entry in entries:
        if entry.is_dir():
            yield Path(entry.name), _files(entry)
        elif entry.suffix in (*LAYERS, *_ARCHIVES):
            yield Path(entry.name), {entry.name: entry}


def _entries(folder: Path) -> list[Path]:
    """Return what lies in a folder and may belong to a submission."""
    return [
        path
        for path in sorted(folder.iterdir())
        if not (path.name.startswith(".") or path.name in _IGNORED or path.is_symlink())
    ]


def _files(folder: Path) -> dict[str, Path]:
    """Return the files below a folder by name: no more than one too many."""
    found: dict[str, Path] = {}
    waiting = [folder]
    while waiting and len(found) <= MOST_FILES:
        for path in _entries(waiting.pop(0)):
            if path.is_dir():
                waiting.append(path)
            elif path.suffix.lower() not in _DOCUMENTS:
                found[path.relative_to(folder).as_posix()] = path
    return found


def _targeted(name: str, files: dict[str, Path], target: str) -> Iterator[Submission]:
    """Yield the submission with its target: several where several files are called like that."""
    layers = [each for each in files if each.endswith(LAYERS)]
    named = [each for each in layers if f"/{each}".endswith(f"/{target}")]
    size = sum(path.stat().st_size for path in files.values())
    if len(files) > MOST_FILES or size > MOST_BYTES:
        refusal = f"it holds more than {MOST_FILES:,} files or {MOST_BYTES // 2**20} MiB; "
        yield Submission(name, {}, refusal=refusal + "hand in the code alone")
    elif len(layers) == 1 and (not target or len(files) == 1):
        yield Submission(name, files, layers[0])
    elif named:
        for each in named:
            own = name if len(named) == 1 else f"{name}/{each}"
            yield Submission(own, files, each)
    else:
        yield Submission(name, {}, refusal=_no_target(files, layers, target))


def _no_target(files: dict[str, Path], layers: list[str], target: str) -> str:
    listed = ", ".join(layers[:_MOST_NAMED]) + ", …" * (len(layers) > _MOST_NAMED)
    if target and layers:
        return f"it has no {target}, but {listed}; rename the file, or name it by --target"
    if layers:
        return f"it has several files: {listed}; name the one with the layer by --target"
    if archives := [each for each in files if each.endswith(_ARCHIVES)]:
        return f"{archives[0]} cannot be unpacked here; unpack it by hand"
    return "it has no Python file and no notebook"


def _told_apart(submissions: Sequence[Submission]) -> Iterator[Submission]:
    """Yield the submissions, with a number behind a name that another one has."""
    seen: dict[str, int] = {}
    for each in submissions:
        count = seen[each.name] = seen.get(each.name, 0) + 1
        yield each if count == 1 else replace(each, name=f"{each.name} ({count})")
