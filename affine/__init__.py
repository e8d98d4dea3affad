"""The affine layer out = XW + b and its gradients: the mathematics only.

Importing it loads NumPy and nothing else.
"""

import sys
from pathlib import Path

# Where this is the command, Ctrl-C ends it without a traceback, also while NumPy loads.
if Path(*sys.argv[:1]).stem == "affine" or ("-m" in sys.argv[:1] and "affine" in sys.orig_argv):
    from affine.command.signals import end_at_once

    end_at_once()

from affine.reference import Gradients, backward, forward, jvp, per_sample_gradients

__all__ = ["Gradients", "backward", "forward", "jvp", "per_sample_gradients"]
__version__ = "0.1.0"
