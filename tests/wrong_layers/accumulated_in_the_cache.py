"""backward_twice_gives_the_same: dW adds up over the backward passes of one forward pass"""

import affine


def affine_forward(x, w, b):
    return affine.forward(x, w, b), {"x": x, "w": w, "dw": 0}


def affine_backward(dout, cache):
    dx, dw, db = affine.backward(dout, cache["x"], cache["w"])
    cache["dw"] = cache["dw"] + dw
    return dx, cache["dw"].copy(), db
