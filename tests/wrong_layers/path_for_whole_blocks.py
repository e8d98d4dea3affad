"""a_split_batch_stacks_and_adds: the path for whole blocks of 8 data points leaves out the last"""
# Needs: eight data points


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    dw = x.T @ dout
    if len(x) % 8 == 0:
        dw = sum((x[i : i + 8].T @ dout[i : i + 8] for i in range(0, len(x) - 8, 8)), 0 * w)
    return dout @ w.T, dw, dout.sum(axis=0)
