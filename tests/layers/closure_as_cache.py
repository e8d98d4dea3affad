"""The cache is a function: the pullback itself."""


def affine(x, w, b):
    def pullback(dout):
        return dout @ w.T, x.T @ dout, dout.sum(axis=0)

    return x @ w + b, pullback


def affine_backward(dout, cache):
    return cache(dout)
