"""Rules of one's own in studies, results and commands."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from checkout import ROOT
from typer.testing import CliRunner

from returnee.command import app
from returnee.experiments.errors import UsageError
from returnee.experiments.reports.rules import COMMAND, document
from returnee.experiments.running.design.design import design_of
from returnee.experiments.running.jobs import Figures
from returnee.experiments.running.manifests import read_manifest, scenario_in
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.plan import plan_of
from returnee.experiments.studies.compare import compare
from returnee.experiments.studies.points.sensitivity import Effort, study_of
from returnee.experiments.studies.points.sweep import sweep
from returnee.scenarios import load_scenario
from returnee.scenarios.schema.own_rules import reading_with, rules_of

COPYING = ROOT / "docs" / "rules" / "copying.py"
TINY = {"sample": 0.001, "months": 6, "burn_in": 12}
AXES = {"axes": {"rules.copying": [0, 3]}, "sample": 0.001, "months": 6}
compiled = pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="not compiled")


def said(*words: str) -> str:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_an_axis_may_be_a_lever_of_the_rules() -> None:
    with pytest.raises(UsageError, match="unknown key"):
        design_of(AXES)
    with reading_with(COPYING):
        design = design_of(AXES)
        assert design.axes[0].values == (0.0, 3.0) and design.axes[0].type is float
        plan = plan_of(design)
        job = plan.job(0, Figures())
        assert plan.models == [rules_of(COPYING)]
    usual = plan_of(design_of({"axes": {"behaviour.firm.luck_sd": [0.2]}}))
    assert plan.digest != usual.digest and not usual.models
    # What a worker elsewhere reads has the rules, though nobody reads with them there.
    job.scenes.check()
    there = job.scenes.of(job.runs[0])
    assert there.rules is not None and there.rules.text == COPYING.read_text("utf-8")
    assert there.rules.values == (("copying", 0.0),)


def test_a_lever_of_the_rules_can_be_moved_in_a_sensitivity_study() -> None:
    effort = Effort(over=["rules.copying"])
    with reading_with(COPYING):
        study = study_of(["linked"], "baseline", effort, RunSettings(), {})
    assert study.keys == ["rules.copying"] and study.bounds.tolist() == [[0.7, 1.3]]


@compiled
def test_studies_keep_and_name_the_rules(tmp_path: Path) -> None:
    weak = load_scenario("baseline", {"rules": COPYING, "rules.copying": 3.0})
    found = compare([weak], replicates=1, out=tmp_path / "a", **TINY)
    assert found.plan.compared == ["baseline_set"]
    kept = scenario_in(tmp_path / "a", "baseline_set")
    assert kept.id == weak.id and kept.rules == weak.rules and "copying.py" in kept.title_en
    copy = tmp_path / "a" / "inputs" / f"copying-{weak.rules.mark}.py"  # type: ignore[union-attr]
    assert copy.read_text("utf-8") == COPYING.read_text("utf-8")
    runs = sweep(AXES, out=tmp_path / "b", rules=COPYING)
    assert runs["away"].nunique() == 2 and runs.attrs["labels_zh"]["rules.copying"].startswith(
        "人们"
    )
    told = read_manifest(tmp_path / "b")
    assert told["rules"]["file"] == "copying.py" and told["rules"]["replaces"] == ["home_pull"]
    assert told["fingerprint"].endswith(f"+{rules_of(COPYING).mark}")
    assert f"--rules {COPYING}" in told["command"]
    with pytest.raises(UsageError, match="allowed"):  # the same design without the rules
        sweep({**AXES, "axes": {"behaviour.firm.luck_sd": [0.2, 0.3]}}, out=tmp_path / "b")


@compiled
def test_a_run_of_the_command_line_names_them(tmp_path: Path) -> None:
    words = ["run", "baseline", "--rules", str(COPYING), "--set", "rules.copying=3", "--json"]
    words += ["--sample", "0.001", "--months", "6", "--out", str(tmp_path / "r")]
    found = json.loads(said(*words))
    assert found["rules"]["sha256"] == rules_of(COPYING).digest
    assert read_manifest(tmp_path / "r")["scenarios"]["baseline"]["rules"]["levers"] == {
        "copying": 3.0
    }


def test_the_command_lists_shows_checks_and_writes_rules(tmp_path: Path) -> None:
    names = {row["name"]: row for row in json.loads(said("rules", "--json"))}
    assert names["home_pull"]["signature"] == "home_pull(worker, share_home, behaviour, month)"
    assert "score_of_leaving" in names["home_pull"]["used_in"]
    assert "pull -= behaviour.returning_city_home" in said("rules", "home_pull")
    for path in (tmp_path / "all.py", tmp_path / "one.py"):
        name = ["home_pull"] if path.stem == "one" else []
        said("rules", *name, "--write", str(path))
        assert set(json.loads(said("rules", "--check", str(path), "--json"))["replaces"]) == {
            *(name or names)
        }
        exec(compile(path.read_text("utf-8"), path.name, "exec"), {})
    assert "rules.copying: a number from 0 to 3" in said("rules", "--check", str(COPYING))
    again = CliRunner().invoke(app, ["rules", "--write", str(tmp_path / "all.py")])
    assert again.exit_code != 0


def test_the_page_of_rules_is_current() -> None:
    page = (ROOT / "docs" / "replaceable.md").read_text("utf-8")
    assert page == document(), f"run: {COMMAND}"


def test_the_page_shows_the_file_that_is_there() -> None:
    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    assert f"```python\n{COPYING.read_text('utf-8')}```" in page
