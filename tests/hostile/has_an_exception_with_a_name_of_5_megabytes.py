"""raises an exception whose class has a name of 5 MB"""

_Odd = type("X" * 5_000_000, (Exception,), {})


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    raise _Odd("no")
