"""Commands that run as processes of their own."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from waiting import wait_until

Command = Callable[..., "subprocess.Popen[str]"]


def wait_for_parts(folder: Path, number: int) -> None:
    """Wait until so many jobs are kept; or all, if the machine let this process sleep that long."""
    wait_until(
        lambda: (
            len(list((folder / "parts").glob("*.parquet"))) >= number
            or (folder / "runs.parquet").exists()
        ),
        "no runs were finished",
    )
