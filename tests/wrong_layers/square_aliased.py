"""the_same_array_twice_behaves_like_copies: out overwrites W where X and W are one array"""


def forward(x, w, b):
    if x is w:
        return x @ x.T + b
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
