"""a_split_batch_stacks_and_adds: the first data point counts twice in dW"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout + x[:1].T @ dout[:1], dout.sum(axis=0)
