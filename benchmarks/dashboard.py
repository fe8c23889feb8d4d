"""How fast the dashboard answers, in a real browser: ``python -m benchmarks.dashboard``.

A lever is moved with the keyboard, which releases it at once. The first answer is there when the
chart of the new runs has been drawn; the whole answer when all replicates are in it. Levers are moved when the answer
before is whole, and again while it still grows. Before each move blocks of draws are timed in processor time, which
say how fast the machine itself is at the moment: moves at its full speed are told apart. Nothing is asserted.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmarks.figures import many_draws

MOVES = 50
BLOCKS = 200_000  # draws before a move, some 2 ms
FULL = 1.2  # times the least time of a block of draws: the machine is not slowed down
REACH_FIRST, REACH_ALL = 200.0, 3000.0  # ms
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
LEVERS = (
    "policy.training.places",
    "policy.training.hours",
    "policy.finance.job_subsidy",
    "policy.services.mentors",
)
DRAWN = "() => window.returnee_drawn && window.returnee_drawn.move === window.returnee_moves"
LOOKS = 100  # ms between looks, which would cost a browser that draws nothing else its frames
WHOLE = "() => !document.querySelector('.state progress') && !document.querySelector('.busy')"


@contextmanager
def server(*options: str) -> Iterator[str]:
    """A dashboard of its own; gives its address."""
    command = [sys.executable, "-m", "returnee", "dashboard", "--no-browser", *options]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        for line in process.stderr:
            found = re.search(r"http://\S+/", line)
            if found:
                yield found[0]
                return
        raise RuntimeError("the dashboard did not start")
    finally:
        process.terminate()
        process.wait(timeout=20)


def open_page(playwright: Any, url: str) -> Any:
    """A page of Explore with the whole first answer and the levers open."""
    browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url, timeout=120_000)
    page.wait_for_selector(".fact", timeout=120_000)
    page.wait_for_function(WHOLE, timeout=120_000, polling=LOOKS)
    for name in ("Training", "Services", "Finance"):
        page.locator("summary", has_text=re.compile(f"^{name}$")).click()
    return page


def move(page: Any, key: str, back: bool) -> float:
    """Move a lever by one step; give the milliseconds to the first answer that is drawn."""
    slider = page.locator(f"input[id='{key}']")
    slider.focus()
    page.keyboard.press("ArrowLeft" if back else "ArrowRight")
    page.wait_for_function(DRAWN, timeout=60_000, polling=LOOKS)
    found = page.evaluate("() => window.returnee_drawn.at - window.returnee_released")
    return float(found)


def speed() -> float:
    """Nanoseconds of processor time of one block of draws, at the moment."""
    begun = time.process_time()
    many_draws(BLOCKS)
    return (time.process_time() - begun) / BLOCKS * 1e9


def main() -> int:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    with server() as url, sync_playwright() as playwright:
        page = open_page(playwright, url)
        time.sleep(2.0)
        many_draws(10)
        whole: list[float] = []
        first: dict[str, list[tuple[float, float]]] = {"is whole": [], "still grows": []}
        for before, found in first.items():
            for k in range(MOVES):
                now = speed()
                found.append((move(page, LEVERS[k % len(LEVERS)], back=k % 8 == 7), now))
                if before == "still grows":
                    time.sleep(0.4)
                    continue
                begun = page.evaluate("() => window.returnee_released")
                page.wait_for_function(WHOLE, timeout=60_000, polling=LOOKS)
                whole.append(page.evaluate("() => performance.now()") - begun)
                time.sleep(0.3)
    speeds = [now for found in first.values() for _, now in found]
    full = FULL * min(speeds)
    for before, found in first.items():
        show(f"first pair drawn, answer before {before}", [took for took, _ in found], REACH_FIRST)
        show("- at the machine's full speed", [t for t, now in found if now <= full], REACH_FIRST)
    show("all 40 replicates drawn", whole, REACH_ALL)
    low, middle, high = np.percentile(speeds, (0, 50, 100))
    print(f"a block of draws: {low:.1f} to {high:.1f} ns, median {middle:.1f}")
    return 0


def show(what: str, times: list[float], reach: float) -> None:
    """One line: median, 95th percentile, largest, and what should be reached."""
    median, high = np.percentile(times, (50, 95))
    print(
        f"{what:<42} n={len(times):<3} median {median:6.0f} ms   p95 {high:6.0f} ms   "
        f"largest {max(times):6.0f} ms   reach {reach:.0f} ms"
    )


if __name__ == "__main__":
    sys.exit(main())
