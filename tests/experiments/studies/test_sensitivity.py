"""Sensitivity: indices against a known function, targets, resuming, and what bad input gets."""

from __future__ import annotations

import html
import inspect
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from returnee import sensitivity
from returnee.experiments.commands.app import app
from returnee.experiments.commands.points import sensitivity_command
from returnee.experiments.defaults import MORRIS, SOBOL
from returnee.experiments.errors import UsageError
from returnee.experiments.measuring.measures import NAMES
from returnee.experiments.reports.points.sensitivity import Indices
from returnee.experiments.running import jobs
from returnee.experiments.statistics.indices import draw, indices_of, problem_of
from returnee.experiments.studies.points.sensitivity import settled, strongest

KEYS = ["behaviour.firm.luck_sd", "behaviour.firm.shock_sd", "behaviour.firm.optimism"]
SMALL: dict[str, Any] = {
    "over": KEYS, "method": "both", "trajectories": 3, "base": 4, "top": 2, "replicates": 1,
    "sample": 0.002, "months": 12, "measures": ["jobs", "returns"],
}  # fmt: skip


def ishigami(x: np.ndarray) -> np.ndarray:
    a, b, c = x.T
    values: np.ndarray = np.sin(a) + 7.0 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a)
    return values


def test_sobol_indices_of_the_ishigami_function() -> None:
    """Ishigami and Homma 1990; shares of variance are known in closed form."""
    problem = problem_of(["a", "b", "c"], np.array([[-np.pi, np.pi]] * 3))
    points = draw(SOBOL, problem, 1024, 1)
    found = indices_of(SOBOL, problem, points, ishigami(points), 1)
    assert sorted(found["n"].unique()) == [256, 512, 1024]
    last = found[found["n"] == 1024].set_index(["index", "key"])["value"]
    for key, alone, total in (("a", 0.314, 0.558), ("b", 0.442, 0.442), ("c", 0.0, 0.244)):
        assert last["S1", key] == pytest.approx(alone, abs=0.04)
        assert last["ST", key] == pytest.approx(total, abs=0.04)
    pair = found[(found["n"] == 1024) & (found["index"] == "S2") & (found["key2"] == "c")]
    assert pair.set_index("key")["value"]["a"] == pytest.approx(0.244, abs=0.05)


