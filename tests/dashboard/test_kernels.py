"""Pages that are closed or cut off are forgotten by a server as it is started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_pages_that_went_away_are_forgotten_and_others_pages_are_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.dashboard.lost_pages"], capture_output=True, text=True,
        cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    assert done.stdout.startswith("well"), done.stderr
