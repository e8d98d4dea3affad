"""The FullyConnected of FAU's exercises: the bias is the last row of the weights."""

import numpy as np


class FullyConnected:
    def __init__(self, input_size, output_size):
        self.trainable = True
        self.weights = np.zeros((input_size + 1, output_size))
        self._gradient_weights = None
        self._optimizer = None

    @property
    def gradient_weights(self):
        return self._gradient_weights

    @property
    def optimizer(self):
        return self._optimizer

    @optimizer.setter
    def optimizer(self, optimizer):
        self._optimizer = optimizer

    def forward(self, input_tensor):
        ones = np.ones((len(input_tensor), 1))
        self.input_tensor = np.hstack([input_tensor, ones])
        return self.input_tensor @ self.weights

    def backward(self, error_tensor):
        error_below = error_tensor @ self.weights[:-1].T
        self._gradient_weights = self.input_tensor.T @ error_tensor
        if self._optimizer is not None:
            self.weights = self._optimizer.calculate_update(self.weights, self._gradient_weights)
        return error_below
