"""A process that has imported what others need, and is forked for each of them: see `processes.Nursery`.

What is asked for comes by a socket, with open files for what the child says and for how it ends. Imports
take longer than most of what tests have such processes do.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import socket
import sys
from contextlib import suppress
from importlib import import_module
from typing import Any

OUT, ERR, END = range(3)  # files that come with a question
MOST = 2**20  # bytes of a question


def watch(asked: dict[str, Any], files: list[int]) -> bool:
    """Fork a child, tell its number, and how it ended; True in the child itself."""
    child = os.fork()
    if child == 0:
        os.dup2(files[OUT], 1)
        os.dup2(files[ERR], 2)
        for file in files:
            os.close(file)
        return True
    os.write(files[END], f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    os.write(files[END], f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def ended(options: int) -> None:
    """Take leave of those that ended; their time is then counted as this process's."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def serve(door: socket.socket) -> dict[str, Any] | None:
    """Answer questions until nobody asks; in a child, what it is asked to do."""
    while True:
        text, files, _, _ = socket.recv_fds(door, MOST, 3)
        ended(os.WNOHANG if text else 0)
        if not text:
            return None
        asked = json.loads(text)
        if os.fork() == 0:
            door.close()
            watch(asked, list(files))
            return dict(asked)
        for file in files:
            os.close(file)


def do(asked: dict[str, Any]) -> None:
    """Be the process that was asked for."""
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    if os.environ.get("NUMBA_DISABLE_JIT") == "1":
        import_module("numba").config.DISABLE_JIT = 1
    sys.argv = asked["words"]
    sys.path[:0] = ["" if asked["code"] else os.path.dirname(sys.argv[0]), *asked["path"]]
    if not asked["code"]:
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        main = type(sys)("__main__")
        sys.modules["__main__"] = main
        exec(compile(asked["code"], "<code>", "exec"), vars(main))  # noqa: S102


def main() -> None:
    """Import what is named, and serve."""
    door = socket.socket(fileno=int(sys.argv[1]))
    for name in sys.argv[2:]:
        import_module(name)
    sys.path.pop(0)
    gc.collect()
    gc.freeze()
    if asked := serve(door):
        do(asked)


if __name__ == "__main__":
    main()
