"""memory_layout_does_not_matter: db reads dout in memory order"""

import affine


def forward(x, w, b):
    return affine.forward(x, w, b)


def backward(dout, x, w):
    in_memory = dout.ravel(order="K").reshape(dout.shape)
    return affine.backward(dout, x, w)._replace(db=in_memory.sum(axis=0))
