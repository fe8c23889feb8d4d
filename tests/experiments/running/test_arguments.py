"""What people give functions from Python: values of other libraries, and values that are wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from returnee import compare, sensitivity, sweep
from returnee.experiments.arguments import as_declared
from returnee.experiments.errors import UsageError
from returnee.experiments.running.design.design import design_of, read_design
from returnee.experiments.running.merge import merge
from returnee.experiments.running.options import Where
from returnee.experiments.running.status import status_of
from returnee.experiments.studies.adapters import ema_model, mesa_parameters
from returnee.experiments.studies.calibration.calibrate import calibrate
from returnee.experiments.studies.calibration.targets import read_targets
from returnee.experiments.studies.compare_ensemble import compare_ensemble
from returnee.experiments.studies.efforts import CalibrationEffort
from returnee.experiments.studies.ensemble import ensemble
from returnee.experiments.studies.face import face_checks
from returnee.experiments.studies.linkage.experiment import linkage
from returnee.experiments.studies.linkage.robust import robust
from returnee.experiments.studies.points.budget import budget
from returnee.experiments.studies.points.discovery import discover
from returnee.experiments.studies.points.sweep import frame_of
from returnee.experiments.studies.validation import validate
from returnee.scenarios import ScenarioError, load_scenario

SMALL: dict[str, Any] = {"sample": 0.002, "months": 12}
LUCK = "behaviour.firm.luck_sd"


@pytest.mark.parametrize(
    ("value", "hint", "taken"),
    [
        (np.int64(3), int, 3),
        (np.float32(0.5), float, 0.5),
        (2, float, 2),
        (np.bool_(True), bool, True),
        ("linked", Sequence[str], ["linked"]),
        (("a", "b"), Sequence[str], ["a", "b"]),
        (np.array(["a"]), Sequence[str], ["a"]),
        (pd.Series(["a"]), Sequence[str], ["a"]),
        (range(2), Sequence[int], [0, 1]),
        (None, Sequence[str] | None, None),
        (Path("a.toml"), Sequence[str | Path] | None, [Path("a.toml")]),
        ("free", str | Sequence[str], "free"),
        ({"a": 1}, Mapping[str, Any] | None, {"a": 1}),
    ],
)
def test_values_of_other_libraries_are_taken(value: Any, hint: Any, taken: Any) -> None:
    found = as_declared(value, hint, "x")
    assert found == taken and type(found) is type(taken)


CALLS: list[tuple[Callable[..., Any], dict[str, Any], str]] = [
    (sweep, {"design": 5}, "design: found 5, allowed a text or a path or a mapping or a Design"),
    (sweep, {"design": {}, "out": 5}, "out: found 5, allowed a text or a path"),
    (sweep, {"design": {}, "where": "tcp://a:1"}, "where: found 'tcp://a:1', allowed a Where"),
    (sweep, {"design": {}, "max_runs": "9"}, "max_runs: found '9', allowed a whole number"),
    (sweep, {"design": {"axes": 5}}, "axes: found 5, allowed a table of keys"),
    (sweep, {"design": {5: 5}}, "design: found the key 5, allowed keys that are text"),
    (sweep, {"design": {"months": "12"}}, "months: found '12', allowed a whole number"),
    (sweep, {"design": {"months": 12.0}}, "months: found 12.0, allowed a whole number"),
    (sweep, {"design": {"scenarios": [5]}}, "scenarios: found 5, allowed a name or a path"),
    (frame_of, {"folder": None}, "folder: found nothing, allowed a text or a path"),
    (compare, {"scenarios": 5}, "scenarios: found 5, allowed"),
    (compare, {"scenarios": [5]}, "scenarios: found 5, allowed a text or a path or a Scenario"),
    (compare, {"against": None}, "against: found nothing, allowed"),
    (compare, {"months": "12"}, "months: found '12', allowed a whole number"),
    (compare, {"months": True}, "months: found true, allowed a whole number"),
    (compare, {"months": 12.5}, "months: found 12.5, allowed a whole number"),
    (compare, {"sample": "0.1"}, "sample: found '0.1', allowed a number"),
    (compare, {"replicates": None}, "replicates: found nothing, allowed a whole number"),
    (compare, {"replicates": 1.7}, "replicates: found 1.7, allowed a whole number"),
    (compare, {"seed": 1.9}, "seed: found 1.9, allowed a whole number"),
    (compare, {"workers": "2"}, "workers: found '2', allowed a whole number"),
    (compare, {"overrides": ["a"]}, "overrides: found ['a'], allowed a mapping"),
    (compare, {"overrides": {5: 1}, "scenarios": "linked"}, "overrides: found the key 5, allowed keys"),
    (compare, {"processes": "yes"}, "processes: found 'yes', allowed True or False"),
    (compare_ensemble, {"sets": "3"}, "sets: found '3', allowed a whole number"),
    (sensitivity, {"scenarios": 5}, "scenarios: found 5"),
    (sensitivity, {"over": 5}, "over: found 5, allowed a text or a list"),
    (sensitivity, {"over": []}, "over: found none, allowed free, all, or one parameter or more"),
    (sensitivity, {"over": [LUCK, LUCK]}, f"over: {LUCK}: found twice, allowed once"),
    (sensitivity, {"measures": []}, "measures: found none, allowed one or more"),
    (sensitivity, {"spread": "0.1"}, "spread: found '0.1', allowed a number"),
    (sensitivity, {"base": 64.0}, "base: found 64.0, allowed a whole number"),
    (sensitivity, {"scenarios": "nosuch", **SMALL}, "found 'nosuch'"),
    (discover, {"folder": 5}, "folder: found 5"),
    (discover, {"folder": "a", "target": 0}, "target: found 0, allowed a text"),
    (budget, {"per_year": "1e7"}, "per_year: found '1e7', allowed a number"),
    (budget, {"per_year": 1e7, "maximise": 5}, "maximise: found 5"),
    (linkage, {"cap": "1e7"}, "cap: found '1e7', allowed a number"),
    (linkage, {"overrides": 5}, "overrides: found 5, allowed a mapping"),
    (robust, {"points": "9"}, "points: found '9', allowed a whole number"),
    (validate, {"scenario": 5}, "scenario: found 5, allowed a text or a path"),
    (validate, {"patterns": 5}, "patterns: found 5, allowed a text"),
    (face_checks, {"seed": "1"}, "seed: found '1', allowed a whole number"),
    (calibrate, {"scenario": 5}, "scenario: found 5, allowed a text or a path"),
    (CalibrationEffort, {"replicates": "3"}, "replicates: found '3', allowed a whole number"),
    (Where, {"workers": "2"}, "workers: found '2', allowed a whole number"),
    (Where, {"scheduler": 8786}, "scheduler: found 8786, allowed a text"),
    (merge, {"out": 5}, "out: found 5"),
    (merge, {"out": "a", "folders": 5}, "folders: found 5, allowed a list"),
    (status_of, {"folder": 5}, "folder: found 5, allowed a text or a path"),
    (status_of, {"folder": "nowhere"}, "nowhere: found no manifest.json"),
    (ensemble, {"path": 5}, "path: found 5, allowed a path"),
    (read_targets, {"path": 5}, "path: found 5"),
    (read_design, {"path": 5}, "path: found 5"),
    (design_of, {"given": [1]}, "given: found [1], allowed a mapping"),
    (mesa_parameters, {"design": 5}, "design: found 5"),
    (ema_model, {"months": "12"}, "months: found '12', allowed a whole number"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("call", "given", "says"), CALLS, ids=[f"{c[0].__name__}-{k}" for k, c in enumerate(CALLS)]
)
def test_what_is_wrong_is_one_line_before_anything_is_written(
    call: Callable[..., Any], given: dict[str, Any], says: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    with pytest.raises((UsageError, ScenarioError)) as refusal:
        call(**given)
    assert says in str(refusal.value) and "\n" not in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_one_name_stands_for_a_list_and_numpy_counts() -> None:
    found = compare(
        "no_support", replicates=np.int64(2), sample=np.float64(0.002), months=np.int64(12),
        seed=np.int64(1), overrides={"behaviour.firm.luck_sd": np.float64(0.3)},
    )  # fmt: skip
    assert found.plan.compared == ["no_support"] and type(found.plan.settings.months) is int
    same = compare(
        [load_scenario("no_support", {LUCK: 0.3})], load_scenario("baseline", {LUCK: 0.3}),
        replicates=2, **SMALL,
    )  # fmt: skip
    assert found.runs.drop(columns="scenario").equals(same.runs.drop(columns="scenario"))
    indices = sensitivity(
        "no_support", over=(LUCK, "behaviour.firm.optimism"), measures="jobs", method="morris",
        trajectories=np.int64(2), replicates=1, **SMALL,
    )  # fmt: skip
    assert set(indices["scenario"]) == {"baseline", "no_support"}
