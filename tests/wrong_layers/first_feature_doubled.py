"""features_may_be_permuted_and_scaled: the first feature counts twice in dX"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dx = dout @ w.T
    dx[:, :1] *= 2
    return dx, x.T @ dout, dout.sum(axis=0)
