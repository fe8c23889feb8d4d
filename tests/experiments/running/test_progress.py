"""What is shown while runs are made: totals that are known, and one line in a notebook."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from checkout import ROOT
from nbclient import NotebookClient

from returnee.experiments.running.progress import Bar

HANG = 600  # seconds that only a hang takes


def test_beyond_what_was_expected_runs_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.begin(10, 0)
        for _ in range(13):
            bar.advance()
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["1 of 10 runs", "2 of 10 runs"] and lines[9] == "10 of 10 runs"
    assert lines[10:] == [f"{n} runs, more than the 10 expected" for n in (11, 12, 13)]


@pytest.mark.parametrize(("total", "done"), [(0, 0), (5, 5), (0, 3)])
def test_no_runs_are_no_trouble(total: int, done: int) -> None:
    with Bar() as bar:
        bar.begin(total, done)
        bar.advance()


def test_a_notebook_has_one_line_that_changes(tmp_path: Path) -> None:
    lines = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from returnee.experiments.running.progress import Bar
with Bar() as bar:
    bar.say("first")
    bar.say("second")
    bar.begin(40, 0)
    for _ in range(40):
        bar.advance()
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(lines)])
    client = NotebookClient(
        notebook, timeout=HANG, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    said, line = notebook.cells[0].outputs
    assert (said["output_type"], said["text"]) == ("stream", "first\nsecond\n")
    assert line["data"]["text/plain"] == "40 of 40 runs"
