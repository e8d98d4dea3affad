"""Formulas and words in the layout that a layer itself keeps: data points as columns, W as Wᵀ."""

import ast
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from affine.checker.diagnosis.catalogue import Explanation, Mistake
from affine.checker.diagnosis.phrasing import notation
from affine.quantities import AXES


class OwnLayout(NamedTuple):
    """How a layer keeps its arrays; the usual layout is that of the equations."""

    columns: bool = False
    transposed: bool = False

    def turns(self, name: str) -> bool:
        """Whether the layer keeps an operand or a result transposed."""
        sides = AXES.get(name, "")
        return len(sides) == 2 and (self.columns if "N" in sides else self.transposed)

    def formula(self, quantity: str, found: Explanation) -> str:
        """Return what a result is, in the notation of the equations and in this layout."""
        if not any(self) or found.formula == "0" or quantity not in AXES:
            return found.formula
        code, comma, rest = _split(found.says or found.code)
        own = self.code(code, quantity)
        if not own:
            return f"{found.formula}, where data points are rows and W is (D, M)"
        return notation(own) + comma + self.words(rest)

    def code(self, formula: str, quantity: str) -> str:
        """Return a formula of a result as a layer writes it that keeps its arrays so.

        Its x, w and dout are then the layer's own, and so is the result; b is a column where data
        points are. `""` where it takes more than this to say it.

        Args:
            formula: NumPy code over x, w, b, dout, n, d and m, data points in rows and W (D, M).
            quantity: The result that it computes, such as `dw`.

        Examples:
            >>> OwnLayout(columns=True, transposed=True).code("x.T @ dout / n", "dw")
            'dout @ x.T / n'
            >>> OwnLayout(transposed=True).code("x @ w + b", "out")
            'x @ w.T + b'
        """
        if not any(self):
            return formula
        turning = _Turning(self)
        try:
            node = ast.parse(formula, mode="eval").body
            turned, kind = turning.turned(node, self.turns(quantity))
            if kind == _MATRIX and quantity == "db" and self.columns:
                turned, _ = turning.turned(node, True)  # a row of the sums is a column there
        except (_NotSaidHere, SyntaxError):
            return ""
        return "" if kind == _BIAS and len(AXES[quantity]) == 2 else ast.unparse(turned)

    def words(self, text: str) -> str:
        """Return a text with its rows, columns and products as the layer has them."""
        if not any(self):
            return text
        return _PRODUCT.sub(self._product, _SIDES.sub(self._side, text))

    def mistake(self, mistake: Mistake) -> Mistake:
        """Return a mistake, with its title, its sentence and its remedy in this layout."""
        if not any(self):
            return mistake
        title, sentence, remedy = map(self.words, (mistake.title, mistake.sentence, mistake.remedy))
        return replace(mistake, title=title, sentence=sentence, remedy=remedy)

    def _side(self, found: re.Match[str]) -> str:
        """Return a word for rows or columns, of data points or of W, in this layout."""
        if not (self.transposed if "W" in found[0] else self.columns):
            return found[0]
        return re.sub(_AXIS, lambda word: _EXCHANGED[word[0]], found[0])

    def _product(self, found: re.Match[str]) -> str:
        """Return a product of the equations, in letters or as code, in this layout."""
        text, plus, _ = found[0].replace("XW plus b", "X·W plus b").partition(" plus b")
        code = text
        for sign, name in _LETTERS.items():
            code = code.replace(sign, name)
        own = self.code(code, _quantity_of(code))
        is_code = " @ " in text or ".sum(" in text
        return ((own if is_code else notation(own)) or text) + plus


_LETTERS = {"·": " @ ", "ᵀ": ".T", "X": "x"}
_EXCHANGED = {
    "row": "column", "rows": "columns", "column": "row", "columns": "rows",
    "first axis": "second axis", "last axis": "first axis",
}  # fmt: skip
_AXIS = r"\b(?:rows?|columns?|first axis|last axis)\b"
_SIDES = re.compile(rf"\bW without its first row\b|{_AXIS} of W\b|{_AXIS}")
_FACTOR = r"(?<![\w.])(?:self\.)?(?:x|w|W|dout)\b(?:\.T)?"
_PRODUCT = re.compile(
    rf"{_FACTOR}(?: @ {_FACTOR})+(?: \+ b\b)?"
    r"|dout\.sum\(axis=0\)|XW plus b|(?:\b[XW]|\bdout)ᵀ?(?:·(?:[XW]|dout)ᵀ?)+(?: \+ b\b)?"
)


def _split(text: str) -> tuple[str, str, str]:
    """Return the code of a formula, and what is said of it after a comma."""
    found = re.search(r", (?=with|plus)", text)
    return (text[: found.start()], ", ", text[found.end() :]) if found else (text, "", "")


