"""out, dx, dw and db in one table: what each is computed from, and how."""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["AXES", "GRADIENTS", "QUANTITIES", "Quantity"]

AXES: Mapping[str, str] = {
    "x": "ND", "w": "DM", "b": "M", "dout": "NM", "out": "NM", "dx": "ND", "dw": "DM", "db": "M",
}  # fmt: skip
"""The sides of every operand and result."""


class Quantity(NamedTuple):
    """One result of a layer.

    Attributes:
        operands: What it is computed from, by name.
        subscripts: Its sum of products, as `numpy.einsum` writes it; the bias of out is added.
        summed: The side that the sum runs over.
        code: The formula in NumPy.

    Examples:
        >>> QUANTITIES["dw"].code, QUANTITIES["dw"].summed
        ('x.T @ dout', 'N')
    """

    operands: tuple[str, ...]
    subscripts: str
    summed: str
    code: str

    def roundings(self, sizes: tuple[int, int, int]) -> int:
        """Return how many roundings one term of a plain sum meets at most.

        Examples:
            >>> [quantity.roundings((4, 3, 2)) for quantity in QUANTITIES.values()]
            [4, 2, 4, 3]
        """
        # The first product is rounded too, or the bias is added; a sum of entries has no product.
        return max(sizes["NDM".index(self.summed)] + len(self.operands) - 2, 0)


QUANTITIES: Mapping[str, Quantity] = {
    "out": Quantity(("x", "w", "b"), "nd,dm->nm", "D", "x @ w + b"),
    "dx": Quantity(("dout", "w"), "nm,dm->nd", "M", "dout @ w.T"),
    "dw": Quantity(("x", "dout"), "nd,nm->dm", "N", "x.T @ dout"),
    "db": Quantity(("dout",), "nm->m", "N", "dout.sum(axis=0)"),
}
"""Every quantity by name, [(out)][eq-out], [(dx)][eq-dx], [(dw)][eq-dw] and [(db)][eq-db]."""

GRADIENTS = ("dx", "dw", "db")
