"""dw_is_xt_dout: dW is multiplied by a learning rate"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, 0.01 * x.T @ dout, dout.sum(axis=0)
