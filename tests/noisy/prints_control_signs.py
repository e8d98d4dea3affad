"""prints codes for terminals, markup of rich, commands of CI and reversed text in each call"""

_SIGNS = (
    "\x1b[2J\x1b]0;title\x07\x1b[32m\x9b31m\x00 [bold red]red[/] [/]"
    "\r\n::error::no\n##[error]no\r\u202ereversed\u2066"
)


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    print(_SIGNS)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
