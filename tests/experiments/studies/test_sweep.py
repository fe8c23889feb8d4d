"""Sweeps: designs, plans, stores, shares, and what bad input gets."""

from __future__ import annotations

import json
import socket
import threading
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest
from typer.testing import CliRunner

from returnee import compare, sweep
from returnee.experiments.commands.app import app
from returnee.experiments.errors import StoreError, UsageError
from returnee.experiments.measuring.measures import NAMES
from returnee.experiments.running import executors as pools
from returnee.experiments.running import jobs
from returnee.experiments.running.design.design import design_of
from returnee.experiments.running.design.points import points_of
from returnee.experiments.running.jobs import Figures
from returnee.experiments.running.merge import merge
from returnee.experiments.running.options import Where
from returnee.experiments.running.plan import SweepPlan, plan_of
from returnee.experiments.running.status import status_of
from returnee.experiments.studies.points.sweep import frame_of
from returnee.scenarios import ScenarioError

PLACES, LUCK = "policy.training.places", "behaviour.firm.luck_sd"
SMALL: dict[str, Any] = {"sample": 0.002, "months": 12}
AXES: dict[str, Any] = {PLACES: [0, 3000], LUCK: [0.2, 0.4]}
DESIGN: dict[str, Any] = {
    "scenarios": ["baseline", "linked"], "replicates": 2, "axes": AXES, **SMALL
}  # fmt: skip
TOML = """
scenarios = ["baseline", "linked"]
replicates = 2
sample = 0.002
months = 12
[axes]
policy.training.places = [0, 3000]
behaviour.firm.luck_sd = [0.2, 0.4]
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    return sweep(DESIGN, tmp_path_factory.mktemp("sweep") / "a")


def say(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_a_row_for_each_run(found: pd.DataFrame) -> None:
    assert len(found) == 16 and found["error"].isna().all()
    keys = found[["scenario", "replicate", PLACES, LUCK]]
    assert not keys.duplicated().any()
    assert found.attrs["units"][PLACES] == "people/yr" and found.attrs["labels_zh"]["jobs"]
    assert found.attrs["failed"] == 0


def test_figures_are_those_of_a_comparison(found: pd.DataFrame) -> None:
    world = {LUCK: 0.4}
    told = compare(["linked"], replicates=2, overrides={**world, PLACES: 3000}, **SMALL)
    cube = told.cube
    levels = cube.levels[cube.labels.index("linked")]
    rows = found[(found["scenario"] == "linked") & (found[PLACES] == 3000) & (found[LUCK] == 0.4)]
    np.testing.assert_allclose(rows[list(NAMES)].to_numpy(), levels, rtol=1e-12)


@pytest.mark.parametrize("method", ["latin", "sobol"])
def test_drawn_points_stay_within_their_ranges(method: str) -> None:
    axes = {
        LUCK: {"low": 0.1, "high": 0.3},
        "policy.incubation.months": {"low": 12, "high": 15},
        "policy.linkage.contest_opens_credit": [True, False],
    }
    design = design_of({"method": method, "points": 64, "axes": axes})
    points = points_of(design)
    assert points[LUCK].between(0.1, 0.3).all()
    # In each quarter of a range as many points as in any other.
    assert (np.bincount(((points[LUCK] - 0.1) / 0.05).astype(int)) == 16).all()
    assert points["policy.incubation.months"].value_counts().to_dict() == dict.fromkeys(
        range(12, 16), 16
    )
    assert points["policy.linkage.contest_opens_credit"].sum() == 32
    assert points.equals(points_of(design))
    assert not points.equals(points_of(design_of({**design.plain(), "seed": 2})))


def test_runs_of_a_history_stand_together_and_jobs_cover_the_plan() -> None:
    axes = {LUCK: {"low": 0.2, "high": 0.4, "steps": 7}, PLACES: [0.0, 500.0, 1000.0]}
    design = design_of(
        {"scenarios": ["baseline", "coastal_shock", "linked"], "replicates": 40, "axes": axes}
    )
    plan = plan_of(design)
    runs = [run for number in range(plan.jobs) for run in plan.job(number, Figures()).runs]
    assert len(runs) == len(set(runs)) == plan.runs == 3 * 21 * 40
    # 7 worlds, that of the shock apart, 40 replicates.
    assert len(plan.histories) == 7 * 2 * 40
    sizes = plan.cuts[1:] - plan.cuts[:-1]
    assert sizes.min() >= 1 and sizes.max() <= plan.batch
    histories = set(plan.histories)
    assert all(cut in histories for cut in plan.cuts[:-1])


def test_a_plan_of_100_000_runs_is_made_at_once() -> None:
    axes = {LUCK: {"low": 0.2, "high": 0.4}}
    plan = plan_of(design_of({"method": "latin", "points": 50_000, "axes": axes, "replicates": 2}))
    last = plan.job(plan.jobs - 1, Figures()).runs[-1]
    assert plan.runs == 100_000 and (last.point, last.replicate) == (49_999, 1)
    assert plan.order.nbytes < 2e6


def test_a_table_of_points(tmp_path: Path) -> None:
    (tmp_path / "points.csv").write_text(f"{PLACES},{LUCK}\n100,0.3\n200,0.25\n", "utf-8")
    (tmp_path / "d.toml").write_text(
        'points = "points.csv"\nsample = 0.002\nmonths = 12\n', "utf-8"
    )
    runs = sweep(tmp_path / "d.toml")
    assert runs[[PLACES, LUCK]].to_numpy().tolist() == [[100.0, 0.3], [200.0, 0.25]]


def test_monthly_values_on_request(tmp_path: Path) -> None:
    runs = sweep({**DESIGN, "keep": "monthly"}, tmp_path / "a")
    monthly = pd.read_parquet(tmp_path / "a/monthly.parquet")
    returns = monthly[monthly["indicator"] == "returns"]
    by_run = returns.groupby(["scenario", "point", "replicate"])["value"].sum()
    np.testing.assert_allclose(
        by_run, runs.set_index(["scenario", "point", "replicate"]).sort_index()["returns"]
    )


def test_other_libraries_read_the_table(found: pd.DataFrame) -> None:
    path = f"{found.attrs['folder']}/runs.parquet"
    assert pd.read_parquet(path)["jobs"].sum() == found["jobs"].sum()
    assert pl.read_parquet(path)["jobs"].sum() == pytest.approx(found["jobs"].sum())
    told = duckdb.sql(f"select sum(jobs) from '{path}'").fetchall()
    assert told[0][0] == pytest.approx(found["jobs"].sum())


def test_a_finished_folder_is_read_and_not_run_again(
    found: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "simulate", None)
    again = sweep(DESIGN, found.attrs["folder"])
    assert again.equals(found)
    assert {path.name for path in Path(found.attrs["folder"]).iterdir()} <= {
        "manifest.json", "runs.parquet", "points.parquet", ".lock"
    }  # fmt: skip


def test_a_failed_run_is_a_row_and_can_be_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = jobs.simulate

    def sometimes(scenario: Any, replicate: int, *rest: Any) -> Any:
        if scenario.policy.training.places == 3000 and replicate == 1:
            raise RuntimeError("no luck")
        return whole(scenario, replicate, *rest)

    monkeypatch.setattr(jobs, "simulate", sometimes)
    broken = sweep(DESIGN, tmp_path / "a")
    assert broken.attrs["failed"] == 4 == status_of(tmp_path / "a")["failed"]
    assert set(broken["error"].dropna()) == {"RuntimeError: no luck"}
    assert broken["jobs"].isna().sum() == 4
    monkeypatch.setattr(jobs, "simulate", whole)
    assert sweep(DESIGN, tmp_path / "a").attrs["failed"] == 4  # resuming takes it as it is
    mended = sweep(DESIGN, tmp_path / "a", retry=True)
    fresh = sweep(DESIGN)
    assert mended.equals(fresh) and not (tmp_path / "a/parts").exists()


def test_shares_are_merged_to_the_same_table(tmp_path: Path, found: pd.DataFrame) -> None:
    for i in (1, 2):
        sweep(DESIGN, tmp_path / "a", shard=f"{i}/3")
    with pytest.raises(StoreError, match="found 3/3 unfinished"):
        merge(tmp_path / "a")
    assert not (tmp_path / "a/manifest.json").exists()
    assert status_of(tmp_path / "a")["left"] > 0
    sweep(DESIGN, tmp_path / "a", shard="3/3")
    merge(tmp_path / "a")
    name = "runs.parquet"
    assert (tmp_path / "a" / name).read_bytes() == (Path(found.attrs["folder"]) / name).read_bytes()
    assert frame_of(tmp_path / "a").equals(found)
    other = {**DESIGN, "seed": 2}
    sweep(other, tmp_path / "b", shard="1/2")
    with pytest.raises(StoreError, match="seed: found 2, allowed 1"):
        merge(tmp_path / "c", [tmp_path / "a/shard-1-of-3", tmp_path / "b/shard-1-of-2"])
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"axes": {"policy.training.place": [1]}}, "unknown key (did you mean policy.training.places"),
        ({"axes": {PLACES: []}}, "found an empty list, allowed one value or more"),
        ({"axes": {PLACES: [15000]}}, "found 15000, allowed a number from 0 to 10000 (people/yr)"),
        ({"axes": {PLACES: {"low": 10, "high": 14000}}, "method": "latin", "points": 2},
         "found 14000, allowed a number from 0 to 10000"),
        ({"axes": {PLACES: {"low": 10, "high": 5}}}, "low below high"),
        ({"axes": {PLACES: {"low": 1}}}, "found no high"),
        ({"axes": {PLACES: {"low": 1, "high": 5, "step": 2}}}, "places.step: found an unknown key"),
        ({"axes": {PLACES: {"low": 1, "high": 5}}, "method": "grid"}, "a range without steps"),
        ({"axes": {"policy.incubation.months": [12.5]}}, "found 12.5, allowed a whole number"),
        ({"axes": {"policy.linkage.contest_opens_credit": [1]}}, "found 1, allowed true or false"),
        ({"replicate": 2}, "unknown key (did you mean replicates?)"),
        ({"replicates": 0}, "replicates: found 0"),
        ({"method": "random"}, "method: found 'random', allowed grid, latin, sobol or table"),
        ({"method": "sobol", "axes": {PLACES: [1, 2]}}, "points: found none"),
        ({"method": "csv", "points": "none.csv", "axes": {}}, "found no such file"),
        ({"scenarios": []}, "scenarios: found []"),
        ({"scenarios": ["base"]}, "did you mean baseline"),
        ({"sample": 2}, "sample: found 2"),
        ({"replicates": 99_999}, "--max-runs allows more"),
    ],
)  # fmt: skip
def test_bad_designs_are_one_line_and_start_nothing(
    tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    with pytest.raises((UsageError, ScenarioError)) as refusal:
        sweep({**DESIGN, **change}, tmp_path / "a")
    assert says in str(refusal.value) and "\n" not in str(refusal.value)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "allowed CSV in UTF-8"),
        ("policy.training.plaices\n1\n", "column policy.training.plaices: found an unknown key"),
        (f"{PLACES}\n\n", "found no points"),
        (f"{PLACES}\n1,0.2\n2,0.4\n", "row 2: found 2 cells, allowed 1"),
        (f"{PLACES},{LUCK}\n1,0.2\n2\n", "row 3: found 1 cells, allowed 2"),
        (f"{PLACES},{LUCK}\n1,0.2\n2,\n", f"row 3: {LUCK}: found nothing"),
        (
            f"{PLACES}\n1\n19000\n",
            f"row 3: {PLACES}: found 19000, allowed a number from 0 to 10000",
        ),
    ],
)
def test_bad_tables_are_one_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "points.csv").write_text(text, "utf-8")
    with pytest.raises(UsageError) as refusal:
        sweep({"points": str(tmp_path / "points.csv"), **SMALL}, tmp_path / "a")
    assert says in str(refusal.value) and not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"seed": 2}, "seed: found 1, allowed 2"),
        ({"axes": {**AXES, LUCK: [0.2, 0.3]}}, "design.axes.behaviour.firm.luck_sd: found [0.2, 0.4]"),
        ({"axes": {**AXES, "policy.services.mentors": 7}}, "mentors: found 40, allowed 7"),
        ({"scenarios": ["baseline", "siloed"]}, "scenarios.linked"),
        ({"axes": {**AXES, "policy.services.mentors": {"1": 7, "13": 9}}}, "allowed [{"),
    ],
)  # fmt: skip
def test_another_design_is_refused(found: pd.DataFrame, change: dict[str, Any], says: str) -> None:
    folder = Path(found.attrs["folder"])
    with pytest.raises(StoreError) as refusal:
        sweep({**DESIGN, **change}, folder)
    said = str(refusal.value)
    assert says in said and "--as-new" in said
    assert len(said) < 400 and "\n" not in said


def test_a_changed_file_or_source_is_refused_unless_as_new(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('extends = "baseline"\n[policy.services]\nmentors = 10\n', "utf-8")
    design = {"scenarios": [str(mine)], "axes": {PLACES: [0, 10]}, **SMALL}
    first = sweep(design, tmp_path / "a")
    mine.write_text('extends = "baseline"\n[policy.services]\nmentors = 90\n', "utf-8")
    with pytest.raises(StoreError, match="policy.services.mentors: found 10, allowed 90"):
        sweep(design, tmp_path / "a")
    changed = sweep(design, tmp_path / "a", as_new=True)
    assert changed.attrs["folder"] == str(tmp_path / "a-2")
    assert not changed["public_cost"].equals(first["public_cost"])
    path = tmp_path / "a-2/manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**manifest, "fingerprint": "0"}), "utf-8")
    with pytest.raises(StoreError, match="fingerprint: found 0"):
        sweep(design, tmp_path / "a-2")


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.toml").write_text(TOML, "utf-8")
    dry = say("sweep", "d.toml", "--dry-run")
    assert dry.exit_code == 0 and "16 runs: 2 scenarios (baseline, linked), 4 points" in dry.output
    assert not Path("results").exists()
    assert say("sweep", "d.toml").exit_code == 0
    told = json.loads(say("status", "results/sweep-d", "--json").stdout)
    assert (told["runs"], told["finished"], told["left"]) == (16, 16, 0)
    assert say("status", "results").exit_code == 2
    assert say("sweep", "d.toml", "--shard", "3/2").exit_code == 2
    assert say("sweep", "d.toml", "--max-runs", "3").exit_code == 2
    refused = say("sweep", "d.toml", "--out", "x", "--scheduler", "tcp://127.0.0.1:9")
    assert refused.exit_code == 2 and "found no answer" in refused.stderr
    assert not Path("x").exists()
    Path("d.toml").write_text(TOML.replace("0.4", "0.41"), "utf-8")
    assert "--as-new" in say("sweep", "d.toml").stderr


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_who_is_no_scheduler_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    """Somebody takes the connection and says nothing, or something else."""
    monkeypatch.setattr(pools, "ANSWER", 2.0)
    held = []

    def greet() -> None:
        while True:
            try:
                held.append(door.accept()[0])
                held[-1].sendall(answer)
            except OSError:  # the other has left, or the test is over
                if door.fileno() < 0:
                    return

    with socket.create_server(("127.0.0.1", 0)) as door:
        threading.Thread(target=greet, daemon=True).start()
        port = door.getsockname()[1]
        with pytest.raises(UsageError, match="found no answer"):
            sweep(DESIGN, tmp_path / "a", where=Where(scheduler=f"127.0.0.1:{port}"))
        assert not (tmp_path / "a").exists()
    for connection in held:
        connection.close()


def test_plans_are_told_apart_by_what_is_run() -> None:
    def digest(**change: Any) -> str:
        design = design_of({**DESIGN, **change})
        return SweepPlan(design, points_of(design)).digest

    assert digest() == digest()
    assert len({digest(), digest(seed=2), digest(replicates=3), digest(axes={PLACES: [1]})}) == 4
