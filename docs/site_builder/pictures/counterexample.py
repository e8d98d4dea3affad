"""The smallest input on which a known-wrong layer fails, as this build found it."""

from html import escape

from docs.site_builder.equations.block import reference
from docs.site_builder.pictures.matrices import figure
from docs.site_builder.suite.results import NOT_RUN, Results

__all__ = ["counterexample"]


def counterexample(layer: str, results: Results) -> str:
    """Return the counterexample of the layer as HTML."""
    found = results.counterexample(layer)
    if found is None:
        said = f"<code>{escape(layer)}</code>: {NOT_RUN} in this build"
        return f'<div class="counterexample"><p>{said}</p></div>'
    return (
        f'<div class="counterexample"><p><strong>{escape(found["mistake"])}.</strong> '
        f"The smallest input that shows it:</p>{figure(found)}"
        f"<p>{escape(found['message'])}. Found by "
        f"{reference('property-' + found['property'], '<code>' + found['property'] + '</code>')}"
        f", which tests {_equations(found['equations'])}.</p></div>"
    )


def _equations(tags: list[str]) -> str:
    return ", ".join(reference(f"eq-{tag}", f"({tag})") for tag in tags)
