"""`--sandbox`: what a submission may not do fails for it alone, and is readable."""

import os
import socket
import sys
from pathlib import Path

import pytest

from affine.checker.grade import sandbox
from tests.checker.command_line import main
from tests.checker.grade.classroom import layer
from tests.checker.grade.test_grade import QUICK, handed_in, without_seconds


def missing_sandbox() -> str:
    try:
        sandbox.require()
    except sandbox.NoSandbox as error:
        return str(error)
    return ""


in_a_sandbox = pytest.mark.skipif(bool(missing_sandbox()), reason=missing_sandbox())


@pytest.mark.exhaustive
@pytest.mark.long
@in_a_sandbox
def test_what_is_not_allowed_fails_alone(tmp_path: Path) -> None:
    """Without the sandbox what is written stays, so this test can fail."""
    outside, inside = Path(__file__).with_name("outside.txt"), Path("/tmp/affine-outside.txt")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        harm = {
            "connects": f"import socket\nsocket.create_connection(('127.0.0.1', {port}), 1)",
            "writes": f"open({str(outside)!r}, 'w').write('x')",
            "allocates": "np.ones(2**29)",
            "looks": f"import os\nos.kill({os.getpid()}, 0)",
            "leaves": f"open({str(inside)!r}, 'w').write('x')",
        }
        sources = {
            name: f"import numpy as np\n{does}\n" + layer(number)
            for number, (name, does) in enumerate(harm.items())
        }
        folder = handed_in(tmp_path / "class", **sources)
        options = ("--out", str(tmp_path / "out"), *QUICK)
        assert main("grade", folder, *options, "--sandbox").code == 0
    assert not outside.exists()
    assert not inside.exists()
    pages = {
        name: (tmp_path / "out" / "pages" / f"{name}.html").read_text(encoding="utf-8")
        for name in harm
    }
    for name, said in {
        "connects": "ConnectionRefusedError", "writes": "Read-only file system",
        "allocates": "MemoryError", "looks": "ProcessLookupError",
    }.items():  # fmt: skip
        assert said in pages[name]
    # What fails while a file is loaded is left out; its definitions are judged.
    found = without_seconds(tmp_path / "out")["submissions"]
    assert {one["verdict"] for one in found} == {"pass"}
    assert main("grade", f"{folder}/writes", *options).code == 0
    assert outside.exists()
    outside.unlink()


@pytest.mark.exhaustive
@pytest.mark.long
@in_a_sandbox
def test_a_call_that_is_not_allowed_leaves_no_verdict(tmp_path: Path) -> None:
    """What the sandbox refuses is no mistake of the layer, and nothing to the next one."""
    harm = {
        "connects": "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
        "writes": f"open({str(tmp_path / 'outside.txt')!r}, 'w').write('x')",
        "allocates": "held = np.ones(2**29)",
    }
    sources = {
        name: layer(number).replace("    pass\n", f"    {does}\n")
        for number, (name, does) in enumerate(harm.items())
    }
    folder = handed_in(tmp_path / "class", **sources, zoe=layer(9))
    assert main("grade", folder, "--out", str(tmp_path / "out"), *QUICK, "--sandbox").code == 0
    found = {each["name"]: each for each in without_seconds(tmp_path / "out")["submissions"]}
    verdicts = {name: each["verdict"] for name, each in found.items()}
    assert verdicts == dict.fromkeys(harm, "error") | {"zoe": "pass"}
    for name, said in {
        "connects": "ConnectionRefusedError", "writes": "No such file", "allocates": "MemoryError",
    }.items():  # fmt: skip
        assert said in found[name]["reason"]


def test_without_bubblewrap_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = handed_in(tmp_path / "class", ada=layer(1))
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = main("grade", folder, "--sandbox", PATH=str(tmp_path))
    assert (ended.code, "--sandbox needs bubblewrap: install it" in ended.err) == (2, True)
    fake = tmp_path / "bwrap"
    fake.write_text(f"#!{sys.executable}\nraise SystemExit('no namespaces')\n")
    fake.chmod(0o755)
    ended = main("grade", folder, "--sandbox", PATH=str(tmp_path))
    assert (ended.code, "does not work here: no namespaces; allow" in ended.err) == (2, True)
