"""A virtual evaluation: lives by year of adoption, studies of them, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from returnee.experiments.commands.app import app
from returnee.experiments.studies.region import evaluation as e
from returnee.scenarios import load_scenario
from returnee.scenarios.schema.county_folder import SHIPPED_COUNTIES

YEARS = (3, 5)


def lives(effect: np.ndarray, counties: int = 40, replicates: int = 2, seed: int = 0) -> np.ndarray:
    """Lives of counties that differ in level and luck, and gain by years since adoption."""
    rng = np.random.default_rng(seed)
    years = len(effect) + 2
    base = rng.normal(size=(1, counties, 1, 1)) + np.arange(years) * 0.3
    found = base + 0.1 * rng.normal(size=(replicates, counties, 1, years))
    found = np.repeat(found, 1 + len(YEARS), axis=2)
    for k, year in enumerate(YEARS, start=1):
        found[:, :, k, year - 1 :] += effect[: years - year + 1]
    return found


def test_a_constant_effect_is_found_and_intervals_hold_it() -> None:
    done = e.studies_of(lives(np.full(6, 1.0)), e.Question(years=YEARS), np.array([]), [40], 12, 1)
    rows = done[done["estimator"] != "unadjusted"]
    assert (
        rows["truth"].to_numpy() == pytest.approx(1.0)
        and rows["estimate"].sub(1.0).abs().max() < 0.1
    )
    assert ((rows["low"] < 1.0) & (rows["high"] > 1.0)).mean() > 0.6


def test_two_way_effects_are_biased_where_effects_grow_and_untreated_years_tell_them_right() -> (
    None
):
    done = e.studies_of(lives(np.arange(6.0)), e.Question(years=YEARS), np.array([]), [40], 4, 1)
    off = (done["estimate"] - done["truth"]).abs().groupby(done["estimator"]).mean()
    assert off["two-way"] > 5 * off["two-stage"] and off["two-stage"] < 0.1


def test_adoption_by_need_misleads_who_does_not_adjust() -> None:
    found = lives(np.full(6, 1.0))
    level = found[0, :, 0, 0]
    done = e.studies_of(found, e.Question(years=YEARS), level, [40], 2, 1)
    off = (done["estimate"] - done["truth"]).groupby(done["estimator"]).mean()
    assert off["unadjusted"] > 0.5 and abs(off["two-stage"]) < 0.1


def test_those_with_most_adopt_and_the_first_year_first() -> None:
    rng = np.random.default_rng(1)
    facts = np.array([5.0, 1.0, 4.0, 2.0, 3.0])
    assert e.cohorts_of(5, e.Question(years=YEARS), facts, rng).tolist() == [1, 0, 1, 0, 2]
    at_random = e.cohorts_of(10, e.Question(years=YEARS), np.array([]), rng)
    assert sorted(at_random.tolist()) == [0] * 4 + [1] * 3 + [2] * 3


def test_a_county_that_adopts_has_the_policy_from_that_year_on() -> None:
    before, after = load_scenario("no_support"), load_scenario("linked")
    found = e.adopting(before, after, 3)
    assert found.policy_at(24) == before.policy and found.policy_at(25) == after.policy


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("counties")
    text = (SHIPPED_COUNTIES / "example" / "county.toml").read_text("utf-8")
    rows = ["folder,rich"]
    for k in range(6):
        (folder / f"c{k}").mkdir()
        (folder / f"c{k}" / "county.toml").write_text(text, "utf-8")
        rows.append(f"c{k},{k}")
    path = folder / "counties.csv"
    path.write_text("\n".join(rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--adopt", "2"], "adopt: found 2, allowed 3 to 10"),
        (["--adopt", "x"], "adopt: found x, allowed years"),
        (["--never", "0"], "never: found 0, allowed above 0"),
        (["--measure", "job"], "did you mean jobs"),
        (["--measure", "firms_surviving"], "allowed one of every month"),
        (["--by", "riches"], "by: found riches, allowed random"),
        (["--studies", "1"], "studies: found 1, allowed 2 or more"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    table: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    done = CliRunner().invoke(app, ["evaluate", str(table), *words, "--out", str(tmp_path / "out")])
    assert done.exit_code == 2 and said in done.stderr and not (tmp_path / "out").exists()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command_writes_a_page_and_tables(table: Path, tmp_path: Path, lang: str) -> None:
    words = [
        "evaluate", str(table), "--adopt", "3", "--adopt", "4", "--months", "48", "--simulated", "100", "--replicates", "1",
        "--studies", "2", "--by", "rich", "--measure", "jobs", "--lang", lang, "--json", "--out", str(tmp_path / "out"),
    ]  # fmt: skip
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    told = json.loads(done.stdout)
    assert {row["estimator"] for row in told["table"]} == {*e.ESTIMATORS}
    before = [row["effect"] for row in told["path"] if row["since"] < 0]
    assert before and not any(before)  # nothing happens ahead of the policy
    assert ("true effect" if lang == "en" else "真实效应") in (
        tmp_path / "out" / "report.html"
    ).read_text("utf-8")
