"""How a server lasts: ``python -m benchmarks.soak [users] [loads]``, over loopback only.

So many users at a time open a page, wait for its figures, move a lever, and close it, until so many pages were
loaded. Printed: memory of the server before, at its highest and after, times to the first figures, and how long it
takes to end on SIGTERM. Nothing is asserted.
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

import numpy as np
import psutil

from benchmarks.dashboard import FLAGS

USERS, LOADS = 20, 500
PAGES = ("explore", "compare", "paths", "map", "learn", "sources")
PATIENCE = 300_000  # ms
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


def main(users: int = USERS, loads: int = LOADS) -> int:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    with server() as (process, url), sync_playwright() as playwright:
        watched, high, over = psutil.Process(process.pid), [0.0], threading.Event()

        def look() -> None:
            while not over.wait(1.0):
                with suppress(psutil.Error):
                    high[0] = max(high[0], held(watched))

        threading.Thread(target=look, daemon=True).start()
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        tab = browser.new_page()
        tab.goto(url, timeout=PATIENCE)
        tab.wait_for_selector(".fact", timeout=PATIENCE)
        tab.close()
        before, took = held(watched), []
        began = time.perf_counter()
        while len(took) < loads:
            contexts = [browser.new_context() for _ in range(min(users, loads - len(took)))]
            opened = [context.new_page() for context in contexts]
            at = time.perf_counter()
            names = [PAGES[(len(took) + k) % len(PAGES)] for k in range(len(opened))]
            for tab, name in zip(
                opened, names
            ):  # all are on their way before the first is waited for
                tab.goto(f"{url}?v=1&page={name}", timeout=PATIENCE, wait_until="commit")
            for tab in opened:
                tab.wait_for_selector(".foot-line", timeout=PATIENCE)
                took.append(time.perf_counter() - at)
            for context in contexts:
                context.close()
            print(f"{len(took)} loads, {held(watched):.0f} MB", flush=True)
        minutes = (time.perf_counter() - began) / 60.0
        browser.close()
        time.sleep(75.0)  # pages that went away are forgotten after a minute
        after = held(watched)
        over.set()
        at = time.perf_counter()
        process.send_signal(signal.SIGTERM)
        code = process.wait(timeout=60)
        ends = time.perf_counter() - at
    first, last = np.percentile(took, (50, 95))
    print(f"{users} users at a time, {loads} loads in {minutes:.1f} min")
    print(f"memory, MB: {before:.0f} before, {high[0]:.0f} at most, {after:.0f} after")
    print(f"page there, s: median {first:.1f}, 95 % {last:.1f}")
    print(f"ended on SIGTERM after {ends:.1f} s with code {code}")
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
