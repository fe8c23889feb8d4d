"""What holds for all tests: nothing that they start gives up because the machine is busy."""

from __future__ import annotations

import os

from waiting import LIMIT

for kind in ("CONNECT", "TCP"):
    os.environ[f"DASK_DISTRIBUTED__COMM__TIMEOUTS__{kind}"] = f"{LIMIT:.0f}s"
