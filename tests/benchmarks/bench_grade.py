"""`affine grade` beside a shell loop around `affine check`, on the same layers, none equal.

It stores docs/measured/grade.json, which pages show.
"""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from docs.site_builder.plotting.measured import Row, store, table
from tests.checker.grade.classroom import layer

COUNT = int(os.environ.get("AFFINE_BENCH_SUBMISSIONS", "24"))
LOOP = """for file in "$1"/*/my_layer.py; do
  "$2" -m affine check "$file" --json "$file.json" > "$file.txt"
done"""


def spent(command: Sequence[str]) -> tuple[float, float]:
    """Return the seconds that a command took, and those of the processors."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    seconds, after = perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measured(kind: str, wrong: Sequence[str]) -> Row:
    """Return how many layers of a kind both judge a minute, and the processor seconds of each."""
    with tempfile.TemporaryDirectory() as folder:
        handed_in = Path(folder, "class")
        for number in range(COUNT):
            student = handed_in / f"{number:04d}"
            student.mkdir(parents=True)
            text = layer(number, wrong[number % len(wrong)])
            (student / "my_layer.py").write_text(text, encoding="utf-8")
        loop = spent(["sh", "-c", LOOP, "sh", str(handed_in), sys.executable])
        out = str(Path(folder, "out"))
        command = "grade", f"{handed_in}/*/my_layer.py", "--out", out
        grading = spent([sys.executable, "-m", "affine", *command])
        assert len(list(Path(out, "pages").iterdir())) == COUNT
    row: Row = {"layers": f"{COUNT} {kind} ones"}
    for name, (seconds, used) in {"shell loop": loop, "grade": grading}.items():
        row |= {f"{name}, layers a minute": 60 * COUNT / seconds}
        row |= {f"{name}, processor s for each": used / COUNT}
    return row | {"grade, times the loop": loop[0] / grading[0]}


def main() -> None:
    """Store and print what both take: for right layers, then for wrong ones."""
    kinds = {"right": ("",), "wrong": ("dx", "dw", "db")}
    store("grade", [measured(kind, wrong) for kind, wrong in kinds.items()])
    print(table("grade"))


if __name__ == "__main__":
    main()
