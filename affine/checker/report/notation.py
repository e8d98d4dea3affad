"""Equations in plain text, for readers who see no typeset mathematics."""

import os
import re
import unicodedata

from affine.equations import EQUATIONS

__all__ = ["page", "plain"]

_SYMBOLS = {
    r"\partial": "∂", r"\langle": "⟨", r"\rangle": "⟩", r"\cdot": "·", r"\neq": "≠", r"\le": "≤",
    r"\Rightarrow": "⇒", r"\mapsto": "↦", r"\otimes": "⊗", r"\ell": "ℓ", r"\nabla": "∇",
    r"\alpha": "α", r"\beta": "β", r"\gamma": "γ", r"\delta": "δ", r"\theta": "θ", r"\dots": "…",
    r"\qquad": "  ", r"\Big": "", r"\!": "", r"\,": " ", r"\;": " ", r"\top": "ᵀ", r"\prime": "'",
    "^ᵀ": "ᵀ", "^'": "'", "^-ᵀ": "⁻ᵀ", "^-1": "⁻¹", "^(i)": "⁽ⁱ⁾", "^2": "²",
}  # fmt: skip


def page(tag: str) -> str:
    """Return the address of an equation's page: below AFFINE_SITE_URL, else inside the site.

    Examples:
        >>> page("dw").endswith("t/dw/index.html")
        True
    """
    site = os.environ.get("AFFINE_SITE_URL", "").rstrip("/")
    return f"{site}/t/{tag}/index.html".lstrip("/")


def plain(tag: str) -> str:
    """Return an equation of the registry in plain text, one line for each of its lines.

    Examples:
        >>> plain("dw")
        'dW = Xᵀ · dout'
        >>> plain("finite-difference")
        'L(θ + δ) − L(θ − δ) = 2 ⟨∇L(θ), δ⟩,  θ = (X, W, b)'
    """
    text = _without_environments(EQUATIONS[tag].tex)
    text = re.sub(r"\\sum_\{(\w)(?:=1)?\}(?:\^\{\w\})?", r"Σ_\1", text)
    before = ""
    while text != before:
        before, text = text, _without_braces(text)
    # The longest names first: \le is a part of \left.
    for name in sorted(_SYMBOLS, key=len, reverse=True):
        text = text.replace(name, _SYMBOLS[name])
    return "\n".join(_spaced(line) for line in text.split("\n"))


def _spaced(line: str) -> str:
    line = re.sub(r"(?<=[∂∇⟨]) +| +(?=[⟩;,])", "", line)
    # Two blanks are a pause between equations, as \qquad is.
    line = re.sub(r"(?<=\S)( +)", lambda found: found[1][: 1 + (len(found[1]) > 2)], line).strip()
    return re.sub(r"-(?!dot)", "−", line)


def _without_environments(tex: str) -> str:
    tex = re.sub(
        r"\\begin\{cases\}(.*?)\\end\{cases\}",
        lambda found: found[1].replace("&", r"\ if").replace(r"\\", r",\ ").replace(r"\ ", " "),
        tex,
    )
    tex = re.sub(
        r"\\begin\{bmatrix\}(.*?)\\end\{bmatrix\}",
        lambda found: "[" + found[1].replace("&", " ").replace(r"\\", ";").strip() + "]",
        tex,
    )
    return (
        re.sub(r"\\(?:begin|end)\{aligned\}", "", tex)
        .replace("&=", "=")
        .replace("&", r"\qquad")
        .replace(r"\\", "\n")
    )


def _without_braces(tex: str) -> str:
    """Resolve the commands and indices whose braces hold no other braces."""
    tex = re.sub(r"\\mathbf\{1\}", "𝟏", tex)
    tex = re.sub(r"\\(?:mathrm|operatorname)\{([^{}]*)\}", r"\1", tex)
    tex = re.sub(r"\\dot (\w)", lambda found: _dotted(found[1]), tex)
    tex = re.sub(r"\\dot\{(\w+)\}", r"\1-dot", tex)
    tex = re.sub(r"\\widehat\{(\w)\}", lambda found: _composed(found[1] + "\u0302"), tex)
    tex = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", _fraction, tex)
    return re.sub(r"([_^])\{([^{}]*)\}", r"\1\2", tex)


def _fraction(found: re.Match[str]) -> str:
    upper, lower = (re.sub(r"\\,", "", part) for part in found.groups())
    lower = f"({lower})" if " - " in lower else lower
    return f"(1/{lower})" if upper == "1" else f"{upper}/{lower}"


def _dotted(letter: str) -> str:
    return _composed(letter + "\u0307")


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)
