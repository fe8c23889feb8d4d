"""Comparisons: paired, the same for any number of workers, and labelled."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from returnee import UsageError, compare
from returnee.experiments.reports.compare import Page
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.plan import together
from returnee.experiments.studies.compare import line_up
from returnee.scenarios import Scenario, load_scenario

PLACES = "policy.training.places"


def runs_of(workers: int, processes: bool = False) -> pd.DataFrame:
    found = compare(
        ["linked"], replicates=4, sample=0.002, months=12, workers=workers, processes=processes
    )
    by = ["scenario", "replicate", "indicator", "month"]
    frame = found.runs.astype({"scenario": str, "scenario_id": str, "indicator": str})
    return frame.sort_values(by).reset_index(drop=True)


def test_results_do_not_depend_on_workers() -> None:
    pd.testing.assert_frame_equal(runs_of(1), runs_of(2), check_exact=True)


def test_processes_give_what_threads_give() -> None:
    pd.testing.assert_frame_equal(runs_of(2), runs_of(1, processes=True), check_exact=True)


def test_a_policy_that_changes_nothing_has_exactly_no_effect() -> None:
    later = load_scenario("baseline", {PLACES: {1: 1000, 200: 2000}})
    assert later.id != load_scenario("baseline").id
    found = compare([later], replicates=3, sample=0.002, months=12)
    assert len(found.runs["scenario_id"].unique()) == 2
    told = found.effects.dropna(subset="difference")
    assert (told[["difference", "low", "high"]] == 0.0).all(axis=None)
    assert set(found.ratios["outcome"]) == {"can't tell apart"}


def test_policy_overrides_spare_the_reference() -> None:
    plan = line_up(
        ["baseline"], "baseline", 1, RunSettings(), {PLACES: 2000, "county.away_share": 0.5}
    )
    assert list(plan.scenarios) == ["baseline", "baseline_set"]
    reference, ours = plan.scenarios.values()
    assert (reference.policy.training.places, ours.policy.training.places) == (1000, 2000)
    assert reference.county.away_share == ours.county.away_share == 0.5


def test_scenarios_that_are_the_same_are_run_once() -> None:
    linked = load_scenario("linked")
    twin: Scenario = linked.with_(name="twin")
    plan = line_up([linked, twin], "baseline", 5, RunSettings(), {})
    assert plan.compared == ["linked", "twin"]
    assert len(plan.tasks()) == 10


def test_a_plan_is_the_same_every_time() -> None:
    plans = [line_up(["linked", "siloed"], "baseline", 3, RunSettings(), {}) for _ in range(2)]
    assert plans[0].tasks() == plans[1].tasks()
    tasks, scenarios = plans[0].tasks(), plans[0].scenarios
    groups = together(tasks, scenarios, 1)
    assert [len(group) for group in groups] == [3, 3, 3]
    assert all(len({task.replicate for task in group}) == 1 for group in groups)
    assert len(together(tasks, scenarios, 4)) == 9


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"replicates": 0}, "replicates: found 0"),
        ({"sample": 2.0}, "sample: found 2.0"),
        ({"months": 0}, "months: found 0"),
        ({"seed": -1}, "seed: found -1"),
        ({"workers": 0}, "workers: found 0"),
        ({"scenarios": ["baseline"]}, "found only the reference"),
    ],
)
def test_bad_arguments_are_refused_before_anything_runs(
    arguments: dict[str, object], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        compare(**{"scenarios": ["linked"], **arguments})  # type: ignore[arg-type]


def test_tables_have_labels_and_units() -> None:
    found = compare(["no_support"], replicates=2, sample=0.002, months=12)
    for table in (found.runs, found.effects, found.ratios):
        assert table.attrs["units"]["jobs"] == "jobs"
        assert table.attrs["labels"]["jobs"] and table.attrs["labels_zh"]["jobs"]
        assert table.attrs["labels_zh"]["no_support"] != table.attrs["labels"]["no_support"]
    named = set(found.runs.attrs["labels"])
    assert set(found.effects["measure"]) | set(found.effects["scenario"]) <= named


def test_another_county_or_behaviour_is_warned_of_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "baseline"\n[behaviour.firm]\nluck_sd = 0.35\n', "utf-8")
    found = compare(["linked"], mine, replicates=2, sample=0.002, months=12, progress=True)
    said = " ".join(capsys.readouterr().err.split())
    assert said.startswith(
        "warning: linked differs from mine in the county or in behaviour, not only in policy"
    )
    for lang, begins in (("en", "Linked differs from mine in the county"), ("zh", "四创联动与")):
        assert Page(found, lang).sentence("linked").startswith(begins)
    same = compare(["no_support"], replicates=2, sample=0.002, months=12)
    assert same.plan.other_worlds == []
