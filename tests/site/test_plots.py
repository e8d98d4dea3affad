"""Plots take their colours from the page, show their data, and say what their captions claim."""

import re
from html import unescape
from pathlib import Path

import pytest

pytest.importorskip("matplotlib", reason="run make site-build: the site's packages are missing")

from affine.checker import certificate
from docs.site_builder.plotting import drawing, measured, plots
from docs.site_builder.plotting.measured import Row
from tests.site.conftest import ROOT

PLOTS = ROOT / "docs" / "plots"
NAMES = sorted(path.stem for path in PLOTS.glob("*.py"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder in place of the stored numbers."""
    monkeypatch.setattr(measured, "FOLDER", tmp_path)
    return tmp_path


def pictures(name: str) -> list[str]:
    return re.findall(r"<svg.*?</svg>", plots.plot(name), re.DOTALL)


# ------------------------------------------------------------------ pictures


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_takes_colours_and_fonts_from_the_page(name: str) -> None:
    for picture in pictures(name):
        assert not re.search(r'#[0-9a-f]{6}| id="|font-family|<style|<g\b|href', picture)
        assert "var(--" in picture
        assert 'aria-hidden="true"' in picture or re.search(
            r'role="img".*?<title>.+</title>.*<text', picture, re.DOTALL
        )


@pytest.mark.parametrize("name", NAMES)
def test_a_plot_is_drawn_the_same_each_time(name: str) -> None:
    first = plots.plot(name)
    plots.rows.cache_clear()
    assert plots.plot(name) == first


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_drawn_outside_of_the_axes(name: str) -> None:
    """Clip paths are left out of the SVG, so nothing may need them."""
    script = plots.script(name)
    with drawing.style():
        for figure in script.draw(plots.rows(name)):
            for axes in figure.axes:
                low, high = axes.get_ylim()
                drawn = [y for line in axes.get_lines() for y in line.get_ydata() if y == y]
                assert drawn
                assert low <= min(drawn) <= max(drawn) <= high


def test_a_line_is_named_once_for_all_pictures() -> None:
    figures = []
    with drawing.style():
        for title in "ab":
            figure, axes = drawing.panel(title, x="x", y="y")
            axes.plot([1, 2], [1, 2], "o-", color=drawing.INK["right"], label="<one>")
            axes.plot([1, 2], [2, 1])
            figures.append(figure)
        named = drawing.legend(figures)
    assert unescape(re.sub(r"<[^>]+>", "", named)) == "<one>"
    assert named.count("<circle") == 1


# ------------------------------------------------------------------ data, code, source


@pytest.mark.parametrize("name", NAMES)
def test_all_data_and_the_code_stand_beneath(name: str) -> None:
    shown, rows = plots.plot(name), plots.rows(name)
    assert shown.count("<tr>") == len(rows) + 1
    assert plots.plot_text(name).count("\n|") == len(rows) + 2  # the head and its rule
    code = unescape(re.sub(r"<[^>]+>", "", plots.code(name)))
    assert code.strip() == (PLOTS / f"{name}.py").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("name", NAMES)
def test_the_caption_says_where_the_numbers_come_from(name: str) -> None:
    caption = plots.plot(name).partition("<figcaption>")[2].partition("</figcaption>")[0]
    stored = re.findall(r"measured\.load\(.(\w+).\)", plots.code(name).replace("&#39;", "'"))
    assert "in this build" in caption or "stored by make bench on 20" in caption
    for one in map(measured.load, stored):
        assert one.origin in unescape(caption)


def test_a_plot_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"docs\.plots\.nosuch"):
        plots.plot("nosuch")


def test_what_was_stored_is_read(folder: Path) -> None:
    measured.store("speed", [{"N": 1, "seconds": 0.5}])
    found = measured.load("speed")
    assert found.rows == [{"N": 1, "seconds": 0.5}]
    assert re.match(r"stored by make bench on \d{4}-\d\d-\d\d, with Python .*, NumPy", found.origin)


@pytest.mark.parametrize("name", ["cost", "size", "slow"])
def test_a_plot_of_stored_numbers_needs_them(name: str, folder: Path) -> None:
    assert not list(folder.iterdir())
    plots.rows.cache_clear()
    with pytest.raises(FileNotFoundError, match=rf"{name}\.json"):
        plots.plot(name)


# ------------------------------------------------------------------ what the captions claim


def chosen(name: str, **wanted: str) -> list[Row]:
    return [row for row in plots.rows(name) if wanted.items() <= row.items()]


def test_the_bound_rejects_nothing_that_is_right() -> None:
    assert all(row["the bound"] < 1 for row in chosen("rounding", layer="right"))


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_allclose_rejects_what_is_right(dtype: str) -> None:
    assert any(row["np.allclose"] > 1 for row in chosen("rounding", layer="right", dtype=dtype))


@pytest.mark.parametrize("rule", ["np.allclose", "gradcheck"])
def test_usual_tolerances_accept_what_is_wrong(rule: str) -> None:
    found = chosen("rounding", layer="wrong", dtype="float64")
    assert sum(row[rule] > 1 for row in found) <= len(found) / 5
    assert all(row["the bound"] > 1 for row in found)


def test_the_bound_widens_until_a_loss_of_precision_fits_in() -> None:
    for dtype in "float32", "float16":
        first, *_, last = chosen("rounding", layer="wrong", dtype=dtype)
        assert first["the bound"] > 1 > last["the bound"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_small_step_loses_digits_and_a_whole_one_on_integers_none(dtype: str) -> None:
    real = {
        row["step"]: row["largest error"] for row in chosen("steps", dtype=dtype, numbers="real")
    }
    whole = chosen("steps", dtype=dtype, numbers="integers")
    assert all(real[step] > 1e4 * real[1.0] for step in (1e-5, 1e-6))
    assert all(row["largest error"] == 0 for row in whole if row["step"] in (1, 10, 100, 1000))
    assert whole[-1]["largest error"] > 0
    assert min(real, key=real.__getitem__) in (0.1, 1.0, 10.0)


def test_no_jacobian_was_filled_that_is_said_not_to_be() -> None:
    filled = [row["N = D = M"] for row in plots.rows("cost") if row["Jacobian, seconds"]]
    assert max(filled) ** 4 * 4 == 64 * 2**20


def test_the_certificate_draws_what_the_caption_says() -> None:
    assert (certificate._DRAWS, len(certificate._SHAPES)) == (4, 12)
    assert max(map(max, certificate._SHAPES)) == 129
    assert "four cases at each of twelve shapes, with dimensions of at most 129" in plots.plot_text(
        "size"
    )


def test_a_slower_layer_is_judged_on_fewer_cases() -> None:
    quick, *_, slow = plots.rows("slow")
    assert quick["cases"] > 5 * slow["cases"]
    assert slow["check, seconds"] > slow["budget"]
