"""powers_of_two_scale_through: dX divides W by its largest entry"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T / max(abs(w).max(initial=0), 1), x.T @ dout, dout.sum(axis=0)
