"""How a server lasts: ``python -m benchmarks.soak [users] [loads] [minutes]``, over loopback only.

All users open a page at once, as a class does. From then on one after the other closes his page and opens another in a
browser profile of its own, and whoever comes to Explore moves a lever, until so many pages were loaded; the loads are
spread over the minutes. Printed: memory of the server before, at its highest and after, times until a page is
there, and how long the server takes to end on SIGTERM. Nothing is asserted.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import psutil

from benchmarks.dashboard import FLAGS

USERS, LOADS, MINUTES = 20, 500, 60.0
PAGES = ("explore", "compare", "paths", "map", "learn", "sources", "network")
LEVER = "input[type=range]"
PATIENCE = 300_000  # ms
FORGOTTEN = 75.0  # seconds until pages that went away are forgotten
MB = 1e6


@contextmanager
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A dashboard of its own, and its address."""
    command = [sys.executable, "-m", "returnee", "dashboard", "--no-browser", "--pages", "1000"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        for line in process.stderr:
            found = re.search(r"http://\S+/", line)
            if found:
                threading.Thread(target=process.stderr.read, daemon=True).start()
                yield process, found[0]
                return
        raise RuntimeError("the dashboard did not start")
    finally:
        process.kill()


def held(server: psutil.Process) -> float:
    """MB of memory of the server and of the processes of its runs, what they share counted once."""
    total = float(server.memory_info().rss)
    for child in server.children(recursive=True):
        with suppress(psutil.Error):
            memory = child.memory_info()
            total += memory.rss - getattr(memory, "shared", 0)
    return total / MB


class Memory(threading.Thread):
    """The memory that a server holds, looked at every second; `high` is the most."""

    def __init__(self, server: psutil.Process) -> None:
        super().__init__(daemon=True)
        self.server, self.high = server, 0.0
        self.start()

    def run(self) -> None:
        """Look until the server ends."""
        with suppress(psutil.NoSuchProcess):
            while True:
                self.high = max(self.high, held(self.server))
                time.sleep(1.0)


class Tab:
    """A page that a user's browser opens; it is on its way.

    Parameters
    ----------
    browser : Browser
        It gets a profile for this page alone.
    url : str
        Of the server.
    load : int
        Which load this is; it says which page.
    """

    def __init__(self, browser: Any, url: str, load: int) -> None:
        self.name = PAGES[load % len(PAGES)]
        self.page = browser.new_context().new_page()
        self.begun = time.perf_counter()
        self.page.goto(f"{url}?v=1&page={self.name}", timeout=PATIENCE, wait_until="commit")

    def wait(self) -> float:
        """Seconds until the page is there; in Explore a lever is moved after that."""
        self.page.wait_for_selector(".foot-line", timeout=PATIENCE)
        took = time.perf_counter() - self.begun
        if self.name == "explore":
            self.page.locator(LEVER).first.focus()
            self.page.keyboard.press("ArrowRight")
        return took

    def close(self) -> None:
        """Close the page with its profile."""
        self.page.context.close()


def main(users: int = USERS, loads: int = LOADS, minutes: float = MINUTES) -> int:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    with server() as (process, url), sync_playwright() as playwright:
        watched = psutil.Process(process.pid)
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        tab = browser.new_page()
        tab.goto(url, timeout=PATIENCE)
        tab.wait_for_selector(".fact", timeout=PATIENCE)
        tab.close()
        before, memory = held(watched), Memory(watched)
        began = time.perf_counter()
        tabs = [Tab(browser, url, load) for load in range(users)]
        at_once, one_by_one = [tab.wait() for tab in tabs], []
        for load in range(users, loads):
            due = began + 60.0 * minutes * load / loads
            tabs[0].page.wait_for_timeout(max(0.0, 1000.0 * (due - time.perf_counter())))
            tabs[load % users].close()
            tabs[load % users] = Tab(browser, url, load)
            one_by_one.append(tabs[load % users].wait())
            if load % users == 0:
                print(f"{load} loads, {held(watched):.0f} MB", flush=True)
        lasted = (time.perf_counter() - began) / 60.0
        browser.close()
        time.sleep(FORGOTTEN)
        after = held(watched)
        at = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=60)
        ends = time.perf_counter() - at
    print(f"{users} users at a time, {loads} loads in {lasted:.1f} min")
    print(f"memory, MB: {before:.0f} before, {memory.high:.0f} at most, {after:.0f} after")
    for what, times in (("all at once", at_once), ("one by one", one_by_one)):
        if times:
            middle, high = np.percentile(times, (50, 95))
            print(f"page there, {what}, s: median {middle:.1f}, 95 % {high:.1f}")
    print(f"ended on SIGTERM after {ends:.1f} s with code {code}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:4])))
