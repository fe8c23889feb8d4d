"""Calibration: recovers what made the targets, goes on after a kill, and refuses bad targets."""

from __future__ import annotations

import json
import shutil
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from processes import Command
from typer.testing import CliRunner
from waiting import LIMIT, wait_until

from returnee.experiments.commands.app import app
from returnee.experiments.errors import StoreError, UsageError
from returnee.experiments.reports.calibration import write_page
from returnee.experiments.statistics.coordinates import (
    coordinates,
    point_of,
    values_at,
)
from returnee.experiments.studies.calibration import search as calibrate_search
from returnee.experiments.studies.calibration.calibrate import Calibration, Options, calibrate
from returnee.experiments.studies.calibration.files import (
    BEHAVIOUR,
    ENSEMBLE,
    as_json,
    behaviour_toml,
    write_files,
)
from returnee.experiments.studies.calibration.identify import Response, one_at_a_time
from returnee.experiments.studies.calibration.search import search
from returnee.experiments.studies.calibration.targets import (
    Target,
    default_targets,
    distances,
    figures_of,
    read_targets,
    targets_frame,
)
from returnee.experiments.studies.ensemble import ensemble
from returnee.experiments.studies.patterns import BY_KEY
from returnee.scenarios import ScenarioError, load_scenario
from returnee.simulation import simulate

FREE = ("behaviour.returning.constant", "behaviour.firm.scale")
AIMED = ("return_rate", "persons_self_employed", "net_margin")
TRUE = {"behaviour.returning.constant": -2.4, "behaviour.firm.scale": 0.6}
SMALL = Options(
    trials=37, sample=0.005, replicates=2, members=4, verify_sample=0.01, verify_replicates=4
)
MONTHS = 24


@pytest.fixture(scope="module")
def targets() -> tuple[Target, ...]:
    """Figures of the county with other parameters than the baseline's."""
    scenario = load_scenario("baseline").with_(TRUE)
    runs = [figures_of(simulate(scenario, r, 1, 0.02, MONTHS), ()) for r in range(2)]
    means = {name: float(np.mean([run[name] for run in runs])) for name in AIMED}
    return tuple(Target(name, 0.93 * value, 1.07 * value) for name, value in means.items())


