"""The formulas of a layer in a convention, as code: right, or with a mistake."""

from typing import NamedTuple

from tests.checker.reading.conventions import Convention

__all__ = ["MISTAKES", "Formulas", "fits", "formulas_of", "leaves_doubt"]

MISTAKES = {
    "dw averaged": "averaged-over-the-batch",
    "db averaged": "averaged-over-the-batch",
    "db along the wrong axis": "summed-over-the-wrong-axis",
    "dx with W not transposed": "transpose-missing",
    "dw doubled": "scaled-by-a-constant",
    "bias missing": "bias-missing",
    "db zero": "always-zero",
    "out through ReLU": "activation-fused",
    "dx from the updated weights": "updated-too-early",
}
"""What the catalogue calls each mistake."""

_OF_FORWARD = ("bias missing", "out through ReLU")
_OF_SHAPES = ("db along the wrong axis", "dx with W not transposed")


def fits(convention: Convention, mistake: str) -> bool:
    """Whether a mistake can be made in a convention.

    A sum over the wrong axis has the shape of no parameter: it can neither be stacked on dw, nor
    taken from b, nor added to db.
    """
    if mistake == "dx from the updated weights":
        return convention.effect == "steps"
    if mistake == "db along the wrong axis":
        return not convention.bias_in_weights and convention.effect == "overwrites"
    return True


def leaves_doubt(convention: Convention, mistake: str) -> bool:
    """Whether a layer with a mistake may be one that is written in an unknown way.

    Where the forward pass is wrong, or a result has an unusual shape, only names are left to say
    what is what. No name says that the bias is in the weights, or, where data points are rows, that
    it is a column; and of arrays in a list or made by the first pass there is no name at all.
    """
    if mistake in _OF_FORWARD:
        is_odd_column = convention.bias == "M1" and convention.layout == "rows"
        is_nameless = convention.built == "units"
        return convention.bias_in_weights or convention.names == "a" or is_odd_column or is_nameless
    return mistake in _OF_SHAPES and convention.names == "a"


class Formulas(NamedTuple):
    """The right side of each assignment; `""` for db where dw is the gradient of both."""

    out: str
    dx: str
    dw: str
    db: str


def formulas_of(
    convention: Convention, arrays: tuple[str, str, str, str], mistake: str = ""
) -> Formulas:
    """Return the formulas of a convention, written with the names of x, w, b and dout."""
    x, w, b, dout = arrays
    matrix, bias = _matrix_and_bias(convention, w, b)
    dw, db = _dw(convention, x, dout, mistake), _db(convention, dout, mistake)
    if convention.bias_in_weights:
        stack = "np.vstack" if convention.weight == "DM" else "np.column_stack"
        parts = f"{dw}, {db}" if convention.bias == "last" else f"{db}, {dw}"
        dw, db = f"{stack}([{parts}])", ""
    out = _out(convention, x, matrix, bias, mistake)
    return Formulas(out, _dx(convention, matrix, dout, mistake), dw, db)


def _matrix_and_bias(convention: Convention, w: str, b: str) -> tuple[str, str]:
    """Return the matrix without the bias, and the bias in the shape in which it is added."""
    rows = convention.layout == "rows"
    if convention.bias_in_weights:
        number, others = ("-1", ":-1") if convention.bias == "last" else ("0", "1:")
        before = "" if convention.weight == "DM" else ":, "
        return f"{w}[{before}{others}]", f"{w}[{before}{number}]" + "[:, None]" * (not rows)
    if rows and convention.bias == "M1":
        b = f"{b}.T"
    elif not rows and convention.bias == "M":
        b = f"{b}[:, None]"
    return w, f"({b} if self.use_bias else 0)" if convention.flag == "use_bias=True" else b


def _turned(convention: Convention) -> bool:
    """Whether the forward pass transposes the weight: rows meet (D, M), and columns (M, D)."""
    return (convention.layout == "rows") != (convention.weight == "DM")


def _out(convention: Convention, x: str, matrix: str, bias: str, mistake: str) -> str:
    factor = f"{matrix}.T" if _turned(convention) else matrix
    out = f"{x} @ {factor}" if convention.layout == "rows" else f"{factor} @ {x}"
    if mistake != "bias missing":
        out = f"{out} + {bias}"
    return f"np.maximum({out}, 0)" if mistake == "out through ReLU" else out


def _dx(convention: Convention, matrix: str, dout: str, mistake: str) -> str:
    as_it_is = _turned(convention) != (mistake == "dx with W not transposed")
    factor = matrix if as_it_is else f"{matrix}.T"
    return f"{dout} @ {factor}" if convention.layout == "rows" else f"{factor} @ {dout}"


def _dw(convention: Convention, x: str, dout: str, mistake: str) -> str:
    left, right = (x, dout) if convention.weight == "DM" else (dout, x)
    rows = convention.layout == "rows"
    dw = f"{left}.T @ {right}" if rows else f"{left} @ {right}.T"
    if mistake == "dw averaged":
        return f"{dw} / {dout}.shape[{0 if rows else 1}]"
    return f"2 * {dw}" if mistake == "dw doubled" else dw


def _db(convention: Convention, dout: str, mistake: str) -> str:
    rows = convention.layout == "rows"
    axis = int(rows == (mistake == "db along the wrong axis"))
    keep = ", keepdims=True" * (convention.bias in ("1M", "M1"))
    reduce = "mean" if mistake == "db averaged" else "sum"
    turn = ".T" * (rows and convention.bias == "M1")
    return "0 * " * (mistake == "db zero") + f"{dout}.{reduce}(axis={axis}{keep}){turn}"
