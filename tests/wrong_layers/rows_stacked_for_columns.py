"""kronecker_matrices_give_the_layer_and_its_gradients: dW is unstacked by rows, not columns"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, (x.T @ dout).ravel(order="F").reshape(w.shape), dout.sum(axis=0)
