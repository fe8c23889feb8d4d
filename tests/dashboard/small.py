"""The dashboard as a user starts it, but that pages know all after a few runs of few people.

Figures of reports are blank. With ``--cold`` nothing is lived before it is asked for.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from unittest.mock import patch

sys.path[0] = str(Path(__file__).resolve().parents[1])

import without_figures  # noqa: E402

COLD = "--cold"


def main() -> None:
    """Start it."""
    without_figures.leave_out_once_imported()
    with patch.object(os, "cpu_count", return_value=1):  # one process lives the runs
        from returnee.dashboard.live import runs

    runs.STAGES = (2, 4)
    object.__setattr__(runs.SMALL, "sample", 0.002)  # what every call takes if it says nothing
    if COLD in sys.argv:
        from returnee.dashboard import command

        sys.argv.remove(COLD)
        command.warm = lambda: None
    from returnee.command import main

    main()


if __name__ == "__main__":
    main()
