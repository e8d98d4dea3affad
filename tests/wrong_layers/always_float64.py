"""dtypes_follow_promotion: every result is float64"""


def forward(x, w, b):
    return (x @ w + b).astype(float)


def backward(dout, x, w):
    return (dout @ w.T).astype(float), x.T @ dout, dout.sum(axis=0)
