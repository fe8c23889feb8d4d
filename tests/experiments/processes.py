"""Commands that run as processes of their own."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., "subprocess.Popen[str]"]


def wait_for_parts(folder: Path, number: int, seconds: float = 120.0) -> None:
    end = time.monotonic() + seconds
    while len(list((folder / "parts").glob("*.parquet"))) < number:
        assert time.monotonic() < end, "no runs were finished"
        time.sleep(0.02)
