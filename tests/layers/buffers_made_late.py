"""A class whose output and gradients are buffers of its own, made by the first pass."""

import numpy as np


class Dense:
    def __init__(self, n_inputs, n_outputs):
        self.weights = np.ones((n_inputs, n_outputs))
        self.biases = np.zeros(n_outputs)
        self.output = self.dweights = self.dbiases = None

    def forward(self, inputs):
        self.inputs = inputs
        out = inputs @ self.weights + self.biases
        self.output = _filled(self.output, out)

    def backward(self, dvalues):
        self.dweights = _filled(self.dweights, self.inputs.T @ dvalues)
        self.dbiases = _filled(self.dbiases, dvalues.sum(axis=0))
        self.dinputs = dvalues @ self.weights.T


def _filled(buffer, values):
    if buffer is None or buffer.shape != values.shape or buffer.dtype != values.dtype:
        return values
    buffer[...] = values
    return buffer
