"""The linkage experiment: its design, its arithmetic, its runs and what it says."""

from __future__ import annotations

import json
import re
import shutil
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import test_snapshots as snapshots
from typer.testing import CliRunner

from returnee.experiments.commands.app import app
from returnee.experiments.errors import StoreError, UsageError
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import MAIN
from returnee.experiments.reports.html import html as page_of
from returnee.experiments.reports.linkage.report import Experiment, Links, Points
from returnee.experiments.reports.linkage.told import together
from returnee.experiments.running import jobs as executors
from returnee.experiments.running.options import RunSettings
from returnee.experiments.statistics.effects import HIGHER, UNCLEAR
from returnee.experiments.studies.compare_ensemble import OwnLuckPlan
from returnee.experiments.studies.efforts import BudgetEffort
from returnee.experiments.studies.ensemble import ensemble
from returnee.experiments.studies.linkage.best import best_mix
from returnee.experiments.studies.linkage.design import (
    CELLS,
    EQUAL,
    EXTRA,
    FACTORS,
    LINKAGE,
    LINKED,
    NOTHING,
    PILLARS,
    SILOED,
    cap_or_default,
    capped_label,
    cell_of,
    factorial,
    label_of_cell,
    levels,
    read_cell,
)
from returnee.experiments.studies.linkage.effects import (
    COST,
    OUTCOMES,
    effects_of,
    premium_of,
    spending_gap,
)
from returnee.experiments.studies.linkage.experiment import Linkage, linkage
from returnee.experiments.studies.linkage.gates import (
    GatesOver,
    contrasts,
    gates,
    gates_over,
    one_by_one,
)
from returnee.experiments.studies.linkage.robust import (
    Robust,
    bounds_of,
    hypercube,
    parameters,
    robust,
)
from returnee.experiments.words.texts import words
from returnee.scenarios import load_scenario, walk
from returnee.simulation import simulate

SMALL: dict[str, Any] = {"replicates": 2, "sample": 0.002, "months": 12}
WORDS = ("--replicates", 2, "--sample", 0.002, "--months", 12)
N_MEASURES = len(OUTCOMES) + 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("linkage")


@pytest.fixture(scope="module")
def found(folder: Path, told: Path) -> Linkage:
    snapshots.provide("linkage", told)  # the same, with one worker
    shutil.copytree(told / "linkage", folder / "main")
    return linkage(out=folder / "main", **SMALL)


@pytest.fixture(scope="module")
def points(folder: Path) -> Robust:
    return robust(3, out=folder / "robust", **SMALL)


def policy(scenario: Any) -> dict[str, Any]:
    values = {key: lever.value for key, lever in walk(scenario.policy)}
    return {key: value for key, value in values.items() if not key.startswith("budget.")}


def call(*given: object) -> Any:
    return CliRunner().invoke(app, list(map(str, given)))


# The design


def test_corners_are_the_shipped_scenarios() -> None:
    moved = levels()
    for name, cell in (("siloed", SILOED), ("linked", LINKED)):
        assert policy(read_cell(cell, moved, {})) == policy(load_scenario(name))
    nothing, shipped = policy(read_cell(NOTHING, moved, {})), policy(load_scenario("no_support"))
    differing = {f"policy.{key}" for key in nothing if nothing[key] != shipped[key]}
    assert differing <= moved[LINKAGE].keys()  # gates, which have nothing to act on


def test_every_factor_moves_levers_and_no_lever_twice() -> None:
    moved = levels()
    keys = [key for levers in moved.values() for key in levers]
    assert all(moved[factor] for factor in FACTORS) and len(keys) == len(set(keys))
    assert "policy.finance.grant_needs_certificate" in moved[LINKAGE]
    assert "policy.technology.extension_visits" in moved["services"]


def test_with_referral_and_gates_off_linked_is_siloed() -> None:
    moved = levels()
    off = {**moved, LINKAGE: {key: (no, no) for key, (no, _) in moved[LINKAGE].items()}}
    assert read_cell(LINKED, off, {}).id == read_cell(SILOED, moved, {}).id
    unlinked = load_scenario("linked", {key: no for key, (no, _) in moved[LINKAGE].items()})
    runs = [simulate(s, sample=0.01, months=24) for s in (unlinked, load_scenario("siloed"))]
    assert runs[0].monthly.equals(runs[1].monthly) and runs[0].ledger.equals(runs[1].ledger)


