"""What is to be judged, as data: the files of a submission, the one with the layer, the options."""

import base64
import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import affine

PLAIN_NAME = "submission"
"""How the file of a submission is called that has no other: reports on equal files are equal."""


@dataclass(frozen=True, slots=True)
class Job:
    """The files of one submission by name, its target among them, and the options of the check."""

    files: Mapping[str, bytes]
    target: str
    options: Mapping[str, Any]

    @property
    def key(self) -> str:
        """What the result depends on: the same key, the same result.

        Examples:
            >>> one = Job({"a.py": b""}, "a.py", {"seed": 0})
            >>> one.key == Job({"a.py": b""}, "a.py", {"seed": 0}).key
            True
            >>> one.key == Job({"a.py": b"#"}, "a.py", {"seed": 0}).key
            False
        """
        files = {name: hashlib.sha256(held).hexdigest() for name, held in self.files.items()}
        versions = [affine.__version__, np.__version__, platform.python_version()]
        parts = json.dumps([files, self.target, self.options, versions], sort_keys=True)
        return hashlib.sha256(parts.encode()).hexdigest()[:32]

    def dumps(self) -> bytes:
        """Return it as one line of JSON."""
        files = {name: base64.b64encode(held).decode() for name, held in self.files.items()}
        parts = {"files": files, "target": self.target, "options": dict(self.options)}
        return json.dumps(parts).encode("ascii") + b"\n"

    @classmethod
    def loads(cls, line: bytes) -> "Job":
        """Return what `dumps` wrote."""
        parts = json.loads(line)
        files = {name: base64.b64decode(held) for name, held in parts["files"].items()}
        return cls(files, parts["target"], parts["options"])
