"""What holds for all tests: one compiled model, one dashboard, and nothing that gives up as the
machine is busy."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.testing
from checkout import ROOT
from processes import LIBRARIES, MODEL, Nursery
from waiting import LIMIT
from xdist.scheduler import LoadFileScheduling

TOGETHER = {
    "test_browser.py": "browser", "test_lost.py": "browser",  # who share a server and a browser
    "test_snapshots.py": "results", "test_columns.py": "results", "test_linkage.py": "results",  # shared ones
}  # fmt: skip
COPYING = ROOT / "docs" / "rules" / "copying.py"
LONGEST = ("test_bounds.py", *TOGETHER, "test_sweep_faults.py")
"""Files that are begun first, so that no worker waits for another at the end."""

gc.disable()  # until all is imported
# Threads for linear algebra wait for each other, busily; commands have none either.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Else every process that a test starts compiles all sources that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A command line is made of functions once, not for each command that is given to it.
typer.testing._get_command = cache(typer.testing._get_command)

for kind in ("CONNECT", "TCP"):
    os.environ[f"DASK_DISTRIBUTED__COMM__TIMEOUTS__{kind}"] = f"{LIMIT:.0f}s"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the model before there are workers, of which each would compile it for itself."""
    config = session.config
    interpreted = os.environ.get("NUMBA_DISABLE_JIT") == "1"
    if not (hasattr(config, "workerinput") or config.option.collectonly or interpreted):
        from returnee.simulation import simulate

        gc.enable()
        tiny: dict[str, Any] = {"sample": 0.001, "months": 6, "burn_in": 12}
        simulate("baseline", **tiny)
        if config.args_source is pytest.Config.ArgsSource.TESTPATHS:  # all tests are run
            # With other rules, most of which are lowered already where the model was compiled here.
            simulate("baseline", rules=COPYING, **tiny)


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what is imported and collected, which stays."""
    gc.enable()
    gc.freeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of the longest files first."""
    place = {name: k for k, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONGEST)))


@pytest.fixture(scope="session")
def libraries() -> Iterator[Nursery]:
    """Starts processes with the libraries that rules and commands use, and nothing of the package."""
    made = Nursery(LIBRARIES)
    yield made
    made.end()


@pytest.fixture(scope="session")
def commands() -> Iterator[Nursery]:
    """Starts processes that have loaded the model and the commands."""
    made = Nursery(MODEL)
    yield made
    made.end()


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the snapshots' results, for all that want some."""
    from test_snapshots import prepare

    made = tmp_path_factory.mktemp("snapshots")
    prepare(made)
    return made


class Files(LoadFileScheduling):
    """A worker does the tests of a file, and of those that belong together."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return TOGETHER.get(file.rpartition("/")[2], file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Files | None:
    """Divide the tests among the workers, if by file."""
    return Files(config, log) if config.getoption("dist") == "loadfile" else None
