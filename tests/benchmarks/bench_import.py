"""What `import affine` costs beside `import numpy`, each in processes of their own."""

import subprocess
import sys

from tests.benchmarks.timing import medians


def main() -> None:
    """Print the ratio of medians of whole processes."""

    def run(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], check=True)

    taken = medians(
        {"numpy": lambda: run("import numpy"), "affine": lambda: run("import affine")}, rounds=21
    )
    for name, seconds in taken.items():
        print(f"  import {name}  {seconds * 1e3:6.1f} ms")
    print(f"  import affine is {taken['affine'] / taken['numpy']:.3f} × import numpy (at most 1.3)")


if __name__ == "__main__":
    main()