def test_linkage_alone_has_nothing_to_hand_on() -> None:
    moved = levels()
    runs = [
        simulate(read_cell(cell, moved, {}), sample=0.02, months=36)
        for cell in (NOTHING, cell_of(LINKAGE))
    ]
    for name in ("firms_open", "jobs", "returns", "rural_income"):
        assert runs[0].monthly[name].equals(runs[1].monthly[name]), name


def test_capped_spendings_are_equal() -> None:
    plan = factorial(cap_or_default(None), 1, RunSettings(), {})
    spent = {
        name: np.mean(
            [
                simulate(plan.scenarios[capped_label(name)], k, sample=0.02).ledger.sum().sum()
                for k in range(3)
            ]
        )
        for name in ("siloed", "linked")
    }
    assert spent["linked"] == pytest.approx(spent["siloed"], rel=EQUAL)


def test_a_plan_runs_the_premium_more_often() -> None:
    plan = factorial(1e7, 2, RunSettings(), {})
    tasks = plan.tasks()
    assert plan.replicates == 2 * EXTRA
    assert len({task.key for task in tasks}) == len(tasks)
    assert {task.point for task in tasks} == set(range(len(plan.scenarios)))
    assert sum(task.scenario == capped_label("linked") for task in tasks) == 2 * EXTRA
    assert sum(task.scenario == label_of_cell(1) for task in tasks) == 2


# The arithmetic


def cells_of(function: Any, replicates: int = 6) -> np.ndarray:
    """Values (64, replicates, measures) of a function of the switches, plus a replicate's luck."""
    on = np.arange(CELLS)[:, None] >> np.arange(len(FACTORS)) & 1
    luck = np.random.default_rng(3).normal(0, 5, (1, replicates, 1))
    return np.repeat(function(on)[:, None, None] + luck, N_MEASURES, axis=2)


def test_additive_data_have_no_interactions() -> None:
    gains = np.array([1.0, 2.0, -3.0, 0.0, 5.0, 0.5])
    effects = effects_of(cells_of(lambda on: 100.0 + on @ gains))
    main = effects[effects["measure"] == OUTCOMES[0]]
    pairs = main[main["kind"] == "interaction"]
    assert len(pairs) == 15
    assert (pairs[["value", "low", "high"]] == 0.0).all(axis=None)
    assert (pairs["verdict"] == UNCLEAR).all()
    for kind in ("alone", "last_linked", "shapley_linked", "main"):
        assert main[main["kind"] == kind]["value"].to_numpy() == pytest.approx(gains)


def test_an_interaction_is_found_where_it_is() -> None:
    effects = effects_of(cells_of(lambda on: 4.0 * on[:, 0] * on[:, 5]))
    main = effects[effects["measure"] == OUTCOMES[0]].set_index(["kind", "factor", "other"])
    for a, b in combinations(FACTORS, 2):
        expected = 4.0 if (a, b) == ("training", LINKAGE) else 0.0
        assert main.loc[("interaction", a, b), "value"] == pytest.approx(expected)
    assert main.loc[("shapley_linked", "training", ""), "share"] == pytest.approx(0.5)
    assert main.loc[("alone", "training", ""), "value"] == 0.0
    assert np.isnan(main.loc[("shapley", "training", ""), "share"])  # no joint effect siloed


def test_shapley_values_sum_to_the_joint_effect(found: Linkage) -> None:
    for kind, joint in (("shapley", "joint"), ("shapley_linked", "joint_linked")):
        rows = found.effects[found.effects["kind"] == kind].groupby("measure")["value"].sum()
        for name in OUTCOMES:
            total = found.effect(joint, "", name)["value"]
            assert rows[name] == pytest.approx(total, abs=1e-6)


def test_a_replicate_with_a_missing_cell_is_left_out() -> None:
    values = cells_of(lambda on: on.sum(axis=1))
    values[5, 0, 2] = np.nan
    assert effects_of(values)["value"].notna().all()
    with pytest.raises(ValueError, match="no replicate"):
        effects_of(np.full((CELLS, 2, N_MEASURES), np.nan))


