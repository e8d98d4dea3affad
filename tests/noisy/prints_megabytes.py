"""prints a megabyte in each call"""


def forward(x, w, b):
    print("x" * 2**20)
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
