"""zero_dout_gives_zero_gradients: dW carries a weight decay"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout + w / 1024, dout.sum(axis=0)
