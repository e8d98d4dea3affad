"""What a file or a notebook defines, without whatever else it does when it is run.

A notebook is JSON, and its code cells are texts in it: that needs no library. `nbformat` would
bring four packages, to validate what is not used here.
"""

import __future__

import ast
import json
import linecache
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dis import get_instructions
from pathlib import Path
from types import CodeType
from typing import Any, TypeAlias

from affine.checker.reading.vocabulary import refusal, sentence

__all__ = ["cells", "define"]

Part: TypeAlias = tuple[str, ast.Module]
"""The name of a file, or of a cell of a notebook, and the tree of its code."""

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_IMPORTS = (ast.Import, ast.ImportFrom)
_LOADS = ("LOAD_GLOBAL", "LOAD_NAME")


def define(parts: Sequence[Part], space: dict[str, Any]) -> tuple[bool, list[str]]:
    r"""Run the imports, definitions and constants of some code in a namespace.

    Those that fail are left out, as is all that stands between them: training, plots, questions.

    Returns:
        Whether a function or a class was defined, and the names that the definitions miss.

    Examples:
        >>> space = {}
        >>> define([("mine.py", ast.parse("def f(): return a\na = input()"))], space)
        (True, ['a'])
        >>> "f" in space
        True
    """
    statements = [(file, node) for file, tree in parts for node in _split(tree.body)]
    # Also inside `try` and `if`.
    outside = [node for _, node in statements if not isinstance(node, _DEFINITIONS)]
    inside = (each for node in outside for each in ast.walk(node) if isinstance(each, _IMPORTS))
    imported = {name for each in inside for name in _bound(each)}
    used = {name for file, node in statements for name in _used(file, node)}
    has_definition, left_out = False, dict[str, None]()
    for file, node in statements:
        is_definition, has_run = isinstance(node, _DEFINITIONS), False
        if _defines(node, imported, used):
            code = _compiled(file, node)
            with suppress(Exception, SystemExit):
                exec(code, space)
                has_run = True
        if has_run:
            has_definition |= is_definition
        else:
            missed = (name for name in _bound(node) if is_definition or name in used)
            left_out |= dict.fromkeys(missed)
    return has_definition, [name for name in left_out if name not in space]


def _compiled(file: str, node: ast.stmt) -> CodeType:
    # Annotations stay text: one of a library that is missing does no harm.
    flags = __future__.annotations.compiler_flag
    code: CodeType = compile(ast.Module([node], []), file, "exec", flags, dont_inherit=True)
    return code


def _split(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements, those of `import a, b` one by one: one may be missing."""
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield ast.copy_location(ast.Import([alias]), node)
        else:
            yield node


def _used(file: str, node: ast.stmt) -> Iterator[str]:
    """Yield the names of the module that a function or a class uses."""
    codes = [_compiled(file, node)] if isinstance(node, _DEFINITIONS) else []
    for code in codes:
        codes += [each for each in code.co_consts if isinstance(each, CodeType)]
        yield from (each.argval for each in get_instructions(code) if each.opname in _LOADS)


def _defines(node: ast.stmt, imported: set[str], used: set[str]) -> bool:
    """Whether a statement only defines something, so that to run it starts no work."""
    if isinstance(node, (*_DEFINITIONS, *_IMPORTS, ast.Pass)):
        return True
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return _is_quick(node, imported if used.intersection(_bound(node)) else set())
    if isinstance(node, ast.If | ast.Try):
        handlers = [each for handler in getattr(node, "handlers", []) for each in handler.body]
        inside = [*node.body, *handlers, *node.orelse, *getattr(node, "finalbody", [])]
        is_quick = isinstance(node, ast.Try) or _is_quick(node.test, imported)
        return is_quick and all(_defines(each, imported, used) for each in inside)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_quick(node: ast.AST, imported: set[str]) -> bool:
    """Whether a value is there at once: it calls nothing, unless of what is imported."""
    if isinstance(node, ast.Lambda):
        return True
    if isinstance(node, ast.Await | ast.ListComp | ast.SetComp | ast.DictComp):
        return False
    if isinstance(node, ast.Call) and _root(node.func) not in imported:
        return False
    return all(_is_quick(child, imported) for child in ast.iter_child_nodes(node))


def _root(node: ast.AST) -> str:
    """Return the first name of `a.b.c`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _bound(node: ast.AST) -> Iterator[str]:
    """Yield the names that a statement binds."""
    if isinstance(node, _IMPORTS):
        yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
    elif isinstance(node, _DEFINITIONS):
        yield node.name
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    else:
        for child in ast.iter_child_nodes(node):
            yield from _bound(child)


# ------------------------------------------------------------------ notebooks


# A magic, a shell command, or a question; a command goes on after a backslash.
_NOT_PYTHON = re.compile(
    r"^([^\S\n]*)(?:(?:[\w, ]+=[^\S\n]*)?[%!?](?:.*\\\n)*.*|[\w.]+\?{1,2}[^\S\n]*)$", re.MULTILINE
)
_OF_PYTHON = re.compile(r"(\s*)%%(?:time|capture)\b.*")  # the cell below runs as it is


def cells(path: Path) -> tuple[list[Part], list[str]]:
    """Return the code of each cell as a tree, and why others were left out.

    Raises:
        TargetError: It is no notebook, or no cell of it is Python.
    """
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        code = [each["source"] for each in notebook["cells"] if each["cell_type"] == "code"]
        texts = ["".join(source) for source in code]
    except (ValueError, KeyError, TypeError) as error:
        raise refusal("no_notebook", path=path, why=f"{type(error).__name__}: {error}") from error
    trees, faults = list[Part](), list[str]()
    for number, text in enumerate(texts, start=1):
        place = f"{path} code cell {number}"
        source = _python(text)
        linecache.cache[place] = len(source), None, source.splitlines(keepends=True), place
        try:
            trees.append((place, ast.parse(source, place)))
        except SyntaxError as error:
            why = f"{type(error).__name__} in line {error.lineno}: {error.msg}"
            faults.append(sentence("cell_left_out", cell=number, why=why))
    if faults and not any(tree.body for _, tree in trees):
        raise refusal("no_cell", path=path, why="; ".join(faults))
    return trees, faults


def _python(text: str) -> str:
    """Return a cell without what IPython alone understands; its lines keep their numbers."""
    if _OF_PYTHON.match(text):
        text = _OF_PYTHON.sub(r"\1", text, count=1)
    elif text.lstrip().startswith("%%"):
        return ""
    try:
        ast.parse(text)
    except SyntaxError:
        return _NOT_PYTHON.sub(lambda found: f"{found[1]}pass" + "\n" * found[0].count("\n"), text)
    return text
