"""memory_layout_does_not_matter: db reads dout in memory order"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.ravel(order="K").reshape(dout.shape).sum(axis=0)
