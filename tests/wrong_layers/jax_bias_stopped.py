"""db_is_the_column_sum_of_dout: the gradient is stopped at the bias"""

import jax
import jax.numpy as jnp


def affine(x, w, b):
    return jnp.dot(x, w) + jax.lax.stop_gradient(b)
