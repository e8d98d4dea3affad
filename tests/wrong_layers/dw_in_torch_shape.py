"""dw_is_xt_dout: dW is doutᵀ X, of shape (M, D)"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, dout.T @ x, dout.sum(axis=0)
