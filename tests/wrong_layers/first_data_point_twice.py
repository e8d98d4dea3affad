"""data_points_may_be_reordered: the first data point counts twice in dW"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout + x[:1].T @ dout[:1], dout.sum(axis=0)
