"""mixed_second_difference_is_the_product_of_the_steps: out is X W squared"""


def forward(x, w, b):
    return (x @ w) ** 2 + b


def backward(dout, x, w):
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
