"""From the results.json of `affine grade`, of one submission, to that of Gradescope."""

import json
import sys
import tomllib
from pathlib import Path


def main(results: str, points: str) -> None:
    """Print the record that Gradescope reads: a test for each part, with what is wrong."""
    possible = tomllib.loads(Path(points).read_text(encoding="utf-8"))
    submissions = json.loads(Path(results).read_text(encoding="utf-8"))["submissions"]
    if len(submissions) != 1:
        names = ", ".join(each["name"] for each in submissions)
        reason = f"several files were handed in ({names}); hand in the one with the layer"
        print(json.dumps({"score": 0, "output": reason}))
        return
    found = submissions[0]
    if found["verdict"] == "error":
        print(
            json.dumps(
                {"score": 0, "output": f"Not judged, so there are no points yet: {found['reason']}"}
            )
        )
        return
    tests = [
        {
            "name": part,
            "score": found["points"][part],
            "max_score": most,
            "status": "passed" if found["points"][part] == most else "failed",
            "output": "\n".join(said(part, found["mistakes"])),
        }
        for part, most in possible.items()
    ]
    read_as = f"Your layer was read as {found['reading']}."
    others = [one["sentence"] for one in found["mistakes"] if not one["quantity"]]
    print(json.dumps({"output": "\n".join([read_as, *others]), "tests": tests}))


def said(part: str, mistakes: list[dict[str, str]]) -> list[str]:
    """Return what is wrong with a part, and what to do."""
    own = [one for one in mistakes if part in one["quantity"].split(", ")]
    return [text for one in own for text in (one["sentence"] or one["title"], one["remedy"])]


if __name__ == "__main__":
    main(*sys.argv[1:])
