"""From a file, a notebook or the name of a module to its code, loaded as people run it."""

import ast
import importlib
import importlib.util
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from functools import partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from affine.checker.exceptions import TargetError
from affine.checker.reading.loading.definitions import cells, define
from affine.checker.reading.loading.failure import ALIAS, TooLong, explain, time_limit
from affine.checker.reading.loading.project import Project
from affine.checker.reading.vocabulary import closest, refusal, sentence

__all__ = ["Loaded", "from_file", "from_module"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A module, where it can be imported from, and what is to be known of how it was loaded.

    `origin` is the name of its file where no import of it works; `folder` is where it is known by
    its origin, `""` for the working directory.
    """

    module: ModuleType
    origin: str
    remarks: tuple[str, ...] = ()
    folder: str = ""


def from_file(path: Path) -> Loaded:
    """Return the module of a file; if it does not load as a whole, of its definitions alone.

    It is loaded as Python runs it: beside its siblings, or in its package where it has relative
    imports. What it imports of its own project is found as well. Of a notebook only the
    definitions are loaded.

    Raises:
        TargetError: It is not there, or does not load.
    """
    if path.is_dir():
        raise refusal("file_is_a_folder", path=path)
    if not path.is_file():
        near = closest(path.name, [other.name for other in path.parent.glob(f"*{path.suffix}")])
        hint = f" (did you mean {path.with_name(near)}?)" if near else ""
        raise refusal("no_file", path=path, hint=hint)
    package, project = _package(path), Project.around(path.resolve().parent)
    project.install()
    with _siblings_first(path) if package is None else nullcontext():
        if path.suffix == ".ipynb":
            return _from_notebook(path)
        anew = partial(_module_of, path, package)
        loaded = _loaded(str(path), lambda: _run(anew()), anew)
    if loaded.remarks:  # where something was left out, to import the file would run it
        return loaded
    origin, folder = project.origin_of(path.resolve(), package)
    return replace(loaded, origin=origin, folder=str(folder))


def from_module(name: str) -> Loaded:
    """Return a module that can be imported, or its definitions alone.

    Raises:
        TargetError: It is not there, or does not load.

    Examples:
        >>> from_module("affine").origin
        'affine'
    """
    folder = Path.cwd()
    # Behind everything that is installed: nothing in the folder can hide a library.
    if str(folder) not in sys.path and "" not in sys.path:
        sys.path.append(str(folder))
    Project.around(folder).install()
    return _loaded(name, lambda: importlib.import_module(name), lambda: _not_run(name))


def _loaded(place: str, run: Callable[[], ModuleType], anew: Callable[[], ModuleType]) -> Loaded:
    """Run a module as a whole, or else the definitions alone of one that has not run."""
    try:
        with time_limit():
            return Loaded(run(), place)
    except (Exception, SystemExit, TooLong) as error:
        why, message = explain(error, place)
        with suppress(Exception, SystemExit, TooLong), time_limit():
            module = anew()
            file = Path(str(module.__file__))
            source = file.read_bytes()
            compile(source, file, "exec")  # one that is not Python is not loaded in part
            has_any, missing = define([(str(file), ast.parse(source))], vars(module))
            if has_any:
                remark = sentence("definitions_alone", place=file.name, why=why) + _without(missing)
                return Loaded(module, file.name, (remark,), str(file.resolve().parent))
        raise TargetError(message) from error


def _without(names: list[str]) -> str:
    return sentence("without", names=", ".join(names)) if names else ""


def _from_notebook(path: Path) -> Loaded:
    parts, faults = cells(path)
    module = _new_module(_unique(path), path)
    try:
        with time_limit():
            _, missing = define(parts, vars(module))
    except TooLong as error:
        raise TargetError(explain(error, str(path))[1]) from error
    remark = sentence("cells_alone", place=path.name) + _without(missing)
    return Loaded(module, path.name, (remark, *faults), str(path.resolve().parent))


# ------------------------------------------------------------------ the module of a file


def _package(path: Path) -> Path | None:
    """Return the folder of the outermost package of a file, None if it has no relative imports."""
    try:
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (SyntaxError, ValueError):  # a notebook; or it will not load, and say why
        return None
    level = max((node.level for node in nodes if isinstance(node, ast.ImportFrom)), default=0)
    if not level:
        return None
    folders = path.resolve().parents
    level = min(level, len(folders) - 1)
    while (folders[level] / "__init__.py").is_file():
        level += 1
    return folders[level - 1]


def _module_of(path: Path, package: Path | None) -> ModuleType:
    """Return the module of a file, not run yet, inside of its packages, which have."""
    if package is None:
        return _new_module(_unique(path), path)
    first, folders = _unique(package), path.resolve().parent.relative_to(package).parts
    for name in [name for name in sys.modules if name.partition(".")[0] == first]:
        del sys.modules[name]
    names = [first, *folders, *([] if path.stem == "__init__" else [path.stem])]
    for depth in range(1, len(names)):
        around = package.joinpath(*names[1:depth]) / "__init__.py"
        module = _new_module(".".join(names[:depth]), around)
        with suppress(Exception, SystemExit):  # what fails there, the file may not need
            _run(module)
    return _new_module(".".join(names), path)


def _unique(path: Path) -> str:
    """Return a name of its own, so that two targets with one file name do not meet."""
    return ALIAS.format(path.stem.replace(".", "_"), zlib.crc32(bytes(path.resolve())))


def _new_module(name: str, path: Path) -> ModuleType:
    folder = [str(path.resolve().parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folder)
    if spec is None or not path.is_file():  # a notebook; a folder without __init__.py
        spec = ModuleSpec(name, None, origin=str(path))
        spec.submodule_search_locations = folder
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module
    return module


def _not_run(name: str) -> ModuleType:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    return importlib.util.module_from_spec(spec)


def _run(module: ModuleType) -> ModuleType:
    if module.__spec__ is not None and module.__spec__.loader is not None:
        module.__spec__.loader.exec_module(module)
    return module


@contextmanager
def _siblings_first(path: Path) -> Iterator[None]:
    """Let its siblings be imported, as when Python runs the file.

    Afterwards their folder comes last: imports inside functions still work, and no file of it
    hides a library.
    """
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        if folder in sys.path:
            sys.path.remove(folder)
        if folder not in sys.path:
            sys.path.append(folder)