def test_a_premium_and_its_rate() -> None:
    nothing = np.zeros((5, N_MEASURES))
    siloed, linked = np.full((5, N_MEASURES), 10.0), np.full((5, N_MEASURES), 12.0)
    siloed[:, -1], linked[:, -1] = 2e6, 2e6
    row = premium_of(siloed, linked, nothing).iloc[0]
    assert (row["difference"], row["per_million"], row["verdict"]) == (2.0, 1.0, HIGHER)
    same = premium_of(siloed, siloed, nothing).iloc[0]
    assert (same["difference"], same["p_higher"], same["verdict"]) == (0.0, 0.5, UNCLEAR)


# The runs


def test_figures_are_those_of_the_runs(found: Linkage) -> None:
    run = simulate(found.plan.scenarios[label_of_cell(SILOED)], 1, sample=0.002, months=12)
    for name in OUTCOMES[1:]:
        column = run.monthly[name]
        value = column.sum() if BY_NAME[name].kind == "flow" else column.iloc[-12:].mean()
        assert found.cells[SILOED, 1, OUTCOMES.index(name)] == pytest.approx(value)
    assert found.cells[SILOED, 1, -1] == pytest.approx(run.ledger.sum().sum())
    assert spending_gap(found.premiums, "capped") == pytest.approx(
        found.premium(COST)["linked"] / found.premium(COST)["siloed"] - 1.0
    )


