"""forward_is_affine_in_each_argument: out is X W squared"""


def forward(x, w, b):
    return (x @ w) ** 2 + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
