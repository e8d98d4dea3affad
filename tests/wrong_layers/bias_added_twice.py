"""forward_is_x_w_plus_b: the bias is added twice"""


def forward(x, w, b):
    return x @ w + b + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, 2 * dout.sum(axis=0)
