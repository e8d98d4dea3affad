"""dx_is_dout_wt: dW and dX are returned in exchanged places"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return x.T @ dout, dout @ w.T, dout.sum(axis=0)
