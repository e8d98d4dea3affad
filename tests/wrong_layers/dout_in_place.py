"""arguments_are_not_modified: dout is scaled in place: `dout *= ...`"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dx = dout @ w.T
    db = dout.sum(axis=0)
    dout *= 2
    return dx, x.T @ dout / 2, db
