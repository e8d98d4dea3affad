"""All products at once in an array of three axes, then a sum over one of them."""


def dense_forward(a, k, c):
    return (a[:, :, None] * k[None]).sum(axis=1) + c


def dense_backward(g, a, k):
    return (g[:, None, :] * k[None]).sum(axis=2), (a[:, :, None] * g[:, None]).sum(axis=0), g.sum(0)
