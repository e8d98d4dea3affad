"""`affine grade` beside a shell loop around `affine check`, on the same layers, none equal."""

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

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


def main() -> None:
    """Print submissions a minute, and processor seconds for each: right layers, then wrong ones."""
    processors = len(os.sched_getaffinity(0))
    for kind, wrong in {"right": ("",), "wrong": ("dx", "dw", "db")}.items():
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
        print(f"  {COUNT} {kind} layers, {processors} processors")
        for name, (seconds, used) in {"shell loop": loop, "affine grade": grading}.items():
            rate = f"{60 * COUNT / seconds:5.0f} a minute"
            print(f"    {name:12} {rate}, {used / COUNT:.2f} processor seconds each")
        print(f"    {loop[0] / grading[0]:.1f} ×")


if __name__ == "__main__":
    main()
