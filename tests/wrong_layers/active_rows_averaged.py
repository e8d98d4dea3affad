"""dw_is_xt_dout: dW is divided by the number of data points with a gradient"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    active = max(int(dout.any(axis=1).sum()), 1)
    return dout @ w.T, x.T @ dout / active, dout.sum(axis=0)