@pytest.fixture(scope="module")
def found(targets: tuple[Target, ...], tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    folder = tmp_path_factory.mktemp("calibrate") / "main"
    return run(targets, folder)


def run(targets: tuple[Target, ...], folder: Path, workers: int = 2, **more: Any) -> Calibration:
    return calibrate(
        load_scenario("baseline"),
        targets,
        SMALL,
        FREE,
        months=MONTHS,
        out=folder,
        workers=workers,
        **more,
    )


def test_parameters_that_made_the_targets_are_approached(found: Calibration) -> None:
    assert found.losses.min() < 0.2 * found.losses[0]
    for axis in found.axes:
        missed = abs(axis.of(found.best[axis.key]) - axis.of(TRUE[axis.key]))
        assert missed < 0.6 * abs(axis.of(TRUE[axis.key])), axis.key
    assert found.identified.frame()["identified"].all()
    assert found.identified.response.told.any(axis=1).all()


def test_results_do_not_depend_on_workers_and_finished_runs_are_not_run_again(
    found: Calibration, targets: tuple[Target, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (found.folder / "points.jsonl").read_bytes()
    again = run(targets, found.folder, workers=1)
    assert (found.folder / "points.jsonl").read_bytes() == before
    assert again.best == found.best and again.members == found.members
    assert np.array_equal(again.losses, found.losses)


def test_lines_stand_in_one_order_whatever_was_stopped(
    found: Calibration, targets: tuple[Target, ...], tmp_path: Path
) -> None:
    """Also when lines were cut off, at the end or in between."""
    folder = tmp_path / "main"
    shutil.copytree(found.folder, folder)
    path = folder / "points.jsonl"
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)[::-1][2:]
    lines[3] = lines[3][:40] + b"\n"
    path.write_bytes(b"".join(lines)[:-15])
    run(targets, folder)
    assert path.read_bytes() == whole


def test_the_ensemble_holds_sets_that_meet_what_the_result_meets(found: Calibration) -> None:
    assert found.members and len(found.members) == len(found.member_figures) <= SMALL.members
    assert len({tuple(member.values()) for member in found.members}) == len(found.members)
    for axis in found.axes:
        low, high = axis.bounds
        assert all(low <= member[axis.key] <= high for member in found.members)


def test_a_figure_that_hardly_any_run_shows_has_no_standard_error(found: Calibration) -> None:
    runs = found.verified.copy()
    runs[1:, 0] = np.nan  # the first target is shown by one run
    runs[1, 1] = np.nan  # the second by all but one
    error = replace(found, verified=runs).fit_error
    rest = np.delete(runs[:, 1], 1)
    assert np.isnan(error[0])
    assert error[1] == pytest.approx(rest.std(ddof=1) / np.sqrt(len(rest)))
    assert error[2] == pytest.approx(found.fit_error[2])


def test_files_are_those_that_the_commands_read(found: Calibration) -> None:
    write_files(found, "baseline", {"county.away_share": 0.55})
    read = load_scenario(found.folder / BEHAVIOUR)
    assert read.behaviour.returning.constant == found.best["behaviour.returning.constant"]
    assert read.county.away_share == 0.55
    assert ensemble(found.folder / ENSEMBLE) == found.members
    table = pd.read_csv(found.folder / "targets.csv")
    assert list(table["indicator"]) == list(AIMED) and table["in_band"].dtype == bool
    told = pd.read_csv(found.folder / "identification.csv")
    assert {"learned", "standard_error", "profile_width", *AIMED} <= set(told)
    assert json.loads(json.dumps(as_json(found), allow_nan=False))["behaviour"] == found.best


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_needs_nothing_but_itself(found: Calibration, lang: str) -> None:
    page = write_page(found, found.folder / f"{lang}.html", lang).read_text(encoding="utf-8")
    assert page.count("<svg") == 4 and "http" not in page.replace("http-equiv", "")
    assert BY_KEY[AIMED[0]].label(lang) in page and "nan" not in page


def test_a_killed_calibration_gives_what_an_undisturbed_one_gives(
    found: Calibration, targets: tuple[Target, ...], tmp_path: Path, command: Command
) -> None:
    file, folder = tmp_path / "targets.csv", tmp_path / "killed"
    targets_frame(targets).to_csv(file, index=False)
    process = command(
        "calibrate", "--targets", file, "--out", folder, "--trials", SMALL.trials, "--sample",
        SMALL.sample, "--replicates", SMALL.replicates, "--members", SMALL.members,
        "--verify-sample", SMALL.verify_sample, "--verify-replicates", SMALL.verify_replicates,
        "--months", MONTHS, *(word for key in FREE for word in ("--free", key)),
    )  # fmt: skip
    path = folder / "points.jsonl"
    wait_until(
        lambda: (
            process.poll() is not None or (path.is_file() and path.read_bytes().count(b"\n") >= 15)
        ),
        "no runs were finished",
    )
    assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with open(path, "a", encoding="utf-8") as torn:
        torn.write('{"values": {"behaviour.firm.sc')
    resumed = run(targets, folder)
    assert resumed.best == found.best and resumed.members == found.members
    assert np.array_equal(resumed.losses, found.losses)


def test_an_interrupt_keeps_what_is_finished(tmp_path: Path, command: Command) -> None:
    process = command(
        "calibrate", "--trials", 400, "--sample", 0.005, "--months", 24, "--out", tmp_path / "a"
    )
    path = tmp_path / "a" / "points.jsonl"
    wait_until(
        lambda: process.poll() is not None or (path.is_file() and path.stat().st_size),
        "no runs were finished",
    )
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 130 and out == "" and "Traceback" not in err
    assert "runs are kept" in err.splitlines()[-1]
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["status"] == "interrupted"


def test_a_folder_of_another_calibration_is_refused(
    found: Calibration, targets: tuple[Target, ...]
) -> None:
    with pytest.raises(StoreError, match="seed: found 1, allowed 2"):
        run(targets, found.folder, seed=2)


def test_a_target_out_of_reach_is_named_after_the_first_pass(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"targets: labour_force: found .* no free parameter moves"
    ):
        calibrate(
            load_scenario("baseline"), (Target("labour_force", 1.0, 2.0),), SMALL, FREE, months=12,
            out=tmp_path / "a",
        )  # fmt: skip


@pytest.mark.parametrize("method", ["cma", "tpe"])
def test_the_search_finds_a_minimum_and_repeats_itself(method: str) -> None:
    axes = coordinates(load_scenario("baseline"))[:3]

    def losses(points: np.ndarray) -> np.ndarray:
        squares: np.ndarray = ((points - 0.4) ** 2).sum(axis=1)
        return squares

    tried = search(axes, method, 3, 97, losses)
    assert np.array_equal(tried[0], np.zeros(3))
    assert losses(tried).min() < 0.1 * losses(tried)[0]
    assert np.array_equal(tried, search(axes, method, 3, 97, losses))
    assert not np.array_equal(tried, search(axes, method, 4, 97, losses))


def test_a_method_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate_search.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="gp, which needs the package torch"):
        calibrate_search.check_method("gp")


def test_responses_are_derivatives() -> None:
    axes = coordinates(load_scenario("baseline"))[:2]
    aims = (Target("return_rate", 0.0, 4.0), Target("net_margin", -1.0, 1.0))
    points = one_at_a_time(axes, np.zeros(2))
    luck = np.array([0.0, 5.0, -3.0])[None, :, None]  # common: cancels in differences
    slopes = np.array([[6.0, 0.0], [0.0, 0.0]])
    response = Response(axes, aims, points, (points @ slopes.T)[:, None, :] + luck)
    assert np.allclose(response.jacobian, [[3.0, 0.0], [0.0, 0.0]])
    assert [t.indicator for t in response.unmoved()] == ["net_margin"]


def test_points_and_parameters_are_the_same_thing() -> None:
    axes = coordinates(load_scenario("baseline"))
    assert len(axes) >= 16 and all(axis.lever.free for axis in axes)
    point = np.linspace(-0.9, 0.9, len(axes))
    values = values_at(axes, point)
    assert np.allclose(point_of(axes, values), point, atol=1e-4)
    assert values_at(axes, point_of(axes, values)) == values
    for axis in axes:
        low, high = axis.bounds
        assert axis.lever.low <= low < axis.start < high <= axis.lever.high
    with pytest.raises(UsageError, match="allowed one of"):
        coordinates(load_scenario("baseline"), ["firm.cushion"])


def test_only_patterns_for_fitting_are_default_targets() -> None:
    uses = {BY_KEY[target.indicator].use for target in default_targets()}
    assert uses == {"C"}
    missing = distances(default_targets(), np.full(len(default_targets()), np.nan))
    assert (missing > 5.0).all()


def test_indicators_are_figures_of_the_last_year() -> None:
    single = simulate("baseline", sample=0.002, months=24)
    aims = (Target("returns", 0.0, 1.0), Target("away", 0.0, 1.0))
    figures = figures_of(single, aims)
    assert figures["returns"] == pytest.approx(single.monthly["returns"].iloc[12:].sum())
    assert figures["away"] == pytest.approx(single.monthly["away"].iloc[12:].mean())


GOOD = "indicator,low,high,value,sd,source,weight,aim\nreturn_rate,0.02,0.05,,,survey,2,\n"
BAD = {
    "unknown.csv": ("indicator,low,high\nreturn_rat,1,2\n", "row 2: indicator: found 'return_rat' (did"),
    "upside.csv": ("indicator,low,high\nreturn_rate,2,1\n", "row 2: low: found 2 with high 1, allowed low"),
    "flat.csv": ("indicator,low,high\nreturn_rate,1,1\n", "row 2: low: found 1 with high 1"),
    "unsure.csv": ("indicator,value\nreturn_rate,1\n", "row 2: sd: found no uncertainty, allowed low and"),
    "half.csv": ("indicator,low\nreturn_rate,1\n", "row 2: high: found low, allowed low and high"),
    "both.csv": ("indicator,low,high,sd\nreturn_rate,1,2,3\n", "allowed low and high, or value and sd"),
    "zero.csv": ("indicator,value,sd\nreturn_rate,1,0\n", "row 2: sd: found 0, allowed a number above 0"),
    "column.csv": ("indicator,lo,high\nreturn_rate,1,2\n", "row 1: lo: found an unknown column"),
    "number.csv": ("indicator,low,high\nreturn_rate,x,2\n", "row 2: low: found 'x', allowed a number"),
    "nan.csv": ("indicator,low,high\nreturn_rate,nan,2\n", "row 2: low: found nan, allowed a number"),
    "cells.csv": ("indicator,low,high\nreturn_rate,1\n", "row 2: found 2 cells, allowed 3 cells"),
    "twice.csv": (GOOD + "return_rate,0.1,0.2,,,,,\n", "row 3: indicator: found return_rate again"),
    "weight.csv": (GOOD.replace(",2,\n", ",0,\n"), "row 2: weight: found 0.0, allowed a number above 0"),
    "aim.csv": (GOOD.replace(",2,\n", ",2,edge\n"), "row 2: aim: found 'edge', allowed centre or inside"),
    "empty.csv": ("", "found no target, allowed one or more"),
    "pair.csv": ("indicator,low,high\ntax_relief_effect,0,1\n", "row 2: indicator: found 'tax_relief_effect'"),
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
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith(f"returnee: {name}") and message in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_targets_are_read_from_both_kinds_of_file(tmp_path: Path) -> None:
    csv, toml = tmp_path / "a.csv", tmp_path / "b.toml"
    csv.write_text(GOOD + "registers_after_return,,,0.05,0.01,,,inside\n", encoding="utf-8-sig")
    toml.write_text(
        "[[target]]\nindicator = 'return_rate'\nlow = 0.02\nhigh = 0.05\nsource = 'survey'\n"
        "weight = 2\n[[target]]\nindicator = 'registers_after_return'\nvalue = 0.05\nsd = 0.01\n"
        "aim = 'inside'\n"
    )
    said: list[str] = []
    first, second = read_targets(csv, said.append)
    assert read_targets(toml) == (first, second)
    assert (first.low, first.high, first.source, first.weight) == (0.02, 0.05, "survey", 2.0)
    assert (second.centre, second.half) == pytest.approx((0.05, 0.01))
    assert second.aim == "inside"
    assert len(said) == 1 and "row 3: registers_after_return is kept for validation" in said[0]
    with pytest.raises(ScenarioError, match="no such file"):
        read_targets(tmp_path / "none.csv")


def test_the_shipped_targets_are_written_and_read_back(tmp_path: Path) -> None:
    file = tmp_path / "targets.csv"
    result = CliRunner().invoke(app, ["calibrate", "--write-targets", str(file)])
    assert result.exit_code == 0 and read_targets(file) == default_targets()


WRONG: list[tuple[Any, ...]] = [
    ("--trials", 0), ("--replicates", 1), ("--members", -1), ("--method", "none"),
    ("--free", "firm.luck_sd"), ("--workers", 0), ("--sample", 0), ("--verify-sample", 2),
    ("--verify-replicates", 1), ("--months", 0), ("--set", "behaviour.firm.luck_sd=9"), ("nowhere",),
]  # fmt: skip


@pytest.mark.parametrize("words", WRONG, ids=str)
def test_what_is_wrong_is_one_line(
    words: tuple[Any, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["calibrate", *map(str, words)])
    assert result.exit_code == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and not list(tmp_path.iterdir())


def test_a_calibrated_file_needs_nothing_outside_its_folder(
    found: Calibration, tmp_path: Path
) -> None:
    """Neither the scenario's file nor the folder of a county of one's own."""
    done = CliRunner().invoke(app, ["county", "export", str(tmp_path / "own"), "--sample", "0.002"])
    assert done.exit_code == 0
    given = tmp_path / "mine.toml"
    given.write_text(
        'extends = "linked"\ncounty.extends = "own"\npolicy.training.places = {1 = 500, 13 = 900}\n',
        encoding="utf-8",
    )
    scenario = load_scenario(given)
    here = replace(
        found, frame=replace(found.frame, scenario=scenario), folder=tmp_path / "out", best={}
    )
    text = behaviour_toml(here, str(given), {})
    assert str(tmp_path) not in text
    (here.folder / BEHAVIOUR).write_text(text, encoding="utf-8")
    wanted = scenario.id
    shutil.rmtree(tmp_path / "own")
    given.unlink()
    moved = here.folder.rename(tmp_path / "moved")
    assert load_scenario(moved / BEHAVIOUR).id == wanted
