"""zero_sizes_give_zeros: db is N times the mean, which is NaN for an empty batch"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0) if len(dout) else dout.mean(axis=0)
