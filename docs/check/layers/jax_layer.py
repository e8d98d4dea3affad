import jax.numpy as jnp


def affine(x, w, b):
    return jnp.dot(x, w) + b