def test_morris_of_a_plane_and_blocks_that_are_missing() -> None:
    """Of a plane, mu* is the slope across the whole band, and sigma is nought."""
    problem = problem_of(["a", "b"], np.array([[0.0, 2.0], [0.0, 1.0]]))
    points = draw(MORRIS, problem, 12, 1)
    values = 3.0 * points[:, 0] - 5.0 * points[:, 1]
    values[4] = np.nan  # the second trajectory
    found = indices_of(MORRIS, problem, points, values, 1)
    last = found[found["n"] == 11].set_index(["index", "key"])["value"]
    assert last["mu_star", "a"] == pytest.approx(6.0) and last["mu", "b"] == pytest.approx(-5.0)
    assert last["sigma", "a"] == pytest.approx(0.0, abs=1e-9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sensitivity") / "a"


@pytest.fixture(scope="module")
def found(folder: Path) -> pd.DataFrame:
    return sensitivity(["linked"], out=folder, **SMALL)


def test_targets_and_the_two_stages(found: pd.DataFrame) -> None:
    targets = found[["scenario", "target", "measure"]].drop_duplicates()
    assert len(targets) == 2 * (2 + 1)  # levels of both scenarios, effect of one
    kept = found[found["method"] == SOBOL]["key"].unique()
    assert sorted(kept) == sorted(strongest(found[found["method"] == MORRIS], 2))
    assert set(settled(found)["n"]) == {3, 4}
    assert found.attrs["labels"][KEYS[0]] and found.attrs["units"]["jobs"] == "jobs"
    for row in found.attrs["effects"]:
        assert row["low"] <= row["high"] and 0.0 <= row["above"] <= 1.0
    assert {row["measure"] for row in found.attrs["effects"]} == {"jobs", "returns"}


def test_an_effect_is_the_paired_difference(folder: Path, found: pd.DataFrame) -> None:
    runs = pd.read_parquet(folder / "morris/runs.parquet")
    jobs = runs.pivot(index="point", columns="scenario", values="jobs")
    points = pd.read_parquet(folder / "morris/points.parquet")[KEYS].to_numpy()
    bounds = np.stack([points.min(axis=0), points.max(axis=0)], axis=1)
    again = indices_of(
        MORRIS, problem_of(KEYS, bounds), points, (jobs["linked"] - jobs["baseline"]).to_numpy(), 1
    )
    rows = found[(found["method"] == MORRIS) & (found["target"] == "effect")]
    rows = rows[rows["measure"] == "jobs"]
    np.testing.assert_allclose(rows["value"], again["value"])


def test_it_goes_on_where_it_was(
    folder: Path, found: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "simulate", None)
    assert sensitivity(["linked"], out=folder, **SMALL).equals(found)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"over": ["behaviour.firm.luck"]}, "did you mean behaviour.firm.luck_sd"),
        ({"over": ["policy.incubation.months"]}, "found no number with decimals"),
        ({"measures": ["job"]}, "measure: found job (did you mean jobs?)"),
        ({"base": 12}, "base: found 12, allowed a power of two"),
        ({"trajectories": 1}, "trajectories: found 1"),
        ({"method": "guess"}, "method: found guess"),
        ({"spread": 0.0}, "spread: found 0"),
        ({"over": [KEYS[0], KEYS[0]]}, "found twice, allowed once"),
        (
            {"measures": ["survival_operating_60"]},
            "measure: found survival_operating_60 within 12 months, allowed with more than 60",
        ),
    ],
)
def test_bad_input_is_one_line(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as refusal:
        sensitivity(["linked"], out=tmp_path / "a", **{**SMALL, **change})
    assert says in str(refusal.value) and not (tmp_path / "a").exists()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command(folder: Path, found: pd.DataFrame, lang: str) -> None:
    words = ["sensitivity", "linked", "--trajectories", 3, "--base", 4, "--top", 2]
    words += ["--replicates", 1, "--sample", 0.002, "--months", 12, "--out", folder]
    words += [word for key in KEYS for word in ("--over", key)]
    words += ["--measure", "jobs", "--measure", "returns", "--lang", lang]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.stderr
    page = (folder / "report.html").read_text("utf-8")
    assert page.count("<svg") >= 5 and "http" not in page.replace("http://www.w3.org", "")
    rows = json.loads(CliRunner().invoke(app, [*map(str, words), "--json"]).stdout)
    assert len(rows) == len(settled(found))


@pytest.mark.parametrize("method", ["both", "morris", "sobol"])
def test_runs_that_all_fail_leave_a_sentence_and_no_index(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(jobs, "simulate", None)  # every run is a row with an error
    found = sensitivity(["linked"], out=tmp_path / "a", **{**SMALL, "method": method})
    assert found.empty and found.attrs["moved"] == len(KEYS)
    assert {row["there"] for row in found.attrs["untold"]} == {0}
    for lang, says in (("en", "0 of"), ("zh", "有0个有结果")):
        lines = Indices(found, lang).sentences()
        assert len(lines) == 6 and all(says in line for line in lines)
        about = {
            "n": 3, "spread": "10 %", "county": "", "months": 12, "replicates": 1, "sample": "1",
        }  # fmt: skip
        told = Indices(found, lang)
        told.about = about
        assert lines[0] in html.unescape(told.page())


def test_a_measure_that_is_missing_everywhere_takes_nothing_from_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As survival is where no firm is founded."""
    whole = jobs.measures.levels_of

    def without_returns(run: Any) -> np.ndarray:
        return np.where(np.array(NAMES) == "returns", np.nan, whole(run))

    monkeypatch.setattr(jobs.measures, "levels_of", without_returns)
    words = ["sensitivity", "linked", "--trajectories", 3, "--base", 4, "--top", 2]
    words += ["--replicates", 1, "--sample", 0.002, "--months", 12, "--out", tmp_path / "a"]
    words += [word for key in KEYS for word in ("--over", key)]
    words += ["--measure", "jobs", "--measure", "returns"]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 0, done.stderr
    told = " ".join(done.stdout.split())
    assert "jobs" in told and "There is no screening index of this:" in told
    page = (tmp_path / "a" / "report.html").read_text("utf-8")
    assert page.count("<svg") >= 5 and "nan" not in page


def test_fewer_than_two_whole_trajectories_leave_no_parameter() -> None:
    problem = problem_of(["a", "b"], np.array([[0.0, 2.0], [0.0, 1.0]]))
    points = draw(MORRIS, problem, 3, 1)
    values = points.sum(axis=1)
    values[[0, 4]] = np.nan
    found = indices_of(MORRIS, problem, points, values, 1)
    assert found.empty
    for place in ("scenario", "target", "measure"):
        found[place] = ""
    assert strongest(found, 3) == []


def test_python_and_the_command_measure_alike() -> None:
    python = inspect.signature(sensitivity).parameters
    command = inspect.signature(sensitivity_command).parameters
    for name in (
        "method",
        "trajectories",
        "base",
        "top",
        "spread",
        "replicates",
        "sample",
        "months",
    ):
        assert python[name].default == command[name].default, name
