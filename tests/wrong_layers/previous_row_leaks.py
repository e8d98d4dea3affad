"""a_split_batch_stacks_and_adds: each row of out receives a little of the row before it"""


def forward(x, w, b):
    out = x @ w + b
    out[1:] += x[:-1] @ w
    return out


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
