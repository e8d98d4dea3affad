"""Results that nobody may write to."""


def frozen(array):
    array.flags.writeable = False
    return array


def forward(x, w, b):
    return frozen(x @ w + b)


def backward(dout, x, w):
    return frozen(dout @ w.T), frozen(x.T @ dout), frozen(dout.sum(axis=0))
