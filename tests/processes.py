"""Commands and programs that run as processes of their own."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from checkout import ROOT
from waiting import LIMIT, wait_until

PROGRAM = Path(__file__).with_name("nursery.py")
LIBRARIES = (
    "numba", "pandas", "pyarrow.parquet", "scipy.special", "pydantic", "jinja2", "typer.testing",
    "matplotlib.figure",
)  # fmt: skip
PLAINLY = {"NUMBA_DISABLE_JIT": "1"}  # rules are not compiled
MODEL = (*LIBRARIES, "distributed.cli.dask_scheduler", "distributed.cli.dask_worker", "warm")
ADDRESS = re.compile(r"tcp://127\.0\.0\.1:\d+")
DASK = "from dask.__main__ import main; main()"  # the command ``dask``


class Process:
    """A process that was forked, used like one of `subprocess`."""

    returncode: int | None

    def __init__(self, end: int, out: Any, err: Any) -> None:
        self.pid, self.returncode = 0, None
        self._end, self._out, self._err = end, out, err
        self._told = b""
        while b"\n" not in self._told:
            self._hear()
        self.pid = int(self._told.split(b"\n")[0])

    def _hear(self, limit: float = LIMIT) -> None:
        if not select.select([self._end], [], [], limit)[0]:
            raise subprocess.TimeoutExpired(str(self.pid), limit)
        heard = os.read(self._end, 64)
        assert heard, "nobody watches the process"
        self._told += heard
        if self._told.count(b"\n") == 2:
            self.returncode = int(self._told.split(b"\n")[1])
            os.close(self._end)

    def send_signal(self, number: int) -> None:
        """Send a signal, if it has not ended."""
        if self.returncode is None:
            try:
                os.kill(self.pid, number)
            except ProcessLookupError:  # just ended
                self.wait()

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float = LIMIT) -> int:
        """Wait for its end."""
        while self.returncode is None:
            self._hear(timeout)
        return self.returncode

    def communicate(self, timeout: float = LIMIT) -> tuple[str, str]:
        """Wait for its end; what it said."""
        self.wait(timeout)
        return self.said()

    def said(self) -> tuple[str, str]:
        """What it said until now, on standard output and standard error."""
        found = []
        for file in (self._out, self._err):
            file.seek(0)
            found.append(file.read().decode("utf-8"))
        return found[0], found[1]


Command = Callable[..., Process]


class Nursery:
    """Forks processes from one that has imported what they need.

    Parameters
    ----------
    modules
        What is imported.
    """

    def __init__(self, modules: Sequence[str]) -> None:
        self._door, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, str(PROGRAM), str(theirs.fileno()), *modules],
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()

    def start(
        self,
        *words: object,
        code: str | None = None,
        folder: Path = ROOT,
        path: Sequence[Path] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """Start a program: a file with its words, or code.

        `path`: folders that are looked through first; `environment`: what is set besides.
        """
        asked = {
            "words": list(map(str, words or ("-c",))),
            "code": code,
            "folder": str(folder),
            "path": list(map(str, path)),
            "environment": {**os.environ, **(environment or {})},
        }
        end, told = os.pipe()
        out, err = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
        text = json.dumps(asked).encode()
        socket.send_fds(self._door, [text], [out.fileno(), err.fileno(), told])
        os.close(told)
        return Process(end, out, err)

    def run(self, *words: object, **options: Any) -> str:
        """Run a program to its end; what it prints. Anything but success fails."""
        process = self.start(*words, **options)
        out, err = process.communicate()
        assert process.returncode == 0, err
        return out

    def end(self) -> None:
        """Start no more."""
        self._door.close()
        self._process.wait(LIMIT)


@contextmanager
def cluster(nursery: Nursery, number: int) -> Iterator[tuple[str, list[Process]]]:
    """A Dask scheduler and workers: its address, and they."""
    started: list[Process] = []

    def start(*words: str) -> Process:
        started.append(nursery.start("dask", *words, code=DASK))
        return started[-1]

    try:
        scheduler = start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        wait_until(lambda: ADDRESS.search(scheduler.said()[1]), "the scheduler said no address")
        address = ADDRESS.findall(scheduler.said()[1])[0]
        worker = ("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard")
        yield address, [start(*worker) for _ in range(number)]
    finally:
        for process in started:
            process.kill()
            process.wait()


def wait_for_parts(folder: Path, number: int) -> None:
    """Wait until so many jobs are kept; or all, if the machine let this process sleep that long."""
    wait_until(
        lambda: (
            len(list((folder / "parts").glob("*.parquet"))) >= number
            or (folder / "runs.parquet").exists()
        ),
        "no runs were finished",
    )
