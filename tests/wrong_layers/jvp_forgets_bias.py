"""jvp_is_the_sum_of_its_three_terms: the forward-mode rule forgets the bias"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def jvp(x, w, x_dot, w_dot, b_dot):
    return x_dot @ w + x @ w_dot
