"""From what a user types to the module and the object that it names."""

import keyword
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from affine.checker.exceptions import TargetError
from affine.checker.reading.loading import Loaded, from_file, from_module
from affine.checker.reading.loading.failure import is_importable
from affine.checker.reading.vocabulary import closest, refusal

__all__ = [
    "Named", "TargetError", "find", "import_of", "loaded", "public",
]  # fmt: skip

_FILES = (".py", ".ipynb")


@dataclass(frozen=True, slots=True)
class Named:
    """An object of the user's, and the expression that names it.

    Attributes:
        expression: How code names it, after the import.
        value: It.
        origin: The module to import it from; the name of a file that cannot be imported; or `""`.
    """

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


def loaded(*parts: Named) -> str:
    """Return code that defines `vjp` with this package, for any layer."""
    names = ", ".join(one.expression or "layer" for one in parts)
    layer = names if len(parts) == 1 else f"({names})"
    line = "from affine.checker.reading import layer_from"
    return f"{import_of(*parts)}\n{line}\n\nvjp = layer_from({layer}).vjp"


def import_of(*parts: Named) -> str:
    """Return code that imports objects, or a comment where they are only in this process."""
    expressions = [one.expression or "layer" for one in parts]
    names = list(dict.fromkeys(one.partition(".")[0].partition("[")[0] for one in expressions))
    origin = parts[0].origin
    if not origin:
        return f"# {' and '.join(names)}: your own"
    member = "module.{}"
    if origin.endswith(".py") and "." in origin.removesuffix(".py"):  # the name of no module
        load, member = f'import runpy\n\nmodule = runpy.run_path("{origin}")', 'module["{}"]'
    elif origin.endswith(_FILES):  # of which only the definitions can be loaded, by this package
        load = "from pathlib import Path\nfrom affine.checker.reading.loading import from_file\n\n"
        load += f'module = from_file(Path("{origin}")).module'
    elif all(part.isidentifier() and not keyword.iskeyword(part) for part in origin.split(".")):
        return f"from {origin} import {', '.join(names)}"
    else:
        load = f'import importlib\n\nmodule = importlib.import_module("{origin}")'
    return f"{load}\n{', '.join(names)} = {', '.join(map(member.format, names))}"


def find(text: str) -> tuple[Named, Loaded]:
    """Import what a target names; return it and its module."""
    # A drive letter has a colon too.
    match = re.fullmatch(r"(.*\.(?:py|ipynb)|[^:]*)(?::(.*))?", text, re.DOTALL)
    place, name = match.groups("") if match else (text, "")
    if place.endswith(_FILES):
        module = from_file(Path(place))
    else:
        _refuse_paths(place)
        module = from_module(place)
    named = Named("", module.module, module.origin)
    for part in name.split(".") if name else ():
        if not hasattr(named.value, part):
            names = public(named.value) if hasattr(named.value, "__dict__") else []
            near = closest(part, names)
            known = f"it has {', '.join(names)}; name one of these" if names else "it has no names"
            hint = f"did you mean {near}?" if near else known
            owner = ":".join(filter(None, (place, named.expression)))
            hint = "; ".join([hint, *module.remarks])
            raise refusal("no_member", owner=owner, name=part, hint=hint)
        named = named.member(part)
    return named, module


def public(namespace: Any) -> list[str]:
    """Return the public names of a namespace."""
    return [name for name in vars(namespace) if not name.startswith("_")]


def _refuse_paths(name: str) -> None:
    if not name:
        raise refusal("no_target")
    path = Path(name)
    if path.is_dir() and (not name.isidentifier() or not is_importable(name)):
        inside = sorted(file.name for file in path.glob("*.py"))
        example = path / (inside[0] if inside else "my_layer.py")
        raise refusal("folder", name=name, example=example)
    for file in (path.with_name(path.name + suffix) for suffix in _FILES):
        if file.is_file() and not is_importable(name):
            raise refusal("module_is_a_file", name=name, file=file)
    if path.is_file():
        raise refusal("no_python_file", name=name)
    if not all(part.isidentifier() for part in name.split(".")):
        raise refusal("no_path_and_no_module", name=name)
