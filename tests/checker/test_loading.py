"""A file loads from anywhere; one that does not load as a whole is judged by its definitions."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from affine.checker.reading import TargetError, load
from affine.checker.reading.loading import failure
from affine.layer import Layer
from tests.conftest import sampled

HELPERS = "def add(x, y): return x + y\n"
LAYER = """
def forward(x, w, b): return add(x @ w, b)
def backward(dout, x, w): return dout @ w.T, x.T @ dout, dout.sum(0)
"""
PAIR = LAYER.replace("add(x @ w, b)", "x @ w + b")
BROKEN = "import no_such_library_anywhere\n"

# The import, the layer, other files, and the name that imports it; "" where none does.
PROJECTS = {
    "a sibling": ("from helpers import add", "layers.py", {"helpers.py": HELPERS}, "layers"),
    "the root": (
        "from common.helpers import add", "common/layers.py", {"common/helpers.py": HELPERS},
        "common.layers",
    ),
    "two levels up": (
        "import src.common.helpers as h; add = h.add", "src/common/layers.py",
        {"src/common/helpers.py": HELPERS, "src/__init__.py": ""}, "src.common.layers",
    ),
    "the root, in a function": (
        "def add(x, y):\n    from common.helpers import add\n    return add(x, y)",
        "common/layers.py", {"common/helpers.py": HELPERS}, None,
    ),
    "by way of a sibling": (
        "from between import add", "common/layers.py",
        {"common/between.py": "from common.helpers import add", "common/helpers.py": HELPERS}, None,
    ),
    "one dot": (
        "from .helpers import add", "common/layers.py", {"common/helpers.py": HELPERS},
        "common.layers",
    ),
    "one dot in a package": (
        "from . import helpers; add = helpers.add", "deep/common/layers.py",
        {"deep/common/helpers.py": HELPERS, "deep/__init__.py": "", "deep/common/__init__.py": ""},
        "deep.common.layers",
    ),
    "two dots": (
        "from ..base.helpers import add", "nn/layers/dense.py", {"nn/base/helpers.py": HELPERS},
        "nn.layers.dense",
    ),
    "one dot and the root": (
        "from .helpers import add\nfrom src.nn.other import other", "src/nn/layers.py",
        {"src/nn/helpers.py": HELPERS, "src/nn/other.py": "other = 1"}, "src.nn.layers",
    ),
    "a package that does not load": (
        "from .helpers import add", "common/layers.py",
        {"common/helpers.py": HELPERS, "common/__init__.py": BROKEN}, None,
    ),
    "a package that imports the layer": (
        "from .helpers import add", "common/layers.py",
        {"common/helpers.py": HELPERS, "common/__init__.py": "from .layers import *"},
        "common.layers",
    ),
    "a package of a known name": (
        "from .helpers import add", "affine/layers.py",
        {"affine/helpers.py": HELPERS, "affine/__init__.py": ""}, "affine.layers",
    ),
    "the package itself": (
        "from .helpers import add", "common/__init__.py", {"common/helpers.py": HELPERS}, "common",
    ),
    "a folder that is no name": (
        "from .helpers import add", "week-2/layers.py", {"week-2/helpers.py": HELPERS},
        "week-2.layers",
    ),
    "a sibling and the root": (
        "from helpers import add\nfrom common.other import other", "common/layers.py",
        {"common/helpers.py": HELPERS, "common/other.py": "other = 1"}, None,
    ),
    "a file that is no name": (
        "from helpers import add", "01_layers.py", {"helpers.py": HELPERS}, "01_layers",
    ),
    "a file that is a keyword": (
        "from helpers import add", "lambda.py", {"helpers.py": HELPERS}, "lambda",
    ),
}  # fmt: skip

# What a script does beside its definitions, and what the remark says of it.
SCRIPTS = {
    "arguments": (
        "import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--data', "
        "required=True)\nargs = parser.parse_args([])", "it ends the program (SystemExit: 2)",
    ),
    "a question": ("import os, sys\nsys.stdin = open(os.devnull)\nname = input('?')", "EOFError"),
    "a missing library": ("import numpy, no_such_plots.pyplot as plt\nplt.show()", "no_such_plots"),
    "another missing library": ("from no_such_frame import DataFrame as df", "no_such_frame"),
    "a plot": (
        "class plt:\n    def show(): raise OSError('no screen')\nplt.show()", "OSError: no screen",
    ),
    "training": ("w = b = 1\nfor epoch in range(10**9):\n    w = w - 0 * b", "for more than 0.5 s"),
    "a loop without end": ("while True: pass", "for more than 0.5 s"),
    "a loop that minds no error": (
        "while True:\n    try: forward(1)\n    except Exception: pass", "for more than 0.5 s",
    ),
    "waiting": ("import time\ntime.sleep(60)", "for more than 0.5 s"),
    "a download": (
        "from urllib.request import urlopen\nrows = urlopen('http://127.0.0.1:9/x').read()",
        "URLError",
    ),
    "missing data": ("import numpy as np\ndata = np.load('no_such.npy')", "FileNotFoundError"),
    "a test that fails": ("assert backward is None", "AssertionError (line 4)"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def as_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """What a target leaves behind ends with its test."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__path__", "")) + str(
            getattr(sys.modules[name], "__file__", "")
        ):
            del sys.modules[name]


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What runs too long, does so soon."""
    monkeypatch.setattr(failure, "SECONDS", 0.5)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")


def assert_right(layer: Layer) -> None:
    """At sizes that hide no transpose."""
    x, w, b, dout = np.arange(12.0).reshape(4, 3), np.ones((3, 2)), np.ones(2), np.ones((4, 2))
    assert (layer.forward(x, w, b) == x @ w + b).all()
    assert (layer.backward(x, w, b, dout)[1] == x.T @ dout).all()


def script(path: Path, after: str) -> str:
    path.write_text(PAIR + after + "\n", encoding="utf-8")
    return str(path)


# ------------------------------------------------------------------ what a file imports


@pytest.mark.parametrize("kind", PROJECTS)
@pytest.mark.parametrize("place", ["the root", "its folder", "elsewhere"])
def test_a_file_loads_from_wherever_it_is_run(
    kind: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    imports, target, files, _ = PROJECTS[kind]
    root = tmp_path / "project"
    write(root, {**files, target: f"{imports}\n{LAYER}", "pyproject.toml": ""})
    folders = {"the root": root, "its folder": (root / target).parent, "elsewhere": tmp_path}
    monkeypatch.chdir(folders[place])
    layer = load(str((root / target).relative_to(Path.cwd())))
    assert_right(layer)
    assert layer.remarks == ()
    if kind == "a sibling and the root":  # no import works in one folder
        assert 'module = from_file(Path("layers.py")).module' in layer.usage


@pytest.mark.parametrize("kind", sampled([kind for kind, each in PROJECTS.items() if each[3]], 4))
def test_the_import_of_a_reproduction_works_in_the_root(kind: str, tmp_path: Path) -> None:
    imports, target, files, origin = PROJECTS[kind]
    write(tmp_path, {**files, target: f"{imports}\n{LAYER}", "pyproject.toml": ""})
    usage = load(str(tmp_path / target)).usage
    assert str(origin) in usage
    shown = "import numpy as np\nprint(vjp(np.eye(2), np.eye(2), np.ones(2))[0].sum())"
    run = [sys.executable, "-c", f"{usage}\n{shown}"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout == "6.0\n", done.stderr


def test_a_project_of_the_working_directory_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for a file that lies elsewhere; no import works for that in any one folder."""
    write(tmp_path, {"here/common/helpers.py": HELPERS, "there/pyproject.toml": ""})
    write(tmp_path, {"there/layers.py": f"from common.helpers import add\n{LAYER}"})
    monkeypatch.chdir(tmp_path / "here")
    layer = load(str(tmp_path / "there/layers.py"))
    assert_right(layer)
    assert 'module = from_file(Path("layers.py")).module' in layer.usage


