"""Make the pictures of README and site anew: ``python -m benchmarks.pictures``.

The chart is that of ``returnee compare`` with nothing else given; the pages are those of the
dashboard, as its first visitor sees them; the lessons' pictures are what their notebooks draw.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from benchmarks import course
from benchmarks.dashboard import FLAGS, WHOLE, server
from returnee import compare
from returnee.experiments.reports.compare import OVER_TIME, Page
from returnee.experiments.reports.html import standalone

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PAGES = {
    "dashboard-explore": "page=explore&base=linked&against=siloed&training.places=1500&lang=en",
    "dashboard-compare": "page=compare&lang=zh&compared=linked,siloed,credit_push,targeted",
}


def chart() -> None:
    """Firms open by policy, and difference from the baseline."""
    found = compare(progress=True)
    (IMAGES / "compare.svg").write_text(standalone(Page(found).over_time(OVER_TIME[0])), "utf-8")


def pages() -> None:
    """Two pages of the dashboard."""
    from playwright.sync_api import sync_playwright

    with server() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=list(FLAGS)
        )
        for name, query in PAGES.items():
            page = browser.new_page(viewport={"width": 1280, "height": 860})
            page.goto(f"{url}?v=1&{query}")
            page.wait_for_selector(".fact, .matrix, table", timeout=120_000)
            page.wait_for_function(WHOLE, timeout=120_000)
            page.wait_for_timeout(1_500)  # charts draw themselves in
            page.screenshot(path=IMAGES / f"{name}.png")


def main() -> int:
    """Make all."""
    chart()
    pages()
    return course.main()


if __name__ == "__main__":
    sys.exit(main())
