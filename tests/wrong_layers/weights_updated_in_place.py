"""arguments_are_not_modified: backward takes a step on W, in place"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    gradients = dout @ w.T, x.T @ dout, dout.sum(axis=0)
    w -= 0.1 * gradients[1]
    return gradients
