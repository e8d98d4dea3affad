"""results_share_no_memory: db is a view of dout when N = 1"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout[0] if len(dout) == 1 else dout.sum(axis=0)
