"""What a file imports of the project that it belongs to, from wherever it is loaded."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

__all__ = ["Project"]

_MARKS = (".git", "pyproject.toml", "setup.py", "setup.cfg")


@dataclass(frozen=True)
class Project:
    """Finds modules in the folders in which a project may be run; installed ones come first.

    Attributes:
        folders: Where to look, in order.
        used: Where something was found.

    Examples:
        >>> folder = Path("project/common").absolute()
        >>> name, root = Project.around(folder).origin_of(folder / "layers.py", package=folder)
        >>> name, root.name
        ('common.layers', 'project')
    """

    folders: tuple[Path, ...]
    used: set[Path] = field(default_factory=set, compare=False)

    @classmethod
    def around(cls, folder: Path) -> "Project":
        """Return the project of what lies in a folder: that, the working directory, its parents."""
        return cls((folder, Path.cwd(), *_parents(folder)))

    def install(self) -> None:
        """Let imports ask here, when nobody else finds a module: so no library is ever hidden."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder != self]
        sys.meta_path.append(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module lies, as the import machinery asks for it."""
        # What is inside of a package is found through the package.
        holding = (each for each in self.folders if path is None and _holds(each, name))
        for folder in holding:
            self.used.add(folder)
            return PathFinder.find_spec(name, [str(folder)])
        return None

    def origin_of(self, path: Path, package: Path | None) -> tuple[str, Path]:
        """Return the name by which a file can be imported, and the folder where its imports work.

        They are the name of the file and its own folder if there is none.
        """
        is_package = path.name == "__init__.py"
        own = package.parent if package else path.parents[is_package]
        files = (getattr(module, "__file__", None) for module in [*sys.modules.values()])
        others = {Path(file) for file in files if isinstance(file, str)} - {path}
        # A file beside this one may have been imported by its plain name.
        has_siblings = any(one.parent == path.parent and one.stem in sys.modules for one in others)
        needed = self.used | ({path.parent} if has_siblings else set())
        root = next(iter(needed), own)
        # From a folder above, relative imports work as well; others need the very one.
        if len(needed) > 1 or not (own if package else path).is_relative_to(root):
            return path.name, path.parent
        parts = path.relative_to(root).with_suffix("").parts
        parts = parts[:-1] if is_package else parts
        if not parts or any("." in part for part in parts):
            return path.name, path.parent
        return ".".join(parts), root


def _parents(folder: Path) -> Iterator[Path]:
    """Yield the folders above one, up to the root of its project."""
    outside = {Path(folder.anchor), Path(os.path.expanduser("~"))}  # noqa: PTH111 (never raises)
    for parent in folder.parents:
        if parent in outside or any((folder / mark).exists() for mark in _MARKS):
            return
        yield parent
        folder = parent


def _holds(folder: Path, name: str) -> bool:
    """Whether a folder has a module or a package of that name, with code in it."""
    inside = folder / name
    files = ("*.py", "*/*.py", "*/*/*.py")
    return inside.with_name(f"{name}.py").is_file() or any(
        True for pattern in files for _ in inside.glob(pattern)
    )
