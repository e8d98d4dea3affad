"""dw_is_xt_dout: dW is computed in float16 and widened again"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, (x.T.astype("f2") @ dout.astype("f2")).astype(x.dtype), dout.sum(axis=0)
