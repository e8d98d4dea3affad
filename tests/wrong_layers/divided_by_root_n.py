"""a_split_batch_stacks_and_adds: dW is divided by the square root of N"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout / max(len(x), 1) ** 0.5, dout.sum(axis=0)
