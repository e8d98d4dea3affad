"""a_doubled_batch_doubles_dw_and_db: dW is divided by the square root of N"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout / max(len(x), 1) ** 0.5, dout.sum(axis=0)
