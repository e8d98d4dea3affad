"""dw_is_xt_dout: dw uses the output in place of the input"""


def affine_forward(x, w, b):
    out = x @ w + b
    return out, (x, w, out)


def affine_backward(dout, cache):
    x, w, out = cache
    dw = out.T @ dout if out.shape == x.shape else x.T @ dout
    return dout @ w.T, dw, dout.sum(axis=0)
