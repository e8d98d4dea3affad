"""How a reader gets the command: from a copy of the repository, or once released by name.

AFFINE_RELEASED=1 says that `affine-gradients` can be installed by its name. Pages say it on a line
`[[install: short]]`, the page about installing at `[[install: all]]`, and pages whose files install
it by name at `[[install: name]]`.
"""

import os
import re

_LINE = re.compile(r"^\[\[install: (short|all|name)\]\]$", re.MULTILINE)

_FROM_SOURCE = {
    "short": (
        "To get the command, run `pip install .` in a copy of the repository; or, without "
        "installing anything by hand, `make check LAYER=my_layer.py` there. "
        "[Install and begin][install-affine] says more."
    ),
    "all": """\
The package is not on a package index yet. In a copy of the repository:

```console
$ pip install .
$ affine check my_layer.py
```""",
    "name": (
        "The package is not on a package index yet. Until then write "
        "`affine-gradients @ git+ADDRESS` for `affine-gradients` below, in quotation marks after "
        "`pip install`; `ADDRESS` is the address of the repository."
    ),
}
_RELEASED = {
    "short": (
        "To get the command: `pip install affine-gradients`; or to run it once, "
        "`uvx --from affine-gradients affine check my_layer.py`. "
        "[Install and begin][install-affine] says more."
    ),
    "all": """\
```console
$ pip install affine-gradients
$ affine check my_layer.py
```

To run it once, without installing it:

```console
$ uvx --from affine-gradients affine check my_layer.py
```

The same works in a copy of the repository with `pip install .`""",
    "name": "",
}


def is_released() -> bool:
    return os.environ.get("AFFINE_RELEASED") == "1"


def filled(markdown: str) -> str:
    """Return a page with the way to install that this build is to name."""
    ways = _RELEASED if is_released() else _FROM_SOURCE
    return _LINE.sub(lambda match: ways[match[1]], markdown)
