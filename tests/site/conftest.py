"""The built site under two addresses, the system's Chromium, and a bare Material site.

Without a built site or a browser the tests are skipped; AFFINE_REQUIRE_BROWSER=1 makes a
skip a failure. No browser is ever downloaded.
"""

import gzip
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

from tests.conftest import sampled

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    Reader = Callable[..., BrowserContext]
    Show = Callable[..., Page]

ROOT = Path(__file__).parents[2]
SITE = ROOT / "site"
# Not for the screen: test_pdf.py reads what is printed from it.
PRINTED = {"derivation/book.html"}
COMPRESSED = {".html", ".css", ".js", ".json", ".svg", ".xml", ".md", ".txt"}
EXPLORER = "derivation/one-entry.html"  # a page that holds one
ADDRESS = "https://affine.example/"
# Pages that one template makes from data: a sample of each kind goes through the browser.
# Their links are all checked without one.
GENERATED = ("t/", "p/", "mistakes/")
SAMPLED = 12
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on every page, or on all of the derivation; with `way`, on some from disk too."""
    names = metafunc.fixturenames
    if "way" in names:
        # Only a server shows 404.html: its links start at the server's root.
        shown = pages("**/*.html")
        ways = [pytest.param("http", page) for page in shown]
        ways += [
            pytest.param("file", page, marks=pytest.mark.exhaustive if at % 6 else ())
            for at, page in enumerate(page for page in shown if page != "404.html")
        ]
        metafunc.parametrize("way, page", ways)
    elif "page" in names:
        metafunc.parametrize("page", sampled(pages("**/*.html"), 8))
    elif "derivation_page" in names:
        metafunc.parametrize("derivation_page", pages("derivation/*.html"))


# A file runs in one worker, which makes what its tests share. These two take longest.
FIRST = ("test_versions.py", "test_browser.py")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, for which others would wait."""
    items.sort(key=lambda item: [*FIRST, item.path.name].index(item.path.name))


def pages(pattern: str) -> list[str]:
    """The site's pages, as paths from its root; without a site, one that cannot be read."""
    found = sorted(path.relative_to(SITE).as_posix() for path in SITE.glob(pattern))
    found = [page for page in found if page not in PRINTED]
    return [page for page in found if not page.startswith(GENERATED)] + [
        page
        for folder in GENERATED
        for page in [page for page in found if page.startswith(folder)][::SAMPLED]
    ] or ["index.html"]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Turn a skip into a failure where the browser is required."""
    report = yield
    if report.skipped and os.environ.get("AFFINE_REQUIRE_BROWSER") == "1":
        report.outcome = "failed"
        report.longrepr = f"AFFINE_REQUIRE_BROWSER=1, and yet: {report.longrepr}"
    return report


class _Handler(SimpleHTTPRequestHandler):
    """Serves in silence, and compresses text as the hosts of static sites do."""

    def log_message(self, *_: object) -> None:
        pass

    def handle(self) -> None:
        # A tab that is closed takes no more of its page.
        with suppress(ConnectionError):
            super().handle()

    def send_head(self) -> Any:
        path = Path(self.translate_path(self.path))
        compressed = path.suffix in COMPRESSED and path.is_file()
        if not compressed or "gzip" not in self.headers.get("Accept-Encoding", ""):
            return super().send_head()
        content = gzip.compress(path.read_bytes(), mtime=0)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        return BytesIO(content)


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serve a folder at a free port of 127.0.0.1; the answer is its address."""
    servers = []

    def start(folder: Path) -> str:
        handler = partial(_Handler, directory=str(folder))
        servers.append(ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def addresses(serve: Callable[[Path], str]) -> dict[str, str]:
    """Where the built site is read from: a server, and the disk."""
    if not (SITE / "index.html").exists():
        pytest.skip("the site is not built: make site-build")
    return {"http": serve(SITE), "file": SITE.as_uri()}


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    playwright = pytest.importorskip("playwright.sync_api", reason="run make test-site")
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("no chromium on the PATH: on Debian, apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def reader(chromium: "Browser") -> "Callable[..., BrowserContext]":
    """One browser context per way of reading, shared by all tests."""

    @cache
    def context(
        color_scheme: Literal["light", "dark"] = "light", java_script_enabled: bool = True
    ) -> "BrowserContext":
        opened = chromium.new_context(
            color_scheme=color_scheme,
            java_script_enabled=java_script_enabled,
            viewport={"width": 1280, "height": 800},
        )
        opened.set_default_timeout(10_000)
        return opened

    return context


@pytest.fixture(scope="session")
def addressed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built for an address under which it is published."""
    pytest.importorskip("math_core", reason="run make site-build: the site's packages are missing")
    from tests.site.building import build, copy_to

    copy = copy_to(tmp_path_factory.mktemp("addressed"))
    built = build(copy, AFFINE_SITE_URL=ADDRESS)
    assert built.returncode == 0, built.stderr
    return copy / "site"


BARE = ["index", "section/index", "section/page"]


@pytest.fixture(scope="session")
def bare_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with this site's theme settings and nothing else of it."""
    from mkdocs.utils.yaml import yaml_load

    with (ROOT / "mkdocs.yml").open(encoding="utf-8") as file:
        theme = yaml_load(file)["theme"]
    theme.pop("custom_dir", None)
    folder = tmp_path_factory.mktemp("bare")
    nav = [{"Home": "index.md"}, {"Section": ["section/index.md", "section/page.md"]}]
    config = {"site_name": "bare", "use_directory_urls": False, "theme": theme, "nav": nav}
    (folder / "mkdocs.yml").write_text(json.dumps(config), encoding="utf-8")
    (folder / "docs" / "section").mkdir(parents=True)
    for page in BARE:
        text = f"# Title of {page}\n\nOne sentence.\n\n## A section\n\n    code\n"
        (folder / "docs" / f"{page}.md").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder / "site"


@pytest.fixture(scope="session")
def bare_pages(bare_site: Path, serve: Callable[[Path], str]) -> list[str]:
    """The addresses of the pages of the bare site."""
    address = serve(bare_site)
    return [f"{address}/{page}.html" for page in BARE]


@contextmanager
def tab(context: "BrowserContext", **heard: Callable[[Any], None]) -> "Iterator[Page]":
    """The one tab of a context, with who listens to it: each new one would start a process."""
    page = context.pages[0] if context.pages else context.new_page()
    page.mouse.move(0, 0)
    for event, listener in heard.items():
        page.on(event, listener)  # type: ignore[call-overload]
    try:
        yield page
    finally:
        if not page.is_closed():
            for event, listener in heard.items():
                page.remove_listener(event, listener)


def come_near(view: "Page") -> None:
    """Scroll to the explorer, and wait until it is built."""
    view.evaluate("document.querySelector('affine-explorer').scrollIntoView()")
    view.locator("affine-explorer select").wait_for()


@pytest.fixture
def show(addresses: dict[str, str], reader: "Reader") -> "Iterator[Show]":
    """Show an explorer with a query; what goes wrong in the script fails the test."""
    problems: list[str] = []

    def start(query: str = "", origin: str = "http", context: Any = None) -> "Page":
        heard = tab(
            context or reader(),
            pageerror=lambda error: problems.append(f"script: {error}"),
            console=lambda m: problems.extend([m.text] if m.type == "error" else []),
        )
        view = opened.enter_context(heard)
        view.goto(f"{addresses[origin]}/{EXPLORER}{query}")
        come_near(view)
        return view

    with ExitStack() as opened:
        yield start
    assert not problems
