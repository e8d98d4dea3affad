"""backward_is_the_adjoint_of_jvp: jvp counts X Ẇ twice"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def jvp(x, w, x_dot, w_dot, b_dot):
    return x_dot @ w + 2 * x @ w_dot + b_dot
