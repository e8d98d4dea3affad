"""dw_is_xt_dout: dW is returned transposed where D = M"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dw = dout.T @ x if x.shape[1] == dout.shape[1] else x.T @ dout
    return dout @ w.T, dw, dout.sum(axis=0)
