"""db_is_the_column_sum_of_dout: db is scaled by N over the rows with a gradient"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    active = max(int(dout.any(axis=1).sum()), 1)
    return dout @ w.T, x.T @ dout, dout.sum(axis=0) * len(dout) / active
