"""The ensemble: what ships can be used, bad files are refused, parameters are told from luck."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from markupsafe import escape
from typer.testing import CliRunner

from returnee import UsageError
from returnee.experiments.commands.app import app
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.reports.ensemble import OverSets
from returnee.experiments.reports.html import fill
from returnee.experiments.reports.html import html as page_of
from returnee.experiments.reports.linkage.posterior import Fitted, Wide
from returnee.experiments.reports.linkage.summary import summary
from returnee.experiments.running.options import RunSettings
from returnee.experiments.statistics.effects import HIGHER, UNCLEAR
from returnee.experiments.statistics.ensemble import split, weighted_mean, weighted_quantile
from returnee.experiments.studies.compare import line_up
from returnee.experiments.studies.compare_ensemble import (
    Ensemble,
    EnsembleComparison,
    OwnLuckPlan,
    compare_ensemble,
)
from returnee.experiments.studies.ensemble import FILE, ensemble, origin
from returnee.experiments.studies.linkage.conditions import LOST, conditions, regions_of
from returnee.experiments.studies.linkage.posterior import posterior
from returnee.experiments.words.texts import words
from returnee.scenarios import load_scenario, walk

SMALL: dict[str, Any] = {"sample": 0.002, "months": 12}
SHARE = "behaviour.firm.luck_sd"


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> EnsembleComparison:
    folder = tmp_path_factory.mktemp("ensemble") / "main"
    return compare_ensemble(["no_support", "linked"], sets=3, out=folder, **SMALL)


def test_what_ships_lies_within_what_is_allowed_and_moves_free_parameters_only() -> None:
    sets = ensemble()
    free = {key for key, lever in walk(load_scenario("baseline")) if lever.free}
    assert 20 <= len(sets) <= 100
    assert all({key for key in values if ".structure." not in key} <= free for values in sets)
    assert sets.structures[0] == "all" and sets.weights.sum() == pytest.approx(1.0)
    assert len({tuple(values.values()) for values in sets}) == len(sets)
    for values in sets:
        load_scenario("linked").with_(values)  # refuses what is out of range
    made = origin()
    assert made["sets"] == len(sets) and made["command"].startswith("returnee calibrate")
    assert "return_rate" in made["targets"]


def test_sets_are_copies() -> None:
    ensemble()[0].clear()
    assert ensemble()[0]


def test_some_sets_are_the_best_and_far_from_each_other() -> None:
    few, every = ensemble().some(4), ensemble()
    assert few[0] == every[0] and len(few) == 4 and few.weights.sum() == pytest.approx(1.0)
    assert all(values in every for values in few)
    with pytest.raises(UsageError, match="sets: found 9999, allowed 2 to"):
        every.some(9999)


BAD = {
    "unknown": ("behaviour.firm.lucky\n1\n", "row 1: found 'behaviour.firm.lucky' (did you mean"),
    "policy": ("policy.training.places\n1\n", "allowed behaviour or county parameters"),
    "twice": (f"{SHARE},{SHARE}\n0.1,0.2\n", "twice, allowed once"),
    "none": (f"{SHARE}\n", "found no set"),
    "empty": ("", "found no set"),
    "cells": (f"{SHARE}\n0.1\n0.1,0.2\n", "row 3: found 2 cells, allowed 1"),
    "range": (f"{SHARE}\n0.1\n7\n", f"row 3: {SHARE}: found 7, allowed a number from 0 to 1"),
    "word": (f"{SHARE}\nmuch\n", "row 2"),
    "weight": (f"{SHARE},weight\n0.1,-1\n", "row 2: weight: found '-1', allowed a number from 0"),
    "weights": (f"{SHARE},weight\n0.1,0\n", "weight: found nothing above 0"),
    "structure": (
        f"{SHARE},structure\n0.1,no_signal\n",
        "found 'no_signal' (did you mean no_signals",
    ),
    "switch": ("behaviour.structure.signals\nmaybe\n", "found 'maybe', allowed true or false"),
    "nan": (f"{SHARE}\nnan\n", "found nan, allowed a number from 0 to 1"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    content, message = BAD[name]
    Path(f"{name}.csv").write_text(content, encoding="utf-8")
    result = CliRunner().invoke(app, ["compare", "linked", "--over", f"{name}.csv"])
    assert result.exit_code == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and message in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.csv"]


@pytest.mark.parametrize(
    "words",
    [
        ("compare", "linked", "--over", "everything"),
        ("compare", "linked", "--over", "ensemble", "--sets", "1"),
        ("compare", "linked", "--over", "ensemble", "--set", f"{SHARE}=0.2"),
        ("compare", "linked", "--over", "ensemble", "--replicates", "0"),
        ("compare", "linked", "--over", "missing.csv"),
        ("compare", "linked", "--sets", "4"),
        ("linkage", "--over", "everything"),
        ("linkage", "--over", "ensemble", "--set", f"{SHARE}=0.2"),
    ],
    ids=" ".join,
)
def test_what_is_wrong_is_one_line(
    words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and not list(tmp_path.iterdir())


def test_parameters_are_told_from_luck() -> None:
    rng = np.random.default_rng(4)
    sets, replicates, between, within = 4000, 3, 4.0, 9.0
    effect = 5.0 + rng.normal(0.0, between**0.5, (sets, 1))
    each = effect + rng.normal(0.0, within**0.5, (sets, replicates))
    parts = split(each)
    assert parts.difference == pytest.approx(5.0, abs=0.15)
    assert parts.variance == pytest.approx(between + within, rel=0.05)
    assert parts.parameters == pytest.approx(between / (between + within), abs=0.03)
    assert parts.structure == 0.0 and parts.luck == pytest.approx(1.0 - parts.parameters)
    assert parts.high - parts.difference == pytest.approx(1.645 * between**0.5, rel=0.05)
    assert parts.mean_high - parts.difference == pytest.approx(
        1.645 * ((between + within / replicates) / sets) ** 0.5, rel=0.05
    )
    assert parts.verdict == HIGHER and 0.93 < parts.same_sign < 0.99


def test_runs_that_failed_are_left_out() -> None:
    rng = np.random.default_rng(5)
    each = rng.normal(0.0, 2.0, (3000, 1)) + rng.normal(0.0, 1.0, (3000, 4))
    whole = split(each)
    each[::3, :2] = np.nan
    each[1] = np.nan
    holes = split(each)
    assert (holes.sets, holes.runs) == (2999, int(np.isfinite(each).sum()))
    assert holes.parameters * holes.variance == pytest.approx(4.0, rel=0.1)
    assert holes.luck * holes.variance == pytest.approx(whole.luck * whole.variance, rel=0.1)
    assert holes.verdict == UNCLEAR


def test_luck_alone_is_not_taken_for_parameters() -> None:
    shares = [
        split(np.random.default_rng(k).normal(1.0, 1.0, (40, 2))).parameters for k in range(200)
    ]
    assert np.mean(shares) < 0.1 and np.mean(np.array(shares) == 0.0) > 0.4


def test_three_sources_are_told_apart() -> None:
    """The law of total variance with known variances and weights, estimated without bias."""
    share, middle, tau, sigma = np.array([0.5, 0.3, 0.2]), np.array([0.0, 2.0, -1.0]), 1.0, 2.0
    names, rng = np.repeat(["all", "no_signals", "no_succession"], [20, 12, 8]), np.random.default_rng(1)  # fmt: skip
    variants = np.unique(names, return_inverse=True)[1]
    found = []
    for _ in range(150):
        weights = rng.uniform(0.5, 1.5, 40)
        weights *= (share / np.bincount(variants, weights))[variants]
        sets = middle[variants] + rng.normal(0.0, tau, 40)
        parts = split(sets[:, None] + rng.normal(0.0, sigma, (40, 2)), weights, names.tolist())
        shares = np.array([parts.luck, parts.parameters, parts.structure])
        assert shares.sum() == pytest.approx(1.0) and parts.structures == 3
        found.append([*shares * parts.variance, parts.mean_low < share @ middle < parts.mean_high])
    between = share @ (middle - share @ middle) ** 2
    assert np.mean(found, axis=0)[:3] == pytest.approx([sigma**2, tau**2, between], abs=0.2)
    assert 0.82 < np.mean(found, axis=0)[3] < 0.97
    # Without luck or parameters, sets of the same structure say the same.
    sure = split(np.repeat(middle[variants][:, None], 2, axis=1), weights, names.tolist())
    assert (sure.structure, sure.luck) == (1.0, 0.0)
    assert (sure.low, sure.high) == pytest.approx((-1.0, 2.0)) and sure.variance == between


def test_weights_count_sets() -> None:
    """A set with twice the weight counts as two sets that say the same; equal weights as numpy has it."""
    values = np.random.default_rng(2).normal(size=9)
    at = [0.05, 0.5, 0.95]
    np.testing.assert_allclose(weighted_quantile(values, np.ones(9), at), np.quantile(values, at))
    assert weighted_mean(values[:2], np.array([2.0, 1.0])) == (2 * values[0] + values[1]) / 3
    each = np.random.default_rng(3).normal(size=(9, 2))
    none = np.r_[np.ones(8), 0.0]
    assert split(each, none) == split(each[:8])


def test_weights_and_structures_are_read(tmp_path: Path) -> None:
    path = tmp_path / "sets.csv"
    path.write_text(f"{SHARE},structure,weight\n0.1,all,3\n0.2,no_signals,1\n0.3,no_signals,4\n")
    sets = ensemble(path)
    assert sets.structures == ("all", "no_signals", "no_signals")
    assert sets.weights.tolist() == [0.375, 0.125, 0.5]
    signals = "behaviour.structure.signals"
    assert [values[signals] for values in sets] == [True, False, False]
    came = [sets.values.index(one) for one in sets.by_weight(8)]
    assert came[:3] == [2, 0, 2] and sorted(came) == [0, 0, 0, 1, 2, 2, 2, 2]
    assert sets.some(2).weights.sum() == pytest.approx(1.0)
    load_scenario("linked").with_(sets[1])
    columns = tmp_path / "columns.csv"
    columns.write_text(f"{SHARE},{signals}\n0.1,True\n0.2,0\n")
    assert ensemble(columns).structures == ("all", "no_signals")


def test_no_interval_without_sets_or_replicates() -> None:
    for each in (np.zeros((2, 5)), np.arange(5.0)[:, None], np.full((4, 2), np.nan)):
        parts = split(each)
        assert (
            np.isnan([parts.low, parts.high, parts.mean_low, parts.luck]).all()
            and parts.verdict == UNCLEAR
        )


def test_every_set_has_luck_of_its_own_and_scenarios_share_it() -> None:
    settings = RunSettings(1, 0.002, 12)
    base = line_up(["linked"], "baseline", 2, settings, {})
    plan = OwnLuckPlan.of(ensemble().some(3), base.scenarios, 2, settings)
    tasks = plan.tasks()
    assert len(tasks) == 3 * 2 * 2 and plan.replicates == 6
    met = {(task.point, task.replicate) for task in tasks}
    assert met == {(k, 2 * k + r) for k in range(3) for r in range(2)}
    values = np.full((6, 6, 1), np.nan)
    place = {label: k for k, label in enumerate(plan.scenarios)}
    for task in tasks:
        values[place[task.scenario], task.replicate] = 100 * task.point + task.replicate
    own = plan.own(values)
    assert own.shape == (2, 3, 2, 1) and np.array_equal(own[0], own[1])
    assert own[0, :, :, 0].tolist() == [[0, 1], [102, 103], [204, 205]]


def test_a_policy_that_changes_nothing_has_no_effect_in_any_set(tmp_path: Path) -> None:
    later = {"policy.training.places": {1: 1000, 200: 2000}}
    same = compare_ensemble(["baseline"], overrides=later, sets=3, out=tmp_path / "a", **SMALL)
    row = same.effect("baseline_set", "jobs")
    assert (row["difference"], row["low"], row["high"], row["sets"]) == (0.0, 0.0, 0.0, 3)
    assert row["reference"] == row["level"] > 0.0


def test_flows_are_by_year_and_spending_is_told_from_none(found: EnsembleComparison) -> None:
    row = found.effect("no_support", "public_cost")
    assert row["difference"] < 0.0 and row["same_sign"] == 1.0
    assert found.effects["measure"].nunique() == len(BY_NAME)
    assert found.values.shape[:3] == (3, 3, 2) and not found.failures


def test_finished_runs_are_not_run_again(found: EnsembleComparison) -> None:
    runs = found.folder / "runs.parquet"
    before = runs.stat().st_mtime_ns
    again = compare_ensemble(["no_support", "linked"], sets=3, out=found.folder, **SMALL)
    assert runs.stat().st_mtime_ns == before
    assert again.effects.equals(found.effects)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_needs_nothing_but_itself(found: EnsembleComparison, lang: str) -> None:
    page = OverSets(found, lang).page()
    assert "<svg" in page and "http" not in page and ">nan<" not in page
    assert all(words(lang)["uncertain"][key] in page for key in ("band", "structure", "variant"))


def test_the_command_prints_json_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["compare", "linked", "--over", "ensemble", "--sets", "3", "--sample", "0.002"]
    result = CliRunner().invoke(app, [*words, "--months", "12", "--json"])
    assert result.exit_code == 0, result.stderr
    content = json.loads(result.stdout)
    assert content["sets"] == 3 and content["over"] == "ensemble"
    assert {"low", "mean_low", "parameters", "structure"} <= content["scenarios"][0]["effects"][
        0
    ].keys()
    assert (tmp_path / "results/compare-ensemble/report.html").exists()
    text = CliRunner().invoke(app, [*words, "--months", "12", "--lang", "zh"])
    assert "随机波动" in text.stdout and "参数" in text.stdout


def test_linkage_over_the_ensemble(tmp_path: Path) -> None:
    """Premium, ceiling, no support and a mix in sets of two structures, and what is told of them."""
    keys = list(ensemble()[0])
    rows = [",".join(map(repr, one.values())) for one in ensemble()[:4]]
    names = ["all", "all", "no_signals", "no_signals"]
    path = tmp_path / "sets.csv"
    lines = [f"{row},{name},{k}" for k, (row, name) in enumerate(zip(rows, names), start=1)]
    path.write_text("\n".join([",".join([*keys, "structure", "weight"]), *lines]), encoding="utf-8")
    mix = {"policy.training.places": 0.0}
    found = posterior(over=str(path), replicates=2, best=mix, out=tmp_path / "a", **SMALL)
    assert found.values.shape[:3] == (5, 4, 2) and found.sets.weights[-1] == 0.4
    assert found.labels == ("siloed", "linked", "ceiling", "nothing", "best")
    each, parts = found.each("jobs"), found.parts("jobs")
    assert parts.difference == pytest.approx(each.mean(axis=1) @ found.sets.weights)
    assert (parts.sets, parts.structures) == (4, 2)
    assert (
        abs(found.level("nothing", "spent_training")) == found.level("best", "spent_training") == 0
    )
    for lang in ("en", "zh"):
        said = Fitted(found, lang)
        html = said.page()
        assert (
            all(str(escape(line)) in html for line in said.sentences()[1:3]) and ">nan<" not in html
        )
        assert words(lang)["linkage"]["stages"] in html and words(lang)["linkage"]["use"] in html
    content = json.loads(json.dumps(said.as_json()))
    assert content["parts"]["ceiling"]["jobs"]["structures"] == 2
    # The wide design over the same file, and the page for a county office.
    wide = conditions(24, str(path), out=tmp_path / "b", sample=0.001, months=6)
    assert wide.premium.shape == (24, 1) and LOST in wide.points
    for lang in ("en", "zh"):
        page = summary(Fitted(found, lang), Wide(wide, lang))
        assert page_of(page).count("<svg") == 1 and "{" not in fill("summary.md.j2", report=page, picture="p.svg", again="x")  # fmt: skip


def test_a_region_where_it_pays_is_found() -> None:
    rng = np.random.default_rng(1)
    points = pd.DataFrame(rng.random((200, 3)), columns=["a", "b", "c"])
    premium = np.where(points["a"] > 0.7, 100.0, 0.0) + rng.normal(0.0, 60.0, 200)
    best = regions_of(points, premium, 1)[0]
    assert best.low > 0.0 and best.limits["a"][0] == pytest.approx(0.7, abs=0.05)
    noise = [r for k in range(30) for r in regions_of(points, rng.normal(0.0, 60.0, 200), k)]
    assert np.mean([r.low > 0.0 for r in noise]) < 0.12  # one in twenty by chance


def test_what_is_asked_of_an_ensemble_is_there() -> None:
    assert list(Ensemble().read()) == list(ensemble()) == list(ensemble(FILE))
