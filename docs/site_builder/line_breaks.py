"""Where a line of text may break: after an underscore, but not between a formula and its comma."""

import re

# A formula is a box of its own to a browser, which would let the next line begin with the comma.
_FORMULA = re.compile(r"(<math>(?:(?!</math>).)*</math>[.,;:!?)’”]+)", re.DOTALL)
# An option, with its value: a line may otherwise break between its two hyphens.
_OPTION = re.compile(r"<code>(--[^<\n]{1,30})</code>")
# A long name, such as that of a property.
_NAME = re.compile(r"<code>([a-z0-9]+(?:_[a-z0-9]+){2,})</code>")


def placed(html: str) -> str:
    """Return HTML with places to break in names, and none in front of punctuation."""
    html = _FORMULA.sub(r'<span class="unbroken">\1</span>', html)
    html = _OPTION.sub(r'<code class="unbroken">\1</code>', html)
    return _NAME.sub(lambda name: f"<code>{name[1].replace('_', '_<wbr>')}</code>", html)
