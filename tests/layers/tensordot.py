"""Contracted axes by number, with tensordot."""

import numpy as np


def linear_forward(inputs, weights, bias):
    return np.tensordot(inputs, weights, axes=1) + bias


def linear_backward(grad_output, inputs, weights):
    grad_inputs = np.tensordot(grad_output, weights, axes=(1, 1))
    grad_weights = np.tensordot(inputs, grad_output, axes=(0, 0))
    return grad_inputs, grad_weights, np.add.reduce(grad_output, axis=0)
