"""A child process that loads the target and runs it; the parent judges.

Both processes map one block of memory, operands in front and results behind them. What else they
say to each other is one JSON object a line. What the target does to its process, the parent does
not see: it judges copies. This is no sandbox: a target that reads files or opens sockets can.
"""

RESULTS = 2**26  # where the results begin in the block
LARGEST_RESULT = 2**25  # bytes
LONGEST_LINE = 2**18  # bytes; texts are cut where they are made, so none comes near it
