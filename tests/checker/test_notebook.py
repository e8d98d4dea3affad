"""A notebook is a target, and shows the report of its own layer."""

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from affine.checker.process.worker import Worker
from affine.checker.pytest_plugin import properties_of
from affine.checker.reading import TargetError, load
from affine.checker.report import Finding, Reproduction
from affine.checker.report.html import html
from affine.layer import Layer
from tests.checker.report_factory import averaged, failing, reports

PAIR = """
def affine_forward(x, w, b):
    return x @ w + b, (x, w, b)

def affine_backward(dout, cache):
    x, w, b = cache
    return dout @ w.T, x.T @ dout, dout.sum(axis=0)
"""
AFFINE = """
class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T
"""
FORWARD, BACKWARD = PAIR.split("\n\n")

NOTEBOOKS = {
    "magics": [
        "%matplotlib inline\n%load_ext autoreload\nimport numpy as np", PAIR, "?affine_forward",
        "affine_backward??", "%timeit affine_forward(1, 2, 3)",
    ],
    "shell lines": ["!pip install no_such_library \\\n  another_one\nimport sys", PAIR, "!ls *.py"],
    "indented": [f"if True:\n    !pip install x\n    files = !ls\n    %cd ..\n{PAIR}"],
    "cells of other languages": ["%%bash\nfor f in *; do echo $f; done", PAIR, "%%html\n<b>b</b>"],
    "timed": ["%%time\n" + PAIR.strip(), "%%timeit\naffine_forward(1, 2, 3)"],
    "two cells": [FORWARD, "x = data()\nloss = x.mean()", BACKWARD],
    "a later one wins": [PAIR.replace("sum", "mean"), "import numpy as np", PAIR],
    "a class": ["import numpy as np", AFFINE, "layer = Affine(np.ones((3, 2)), np.ones(2))"],
    "training": [PAIR, "while True: affine_forward(1, 2, 3)"],
    "missing": ["import no_such_plots as plt", PAIR, "def show(): plt.show()"],
    "a line that begins with %": [PAIR.replace("x @ w + b, ", "x @ w + (b\n    % 2**62), ")],
}  # fmt: skip


def notebook(path: Path, cells: list[str], **more: object) -> str:
    """Write a notebook, with a text cell before each cell of code."""
    code = [{"cell_type": "code", "source": text.splitlines(keepends=True)} for text in cells]
    text = {"cell_type": "markdown", "source": "# Not code: ("}
    both = [each for one in code for each in (text, one)]
    path.write_text(json.dumps({"cells": both, "nbformat": 4, **more}), encoding="utf-8")
    return str(path)


def assert_right(layer: Layer) -> None:
    x, w, b, dout = np.arange(12.0).reshape(4, 3), np.ones((3, 2)), np.ones(2), np.ones((4, 2))
    assert (layer.forward(x, w, b) == x @ w + b).all()
    _, dw, db = layer.backward(x, w, b, dout)
    assert (dw == x.T @ dout).all()
    assert (db == 4).all()


@pytest.mark.parametrize("kind", NOTEBOOKS)
def test_a_notebook_is_judged_by_its_definitions(kind: str, tmp_path: Path) -> None:
    layer = load(notebook(tmp_path / "homework 1.ipynb", NOTEBOOKS[kind]))
    assert_right(layer)
    start = "only the imports, functions, classes and constants in the cells of homework 1.ipynb"
    assert layer.remarks[0].startswith(start)
    assert layer.remarks[0].endswith("plt") == (kind == "missing")
    assert 'module = from_file(Path("homework 1.ipynb")).module' in layer.usage


def test_a_name_chooses_from_a_notebook(tmp_path: Path) -> None:
    cells = [PAIR, AFFINE, AFFINE.replace("Affine", "Other").replace("sum", "mean")]
    target = notebook(tmp_path / "layers.ipynb", cells)
    assert load(f"{target}:Affine").form.startswith("class Affine")
    assert load(f"{target}:affine_forward").name == f"{target}:affine_forward"
    with pytest.raises(TargetError, match="did you mean Other"):
        load(f"{target}:other")


def test_a_cell_that_is_not_python_is_left_out(tmp_path: Path) -> None:
    target = notebook(tmp_path / "layers.ipynb", [PAIR, "y = 1\nx = (\n", "z = 1"])
    layer = load(target)
    assert_right(layer)
    assert re.fullmatch(r"code cell 2 was left out: SyntaxError in line 2: .*", layer.remarks[1])


def test_a_notebook_finds_the_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "helper_of_the_notebook.py").write_text("def add(x, y): return x + y")
    text = PAIR.replace("x @ w + b", "add(x @ w, b)")
    assert_right(
        load(notebook(tmp_path / "n.ipynb", ["from helper_of_the_notebook import add", text]))
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a notebook that can be read: JSONDecodeError.*; save it again"),
        ("[]", "is not a notebook that can be read: TypeError"),
        ('{"worksheets": []}', "is not a notebook that can be read: KeyError: 'cells'"),
        ('{"cells": []}', "no known form"),
        (json.dumps({"cells": [{"cell_type": "code", "source": "x = ("}]}), "code cell 1 was left"),
    ],
)
def test_what_is_no_notebook_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TargetError, match=f"(?s){message}"):
        load(str(path))


