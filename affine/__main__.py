"""The command line as `python -m affine`."""

from affine.checker.cli import main

if __name__ == "__main__":
    main()
