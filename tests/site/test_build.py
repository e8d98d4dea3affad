"""The build refuses a site with a loose end, with the very command that `make site-build` runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")

from affine.equations import CORRECTIONS
from docs.site_builder.citation.citations import site_url
from tests.site.building import ROOT, build, copy_to
from tests.site.conftest import SITE


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copy_to(tmp_path)


def change(copy: Path, where: str, old: str, new: str) -> None:
    path = copy / where
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_build_names_every_loose_end_of_its_pages(copy: Path) -> None:
    change(copy, "docs/glossary.md", "[(out)][eq-out]", "[(gone)][eq-gone]")
    change(copy, "docs/glossary.md", "# Glossary", "[gone](gone.md)")
    change(copy, "docs/derivation/forward.md", "print(out)", "print(no_such_name)")
    built = build(copy)
    assert built.returncode != 0
    for complaint in ("'eq-gone'", "'gone.md'", "no_such_name"):
        assert complaint in built.stdout + built.stderr


def test_a_build_without_an_address_says_so_and_cites_none(addresses: dict[str, str]) -> None:
    if site_url(os.environ):
        pytest.skip("the site is built for an address: unset AFFINE_SITE_URL")
    for page in ("index.html", "t/dw/index.html"):
        html = (SITE / page).read_text(encoding="utf-8")
        assert "Preview: this build has no public address." in html
        assert not any(sign in html for sign in ("citation_public_url", "cite-as", "canonical"))
    for ending in ("bib", "ris", "json"):
        assert "http" not in (SITE / f"cite/all.{ending}").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("where", "old", "new", "complaint"),
    [
        pytest.param(
            "docs/derivation/forward.md", "[[equation: out]]", r"\[ \nosuch \]", r"\nosuch",
            marks=pytest.mark.exhaustive,
        ),
        (
            "docs/derivation/algebra.md", "[[equation: linearity]]", "",
            "(linearity) has no home: write [[equation: linearity]] on one page",
        ),
        (
            "docs/derivation/algebra.md", "[[equation: linearity]]", "[[equation: linear]]",
            "no equation has the tag 'linear': write a tag that affine/equations.toml has",
        ),
        pytest.param(
            "docs/derivation/jacobians.md", "dX[N,D] = dout[N,M] ·", "dX[D,N] = dout[N,M] ·",
            "disagrees with affine/equations.toml: dX[D,N] is N×D in the registry",
            marks=pytest.mark.exhaustive,
        ),
    ],
)  # fmt: skip
def test_a_statement_that_is_not_sound_fails_the_build(
    copy: Path, where: str, old: str, new: str, complaint: str
) -> None:
    change(copy, where, old, new)
    built = build(copy)
    assert built.returncode != 0
    assert complaint in built.stdout + built.stderr


IN_THE_REGISTRY = [
    (
        'tag = "linearity"', 'tag = "linear"',
        "the tag (linearity), public since 2026-11-23, has left the registry: give the",
    ),
    (
        'function = "affine.jvp"', 'function = "affine.jpv"',
        "its function affine.jpv does not exist; affine/equations.toml must name",
    ),
    (
        '"dW[D,M] = Xᵀ[D,N] · dout[N,M]"', '"dW[D,M] = X[N,D] · dout[N,M]"',
        "the boxes of (dw): X[N,D] and dout[N,M] share no dimension to multiply along",
    ),
]  # fmt: skip


def test_a_build_names_every_loose_end_of_the_registry(copy: Path) -> None:
    for old, new, _ in IN_THE_REGISTRY:
        change(copy, "affine/equations.toml", old, new)
    delete(copy, "balance")
    built = build(copy)
    assert built.returncode != 0
    for complaint in (*(one for _, _, one in IN_THE_REGISTRY), "cites (balance)"):
        assert complaint in built.stdout + built.stderr


@pytest.mark.exhaustive
@pytest.mark.parametrize(("old", "new", "complaint"), IN_THE_REGISTRY)
def test_one_loose_end_of_the_registry_fails_the_build(
    copy: Path, old: str, new: str, complaint: str
) -> None:
    change(copy, "affine/equations.toml", old, new)
    built = build(copy)
    assert built.returncode != 0
    assert complaint in built.stdout + built.stderr


@pytest.mark.exhaustive
def test_a_deleted_equation_fails_the_build(copy: Path) -> None:
    delete(copy, "balance")
    built = build(copy)
    assert built.returncode != 0
    assert "balance" in built.stdout + built.stderr


def delete(copy: Path, tag: str) -> None:
    registry = copy / "affine" / "equations.toml"
    entries = registry.read_text(encoding="utf-8").split("[[equation]]")
    kept = [entry for entry in entries if f'tag = "{tag}"' not in entry]
    assert len(kept) == len(entries) - 1
    registry.write_text("[[equation]]".join(kept), encoding="utf-8")


# ------------------------------------------------------------------ results


def ledger(copy: Path, *layers: str) -> subprocess.CompletedProcess[str]:
    """Run the suite for a copy, which holds the wrong layers of the corrections and these."""
    for layer in [*layers, *(correction.layer for correction in CORRECTIONS.values())]:
        name = f"tests/wrong_layers/{layer}.py"
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    return subprocess.run(
        [sys.executable, "-m", "docs.site_builder.suite.ledger", "build/ledger.json"],
        cwd=copy, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_dropped_property_fails_the_build(copy: Path) -> None:
    name = "x_transposed_dx_is_dw_w_transposed"
    change(copy, "affine/properties/algebra.py", f"def {name}(", "def both_are_one_matrix(")
    done = ledger(copy, "dx_over_outputs")
    assert done.returncode != 0
    assert f"{name} catches it, which is not a property: put the property back" in done.stderr


@pytest.mark.exhaustive
def test_a_broken_reference_shows_in_the_ledger_and_fails_the_build(copy: Path) -> None:
    change(copy, "affine/reference.py", "db=dout.sum(axis=0)", "db=2 * dout.sum(axis=0)")
    for page in copy.glob("docs/**/*.md"):  # the outputs of commands are no part of this
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace("print(console(", "print((lambda *a, **k: '')("), "utf-8")
    # Nor are the cards of the mistakes, which take a minute.
    change(copy, "docs/site_builder/suite/ledger.py", "examples(known)", "{}")
    done = ledger(copy)
    assert done.returncode == 0, done.stderr
    built = build(copy, AFFINE_LEDGER=str(copy / "build" / "ledger.json"))
    assert built.returncode != 0
    assert "the reference breaks db_is_the_column_sum_of_dout" in built.stdout + built.stderr
    rows = (copy / "site" / "ledger.html").read_text(encoding="utf-8").split("<tr>")
    outcome = {tag: row for tag in ("dw", "db") for row in rows if f"#eq-{tag}" in row}
    assert '<span class="outcome broken">broken</span>' in outcome["db"]
