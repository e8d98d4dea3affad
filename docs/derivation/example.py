import numpy as np

import affine

x = np.array([[6.0, 4.0, -1.0], [2.0, 3.0, 1.0]])  # N = 2 data points, D = 3 features
w = np.array([[-2.0, -1.0], [3.0, 1.0], [5.0, 4.0]])  # M = 2 outputs
b = np.array([1.0, 5.0])
out = affine.forward(x, w, b)
dout = np.array([[2.0, -2.0], [3.0, 1.0]])  # one upstream number for each output entry
