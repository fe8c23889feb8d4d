"""A measure of one's own: two files of the package, and it stands in reports and on the dashboard.

Its row in `experiments/measuring/measures.py` says what it is called and how it is computed; a name
in `experiments/measuring/selections.py` says where it stands.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT

ROW = """    Measure(
        "firms_per_owner", "firms", FINAL, "firms ever registered per owner", "人均登记企业数", 1,
        lambda run: float(run.county.clock.firms) / max(run.monthly["owners"].iloc[-1], 1.0)),
"""
EDITS = {
    "experiments/measuring/measures.py": ("DERIVED: tuple[Measure, ...] = (\n", ROW),
    "experiments/measuring/selections.py": ("KEY = (\n", '    "firms_per_owner",\n'),
}
SHOWN = """
import json, sys
from returnee import compare
from returnee.dashboard.content.contrast import Contrast
from returnee.dashboard.live.runs import monthly_of
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports.compare import Page, difference_table, html_of
from returnee.experiments.statistics.effects import INDEX
from returnee.simulation import simulate

found = compare(["linked"], "no_support", replicates=2, sample=0.001, months=12)
measure = BY_NAME["firms_per_owner"]
run = simulate("linked", sample=0.001, months=12)
table = difference_table(found, "linked", "en")
effects = {label: rows.set_index("measure", drop=False).to_dict("index")
           for label, rows in found.effects.groupby("scenario")}
class Answer:
    plan, by_measure = found.plan, effects
rows = Contrast(Answer(), "zh").rows()
print(json.dumps({
    "value": measure.of(run), "kept": float(monthly_of(run)[INDEX[measure.name], -1]),
    "table": [str(row[0]) for row in table.rows], "page": measure.zh in html_of(found, "zh"),
    "dashboard": [row[0] for row in rows],
}))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package with the edits, as it would be installed."""
    there = tmp_path_factory.mktemp("extended")
    shutil.copytree(ROOT / "src" / "returnee", there / "returnee")
    for room in ("scenarios", "simulation", "experiments", "dashboard"):
        shutil.copytree(ROOT / room, there / "returnee" / room)
    for name, (after, line) in EDITS.items():
        path = there / "returnee" / name
        text = path.read_text("utf-8")
        assert text.count(after) == 1
        path.write_text(text.replace(after, after + line), "utf-8")
    return there


def test_an_indicator_takes_two_files(package: Path) -> None:
    import json

    done = subprocess.run(
        [sys.executable, "-c", SHOWN], cwd=package, capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(package), "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["value"] > 0 and found["kept"] == pytest.approx(found["value"], rel=1e-6)
    assert found["page"]
    assert found["table"][0] == "Firms ever registered per owner"
    assert found["dashboard"][0] == "人均登记企业数"
    assert len(EDITS) == 2
