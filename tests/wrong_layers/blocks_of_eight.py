"""dw_is_xt_dout: dW is summed in blocks of 8, without the remainder"""
# Needs: more than eight rows, features or outputs


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    whole = len(x) if len(x) < 8 else len(x) // 8 * 8
    return dout @ w.T, x[:whole].T @ dout[:whole], dout.sum(axis=0)
