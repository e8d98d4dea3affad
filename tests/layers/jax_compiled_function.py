"""A compiled jax function."""

import jax


@jax.jit
def forward(params_x, params_w, params_b):
    return params_x @ params_w + params_b
