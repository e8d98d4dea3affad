"""basis_pairs_recover_the_coefficients: one product of dW counts twice"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dw = x.T @ dout
    dw[:1, :1] += x[:1, :1] * dout[:1, :1]
    return dout @ w.T, dw, dout.sum(axis=0)
