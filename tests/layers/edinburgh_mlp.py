"""The AffineLayer of Edinburgh's MLP course: a method for dx, and another for [dW, db]."""

import numpy as np


class AffineLayer:
    def __init__(
        self,
        input_dim,
        output_dim,
        weights_initialiser=np.ones,
        biases_initialiser=np.zeros,
        weights_penalty=None,
        biases_penalty=None,
    ):
        self.input_dim = input_dim
        self.output_dim = output_dim
        self.weights = weights_initialiser((output_dim, input_dim))
        self.biases = biases_initialiser(output_dim)
        self.weights_penalty = weights_penalty
        self.biases_penalty = biases_penalty

    def fprop(self, inputs):
        return inputs @ self.weights.T + self.biases

    def bprop(self, inputs, outputs, grads_wrt_outputs):
        return grads_wrt_outputs @ self.weights

    def grads_wrt_params(self, inputs, grads_wrt_outputs):
        grads_wrt_weights = grads_wrt_outputs.T @ inputs
        grads_wrt_biases = grads_wrt_outputs.sum(axis=0)
        if self.weights_penalty is not None:
            grads_wrt_weights += self.weights_penalty.grad(parameter=self.weights)
        if self.biases_penalty is not None:
            grads_wrt_biases += self.biases_penalty.grad(parameter=self.biases)
        return [grads_wrt_weights, grads_wrt_biases]

    @property
    def params(self):
        return [self.weights, self.biases]
