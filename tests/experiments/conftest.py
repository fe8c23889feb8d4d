"""Small plans, and the command as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
import without_figures
from checkout import ROOT
from matplotlib.layout_engine import ConstrainedLayoutEngine
from processes import Command

from returnee import Comparison, compare

SMALL = {"sample": 0.002, "months": 12}


@pytest.fixture(scope="session")
def small() -> Comparison:
    return compare(["linked", "no_support"], replicates=4, **SMALL)  # type: ignore[arg-type]


@pytest.fixture(scope="module", autouse=True)
def not_laid_out() -> Iterator[None]:
    """Charts are drawn where they are: a layout moves letters only, and takes half of the time."""
    with patch.object(ConstrainedLayoutEngine, "execute"):
        yield


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages hold blank figures: what is drawn is not the point."""
    without_figures.leave_out(monkeypatch.setattr)


@pytest.fixture
def command() -> Iterator[Command]:
    started: list[subprocess.Popen[str]] = []

    def start(*words: object, drawn: bool = True, **options: Any) -> subprocess.Popen[str]:
        """Start the command; with blank figures if they are not the point."""
        program = ["-m", "returnee"] if drawn else [without_figures.__file__]
        process = subprocess.Popen(
            [sys.executable, *program, *map(str, words)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            **options,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
