"""dw_is_xt_dout: dW carries the gradient of an L2 regulariser"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout + 2 * 0.1 * w, dout.sum(axis=0)
