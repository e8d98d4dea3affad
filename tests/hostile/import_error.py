"""imports what does not exist"""

import a_module_that_does_not_exist


def forward(x, w, b):
    return x @ w + b


def backward(dout, x, w):
    return a_module_that_does_not_exist.backward(dout, x, w)
