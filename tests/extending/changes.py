"""Changes that docs/extending.md shows, made in a copy of the tree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from checkout import ROOT
from waiting import LIMIT

PAGE = ROOT / "docs" / "extending.md"
ROOMS = ("scenarios", "simulation", "experiments", "dashboard")
NEW = "/dev/null"


def changes_of(section: str) -> dict[str, list[tuple[str, str]]]:
    """What a section of the page changes: by file, lines that are there and what they become.

    A file that is new has one change, of nothing.
    """
    _, _, text = PAGE.read_text("utf-8").partition(f"\n## {section}\n")
    assert text, f"{PAGE.name}: no section {section}"
    found: dict[str, list[tuple[str, str]]] = {}
    for block in re.findall(r"```diff\n(.*?)```", text.partition("\n## ")[0], re.S):
        old, new, *lines = block.splitlines()
        path = new.removeprefix("+++ b/")
        assert old in (f"--- {NEW}", f"--- a/{path}"), old
        found[path] = [_before_and_after(hunk) for hunk in _hunks(lines)]
    return found


def _hunks(lines: list[str]) -> list[list[str]]:
    hunks: list[list[str]] = []
    for line in lines:
        if line.startswith("@@"):
            hunks.append([])
        else:
            hunks[-1].append(line or " ")
    return hunks


def _before_and_after(hunk: list[str]) -> tuple[str, str]:
    before, after = (
        "".join(f"{line[1:]}\n" for line in hunk if line[0] in kept) for kept in (" -", " +")
    )
    return before, after


def copy_with(section: str, folder: Path) -> Path:
    """A copy of the package, as it is installed, with a section's changes made; where it lies."""
    package = folder / "returnee"
    left_out = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(ROOT / "src" / "returnee", package, ignore=left_out)
    for room in ROOMS:
        shutil.copytree(ROOT / room, package / room, ignore=left_out)
    for name, changes in changes_of(section).items():
        path = package / name
        text = path.read_text("utf-8") if path.is_file() else ""
        for before, after in changes:
            assert text.count(before) == 1 or not text + before, f"{name}: not once:\n{before}"
            text = text.replace(before, after) if before else after
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def told(folder: Path, code: str) -> str:
    """What code prints that runs on a copy of the package, its rules in plain Python."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True,
        encoding="utf-8", timeout=LIMIT,
        env={**os.environ, "PYTHONPATH": str(folder), "NUMBA_DISABLE_JIT": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
