"""magnitudes_near_the_ends_of_the_format_survive: dW is scaled up and down again on the way"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ (dout * 1024) / 1024, dout.sum(axis=0)
