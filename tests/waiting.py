"""How long a test waits for what it waits for: until it is there, whatever else the machine does."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT = 600.0  # seconds that only a hang reaches; no test says how fast anything is


def wait_until(there: Callable[[], object], what: str) -> None:
    """Wait until something is there; `what` says what is missed."""
    end = time.monotonic() + LIMIT
    while not there():
        assert time.monotonic() < end, what
        time.sleep(0.02)
