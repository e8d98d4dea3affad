"""wrong_shapes_are_refused: a bias of any shape that broadcasts is accepted"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
