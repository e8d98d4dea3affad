"""never returns from backward when there is one data point, and is right for more"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    while len(x) == 1:
        pass
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
