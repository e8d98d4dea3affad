"""db as N times the mean of the rows: it rounds where a sum of integers would not."""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.mean(axis=0) * len(dout)
