"""What holds for all tests: one compiled model, and nothing that gives up as the machine is busy."""

from __future__ import annotations

import os

import pytest
from waiting import LIMIT

for kind in ("CONNECT", "TCP"):
    os.environ[f"DASK_DISTRIBUTED__COMM__TIMEOUTS__{kind}"] = f"{LIMIT:.0f}s"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the model before there are workers, of which each would compile it for itself."""
    config = session.config
    interpreted = os.environ.get("NUMBA_DISABLE_JIT") == "1"
    if not (hasattr(config, "workerinput") or config.option.collectonly or interpreted):
        from returnee.simulation import simulate

        simulate("baseline", sample=0.002, months=12)
