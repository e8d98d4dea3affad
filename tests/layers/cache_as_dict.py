"""A cache as a dict, and the gradients as a dict."""


def fc_forward(x, w, b):
    cache = {"x": x, "w": w}
    return x @ w + b, cache


def fc_backward(dout, cache):
    return {
        "dW": cache["x"].T @ dout,
        "db": dout.sum(axis=0),
        "dX": dout @ cache["w"].T,
    }
