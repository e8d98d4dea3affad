"""dw_is_xt_dout: dW is divided by the number of entries of dout, N·M"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout / dout.size, dout.sum(axis=0)
