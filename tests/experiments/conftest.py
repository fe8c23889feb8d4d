"""Small plans, and the command as a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from checkout import ROOT
from processes import Command

from returnee import Comparison, compare

SMALL = {"sample": 0.002, "months": 12}


@pytest.fixture(scope="session")
def small() -> Comparison:
    return compare(["linked", "no_support"], replicates=4, **SMALL)  # type: ignore[arg-type]


@pytest.fixture
def command() -> Iterator[Command]:
    started: list[subprocess.Popen[str]] = []

    def start(*words: object, **options: Any) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "returnee", *map(str, words)],
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
