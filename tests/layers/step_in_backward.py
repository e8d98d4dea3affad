"""A Dense whose backward pass takes the step itself, as in many networks from scratch."""

import numpy as np


class Dense:
    def __init__(self, input_size, output_size):
        self.weights = np.zeros((input_size, output_size))
        self.bias = np.zeros((1, output_size))

    def forward(self, input):
        self.input = input
        return np.dot(input, self.weights) + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(self.input.T, output_gradient)
        input_gradient = np.dot(output_gradient, self.weights.T)
        self.weights = self.weights - learning_rate * weights_gradient
        self.bias = self.bias - learning_rate * output_gradient.sum(axis=0, keepdims=True)
        return input_gradient