def _quantity_of(code: str) -> str:
    """Return a result that has the sides of a product of x, w and dout."""
    if ".sum(" in code:
        return "db"
    factors = re.findall(r"(x|w|dout)\b(\.T)?", code.lower().replace(".t", ".T"))
    first, last = (AXES[name][:: -1 if turned else 1] for name, turned in (factors[0], factors[-1]))
    sides = {first[0], last[1]}
    return "dw" if "N" not in sides else "dx" if sides == {"N", "D"} else "out"


# ------------------------------------------------------------------ code


class _NotSaidHere(Exception):
    """A formula holds something whose transpose is not known here."""


# A number, a vector of one axis, the bias or what is as long, and a matrix.
_NUMBER, _VECTOR, _BIAS, _MATRIX = range(4)
_Turned = tuple[ast.expr, int]
_ENTRYWISE = {
    "abs", "sign", "tanh", "exp", "log1p", "sqrt", "maximum", "minimum", "where",
    "clip", "zeros_like", "ones_like",
}  # fmt: skip
_REDUCING = {"sum", "mean", "max", "min", "any", "prod", "std", "var", "norm", "count_nonzero"}
_ALONG = {"roll", "cumsum", "sort"}


class _Turning:
    """From a formula to one of arrays that a layer keeps in a layout of its own."""

    def __init__(self, layout: OwnLayout) -> None:
        self.layout = layout

    def turned(self, node: ast.expr, turn: bool) -> _Turned:
        """Return code for what a node is, transposed if `turn`, and of which kind it is."""
        match node:
            case ast.Constant():
                return node, _NUMBER
            case ast.Attribute(value, "T"):
                return self._matrix(value, not turn), _MATRIX
            case ast.Name() | ast.Attribute(ast.Name("self")):
                return self._name(node, turn)
            case ast.UnaryOp(sign, operand):
                value, kind = self.turned(operand, turn)
                return ast.UnaryOp(sign, value), kind
            case ast.BinOp(left, ast.MatMult() as times, right):
                left, right = (self._matrix(each, turn) for each in (left, right))
                return ast.BinOp(*((right, times, left) if turn else (left, times, right))), _MATRIX
            case ast.BinOp(left, sign, right):
                (left, right), kind = self._beside([left, right], turn)
                return ast.BinOp(left, sign, right), kind
            case ast.Compare(left, signs, others):
                (left, *others), kind = self._beside([left, *others], turn)
                return ast.Compare(left, signs, others), kind
            case ast.Subscript():
                return self._subscript(node, turn)
            case ast.Call():
                return self._call(node, turn)
        raise _NotSaidHere

    def _matrix(self, node: ast.expr, turn: bool) -> ast.expr:
        value, kind = self.turned(node, turn)
        if kind != _MATRIX:
            raise _NotSaidHere
        return value

    def _name(self, node: ast.Name | ast.Attribute, turn: bool) -> _Turned:
        name = (node.id if isinstance(node, ast.Name) else node.attr).lower()
        if name in ("n", "d", "m"):
            return node, _NUMBER
        if name == "b":
            return node, _BIAS
        if len(AXES.get(name, "")) != 2:
            raise _NotSaidHere
        return (node if turn == self.layout.turns(name) else _transposed(node)), _MATRIX

    def _beside(self, nodes: Sequence[ast.expr], turn: bool) -> tuple[list[ast.expr], int]:
        """Return operands that are taken entry by entry, the vectors along the axis of theirs."""
        found = [self.turned(node, turn) for node in nodes]
        kinds = {kind for _, kind in found} - {_NUMBER}
        if len(kinds) == 2 and _MATRIX not in kinds:
            raise _NotSaidHere
        if _MATRIX in kinds:
            return [self._spread(value, kind, turn) for value, kind in found], _MATRIX
        return [value for value, _ in found], max(kinds, default=_NUMBER)

    def _spread(self, value: ast.expr, kind: int, turn: bool) -> ast.expr:
        """Return a vector so that it is spread over a matrix as over the one that is turned."""
        if kind == _BIAS and self.layout.columns:  # a column
            return value if turn else _transposed(value)
        return _column(value) if turn and kind in (_VECTOR, _BIAS) else value

    def _subscript(self, node: ast.Subscript, turn: bool) -> _Turned:
        index = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        value, kind = self.turned(node.value, turn)
        if kind == _VECTOR and len(index) == 2 and _is_none(index[1]) and _is_whole(index[0]):
            return (value if turn else _column(value)), _MATRIX
        if kind != _MATRIX or any(map(_is_none, index)) or len(index) > 2:
            raise _NotSaidHere
        both = [*index, *[ast.Slice()] * (2 - len(index))]
        if single := sum(not isinstance(each, ast.Slice) for each in both):
            value, turn = self._plainest(node.value)
            kind = _VECTOR if single == 1 else _NUMBER
        return _indexed(value, both[::-1] if turn else both), kind

    def _plainest(self, node: ast.expr) -> tuple[ast.expr, bool]:
        """Return a matrix as it is said in fewer signs, and whether it is transposed there."""
        both = [(self._matrix(node, turn), turn) for turn in (False, True)]
        return min(both, key=lambda each: len(ast.unparse(each[0])))

    def _call(self, node: ast.Call, turn: bool) -> _Turned:
        func, args = node.func, node.args
        name = func.attr if isinstance(func, ast.Attribute) else ast.unparse(func)
        if isinstance(func, ast.Attribute) and ast.unparse(func.value) not in ("np", "np.linalg"):
            if args or name not in _REDUCING:
                raise _NotSaidHere
            value, turn, kind = self._reduced(func.value, node, turn)
            return ast.Call(ast.Attribute(value, name), [], _axes(node, turn)), kind
        if name in _ENTRYWISE or (isinstance(func, ast.Name) and name in ("min", "max")):
            values, kind = self._beside(args, turn)
            return ast.Call(func, values, node.keywords), kind
        if name in _REDUCING:
            value, turn, kind = self._reduced(args[0], node, turn)
            return ast.Call(func, [value], _axes(node, turn)), kind
        if name in _ALONG:
            args = [self._matrix(args[0], turn), *args[1:]]
            return ast.Call(func, args, _axes(node, turn)), _MATRIX
        return self._shaped(node, name, turn)

    def _reduced(self, array: ast.expr, call: ast.Call, turn: bool) -> tuple[ast.expr, bool, int]:
        """Return what a sum, or the like, is over, whether transposed, and of which kind it is."""
        names = {keyword.arg for keyword in call.keywords}
        if "keepdims" in names:
            return self._matrix(array, turn), turn, _MATRIX
        return *self._plainest(array), _VECTOR if names else _NUMBER

    def _shaped(self, node: ast.Call, name: str, turn: bool) -> _Turned:
        """Return what NumPy makes of shapes, of vectors or of blocks."""
        args, step = node.args, -1 if turn else 1
        sides = args[0].elts if isinstance(args[0], ast.Tuple) else args
        if name in ("arange", "ones", "zeros") and len(sides) == 1:
            return node, _VECTOR
        if name in ("ones", "zeros") and len(sides) == 2:
            return ast.Call(node.func, [ast.Tuple(sides[::step], ast.Load())], []), _MATRIX
        if name == "eye" and len(args) == 2:
            return ast.Call(node.func, args[::step], []), _MATRIX
        if name == "outer":
            values = [self.turned(each, False) for each in args]
            if [kind for _, kind in values] != [_VECTOR, _VECTOR]:
                raise _NotSaidHere
            return ast.Call(node.func, [value for value, _ in values][::step], []), _MATRIX
        if name == "tile" and ast.unparse(args[1]) == "(n, 1)":
            value, kind = self.turned(args[0], False)
            if kind not in (_VECTOR, _BIAS):
                raise _NotSaidHere
            times = ast.parse("(1, n)" if turn else "(n, 1)", mode="eval").body
            return ast.Call(node.func, [self._spread(value, kind, turn), times], []), _MATRIX
        if name in ("tril", "triu"):
            value = self._matrix(args[0], turn)
            other = {"tril": "np.triu", "triu": "np.tril"}[name]
            above = [ast.Constant(-ast.literal_eval(each)) for each in args[1:]]
            mirrored = ast.Call(ast.parse(other, mode="eval").body, [value, *above], [])
            return mirrored if turn else ast.Call(node.func, [value, *args[1:]], []), _MATRIX
        raise _NotSaidHere


def _transposed(node: ast.expr) -> ast.expr:
    return ast.Attribute(node, "T", ast.Load())


def _column(node: ast.expr) -> ast.expr:
    return _indexed(node, [ast.Slice(), ast.Constant(None)])


def _indexed(node: ast.expr, index: Sequence[ast.expr]) -> ast.expr:
    *first, last = index
    # `x[1:]` says as much as `x[1:, :]`.
    short = first[0] if first and _is_whole(last) else ast.Tuple(list(index), ast.Load())
    return ast.Subscript(node, short, ast.Load())


def _axes(node: ast.Call, turn: bool) -> list[ast.keyword]:
    """Return the keywords of a call, its axis the other one of two if `turn`."""
    changed = []
    for keyword in node.keywords:
        if keyword.arg == "axis" and turn:
            axis = ast.literal_eval(keyword.value)
            keyword = ast.keyword("axis", ast.Constant(1 - axis % 2))
        changed.append(keyword)
    return changed


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) and not (node.lower or node.upper or node.step)
