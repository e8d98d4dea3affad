"""The build refuses a site with a loose end, with the very command that `make site-build` runs."""

from pathlib import Path

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from tests.site.building import build, copy_to


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copy_to(tmp_path)


@pytest.mark.parametrize(
    ("where", "old", "new", "complaint"),
    [
        ("glossary.md", "[(out)][eq-out]", "[(gone)][eq-gone]", "'eq-gone'"),
        ("glossary.md", "# Glossary", "[gone](gone.md)", "'gone.md'"),
        ("derivation/algebra.md", "[[equation: linearity]]", "", "(linearity) has no home"),
        ("derivation/forward.md", "[[equation: out]]", r"\[ \nosuch \]", r"\nosuch"),
        ("derivation/forward.md", "print(out)", "print(no_such_name)", "no_such_name"),
    ],
)
def test_a_loose_end_fails_the_build(
    copy: Path, where: str, old: str, new: str, complaint: str
) -> None:
    path = copy / "docs" / where
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    built = build(copy)
    assert built.returncode != 0
    assert complaint in built.stdout + built.stderr


def test_a_deleted_equation_fails_the_build(copy: Path) -> None:
    registry = copy / "affine" / "equations.toml"
    entries = registry.read_text(encoding="utf-8").split("[[equation]]")
    kept = [entry for entry in entries if 'tag = "balance"' not in entry]
    assert len(kept) == len(entries) - 1
    registry.write_text("[[equation]]".join(kept), encoding="utf-8")
    built = build(copy)
    assert built.returncode != 0
    assert "balance" in built.stdout + built.stderr


def test_a_build_without_an_address_says_so_and_cites_none(copy: Path) -> None:
    built = build(copy, AFFINE_SITE_URL="")
    assert built.returncode == 0, built.stderr
    for page in ("index.html", "t/dw/index.html"):
        html = (copy / "site" / page).read_text(encoding="utf-8")
        assert "Preview: this build has no public address." in html
        assert not any(sign in html for sign in ("citation_public_url", "cite-as", "canonical"))
    for ending in ("bib", "ris", "json"):
        assert "http" not in (copy / f"site/cite/all.{ending}").read_text(encoding="utf-8")
