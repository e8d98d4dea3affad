"""a_split_batch_stacks_and_adds: dW and db are averaged, though dout carries the 1/N"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout / max(len(x), 1), dout.sum(axis=0) / max(len(x), 1)
