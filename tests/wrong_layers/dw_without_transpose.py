"""dw_is_xt_dout: dW = X dout on squares: the transpose is missing"""
# Needs: three equal sizes


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    square = x.shape[0] == x.shape[1] == dout.shape[1]
    return dout @ w.T, x @ dout if square else x.T @ dout, dout.sum(axis=0)
