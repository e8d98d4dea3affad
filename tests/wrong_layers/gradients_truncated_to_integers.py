"""dx_is_dout_wt: dX is written into an array of integers"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dx = (dout @ w.T).astype(int)
    return dx.astype(x.dtype), x.T @ dout, dout.sum(axis=0)
