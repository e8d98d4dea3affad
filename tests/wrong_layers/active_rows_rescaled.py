"""a_data_point_with_zero_dout_adds_nothing: db is scaled by N over the rows with a gradient"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    active = max(int(dout.any(axis=1).sum()), 1)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0) * len(dout) / active
