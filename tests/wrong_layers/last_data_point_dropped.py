"""a_split_batch_stacks_and_adds: the last data point is left out of dW and db"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x[:-1].T @ dout[:-1], dout[:-1].sum(axis=0)
