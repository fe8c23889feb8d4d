"""The changes in docs/extending.md: each is applied to a copy of the checkout and run there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from waiting import LIMIT

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "extending.md"
ROOMS = ("simulation", "scenarios", "experiments", "dashboard")
MOST_FILES = {"A lever with a cost and a mechanism": 4, "A kind of service": 5}
BLOCK = re.compile(r"(?:^`([\w/.]+)`\n\n)?^```(diff|python)\n(.*?)^```$", re.M | re.S)


def sections() -> dict[str, str]:
    """Text of each section of the page that shows a change."""
    parts = re.split(r"^## (.*)\n", PAGE.read_text("utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def changed(text: str, diff: str) -> str:
    """`text` with the hunks of a diff applied, whose context must occur once."""
    for hunk in diff.split("@@\n"):
        lines = hunk.splitlines()
        before, after = (
            "\n".join(line[1:] for line in lines if line[:1] != left_out) for left_out in "+-"
        )
        assert text.count(f"\n{before}") == 1, f"{before!r} stands there {text.count(before)} times"
        text = text.replace(f"\n{before}", f"\n{after}")
    return text


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with the package as it would be installed from this checkout."""
    package = tmp_path / "returnee"
    shutil.copytree(ROOT / "src" / "returnee", package)
    for room in ROOMS:
        shutil.copytree(ROOT / room, package / room)
    return package


def test_every_section_is_tried() -> None:
    assert set(sections()) == set(MOST_FILES)


@pytest.mark.parametrize("name", MOST_FILES)
def test_a_change_is_complete_as_it_stands(copy: Path, tmp_path: Path, name: str) -> None:
    touched, script = set(), ""
    for path, language, body in BLOCK.findall(sections()[name]):
        if language == "python":
            script += body
            continue
        touched.add(path)
        file = copy / path
        file.write_text(changed(file.read_text("utf-8"), body), "utf-8")
    assert 0 < len(touched) <= MOST_FILES[name] and "assert" in script
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        cwd=tmp_path,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(tmp_path)},
    )
    assert run.returncode == 0, run.stderr
