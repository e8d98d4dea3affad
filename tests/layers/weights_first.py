"""W comes before the activations of the layer before, which have a name of their own."""


def linear_forward(W, a_prev, b):
    return a_prev @ W + b


def linear_backward(dZ, W, a_prev):
    return dZ @ W.T, a_prev.T @ dZ, dZ.sum(axis=0)
