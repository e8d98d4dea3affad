"""db_is_the_column_sum_of_dout: db is summed over the outputs where N = M"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=int(dout.shape[0] == dout.shape[1]))
