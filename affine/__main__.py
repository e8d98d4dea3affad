"""The command line as `python -m affine`."""

import sys

if not sys.flags.safe_path:
    # As for the command `affine`: no file in the folder of the caller hides a library.
    sys.path.append(sys.path.pop(0))

from affine.checker.cli import main

if __name__ == "__main__":
    main()
