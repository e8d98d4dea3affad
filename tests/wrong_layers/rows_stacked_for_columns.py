"""dw_is_xt_dout: dW is unstacked by rows, not columns"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, (x.T @ dout).ravel(order="F").reshape(w.shape), dout.sum(axis=0)