def test_a_notebook_that_is_not_there_has_a_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook(tmp_path / "homework.ipynb", [PAIR])
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TargetError, match=r"did you mean homework.ipynb"):
        load("homwork.ipynb")
    with pytest.raises(TargetError, match=r"did you mean the file homework.ipynb"):
        load("homework")


def test_a_line_is_named_with_its_cell(tmp_path: Path) -> None:
    wrong = PAIR.replace("dout.sum(axis=0)", "dout @ np.ones(7)")
    target = notebook(tmp_path / "n.ipynb", ["%pylab", "import numpy as np", wrong.strip()])
    one = np.ones((1, 1))
    with Worker(target) as worker, pytest.raises(Exception, match=r"n.ipynb code cell 3:6"):
        worker.layer.backward(one, one, one[0], one)


def test_the_command_and_the_plugin_take_a_notebook(tmp_path: Path) -> None:
    target = notebook(tmp_path / "n.ipynb", [PAIR.replace("sum", "mean")])
    run = [sys.executable, "-m", "affine", "check", f"{target}:affine_forward", "--json", "-"]
    run += ["--only", "db_is_the_column_sum_of_dout"]
    done = subprocess.run(run, capture_output=True, text=True)
    written = json.loads(done.stdout)
    assert (done.returncode, written["verdict"]) == (1, "fail")
    assert any("in the cells of n.ipynb" in remark for remark in written["remarks"])
    shown = [each["counterexample"] for each in written["properties"] if each["counterexample"]]
    assert 'module = from_file(Path("n.ipynb")).module' in shown[0]["snippet"]
    test = properties_of(target)
    test("dw_is_xt_dout")
    with pytest.raises(pytest.fail.Exception, match="averaged"):
        test("db_is_the_column_sum_of_dout")


# ------------------------------------------------------------------ inside a notebook


class Page(HTMLParser):
    """The elements and the text of some HTML, which has to be balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.styles, self.text = "", ""
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.elements.add(tag)
        self.styles += "".join(f"{name}={value};" for name, value in attributes)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def in_a_cell(code: str, last: str) -> str:
    """Return what a cell shows: by IPython, where it is installed, else as IPython asks for it."""
    try:
        from IPython.core.interactiveshell import InteractiveShell  # type: ignore[import-not-found]
    except ImportError:
        space: dict[str, object] = {}
        exec(dedent(code), space)
        return str(eval(last, space)._repr_html_())
    shell = InteractiveShell.instance()
    shell.run_cell(dedent(code))
    return str(shell.display_formatter.format(shell.run_cell(last).result)[0]["text/html"])


@pytest.mark.parametrize(
    ("code", "call", "expected"),
    [
        (PAIR, "check(affine_forward, affine_backward)", "PASS affine_forward and affine_backward"),
        (PAIR.replace("sum", "mean"), "check(affine_forward, affine_backward)", "FAIL affine_"),
        (AFFINE, "check(Affine)", "PASS Affine"),
        (AFFINE.replace("sum", "mean"), "check(Affine, reduction='sum')", "FAIL Affine"),
    ],
)
@pytest.mark.usefixtures("few_cases")
def test_a_cell_shows_the_report(code: str, call: str, expected: str) -> None:
    page = Page(in_a_cell(f"from affine.checker import check\n{code}", call))
    assert page.text.strip().startswith(expected)
    assert "Read as" in page.text
    if "FAIL" in expected:
        for part in ("averaged over the batch", "N = 2", "got db", "Remedy", "To reproduce it"):
            assert part in page.text
        assert "details" in page.elements


def test_a_pass_that_is_not_written_yet_has_no_numbers() -> None:
    text = PAIR.replace("    x, w, b = cache\n", "    raise NotImplementedError\n")
    code = f"from affine.checker import check\n{text}"
    page = Page(in_a_cell(code, "check(affine_forward, affine_backward)"))
    assert "Remedy" in page.text
    assert not {"pre", "details"} & page.elements


@pytest.mark.parametrize("kind", reports())
def test_every_report_is_a_page_by_itself(kind: str) -> None:
    """Balanced, without a script or anything from elsewhere, in the colours of the page."""
    page = Page(html(reports()[kind]))
    assert page.elements <= {"div", "p", "strong", "b", "pre", "ul", "li", "details", "summary"}
    assert not re.search(r"(?<![-\w])(color|background): (?!inherit|none)|url|on\w+=", page.styles)
    assert page.text.split()[0] == reports()[kind].verdict.upper()


def test_text_of_the_layer_is_escaped() -> None:
    bad = "<script>alert(1)</script>&\x1b[31m"
    findings = (Finding((averaged(),), reproduction=Reproduction(f"# {bad}", was_run=True)),)
    text = html(failing(form=bad, notes=(bad,), error_message=bad, findings=findings))
    assert "<script" not in text
    assert "\x1b" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;&amp;") >= 3
