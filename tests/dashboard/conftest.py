"""A dashboard of its own and a browser for the tests of this folder."""

import re
import shutil
import socket
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from waiting import LIMIT

from returnee.dashboard.app import PAGES
from returnee.dashboard.texts import words

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--process-per-site",
)  # fmt: skip
ADDRESS = re.compile(r"http://\S+/")
LOCAL = ("127.0.0.1", "localhost")
PATIENCE = 1000 * LIMIT  # ms
POLLING = 50  # ms between looks at a page that is waited for, which else are as many as it is drawn
SMALL = Path(__file__).with_name("small.py")
# Nothing moves by itself: a bar that runs to and fro is drawn sixty times a second.
AT_REST = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("progress { visibility: hidden } * { transition: none !important }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""
PARTS = {
    "explore": {".cards": 1, ".lever": 8, ".chart": 3, ".chain": 1, "main pre": 1},
    "compare": {".chart": 7, "table": 3},
    "budget": {".chart": 1, "table": 1},
    "paths": {".chart": 6, "table": 1},
    "network": {".net .chart": 1, ".net select": 1},
    "map": {".net svg .place": 5, ".net table": 1},
    "learn": {".lesson-bar": 1, ".class-screen button": 3},
    "village": {".pair > *": 2, ".pair select": 1},
    "sources": {"table": 2},
}
"""What is on each page once it is whole, at least: elements by selector, and how many."""
TOLD = {
    lang: {"pages": words(lang)["pages"], "foot": words(lang)["not_for"].partition("{")[0]}
    for lang in ("en", "zh")
}
# All of the page is there, in the language of its address, and nothing is on its way: no progress, nothing pale.
WHOLE = """([parts, told]) => {
  const asked = new URLSearchParams(location.search), page = asked.get("page"), text = told[asked.get("lang")];
  const all = selector => [...document.querySelectorAll(selector)], one = selector => document.querySelector(selector);
  if (!text || !document.documentElement.lang.startsWith(asked.get("lang"))) return false;
  const tab = one("nav .tab[aria-current=page]"), foot = one(".foot-line");
  if (!tab || tab.innerText.trim() !== text.pages[page] || !foot || !foot.innerText.startsWith(text.foot)) return false;
  if (one(".state progress, .busy, .outline, div.plot:empty")) return false;
  const wanted = parts[asked.get("o.village") === "1" && page === "learn" ? "village" : page];
  return Object.entries(wanted).every(([selector, least]) => all("main " + selector.replace(/^main /, "")).length >= least);
}"""
# What was changed is laid out and drawn, and colours have reached their ends.
STILL = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  await document.fonts.ready; await frame(); await frame();
  const ends = document.getAnimations().filter(a => isFinite(a.effect.getComputedTiming().endTime));
  await Promise.all(ends.map(a => a.finished.catch(() => {}))); await frame();
}"""


def free_port():
    """A port that nobody listens on."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return bound.getsockname()[1]


def first_address(process):
    """The address that a server says; what it says later is read, so that it never waits."""
    said = []
    for line in process.stderr:
        said.append(line)
        if found := ADDRESS.search(line):
            threading.Thread(target=process.stderr.read, daemon=True).start()
            return found[0]
    raise RuntimeError("the dashboard did not start: " + "".join(said))


def server_words(port):
    """Words of the command that starts a server."""
    return "dashboard", "--no-browser", "--port", str(port)


def start_server(port):
    """A server of small answers as a process of its own; see `small`."""
    command = [sys.executable, str(SMALL), *server_words(port)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="session")
def address():
    """Address of a server for all tests."""
    process = start_server(free_port())
    try:
        yield first_address(process)
    finally:
        process.terminate()
        process.wait(timeout=LIMIT)


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium; without one the tests are skipped."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("no chromium: install it (Debian: apt install chromium fonts-noto-cjk)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=executable, args=list(FLAGS), timeout=PATIENCE
        )
        yield running
        running.close()


def new_context(browser):
    """A browser's window with cookies and files of its own."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    context.add_init_script(f"({AT_REST})()")
    return context


@pytest.fixture(scope="session")
def context(browser):
    """A window for pages of one visitor: what they load is read and compiled once."""
    made = new_context(browser)
    yield made
    made.close()


class Visitor:
    """A page of the dashboard, and everything that it asked for or went wrong in it."""

    def __init__(self, context, address):
        self.address = address
        self.asked, self.errors = [], []
        self.page = context.new_page()
        self.page.wait_for_function = partial(self.page.wait_for_function, polling=POLLING)
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def go(self, query="", whole=True):
        """Open an address, and wait until all of its runs are shown."""
        self.page.goto(f"{self.address}?{query}" if query else self.address)
        self.page.wait_for_selector(".foot-line")
        if whole:
            self.settle()
        return self.page

    def settle(self):
        """Wait until all of the page is there, nothing is on its way, and everything is drawn."""
        self.page.wait_for_function(WHOLE, arg=[PARTS, TOLD])
        self.still()

    def still(self):
        """Wait until what was changed is laid out and drawn."""
        self.page.evaluate(STILL)

    def outside(self):
        """What was asked for anywhere but on this machine."""
        kinds = ("http", "https", "ws", "wss")
        parts = [urlsplit(url) for url in self.asked]
        return [p.geturl() for p in parts if p.scheme in kinds and p.hostname not in LOCAL]

    def check(self):
        """Fail on what no visit may do."""
        assert self.outside() == []
        assert self.errors == []


@pytest.fixture
def visit(browser, context, address):
    """Make a visitor; at the end none has left this machine or met an error in a script."""
    visitors, windows = [], []

    def new(query="", whole=True, alone=False):
        """Open a page; if `alone` in a window of its own, which has read and saved nothing before."""
        if alone:
            windows.append(new_context(browser))
        visitors.append(Visitor(windows[-1] if alone else context, address))
        visitors[-1].go(query, whole)
        return visitors[-1]

    yield new
    for visitor in visitors:
        visitor.page.close()
    for window in windows:
        window.close()
    for visitor in visitors:
        visitor.check()


@pytest.fixture(scope="module")
def shown(context, address):
    """A page of the dashboard with all its runs, for the tests that only look: one visitor goes to all."""
    visitor = Visitor(context, address)
    at = [next(iter(PAGES))]
    visitor.go(f"v=1&page={at[0]}")

    def of(name):
        if name == at[0]:
            visitor.settle()
            return visitor
        if name in PAGES:
            visitor.page.locator("nav .tab").nth([*PAGES].index(name)).click()
            visitor.page.wait_for_function(
                "part => location.search.includes(part)", arg=f"page={name}"
            )
            visitor.settle()
        else:  # a part of a page
            visitor.go(f"v=1&page={name}")
        at[0] = name
        return visitor

    yield of
    visitor.page.close()
