"""From what a user types to the module and the object that it names."""

import importlib
import importlib.util
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import ModuleType
from typing import Any

from affine.checker.exceptions import TargetError

__all__ = ["Named", "Target", "TargetError", "find", "public"]


@dataclass(frozen=True, slots=True)
class Named:
    """An object of the user's, and the expression that names it in a reproduction."""

    expression: str
    value: Any

    def member(self, name: str) -> "Named":
        """Return an attribute of it, named in the same way.

        Examples:
            >>> Named("Affine", dict).member("get").expression
            'Affine.get'
        """
        return Named(f"{self.expression}.{name}".lstrip("."), getattr(self.value, name))


@dataclass(frozen=True, slots=True)
class Target:
    """What a target names.

    Attributes:
        text: The target as the user typed it.
        origin: The module's name for an import statement.
        module: The module.
        named: The object in it; the module itself, with an empty expression, if none is named.
    """

    text: str
    origin: str
    module: Any
    named: Named


def find(text: str) -> Target:
    """Import what a target names.

    Raises:
        TargetError: It was not found or does not load.

    Examples:
        >>> find("affine:backward").named.expression
        'backward'
    """
    place, name = _parts(text)
    if place.endswith(".py"):
        path = Path(place)
        module, origin = _from_file(path), path.stem
    else:
        module, origin = _from_name(place), place
    named = Named("", module)
    for part in name.split(".") if name else ():
        named = _member(named, part, place)
    return Target(text, origin, module, named)


def public(namespace: Any) -> list[str]:
    """Return the public names of a namespace.

    Examples:
        >>> from types import SimpleNamespace
        >>> public(SimpleNamespace(forward=abs, _cache={}))
        ['forward']
    """
    return [name for name in vars(namespace) if not name.startswith("_")]


def _parts(text: str) -> tuple[str, str]:
    """Split at the colon before the name; a drive letter has a colon too."""
    place, mark, name = text.rpartition(".py:")
    if mark:
        return place + ".py", name
    if text.endswith(".py"):
        return text, ""
    place, _, name = text.partition(":")
    return place, name


def _member(parent: Named, name: str, place: str) -> Named:
    try:
        return parent.member(name)
    except AttributeError:
        names = public(parent.value) if hasattr(parent.value, "__dict__") else []
        near = get_close_matches(name, names, n=1)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(names) or 'no names'}"
        owner = ":".join(filter(None, (place, parent.expression)))
        raise TargetError(f"{owner} has no {name}; {hint}") from None


# ------------------------------------------------------------------ importing


def _from_file(path: Path) -> ModuleType:
    if path.is_dir():
        raise TargetError(f"{path} is a folder; give the path of a Python file")
    if not path.is_file():
        raise TargetError(f"no file {path}{_near(path)}; give the path of a Python file")
    # A name of its own, so that two targets with one file name do not meet.
    name = f"affine_target_{path.stem}_{zlib.crc32(bytes(path.resolve())):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader = spec.loader
    with _importable(path.resolve().parent):
        _run(str(path), lambda: loader.exec_module(module))
    return module


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    names = [other.name for other in path.parent.glob("*.py")]
    near = get_close_matches(path.name, names, n=1)
    return f" (did you mean {path.with_name(near[0])}?)" if near else ""


def _from_name(name: str) -> ModuleType:
    _refuse_paths(name)
    folder = str(Path.cwd())
    # Behind everything that is installed: nothing in the folder can hide a library.
    if folder not in sys.path and "" not in sys.path:
        sys.path.append(folder)
    module: ModuleType = _run(name, lambda: importlib.import_module(name))
    return module


def _refuse_paths(name: str) -> None:
    if not name:
        raise TargetError("no target is named; give the path of a Python file")
    path = Path(name)
    if path.is_dir() and (not name.isidentifier() or not _is_importable(name)):
        inside = sorted(file.name for file in path.glob("*.py"))
        example = path / (inside[0] if inside else "my_layer.py")
        raise TargetError(f"{name} is a folder; name one Python file in it, such as {example}")
    if path.with_name(path.name + ".py").is_file() and not _is_importable(name):
        raise TargetError(f"{name} is no module; did you mean the file {name}.py?")
    if path.is_file():
        raise TargetError(f"{name} is no Python file; give one whose name ends in .py")
    if not all(part.isidentifier() for part in name.split(".")):
        raise TargetError(
            f"{name} is neither a Python file nor a module; "
            "give path.py, path.py:name, package.module or package.module:name"
        )


def _is_importable(name: str) -> bool:
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Let the siblings of a file be imported, as when Python runs it.

    Once it is loaded the folder comes last: imports inside functions still work, and no file of
    the folder hides a library that is imported later.
    """
    entry = str(folder)
    known = entry in sys.path
    if not known:
        sys.path.insert(0, entry)
    try:
        yield
    finally:
        if not known and entry in sys.path:
            sys.path.remove(entry)
            sys.path.append(entry)


def _run(place: str, load: Callable[[], Any]) -> Any:
    """Run the user's code; whatever it raises becomes a message."""
    try:
        return load()
    except SyntaxError as error:
        line = (error.text or "").strip()
        file = (
            "" if Path(error.filename or "").name == Path(place).name else f" of {error.filename}"
        )
        raise TargetError(
            f"{place} does not load: SyntaxError in line {error.lineno}{file}: {error.msg}: "
            f"{line!r}; correct that line"
        ) from error
    except ModuleNotFoundError as error:
        if place == error.name or place.startswith(f"{error.name}."):
            raise TargetError(
                f"no module {place}; install it, or give the path of a Python file"
            ) from error
        raise TargetError(
            f"{place} does not load: ModuleNotFoundError: it imports {error.name}, which was not "
            f"found{_where(error, place)}; install {error.name} or correct the import"
        ) from error
    except SystemExit as error:
        raise TargetError(
            f"{place} does not load: it ends the program (SystemExit: {error.code}); put what "
            'should not run at import under `if __name__ == "__main__":`'
        ) from error
    except Exception as error:
        raise TargetError(
            f"{place} does not load: {type(error).__name__}: {error}{_where(error, place)}; "
            "make sure that Python can import it"
        ) from error


def _where(error: Exception, place: str) -> str:
    """Return the last line of the user's file that the error passed through."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).name == Path(place).name:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f" (line {lines[-1]})" if lines else ""
