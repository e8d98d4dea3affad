def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w, x.T @ dout, dout.sum(axis=0)
