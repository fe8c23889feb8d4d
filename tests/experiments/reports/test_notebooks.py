"""The notebooks of the guides: stored as run, small, and they still run."""

from __future__ import annotations

import importlib
import os
import re
from itertools import product
from pathlib import Path

import nbformat
import pytest
from checkout import ROOT

# Those of the course are tried with their pages (tests/test_course.py).
NOTEBOOKS = sorted(
    path
    for path in (ROOT / "docs" / "notebooks").glob("*.ipynb")
    if not path.stem.startswith("course-")
)
MOST = 300_000  # bytes
SMALLER = {
    "sample=0.01": "sample=0.002",
    '"sample": 0.005': '"sample": 0.002',
    '"months": 48': '"months": 12',
    '"replicates": 6': '"replicates": 2',
    "replicates=4": "replicates=2",
    "sets=20": "sets=12",
    "studies=30": "studies=8",
    "simulated=1000": "simulated=200",
}  # of what is run; each stands in a notebook
MACHINE = re.compile(r"/(?:home|tmp|root|work|Users|usr)/|[A-Z]:\\\\")


def test_they_are_there() -> None:
    assert {path.stem for path in NOTEBOOKS} >= {
        "sweep_to_figure",
        "own_county",
        "virtual_evaluation",
    }


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_with_its_outputs(path: Path) -> None:
    text = path.read_text("utf-8")
    cells = [c for c in nbformat.reads(text, 4).cells if c.cell_type == "code"]
    assert len(text.encode()) < MOST
    assert not MACHINE.search(text)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell.outputs]
    assert outputs
    assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]


def test_they_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other, as those of the course."""
    monkeypatch.syspath_prepend(str(ROOT))
    course = importlib.import_module("benchmarks.course")
    found = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), found])))
    notebooks = [nbformat.read(path, 4) for path in NOTEBOOKS]
    for notebook, (large, small) in product(notebooks, SMALLER.items()):
        for cell in notebook.cells:
            cell.source = cell.source.replace(large, small)
    stored = [_kinds_in(notebook) for notebook in notebooks]
    course.run(notebooks, tmp_path)
    for path, notebook, kinds in zip(NOTEBOOKS, notebooks, stored, strict=True):
        assert _kinds_in(notebook) == kinds, path.stem


def _kinds_in(notebook: nbformat.NotebookNode) -> list[list[str]]:
    return [_kinds(cell) for cell in notebook.cells if cell.cell_type == "code"]


def _kinds(cell: nbformat.NotebookNode) -> list[str]:
    """What a cell shows: its kinds of output, whatever the figures."""
    return sorted(kind for output in cell.outputs for kind in output.get("data", ["text"]))
