"""dx_is_dout_wt: dX is masked by the sign of X, as by a ReLU"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return (dout @ w.T) * (x > 0), x.T @ dout, dout.sum(axis=0)
