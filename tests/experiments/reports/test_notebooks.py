"""The notebooks of the guides: stored as run, small, and they still run."""

from __future__ import annotations

import os
import re
import tempfile
from itertools import product
from pathlib import Path

import nbformat
import pytest
from checkout import ROOT
from nbclient import NotebookClient
from waiting import LIMIT

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


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), found])))
    notebook = nbformat.read(path, 4)
    for cell, (large, small) in product(notebook.cells, SMALLER.items()):
        cell.source = cell.source.replace(large, small)
    stored = [_kinds(cell) for cell in notebook.cells if cell.cell_type == "code"]
    client = NotebookClient(
        notebook,
        timeout=int(LIMIT),
        startup_timeout=int(LIMIT),
        kernel_name="python3",
        resources={"metadata": {"path": tmp_path}},
    )
    kernel = client.create_kernel_manager()
    with tempfile.TemporaryDirectory() as folder:  # whose path is short enough for sockets
        # Through files: a port that is free when it is chosen may be another's when it is opened.
        kernel.transport, kernel.ip = "ipc", f"{folder}/kernel"
        client.execute()
    assert [_kinds(c) for c in notebook.cells if c.cell_type == "code"] == stored


def _kinds(cell: nbformat.NotebookNode) -> list[str]:
    """What a cell shows: its kinds of output, whatever the figures."""
    return sorted(kind for output in cell.outputs for kind in output.get("data", ["text"]))
