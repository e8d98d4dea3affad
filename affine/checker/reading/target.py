"""From what a user types to the module and the object that it names."""

import importlib
import importlib.util
import re
import sys
import traceback
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from affine.checker.exceptions import TargetError
from affine.checker.reading.signatures import parameters
from affine.checker.reading.vocabulary import closest, data

__all__ = [
    "Named", "TargetError", "find", "import_of", "loaded", "public", "refusal",
]  # fmt: skip

_MESSAGES: dict[str, str] = data("messages.toml")


def refusal(reason: str, **facts: Any) -> TargetError:
    """Return the error of a reason in `messages.toml`."""
    return TargetError(_MESSAGES[reason].format(**facts))


@dataclass(frozen=True, slots=True)
class Named:
    """An object of the user's, the expression that names it, and where to import that from."""

    expression: str
    value: Any
    origin: str = ""

    @property
    def name(self) -> str:
        """The last part of the expression."""
        return self.expression.rpartition(".")[2]

    def member(self, name: str) -> "Named":
        """Return an attribute of it, named in the same way."""
        expression = f"{self.expression}.{name}".lstrip(".")
        return Named(expression, getattr(self.value, name), self.origin)

    def call(self, takes: Sequence[str]) -> str:
        """Return how it is called, by the names that it gives to what it takes."""
        names = parameters(self.value).names or takes
        return f"{self.expression}({', '.join(names[: len(takes)])})"


def loaded(*parts: Named) -> str:
    """Return code that defines `vjp` with this package, for any layer."""
    names = ", ".join(one.expression or "layer" for one in parts)
    layer = names if len(parts) == 1 else f"({names})"
    line = "from affine.checker.reading import layer_from"
    return f"{import_of(*parts)}\n{line}\n\nvjp = layer_from({layer}).vjp"


def import_of(*parts: Named) -> str:
    """Return code that imports objects, or a comment where that is not known."""
    expressions = [one.expression or "layer" for one in parts]
    names = list(dict.fromkeys(one.partition(".")[0].partition("[")[0] for one in expressions))
    if origin := parts[0].origin:
        return f"from {origin} import {', '.join(names)}"
    return f"# {' and '.join(names)}: your own"


def find(text: str) -> tuple[Named, Named]:
    """Import what a target names; return it and its module, which may be the same."""
    # A drive letter has a colon too.
    match = re.fullmatch(r"(.*\.py|[^:]*)(?::(.*))?", text, re.DOTALL)
    place, name = match.groups("") if match else (text, "")
    if place.endswith(".py"):
        module = Named("", _from_file(Path(place)), Path(place).stem)
    else:
        _refuse_paths(place)
        folder = str(Path.cwd())
        # Behind everything that is installed: nothing in the folder can hide a library.
        if folder not in sys.path and "" not in sys.path:
            sys.path.append(folder)
        module = Named("", _run(place, lambda: importlib.import_module(place)), place)
    named = module
    for part in name.split(".") if name else ():
        if not hasattr(named.value, part):
            names = public(named.value) if hasattr(named.value, "__dict__") else []
            near = closest(part, names)
            hint = f"did you mean {near}?" if near else f"it has {', '.join(names) or 'no names'}"
            owner = ":".join(filter(None, (place, named.expression)))
            raise refusal("no_member", owner=owner, name=part, hint=hint)
        named = named.member(part)
    return named, module


def public(namespace: Any) -> list[str]:
    """Return the public names of a namespace."""
    return [name for name in vars(namespace) if not name.startswith("_")]


def _from_file(path: Path) -> ModuleType:
    if path.is_dir():
        raise refusal("file_is_a_folder", path=path)
    if not path.is_file():
        near = closest(path.name, [other.name for other in path.parent.glob("*.py")])
        hint = f" (did you mean {path.with_name(near)}?)" if near else ""
        raise refusal("no_file", path=path, hint=hint)
    # A name of its own, so that two targets with one file name do not meet.
    name = f"affine_target_{path.stem}_{zlib.crc32(bytes(path.resolve())):x}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module, loader = importlib.util.module_from_spec(spec), spec.loader
    sys.modules[name] = module
    # Its siblings can be imported, as when Python runs it. Afterwards their folder comes last:
    # imports inside functions still work, and no file of it hides a library.
    folder = str(path.resolve().parent)
    known = folder in sys.path
    sys.path[:0] = [] if known else [folder]
    try:
        _run(str(path), lambda: loader.exec_module(module))
    finally:
        if not known and folder in sys.path:
            sys.path.remove(folder)
            sys.path.append(folder)
    return module


def _refuse_paths(name: str) -> None:
    if not name:
        raise refusal("no_target")
    path = Path(name)
    if path.is_dir() and (not name.isidentifier() or not _is_importable(name)):
        inside = sorted(file.name for file in path.glob("*.py"))
        example = path / (inside[0] if inside else "my_layer.py")
        raise refusal("folder", name=name, example=example)
    if path.with_name(path.name + ".py").is_file() and not _is_importable(name):
        raise refusal("module_is_a_file", name=name)
    if path.is_file():
        raise refusal("no_python_file", name=name)
    if not all(part.isidentifier() for part in name.split(".")):
        raise refusal("no_path_and_no_module", name=name)


def _is_importable(name: str) -> bool:
    try:
        return name in sys.modules or importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _run(place: str, load: Callable[[], Any]) -> Any:
    """Run the user's code; whatever it raises becomes a message."""
    try:
        return load()
    except (Exception, SystemExit) as error:
        raise _not_loaded(error, place) from error


def _not_loaded(error: BaseException, place: str) -> TargetError:
    kind, name = type(error).__name__, Path(place).name
    passed = traceback.walk_tb(error.__traceback__)
    lines = [line for frame, line in passed if Path(frame.f_code.co_filename).name == name]
    line = f" (line {lines[-1]})" if lines else ""  # the last of the user's file
    if isinstance(error, SyntaxError):
        file, text = error.filename or "", (error.text or "").strip()
        line = f"{error.lineno}" + ("" if Path(file).name == name else f" of {file}")
        return refusal("syntax_error", place=place, kind=kind, line=line, why=error.msg, text=text)
    if isinstance(error, ModuleNotFoundError):
        is_itself = error.name and f"{place}.".startswith(f"{error.name}.")
        reason = "no_module" if is_itself else "missing_import"
        return refusal(reason, place=place, kind=kind, name=error.name, line=line)
    if isinstance(error, SystemExit):
        return refusal("ends_the_program", place=place, kind=kind, code=error.code)
    return refusal("raises_at_import", place=place, kind=kind, error=error, line=line)
