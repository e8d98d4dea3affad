"""What is found in folders and archives as learning platforms export them."""

import zipfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

import pytest

from affine.checker.grade import archives
from affine.checker.grade.submissions import NoSubmissions, Submission, gather

CODE = b"def forward(x, w, b): ..."


def tree(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, held in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(held)
    return folder


def packed(files: Mapping[str, bytes]) -> bytes:
    written = BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, held in files.items():
            archive.writestr(name, held)
    return written.getvalue()


def found(folder: Path, *sources: str, target: str = "") -> dict[str, Submission]:
    named = [str(folder / source) for source in sources]
    return {each.name: each for each in gather(named, target, folder / "scratch")}


def test_each_entry_of_a_folder_is_a_submission(tmp_path: Path) -> None:
    tree(tmp_path / "all", {
        "ada/layer.py": CODE, "ada/data/w.npy": b"0", "ada/notes.pdf": b"", "bob.py": CODE,
        "cy/hw.ipynb": b"{}", "dee/essay.txt": b"", "readme.txt": b"", ".git/config": b"",
        "__pycache__/bob.py": b"",
    })  # fmt: skip
    submissions = found(tmp_path, "all")
    assert {name: each.target for name, each in submissions.items()} == {
        "ada": "layer.py", "bob.py": "bob.py", "cy": "hw.ipynb", "dee": "",
    }  # fmt: skip
    assert set(submissions["ada"].files) == {"layer.py", "data/w.npy"}
    assert submissions["dee"].refusal == "it has no Python file and no notebook"


def test_an_export_of_moodle(tmp_path: Path) -> None:
    """Folders of students, in each what they handed in, also as an archive."""
    names = "Ada L_1_assignsubmission_file_", "Bob_2_assignsubmission_file_"
    export = {
        f"{names[0]}/layer.py": CODE,
        f"{names[1]}/hw.zip": packed({"hw/layer.py": CODE, "hw/notes.txt": b""}),
        f"{names[1]}/onlinetext.html": b"",
    }
    tree(tmp_path, {"export.zip": packed(export)})
    submissions = found(tmp_path, "export.zip")
    assert tuple(submissions) == names
    assert submissions[names[1]].target == "hw/hw/layer.py"


def test_an_export_of_canvas(tmp_path: Path) -> None:
    """Files beside each other; what cannot be unpacked is somebody's too."""
    export = {
        "ada_1_2_layer.py": CODE, "bob_3_4_hw.zip": packed({"layer.py": CODE}),
        "cy_LATE_5_6_hw.rar": b"Rar!", "dee_7_8_hw.zip": b"broken",
    }  # fmt: skip
    tree(tmp_path, {"export.zip": packed(export)})
    submissions = found(tmp_path, "export.zip")
    refusals = {name: each.refusal for name, each in submissions.items()}
    assert [name for name, why in refusals.items() if not why] == [
        "ada_1_2_layer.py", "bob_3_4_hw",
    ]  # fmt: skip
    assert "cannot be unpacked here" in refusals["cy_LATE_5_6_hw.rar"]
    assert "cannot be unpacked here" in refusals["dee_7_8_hw.zip"]


def test_an_export_that_was_unpacked_has_the_same_submissions(tmp_path: Path) -> None:
    """Its archives are unpacked too, elsewhere; what is judged already keeps its key."""
    export = {
        "ada/hw.zip": packed({"hw/layer.py": CODE, "hw/more.txt": b""}), "bob.zip": packed({
            "layer.py": CODE, "data.csv": b"1", "old.zip": packed({"layer.txt": b""})}),
        "cy.zip": b"broken", "dee/layer.py": CODE, "dee/hw.zip": b"broken",
        "eve.zip/layer.py": CODE,
    }  # fmt: skip
    tree(tmp_path / "one" / "all", export)
    tree(tmp_path / "other", {"all.zip": packed(export)})
    keys = [
        [(each.name, each.target, each.refusal, each.job("", {}).key if each.files else "")
         for each in found(tmp_path / folder, source).values()]
        for folder, source in (("one", "all"), ("other", "all.zip"))
    ]  # fmt: skip
    assert keys[0] == keys[1]
    assert [name for name, *_ in keys[0]] == ["ada", "bob", "cy.zip", "dee", "eve.zip"]
    files = [path for path in (tmp_path / "one" / "all").rglob("*") if path.is_file()]
    assert len(files) == len(export)


def test_one_folder_around_all_is_no_submission(tmp_path: Path) -> None:
    tree(tmp_path, {"e.zip": packed({"week-3/ada/a.py": CODE, "week-3/bob/b.py": CODE})})
    assert list(found(tmp_path, "e.zip")) == ["ada", "bob"]


def test_several_sources_are_told_apart_by_their_paths(tmp_path: Path) -> None:
    tree(tmp_path, {
        "ada/layer.py": CODE, "bob/layer.py": CODE, "bob/more.py": CODE, "group/cy/c.py": CODE,
    })  # fmt: skip
    assert list(found(tmp_path, "*/layer.py")) == ["ada/layer.py", "bob/layer.py"]
    assert list(found(tmp_path, "ada", "bob", "group")) == ["ada", "bob", "group/cy"]


def test_the_target_is_named_where_there_are_several_files(tmp_path: Path) -> None:
    tree(tmp_path / "all", {
        "ada/src/layer.py": CODE, "ada/main.py": b"", "bob/a.py": CODE, "bob/b.py": CODE,
        "sections/cy/layer.py": CODE, "sections/dee/layer.py": CODE,
    })  # fmt: skip
    without = found(tmp_path, "all")
    assert "main.py, src/layer.py; name the one with the layer" in without["ada"].refusal
    submissions = found(tmp_path, "all", target="layer.py")
    assert submissions["ada"].target == "src/layer.py"
    assert "it has no layer.py, but a.py, b.py" in submissions["bob"].refusal
    assert list(submissions)[2:] == ["sections/cy/layer.py", "sections/dee/layer.py"]


def test_equal_files_have_one_key_whatever_they_are_called(tmp_path: Path) -> None:
    tree(tmp_path / "all", {"ada/a.py": CODE, "bob.py": CODE, "cy/c.py": CODE, "cy/d.txt": b""})
    options = {"seed": 0}
    keys = [each.job("", options).key for each in found(tmp_path, "all").values()]
    assert keys[0] == keys[1] != keys[2]
    ada = found(tmp_path, "all")["ada"]
    assert ada.job("Layer", options).target == "submission.py:Layer"
    assert ada.job("", {"seed": 1}).key != keys[0]


@pytest.mark.parametrize("name", ["../../outside.py", "/outside.py", "a/../../../outside.py"])
def test_an_archive_writes_nothing_outside(tmp_path: Path, name: str) -> None:
    tree(tmp_path / "in", {"e.zip": packed({name: CODE})})
    assert len(found(tmp_path / "in", "e.zip")) == 1
    assert not (tmp_path / "outside.py").exists()
    assert not Path("/outside.py").exists()


def test_a_submission_that_is_too_large_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one in an archive, which is not unpacked then."""
    monkeypatch.setattr("affine.checker.grade.submissions.MOST_BYTES", 1000)
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    tree(tmp_path / "all", {
        "ada/a.py": CODE, "ada/data.bin": bytes(2000), "bob.zip": packed({"a.py": bytes(2000)}),
    })  # fmt: skip
    tree(tmp_path, {"e.zip": packed({"bob.zip": packed({"a.py": bytes(2000)}), "c.py": CODE})})
    assert "hand in the code alone" in found(tmp_path, "all")["ada"].refusal
    assert "cannot be unpacked" in found(tmp_path, "e.zip")["bob.zip"].refusal


def test_what_holds_nothing_is_said_with_what_to_do(tmp_path: Path) -> None:
    tree(tmp_path, {"empty/a.txt": b"", "broken.zip": b"PK"})
    with pytest.raises(NoSubmissions, match=r"no Python file and no notebook in .*; name files"):
        found(tmp_path, "empty")
    with pytest.raises(NoSubmissions, match=r"there is no .*missing; name files"):
        found(tmp_path, "missing")
    with pytest.raises(NoSubmissions, match=r"broken\.zip cannot be unpacked: .*; unpack it"):
        found(tmp_path, "broken.zip")
