"""jvp_is_the_sum_of_its_three_terms: jvp is a one-sided difference"""


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)


def jvp(x, w, x_dot, w_dot, b_dot):
    return (x + x_dot) @ (w + w_dot) - x @ w + b_dot
