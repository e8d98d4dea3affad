"""a_split_batch_stacks_and_adds: dW takes the first 64 data points only"""
# Needs: more than 64 data points


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x[:64].T @ dout[:64], dout.sum(axis=0)
