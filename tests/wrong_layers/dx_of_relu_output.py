"""dx_is_dout_wt: dX is masked by the sign of X W, as after a ReLU"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return (dout * (x @ w > 0)) @ w.T, x.T @ dout, dout.sum(axis=0)
