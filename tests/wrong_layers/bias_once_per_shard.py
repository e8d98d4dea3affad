"""forward_is_x_w_plus_b: every pair of features adds the bias once more"""
# Needs: three features


def forward(x, w, b):
    pairs = range(0, len(w), 2)
    return sum(x[:, i : i + 2] @ w[i : i + 2] + b for i in pairs)


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
