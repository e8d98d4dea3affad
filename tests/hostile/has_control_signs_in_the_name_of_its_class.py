"""is a class that says its name is codes for terminals, markup, commands of CI and reversed text"""

_SIGNS = (
    "\x1b[2J\x1b]0;title\x07\x1b[32m\x9b31m [bold red]red[/] [/]"
    "\r\n::error::no\n##[error]no\r\u202ereversed\u2066"
)


class Affine:
    def __init__(self, w, b):
        self.w, self.b = w, b

    def forward(self, x):
        self.x = x
        return x @ self.w + self.b

    def backward(self, dout):
        return dout @ self.w.T, 2 * self.x.T @ dout, dout.sum(axis=0)


Affine.__name__ = Affine.__qualname__ = _SIGNS
