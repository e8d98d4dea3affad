"""A child process that loads the target and runs it; the parent judges.

Both map one block of memory, operands in front and results behind; what else they say is lines of
JSON. The parent judges copies. No sandbox: a target can read files and open sockets.
"""

RESULTS = 2**26  # where the results begin in the block
LARGEST_RESULT = 2**25  # bytes
LONGEST_LINE = 2**18  # bytes; texts are cut where they are made, so none comes near it
ABOUT = (
    "name", "form", "usage", "folder", "not_applicable", "remarks", "dtypes",
    "compiles_per_shape", "by_steps", "columns", "transposed",
)  # fmt: skip
"""What of a `Layer` is data, and told as such."""
FOUND = {"found": True}
"""What the child says once the target is imported, before it is called."""
