"""identity_matrices_show_the_operands: the features of dX are in reversed order"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return (dout @ w.T)[:, ::-1], x.T @ dout, dout.sum(axis=0)
