"""Where runs are made: a cluster reached from a notebook, processes from any script."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from processes import Nursery, cluster

from returnee import sweep
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import Where

PLACES = "policy.training.places"
DESIGN: dict[str, Any] = {"axes": {PLACES: [0, 3000]}, "sample": 0.002, "months": 12}
HANG = 600  # seconds that only a hang takes
SCRIPT = f"""
from returnee import sweep
from returnee.experiments.running.options import Where

print("begun")
print(sweep({DESIGN!r}, where=WHERE)["jobs"].tolist())
"""


def run_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine in a loop of its own: browser tests leave one in the worker's main thread."""
    with ThreadPoolExecutor(1) as apart:
        return apart.submit(asyncio.run, work).result()


@pytest.fixture(scope="module")
def scheduler(commands: Nursery) -> Iterator[str]:
    """The address of a Dask scheduler with a worker."""
    with cluster(commands, 1) as (address, _):
        yield address


def test_a_scheduler_is_used_where_a_loop_is_running(scheduler: str) -> None:
    async def in_a_loop() -> int:
        return len(sweep(DESIGN, where=Where(scheduler=scheduler)))

    assert run_loop(in_a_loop()) == 2


def test_a_scheduler_is_used_as_from_a_notebook(scheduler: str, commands: Nursery) -> None:
    """A process whose main thread, as that of a kernel, runs a loop."""
    lines = [
        "import asyncio",
        "from returnee import sweep",
        "from returnee.experiments.running.options import Where",
        "async def cell():",
        f"    print(len(sweep({DESIGN!r}, where=Where(scheduler={scheduler!r}))))",
        "asyncio.run(cell())",
    ]
    assert commands.run(code="\n".join(lines)) == "2\n"


def test_nobody_there_is_one_line_where_a_loop_is_running(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        address = f"tcp://127.0.0.1:{door.getsockname()[1]}"

    async def in_a_loop() -> None:
        sweep(DESIGN, tmp_path / "a", where=Where(scheduler=address))

    with pytest.raises(UsageError, match="found no answer"):
        run_loop(in_a_loop())
    assert not (tmp_path / "a").exists()


def said() -> str:
    """What the script prints, with the figures that threads find."""
    return f"begun\n{sweep(DESIGN)['jobs'].tolist()}\n"


def test_a_script_without_a_guard_runs_once(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text(SCRIPT.replace("WHERE", "Where(processes=True, workers=1)"), "utf-8")
    done = subprocess.run(
        [sys.executable, str(file)], cwd=tmp_path, capture_output=True, text=True, timeout=HANG
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert done.stdout == said()


def test_a_script_that_is_typed_in_starts_a_cluster_once(commands: Nursery, tmp_path: Path) -> None:
    """As Python reads it from standard input: its main module is no file."""
    text = SCRIPT.replace("WHERE", "Where(local_cluster=1)")
    process = commands.start("-", code=text, folder=tmp_path)
    assert process.communicate() == (said(), "") and process.returncode == 0