def test_nothing_of_the_project_hides_a_library(tmp_path: Path) -> None:
    """Neither of its root nor of a package; the search path is as before, and the folder last."""
    trap = "raise RuntimeError('hidden')"
    write(tmp_path, {"common/colorsys.py": trap, "numpy.py": trap, "netrc.py": trap})
    write(tmp_path, {"random.py": trap, "wave.py": trap, "common/helpers.py": HELPERS})
    imports = "import colorsys, wave, numpy, random\nfrom .helpers import add"
    write(tmp_path, {"common/layers.py": f"{imports}\n{LAYER}"})
    target = tmp_path / "common/layers.py"
    code = f"""if True:
        import sys
        from affine.checker.reading import load
        before = [*sys.path]
        load({str(target)!r})
        import netrc
        assert sys.path[: len(before)] == before
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("imports", "message"),
    [
        ("from common.helpers import add", "imports common.helpers, and common has no such module"),
        ("from .helpers import add", "imports common.helpers, and common has no such module"),
        ("from .other import add", "cannot import name 'add' from 'common.other'"),
        ("from no_such_library import add", "install no_such_library or correct"),
    ],
)
def test_what_is_there_is_never_to_be_installed(imports: str, message: str, tmp_path: Path) -> None:
    write(tmp_path, {"common/layers.py": f"{imports}\nadd()", "common/other.py": ""})
    with pytest.raises(TargetError, match=message) as raised:
        load(str(tmp_path / "common/layers.py"))
    assert ("install" in str(raised.value)) == ("install" in message)
    assert "affine_target" not in str(raised.value)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("common.layerz", "no module common.layerz; did you mean common.layers"),
        ("common.nothing_like_it", "common is there; name a module of it"),
        ("no_such.layers", "no module no_such.layers; install it"),
    ],
)
def test_a_module_that_is_not_there_is_refused(
    target: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"common/layers.py": PAIR})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TargetError, match=message):
        load(target)


def test_a_module_is_named_from_inside_its_package_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"pack_of_layers/dense.py": PAIR, "pyproject.toml": ""})
    monkeypatch.chdir(tmp_path / "pack_of_layers")
    assert_right(load("pack_of_layers.dense"))


# ------------------------------------------------------------------ the definitions alone


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("kind", SCRIPTS)
def test_a_script_is_judged_by_its_definitions(kind: str, tmp_path: Path) -> None:
    after, said = SCRIPTS[kind]
    layer = load(script(tmp_path / "train.py", after))
    assert_right(layer)
    (remark,) = layer.remarks
    start = "only the imports, functions, classes and constants of train.py were loaded, for"
    assert remark.startswith(start)
    assert said in remark
    # To import the file would run the rest of it.
    assert 'module = from_file(Path("train.py")).module' in layer.usage


def test_a_module_is_judged_by_its_definitions_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"scripts_of_mine/train.py": f"{PAIR}\nraise SystemExit"})
    monkeypatch.chdir(tmp_path)
    layer = load("scripts_of_mine.train")
    assert_right(layer)
    assert layer.remarks


def test_a_script_in_a_package_keeps_its_relative_imports(tmp_path: Path) -> None:
    text = f"from .helpers import add\n{LAYER}\nprint(undefined)"
    write(tmp_path, {"common/layers.py": text, "common/helpers.py": HELPERS})
    layer = load(str(tmp_path / "common/layers.py"))
    assert_right(layer)
    assert layer.remarks[0].endswith("NameError: name 'undefined' is not defined (line 6)")


def test_what_definitions_use_is_kept(tmp_path: Path) -> None:
    """Constants, choices between imports, and what imported code makes quickly."""
    text = """
        import collections
        try:
            import no_such_array_library as np
        except ImportError:
            import numpy as np
        if collections:
            ONE = 1
        Cache = collections.namedtuple("Cache", "x w")
        EPS, double = ONE - 1, lambda g: np.add(g, g)
        def show(ax: plt.Axes, data: "Frame" = None): ...
        def affine_forward(x, w, b): return x @ w + b + EPS, Cache(x, w)
        def affine_backward(dout, cache):
            return dout @ cache.w.T, cache.x.T @ dout, double(dout).sum(0) / 2
        raise RuntimeError
    """
    write(tmp_path, {"layer.py": text})
    assert_right(load(str(tmp_path / "layer.py")))


def test_what_definitions_miss_is_named(tmp_path: Path) -> None:
    """A NameError in a call is explained so; a name that nothing uses is not named."""
    text = "scale, other = input(), input()\ndef show(): return plt, scale"
    target = script(tmp_path / "layer.py", f"import no_such_plots as plt\n{text}")
    assert load(target).remarks[0].endswith("; used in them and left out: plt, scale")
    with pytest.raises(TargetError, match=r"no scale.*only the imports, functions"):
        load(f"{target}:scale")


def test_no_library_is_left_half_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, soon: None
) -> None:
    """The time that a library takes to import is not that of the target."""
    library = tmp_path / "installed"
    write(library, {"slow_library.py": "import time\ntime.sleep(1)\nadd = lambda x, y: x + y"})
    monkeypatch.setattr(failure, "_LIBRARIES", (str(library),))
    monkeypatch.syspath_prepend(str(library))
    write(tmp_path, {"layers.py": f"from slow_library import add\n{LAYER}"})
    layer = load(str(tmp_path / "layers.py"))
    assert_right(layer)
    assert layer.remarks == ()


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("answer = 42\nwhile True: pass", r"runs for more than 0.5 s \(line 2\); put what"),
        ("class A(torches.Module):\n  x = 1", "NameError: name 'torches'"),
        ("import no_such_base as n\nclass A(n.Module): ...", "imports no_such_base"),
        (f"import sibling_that_loops\n{LAYER}", "runs for more than 0.5 s"),
        (f"{PAIR}\nreturn", "SyntaxError in line 5"),
        (f"{PAIR}\nx = (", "SyntaxError in line"),
    ],
)
def test_where_no_definition_loads_the_import_says_why(
    text: str, message: str, tmp_path: Path
) -> None:
    write(tmp_path, {"layer.py": text, "sibling_that_loops.py": "while True: pass"})
    with pytest.raises(TargetError, match=f"layer.py does not load: .*{message}"):
        load(str(tmp_path / "layer.py"))


def test_a_layer_that_was_left_out_is_not_told_to_be_missing(tmp_path: Path) -> None:
    text = "import no_such_base as n\nclass Affine(n.Module): ...\ndef train(): ..."
    write(tmp_path, {"layer.py": text})
    with pytest.raises(
        TargetError, match=r"(?s)no known form.*imports no_such_base.*out: .*Affine"
    ):
        load(str(tmp_path / "layer.py"))


def test_the_command_remarks_on_it(tmp_path: Path) -> None:
    """The script ends, and the verdict is there with a note."""
    target = script(tmp_path / "train.py", "exit(0)")
    run = [sys.executable, "-m", "affine", "check", target, "--only", "dw_is_xt_dout"]
    done = subprocess.run(run, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "it ends the program (SystemExit: 0)" in " ".join(done.stdout.split())
