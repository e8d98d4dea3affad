"""db_is_the_column_sum_of_dout: the bias is detached from the graph"""

import torch


def affine(x, w, b):
    return torch.matmul(x, w) + b.detach()
