"""has no backward pass"""


def forward(x, w, b):
    return x @ w + b
