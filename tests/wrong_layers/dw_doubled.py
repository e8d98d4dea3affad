"""one_number_three_ways: dW is twice too large"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, 2 * x.T @ dout, dout.sum(axis=0)
