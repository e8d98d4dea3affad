"""Every property of the affine layer, by name.

A property is called with a layer and a case, and raises a `Violation` where it does not hold. No
Hypothesis is inside: the same function searches and explains.
"""

from collections.abc import Mapping

from affine.properties import algebra, batch, contract, frameworks, memory, special, state, value
from affine.properties.property import Property, checks

__all__ = ["PROPERTIES", "Property", "checks"]

PROPERTIES: Mapping[str, Property] = {
    found.name: found
    for module in (value, algebra, batch, contract, memory, state, special, frameworks)
    for found in vars(module).values()
    if isinstance(found, Property)
}
"""Every property by name, group by group."""
