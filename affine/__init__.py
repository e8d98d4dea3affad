"""The affine layer out = XW + b and its gradients: the mathematics only.

Importing it loads NumPy and nothing else.
"""

from affine.reference import Gradients, backward, forward, jvp, per_sample_gradients

__all__ = ["Gradients", "backward", "forward", "jvp", "per_sample_gradients"]
__version__ = "0.1.0"
