"""outputs_may_be_reordered: dX leaves out the last output"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout[:, :-1] @ w[:, :-1].T, x.T @ dout, dout.sum(axis=0)
