"""never ends to be imported"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


while True:
    pass
