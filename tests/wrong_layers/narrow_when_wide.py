"""features_may_be_permuted_and_scaled: dX of many features drops those after the 128th"""
# Needs: more than 128 features


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dx = dout @ w.T
    dx[:, 128:] = 0
    return dx, x.T @ dout, dout.sum(axis=0)
