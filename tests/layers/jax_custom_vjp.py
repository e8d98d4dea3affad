"""A jax function with a derivative rule of its own."""

import jax


@jax.custom_vjp
def affine(x, w, b):
    return x @ w + b


def affine_fwd(x, w, b):
    return affine(x, w, b), (x, w)


def affine_bwd(residuals, g):
    x, w = residuals
    return g @ w.T, x.T @ g, g.sum(axis=0)


affine.defvjp(affine_fwd, affine_bwd)
