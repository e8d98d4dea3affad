"""per_sample_gradients_are_the_terms_of_the_sum: per-sample dW carries a 1/N"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def per_sample_gradients(dout, x, w):
    return dout @ w.T, x[:, :, None] * dout[:, None, :] / max(len(x), 1), dout.copy()
