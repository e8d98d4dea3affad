"""The picture that a link to the site shows elsewhere."""

import re
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="run make site-build: the site's packages are missing")

from docs.site_builder import record
from docs.site_builder.pictures import covers
from tests.site.conftest import ADDRESS


def test_the_picture_has_the_size_that_is_asked_for_and_is_the_same_each_time(
    tmp_path: Path,
) -> None:
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    covers.draw_social(one, record.load())
    covers.draw_social(two, record.load())
    header = one.read_bytes()[16:24]
    assert (int.from_bytes(header[:4]), int.from_bytes(header[4:])) == (1200, 630)
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("where", ["index.html", "derivation/whole-batch.html", "t/dw/index.html"])
def test_a_page_names_a_picture_that_is_there(where: str, addressed: Path) -> None:
    text = (addressed / where).read_text(encoding="utf-8")
    (picture,) = re.findall(r'<meta property="og:image" content="([^"]*)">', text)
    assert (addressed / picture.removeprefix(ADDRESS)).is_file()
