"""dx_is_dout_wt: dX is returned transposed where N = D"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dx = dout @ w.T
    return dx.T if dx.shape[0] == dx.shape[1] else dx, x.T @ dout, dout.sum(axis=0)
