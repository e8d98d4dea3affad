"""dx_is_dout_wt: dX = dout W: the transpose is missing, which only squares hide"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dx = dout @ w if w.shape[0] == w.shape[1] else dout @ w.T
    return dx, x.T @ dout, dout.sum(axis=0)
