"""Calibration: waves leave what made the targets, go on after a stop, and refuse what is wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from returnee.experiments.commands.app import app
from returnee.experiments.errors import UsageError
from returnee.experiments.reports.calibration.page import Calibrated
from returnee.experiments.running.options import RunSettings
from returnee.experiments.statistics.emulators import emulator
from returnee.experiments.studies.calibration import priors
from returnee.experiments.studies.calibration.bank import (
    Bank,
    Luck,
    mean_and_variance,
    simulate_bank,
)
from returnee.experiments.studies.calibration.calibrate import Calibration, calibrate
from returnee.experiments.studies.calibration.screening import (
    MOST,
    effects,
    screened,
    trajectories,
)
from returnee.experiments.studies.calibration.targets import (
    Target,
    Z,
    default_targets,
    distances,
    figures_of,
    read_targets,
    refuse_contradictions,
)
from returnee.experiments.studies.calibration.waves import (
    FIRST,
    Left,
    judge_of,
    judges_of,
    plausible_by,
)
from returnee.experiments.studies.patterns import BY_KEY
from returnee.scenarios import load_scenario
from returnee.simulation import simulate

FREE = ("behaviour.returning.constant", "behaviour.firm.scale", "behaviour.firm.luck_sd")
SMALL: dict[str, Any] = {"sample": 0.001, "months": 12, "workers": 2}
AIMED = tuple(
    t
    for t in default_targets()
    if t.indicator in ("persons_self_employed", "return_rate", "residents_age")
)
Made = Callable[[np.ndarray], np.ndarray]


def test_every_pattern_says_how_sure_it_is() -> None:
    """The band is the middle 90 % of both errors, so that no second judgement stands beside it."""
    for pattern in BY_KEY.values():
        if pattern.use != "C":
            continue
        sd = np.hypot(pattern.observation_sd, pattern.discrepancy_sd)
        assert Z * sd == pytest.approx(0.5 * (pattern.high - pattern.low), rel=0.01), pattern.key
        assert pattern.observed_by and pattern.discrepant_by.startswith("assumed: ")
    assert {BY_KEY[t.indicator].use for t in default_targets()} == {"C"}


def test_places_in_the_box_are_its_parameters() -> None:
    names = [*FREE, "behaviour.closing.outlook_months", "county.work.city_loss"]
    box = priors.box_of(names)
    unit = box.sobol(32)
    theta = box.values(unit)
    assert (theta >= box.lows).all() and (theta <= box.highs).all()
    assert np.allclose(box.unit(theta)[:, :3], unit[:, :3], atol=1e-4)
    assert np.array_equal(theta[:, 3], np.rint(theta[:, 3]))
    assert np.array_equal(box.values(box.unit(theta)), theta)
    assert np.array_equal(box.sobol(8, skip=8), box.sobol(16)[8:])
    assert [float(f"{x:.6g}") for x in theta.ravel()] == theta.ravel().tolist()


def test_an_emulator_tells_what_it_was_not_shown() -> None:
    rng = np.random.default_rng(1)
    unit = rng.random((120, 6))

    def figure(u: np.ndarray) -> np.ndarray:
        found: np.ndarray = 3.0 * u[:, 0] + np.sin(5.0 * u[:, 1])
        return found

    fitted = emulator(unit, figure(unit) + rng.normal(0, 0.1, 120), np.full(120, 0.01))
    mean, variance = fitted.predict(unit2 := rng.random((500, 6)))
    away = (mean - figure(unit2)) ** 2
    assert np.sqrt(away.mean()) < 0.15 and fitted.explained > 0.9
    assert 0.1 < (away / variance).mean() < 3.0 and fitted.within > 0.85
    assert fitted.mean(unit[:0]).shape == fitted.predict(unit[:0])[0].shape == (0,)
    same = emulator(unit, np.full(120, 2.0), np.zeros(120)).predict(unit)
    assert np.allclose(same[0], 2.0)


def made_bank(figure: Made, targets: list[Target], waves: int = 1) -> tuple[Bank, Left]:
    """A bank of a model that is a formula, and what it leaves."""
    box = priors.box_of([*FREE, "behaviour.firm.drift_sd"])  # none of them a whole number
    left, bank = Left(box.sobol(FIRST // 8)), None
    for wave in range(1, waves + 1):
        unit = left.unit[:60]
        luck = np.random.default_rng(wave).normal(0.0, 0.02, (60, 2, len(targets)))
        x, x_var = mean_and_variance(figure(unit)[:, None] + luck)
        one = Bank(box, box.values(unit), [t.indicator for t in targets], x, x_var,
                   np.full(60, wave), np.full(60, 2), 0.01)  # fmt: skip
        bank = one if bank is None else bank + one
        left = left.less(judge_of(one, targets), wave)
    assert bank is not None
    return bank, left


def two(unit: np.ndarray) -> np.ndarray:
    """Two figures of which the second is nearly never in the way, as the second largest counts."""
    return np.stack([unit[:, 0], unit[:, 0] + 0.5 * unit[:, 1] - 0.25], axis=1)


def test_waves_leave_what_can_be_and_say_how_much(tmp_path: Path) -> None:
    aims = [Target("return_rate", 0.45, 0.55), Target("net_margin", 0.45, 0.55)]
    bank, left = made_bank(two, aims, waves=2)
    unit = np.random.default_rng(9).random((4000, 4))
    away = np.sort(np.abs(two(unit) - 0.5) / aims[0].sd, axis=1)[:, 0]
    assert left.fraction == pytest.approx((away < 3.0).mean(), rel=0.2)
    assert ((left.unit >= 0.0) & (left.unit <= 1.0)).all()
    bank.write(tmp_path / "bank.parquet")
    again = Bank.read(tmp_path / "bank.parquet")
    assert again.names == bank.names and again.sample == 0.01
    assert all(np.array_equal(getattr(again, k), getattr(bank, k)) for k in ("theta", "x", "wave"))
    inside = plausible_by(judges_of(again, aims))(unit)
    assert inside[away < 2.0].mean() > 0.95 and not inside[away > 5.0].any()
    judge = judges_of(again, aims)[-1]
    mean, parts = judge.variances(unit[:5], 0)
    assert list(parts) == ["emulator", "simulation", "observation", "discrepancy"]
    assert np.allclose(mean, unit[:5, 0], atol=0.1)


def test_targets_that_contradict_each_other_are_named() -> None:
    aims = [Target("return_rate", 0.0, 0.01), Target("net_margin", 0.99, 1.0)]
    with pytest.raises(UsageError, match="found return_rate and net_margin, which no parameters"):
        made_bank(lambda unit: np.repeat(unit[:, :1], 2, axis=1), aims)
    hazards = [Target(f"hazard_year_{k}", 0.05, 0.06) for k in (1, 2, 3)]
    with pytest.raises(UsageError, match="registered_3_years: found 0.95 to 1, allowed 0.83"):
        refuse_contradictions([*hazards, Target("registered_3_years", 0.95, 1.0)])
    with pytest.raises(UsageError, match="allowed at most 0.6, as registered_3_years say"):
        refuse_contradictions(
            [Target("registered_3_years", 0.5, 0.6), Target("registered_5_years", 0.7, 0.8)]
        )
    refuse_contradictions(default_targets())


def test_a_screening_finds_what_is_felt() -> None:
    box = priors.box_of(priors.free()[:6])
    unit = trajectories(box, 6, 1)
    luck = np.random.default_rng(1).normal(0.0, 0.05, (len(unit), 2))
    values = np.stack([4.0 * unit[:, 2], unit[:, 4]], axis=1) + luck
    values[3] = np.nan  # a run that shows nothing
    found = screened(
        box, [Target("return_rate", 0, 1), Target("net_margin", 0, 1)], effects(unit, values)
    )
    assert found["parameter"][:2].tolist() == [box.names[2], box.names[4]]
    assert found["target"][:2].tolist() == ["return_rate", "net_margin"]
    assert found["score"][0] == MOST < 4.0 * 2 * Z
    assert found["score"][1] == pytest.approx(2 * Z, rel=0.2)
    assert (found["score"][2:] < 0.5).all()


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    folder = tmp_path_factory.mktemp("calibrate") / "main"
    return calibrate(targets=AIMED, free=FREE, sets=15, waves=2, members=0, out=folder, **SMALL)


def test_waves_of_a_county(found: Calibration) -> None:
    assert found.bank.theta.shape == (15 * len(found.waves), 3)
    assert np.isfinite(found.bank.x[:, 1]).all()
    assert 0.0 < found.left.fraction <= 1.0
    assert list(found.kept) == list(FREE)
    load_scenario("linked").with_(found.kept.iloc[0].to_dict())  # refuses what is out of range
    assert {p.name for p in found.folder.iterdir()} >= {
        "bank.parquet", "left.csv", "waves.csv", "emulators.csv", "wave-1",
    }  # fmt: skip


def test_finished_runs_are_not_run_again(
    found: Calibration, monkeypatch: pytest.MonkeyPatch
) -> None:
    import returnee.experiments.running.jobs as jobs

    monkeypatch.setattr(jobs, "simulate", lambda *_: pytest.fail("run again"))
    again = calibrate(
        targets=AIMED, free=FREE, sets=15, waves=2, members=0, out=found.folder, **SMALL
    )
    assert np.array_equal(again.bank.x, found.bank.x, equal_nan=True)
    assert np.array_equal(again.left.unit, found.left.unit)


def test_sets_have_luck_of_their_own(tmp_path: Path) -> None:
    box = priors.box_of(FREE)
    points = np.repeat(box.values(np.full((1, 3), 0.5)), 2, axis=0)
    settings = RunSettings(sample=0.001, months=12)
    own = simulate_bank(points, FREE, AIMED, settings)
    same = simulate_bank(points, FREE, AIMED, settings, luck=Luck(common=True))
    assert not np.array_equal(own.x[0], own.x[1], equal_nan=True)
    assert np.array_equal(same.x[0], same.x[1], equal_nan=True)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_needs_nothing_but_itself(found: Calibration, lang: str, tmp_path: Path) -> None:
    page = Calibrated(found, lang).page()
    assert "<svg" in page and "http" not in page.replace("http://www.w3.org", "")
    assert ("先验" if lang == "zh" else "why this prior") in page
    assert Calibrated(found).as_json()["fraction"] == found.left.fraction


def test_distances_are_from_the_middle_or_from_the_band() -> None:
    aims = (Target("return_rate", 1.0, 3.0), replace(AIMED[0], low=0.0, high=1.0, aim="inside"))
    assert np.isnan(distances(aims, np.full(2, np.nan))).all()
    assert distances(aims, np.array([3.0, 1.5])).tolist() == [1.0, 0.5]


def test_indicators_are_figures_of_the_last_year() -> None:
    single = simulate("baseline", sample=0.002, months=24)
    aims = (Target("returns", 0.0, 1.0), Target("away", 0.0, 1.0))
    figures = figures_of(single, aims)
    assert figures["returns"] == pytest.approx(single.monthly["returns"].iloc[12:].sum())
    assert figures["away"] == pytest.approx(single.monthly["away"].iloc[12:].mean())


GOOD = "indicator,low,high,value,sd,discrepancy,source,aim\nreturn_rate,0.02,0.05,,,,survey,\n"
BAD = {
    "unknown.csv": ("indicator,low,high\nreturn_rat,1,2\n", "row 2: indicator: found 'return_rat' (did"),
    "upside.csv": ("indicator,low,high\nreturn_rate,2,1\n", "row 2: low: found 2 with high 1, allowed low"),
    "flat.csv": ("indicator,low,high\nreturn_rate,1,1\n", "row 2: low: found 1 with high 1"),
    "unsure.csv": ("indicator,value\nreturn_rate,1\n", "row 2: sd: found no uncertainty, allowed low and"),
    "half.csv": ("indicator,low\nreturn_rate,1\n", "row 2: high: found low, allowed low and high"),
    "both.csv": ("indicator,low,high,value\nreturn_rate,1,2,3\n", "allowed low and high, or value and sd"),
    "room.csv": ("indicator,low,high,sd\nreturn_rate,1,2,3\n", "sd: found 3, allowed what the band has"),
    "twofold.csv": ("indicator,low,high,discrepancy\nreturn_rate,1,2,3\n", "discrepancy: found it with low"),
    "minus.csv": ("indicator,value,sd,discrepancy\nreturn_rate,1,1,-1\n", "discrepancy: found -1, allowed"),
    "zero.csv": ("indicator,value,sd\nreturn_rate,1,0\n", "row 2: sd: found 0, allowed a number above 0"),
    "column.csv": ("indicator,lo,high\nreturn_rate,1,2\n", "row 1: lo: found an unknown column"),
    "number.csv": ("indicator,low,high\nreturn_rate,x,2\n", "row 2: low: found 'x', allowed a number"),
    "nan.csv": ("indicator,low,high\nreturn_rate,nan,2\n", "row 2: low: found nan, allowed a number"),
    "cells.csv": ("indicator,low,high\nreturn_rate,1\n", "row 2: found 2 cells, allowed 3 cells"),
    "twice.csv": (GOOD + "return_rate,0.1,0.2,,,,,\n", "row 3: indicator: found return_rate again"),
    "aim.csv": (GOOD.replace("survey,", "survey,edge"), "row 2: aim: found 'edge', allowed centre or inside"),
    "empty.csv": ("", "found no target, allowed one or more"),
    "pair.csv": ("indicator,low,high\ntax_relief_effect,0,1\n", "row 2: indicator: found 'tax_relief_effect'"),
    "contrary.csv": ("indicator,low,high\nregistered_3_years,0.5,0.6\nregistered_5_years,0.7,0.8\n",
                     "registered_5_years: found 0.7 to 0.8, allowed at most 0.6"),
    "broken.toml": ("[[target]\n", "found a mistake"),
    "key.toml": ("[[targets]]\n", "targets: found an unknown key, allowed [[target]] tables"),
    "flag.toml": ("[[target]]\nindicator = 'return_rate'\nlow = true\nhigh = 2\n", "target 1: low: found true"),
    "wrong.txt": ("", "found the ending '.txt', allowed .toml or .csv"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_targets_file_is_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    content, message = BAD[name]
    Path(name).write_text(content, encoding="utf-8")
    result = CliRunner().invoke(app, ["calibrate", "--targets", name])
    assert result.exit_code == 2 and result.stdout == ""
    lines = [line for line in result.stderr.splitlines() if "kept for validation" not in line]
    assert len(lines) == 1
    assert lines[0].startswith(f"returnee: {name}") and message in lines[0]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_targets_are_read_from_both_kinds_of_file(tmp_path: Path) -> None:
    csv, toml = tmp_path / "a.csv", tmp_path / "b.toml"
    csv.write_text(
        GOOD + "registers_after_return,,,0.05,0.01,0,,inside\naware_tax,,,0.2,0.03,,,\n",
        encoding="utf-8-sig",
    )
    toml.write_text(
        "[[target]]\nindicator = 'return_rate'\nlow = 0.02\nhigh = 0.05\nsource = 'survey'\n"
        "[[target]]\nindicator = 'registers_after_return'\nvalue = 0.05\nsd = 0.01\n"
        "discrepancy = 0\naim = 'inside'\n"
        "[[target]]\nindicator = 'aware_tax'\nvalue = 0.2\nsd = 0.03\n"
    )
    said: list[str] = []
    first, second, third = read_targets(csv, said.append)
    assert read_targets(toml) == (first, second, third)
    assert (first.low, first.high, first.source) == (0.02, 0.05, "survey")
    assert (second.centre, second.sd) == pytest.approx((0.05, 0.01))
    assert second.aim == "inside" and second.discrepancy_sd == pytest.approx(0.0, abs=1e-6)
    usual = BY_KEY["aware_tax"]  # what the model is not meant to meet is not less for a county
    assert third.observation_sd == 0.03
    assert third.discrepancy_sd == pytest.approx(usual.discrepancy_sd * 0.2 / 0.425)
    assert len(said) == 1 and "row 3: registers_after_return is kept for validation" in said[0]
    with pytest.raises(UsageError, match="no such file"):
        read_targets(tmp_path / "none.csv")


def test_the_shipped_targets_are_written_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "targets.csv"
    result = CliRunner().invoke(app, ["calibrate", "--write-targets", str(file)])
    assert result.exit_code == 0 and read_targets(file) == default_targets()


SD = "behaviour.firm.luck_sd"
WRONG: dict[tuple[Any, ...], str] = {
    ("--waves", 0): "waves: found 0, allowed 1 to 20",
    ("--replicates", 1): "replicates: found 1, allowed 2",
    ("--sets", 20): "sets: found 20, allowed",
    ("--free", "firm.luck_sd"): "free: found firm.luck_sd",
    ("--free", "policy.training.places"): "allowed a parameter that has a prior",
    ("--prior", f"{SD}=0.2:0.3"): f"prior: {SD}: found 0.2 to 0.3, allowed a range that includes",
    ("--prior", f"{SD}=0.2"): "allowed KEY=LOW:HIGH",
    ("--prior", f"{SD}=0:7"): "allowed within 0 to 1",
    ("--set", f"{SD}=0.9"): "allowed a range that includes the value in use, 0.9",
    ("--workers", 0): "workers: found 0",
    ("--sample", 0): "sample",
    ("--months", 0): "months",
    ("--set", f"{SD}=9"): SD,
    ("nowhere",): "nowhere",
}


@pytest.mark.parametrize("words", WRONG, ids=str)
def test_what_is_wrong_is_one_line(
    words: tuple[Any, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["calibrate", *map(str, words)])
    assert result.exit_code == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and not list(tmp_path.iterdir())
    assert WRONG[words] in result.stderr