def test_the_experiment_goes_on_where_it_was(folder: Path, found: Linkage, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    runs: list[int] = []
    whole = executors.run_task
    monkeypatch.setattr(executors, "run_task", lambda task, *rest: runs.append(1) or whole(task, *rest))  # fmt: skip
    again = linkage(out=folder / "main", **SMALL)
    assert runs == [] and again.effects.equals(found.effects)
    more = linkage(out=folder / "main", **{**SMALL, "replicates": 3})
    assert 0 < len(runs) == len(more.plan.tasks()) - len(found.plan.tasks())
    assert linkage(out=folder / "main", **SMALL).premiums.equals(found.premiums)


def test_an_interrupt_keeps_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    whole, runs = executors.run_task, []

    def stopped(task: Any, *rest: Any) -> Any:
        if len(runs) == 5:
            raise KeyboardInterrupt
        runs.append(task)
        return whole(task, *rest)

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(executors, "run_task", stopped)
    result = call("linkage", *WORDS, "--workers", 1)
    assert result.exit_code == 130 and "5 of 200 runs are kept" in result.stderr.splitlines()[-1]
    assert result.stdout == ""


def test_another_cap_is_another_plan(folder: Path, found: Linkage) -> None:
    with pytest.raises(StoreError, match="scenarios: found"):
        linkage(out=folder / "main", cap=9e6, **SMALL)


def test_points_lie_within_bounds_and_are_paired(points: Robust) -> None:
    moved = parameters(load_scenario("baseline"), "free")
    assert [lever.key for lever in moved] == [lever.key for lever in points.moved]
    assert all(lever.free for lever in moved)
    drawn = hypercube(moved, 50, 1)
    for k, lever in enumerate(moved):
        low, high = bounds_of(lever)
        assert lever.low <= low <= drawn[:, k].min() and drawn[:, k].max() <= high <= lever.high
    labels = list(points.plan.scenarios)
    assert labels[:3] == ["point 0 siloed", "point 0 linked", "point 0 ceiling"]
    worlds = [scenario.world_id for scenario in points.plan.scenarios.values()]
    assert worlds[::3] == worlds[1::3] == worlds[2::3] and len(set(worlds)) == 3
    ceiling = points.plan.scenarios["point 0 ceiling"].policy
    assert policy(points.plan.scenarios["point 0 ceiling"]) == policy(load_scenario("ceiling"))
    assert ceiling.budget.cap == cap_or_default(None) and points.most.shape == points.each.shape
    assert points.summary["ceiling"].iloc[-1] == pytest.approx(points.most[:, :, -1].mean())
    assert points.each.shape == (3, 2, N_MEASURES)
    assert points.gaps.shape == (3,) and points.alike.tolist() == [
        abs(g) <= EQUAL for g in points.gaps
    ]
    assert len(parameters(load_scenario("baseline"), "all")) > len(moved)


# The parts of linkage


def test_parts_are_opened_alone_and_left_out(folder: Path) -> None:
    few = gates(out=folder / "gates", replicates=1, sample=0.002, months=6)
    moved, n = levels()[LINKAGE], len(few.parts)
    assert few.parts == tuple(moved) and n == 6
    assert few.values.shape == (2 + 2 * n, EXTRA, N_MEASURES)
    labels = list(few.plan.scenarios)
    silos, linked = (load_scenario(name) for name in ("siloed", "linked"))
    assert policy(few.plan.scenarios["siloed"]) == policy(silos)
    assert policy(few.plan.scenarios[labels[1]]) == policy(linked)
    alone, out = policy(few.plan.scenarios[labels[2]]), policy(few.plan.scenarios[labels[2 + n]])
    key = few.parts[0].removeprefix("policy.")
    assert {k for k in alone if alone[k] != policy(silos)[k]} == {key}
    assert {k for k in out if out[k] != policy(linked)[k]} == {key}
    row = few.effect("last", few.parts[0], COST)
    assert row["value"] == pytest.approx((few.values[1] - few.values[2 + n])[:, -1].mean())
    assert row["spending_gap"] == pytest.approx(row["value"] / few.values[0, :, -1].mean())
    for lang in ("en", "zh"):
        told = Links(few, lang)
        html = told.page()
        assert told.text["gates"] in html and "<svg" not in html
        assert all(line[:30] in html for line in told.sentences())


def test_over_an_ensemble_parts_are_split_by_what_makes_runs_differ() -> None:
    sets, cells, rng = (
        ensemble().take([0, 1, 2], np.ones(3)),
        tuple(range(64)),
        np.random.default_rng(1),
    )
    silos = {"siloed": load_scenario("siloed")}  # what was run is in the values
    plan = OwnLuckPlan.of(sets, silos, 2, RunSettings(sample=0.002, months=6))
    parts = tuple(levels()[LINKAGE])
    values = 100.0 + rng.normal(0.0, 1.0, (64, 3, 2, N_MEASURES))
    values += (np.arange(64) >> 1 & 1)[:, None, None, None] * np.array([29.0, 30.0, 31.0])[:, None, None]  # fmt: skip
    found = GatesOver(plan, [], Path("nowhere"), "returnee", 8e6, parts, cells, values, "ensemble")
    row = found.effect("shapley", parts[1], MAIN)
    assert row["value"] == pytest.approx(30.0, abs=1.0) and row["verdict"] == "higher"
    assert row["band_low"] < row["low"] < row["high"] < row["band_high"]
    assert row[["luck", "parameters", "structure"]].sum() == pytest.approx(1.0)
    assert found.effects["spending_gap"].abs().max() > 0.2
    total = sum(found.effect("shapley", part, MAIN)["value"] for part in parts)
    assert total == pytest.approx(found.effect("joint", "", MAIN)["value"])
    for lang in ("en", "zh"):
        told = Links(found, lang)
        assert sum("30" in line or "29" in line for line in told.sentences()) >= 2
        sheet = told.effects(MAIN)
        assert len(sheet.head) == len(sheet.rows[0]) == 1 + 6 + 3 and "*" in sheet.rows[1][1]
    assert told.as_json()["sets"] == 3 and told.as_json()["replicates"] == 2


def test_all_combinations_give_shapley_values_that_sum_to_all() -> None:
    assert one_by_one(3) == (0, 7, 1, 2, 4, 6, 5, 3)
    kinds = [kind for kind, _, _ in contrasts(4, one_by_one(4))]
    assert "shapley" not in kinds and kinds.count("alone") == kinds.count("last") == 4
    rows = {kind: [] for kind in (*kinds, "shapley")}  # type: ignore[var-annotated]
    for kind, _, weights in contrasts(3, range(8)):
        rows[kind].append(weights)
    assert np.sum(rows["shapley"], axis=0) == pytest.approx(rows["joint"][0])


# What is said


@pytest.mark.parametrize(("low", "high", "key"), [(1, 9, "yes"), (-9, -1, "no"), (-3, 4, "unclear")])  # fmt: skip
def test_the_answer_is_what_came_out(found: Linkage, low: float, high: float, key: str) -> None:
    frame = found.premiums.copy()
    capped = frame["basis"] == "capped"
    cost = capped & (frame["measure"] == COST)
    frame.loc[cost, ["siloed", "linked", "difference"]] = (1e7, 1.01e7, 1e5)
    main = capped & (frame["measure"] == OUTCOMES[0])
    verdict = {"yes": HIGHER, "no": "lower", "unclear": UNCLEAR}[key]
    frame.loc[main, ["low", "high", "verdict"]] = (low, high, verdict)
    told = Linkage(found.plan, [], found.folder, found.command, found.cap, found.values)
    told.__dict__["premiums"] = frame
    for lang in ("en", "zh"):
        said = Experiment(told, lang)
        assert said.headline() == said.text[key]
    frame.loc[cost, "difference"] = 1e6
    assert said.headline() == said.text["unequal"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_needs_nothing_but_itself(found: Linkage, points: Robust, lang: str) -> None:
    said = Experiment(found, lang)
    html = page_of(together([said, Points(points, lang)]))
    assert not re.search(r"https?://", html) and "@import" not in html
    assert not re.search(r"(?:src|href)=\"(?!#|data:,)", html)
    assert html.count("<svg") == 2 + len(OUTCOMES) + 1
    assert "nan" not in re.sub(r"<svg.*?</svg>|financ\w+", "", html, flags=re.S).lower()
    assert all(line.split("'")[0][:30] in html for line in said.sentences())


def test_every_factor_has_a_name() -> None:
    assert words("en")["linkage"]["factors"].keys() == {*FACTORS, "venue"} and set(PILLARS) < set(
        FACTORS
    )


def test_the_command_prints_json_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Linkage, points: Robust
) -> None:
    monkeypatch.chdir(tmp_path)
    result = call("linkage", *WORDS, "--workers", 2, "--json")
    assert result.exit_code == 0, result.stderr
    content = json.loads(result.stdout)
    assert content["answer"] and len(content["premiums"]) == 6 * N_MEASURES
    assert (tmp_path / "results/linkage/report.html").exists()
    one = linkage(out=tmp_path / "results/linkage", **SMALL)
    assert np.array_equal(one.values, found.values, equal_nan=True)  # whatever the workers
    shutil.copytree(str(points.folder), tmp_path / "results" / "linkage-robust")
    said = call("linkage", "--robust", 3, *WORDS, "--json")
    assert len(json.loads(said.stdout)["points"]) == 3


def test_the_document_is_written_with_its_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: Linkage
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("returnee.experiments.commands.linkage.WIDE", 4)
    monkeypatch.setattr("returnee.experiments.commands.linkage.GATES", 1)
    parts = "returnee.experiments.studies.linkage.gates"
    monkeypatch.setattr(f"{parts}.EACH", 1)
    monkeypatch.setattr(f"{parts}.gates_over", partial(gates_over, sets=2))
    few = BudgetEffort(trials=4, population=4, keep=2, worlds=2, replicates=2)
    tiny = RunSettings(sample=0.002, months=12)
    mix = partial(best_mix, effort=few, settings=tiny)
    monkeypatch.setattr("returnee.experiments.studies.linkage.best.best_mix", mix)
    shutil.copytree(str(found.folder), tmp_path / "results" / "linkage")
    result = call("linkage", *WORDS, "--robust", 2, "--write-doc", "docs/linkage.md")
    assert result.exit_code == 0, result.stderr
    text = (tmp_path / "docs/linkage.md").read_text(encoding="utf-8")
    images = re.findall(r"\((images/[\w-]+\.svg)\)", text)
    assert len(images) == 5
    assert all((tmp_path / "docs" / image).read_text().startswith("<svg xmlns") for image in images)
    assert text.count("    returnee linkage --replicates 2") >= 5 and "nan" not in text.split()
    assert "--gates --every --over ensemble --robust 2" in text
    assert text.count("| Shapley value | spends |") == 3
    rows = [line.count("|") for line in text.splitlines() if line.startswith("|")]
    assert rows and str(tmp_path) not in text


BAD: list[tuple[Any, ...]] = [
    ("--replicates", 0),
    ("--cap", 0),
    ("--cap", "nan"),
    ("--cap", "much"),
    ("--workers", 0),
    ("--months", 0),
    ("--sample", 2),
    ("--robust", 1),
    ("--over", "some"),
    ("--set", "policy.training.places=5"),
    ("--set", "behaviour.nothing=1"),
    ("--set", "county.away_share"),
    ("--lang", "fr"),
]


@pytest.mark.parametrize("given", BAD, ids=lambda given: " ".join(map(str, given)))
def test_what_is_wrong_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[Any, ...]) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    result = call("linkage", *given)
    assert result.exit_code == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and result.stderr.startswith("returnee: ")
    assert list(tmp_path.iterdir()) == []


def test_policy_is_set_by_the_design() -> None:
    with pytest.raises(UsageError, match="found a policy key"):
        linkage(overrides={"policy.training.places": 5})
