"""Counties that act on each other: the factors that follow, the rounds, and what is told."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from checkout import ROOT
from typer.testing import CliRunner

from returnee.experiments.commands.app import app
from returnee.experiments.errors import UsageError
from returnee.experiments.statistics.intervals import ratio_of_sums
from returnee.experiments.studies.region import coupling as c
from returnee.scenarios.schema.county_folder import SHIPPED_COUNTIES
from returnee.scenarios.schema.fields import walk

ALIKE = c.neighbours_of(["x"] * 3, np.full(3, 0.05), np.ones(3))


def state(supply: float = 1.0, away: float = 1.0, returns: float = 1.0, who: int = 3) -> c.State:
    """Three counties over two years, the first ones so many times as in the reference."""
    mine = (np.arange(3) < who)[:, None] * np.ones((3, 2))
    values = (100.0 * (1.0 + (times - 1.0) * mine) for times in (supply, away, returns))
    return c.State(*values)


def factors(here: c.State, alone: bool = False, **given: float) -> dict[str, np.ndarray]:
    found = c.factors_of(c.Coupling(**given), ALIKE, here, state(), np.ones(3), alone)
    return {name: found[..., k] for k, name in enumerate(c.NAMES)}


def test_what_is_as_in_the_reference_moves_nothing() -> None:
    assert all((values == 1.0).all() for values in factors(state()).values())


def test_prices_and_the_city_follow_the_sums_of_all_counties() -> None:
    found = factors(state(1.3, 0.9), outside_share=0.5, outside_elasticity=2, city_share=0.5)
    assert found["price"] == pytest.approx(1.3**-0.25)
    assert found["city_wage"] == pytest.approx(0.9**-0.15)
    assert found["city_jobs"] == pytest.approx(0.9**-0.25)
    some = factors(state(1.3, who=1), outside_share=1, outside_elasticity=1)
    assert some["price"] == pytest.approx(1.0 / 1.1)
    single = factors(state(1.3), alone=True, outside_share=1, outside_elasticity=1)
    assert single["price"] == pytest.approx(1.0 / 1.1)


def test_shares_of_none_switch_what_they_stand_for_off() -> None:
    found = factors(state(1.3, 0.9), outside_share=0, city_share=0)
    assert all((found[name] == 1.0).all() for name in ("price", "city_wage", "city_jobs"))


def test_a_county_that_draws_takes_from_its_neighbours_and_all_together_from_none() -> None:
    one = factors(state(returns=1.5, who=1))["returning"][:, 0]
    assert one[0] > 1.0 > one[1] == pytest.approx(one[2])
    assert factors(state(returns=1.5))["returning"] == pytest.approx(1.0)
    alone = factors(state(returns=1.5), alone=True)["returning"]
    assert alone == pytest.approx(one[0])


def test_nobody_is_lost_between_neighbours() -> None:
    rng = np.random.default_rng(1)
    flows = rng.uniform(0.0, 0.2, (4, 4)) * (1.0 - np.eye(4))
    returns = rng.uniform(1.0, 9.0, 4)
    assert c.coming(flows, rng.normal(size=4), returns).sum() == pytest.approx(returns.sum())


def test_a_factor_on_returning_is_taken_off_before_the_next() -> None:
    here = state(returns=1.5, who=1)
    was = np.array([1.25, 1.0, 1.0])
    pulls, own = c.pulls_of(here, state(), was)
    assert own[0] == pytest.approx(240.0) and pulls[0] == pytest.approx(np.log(1.2))


def test_counties_of_a_city_are_neighbours() -> None:
    near = c.neighbours_of(["a", "b", "a"], np.array([0.1, 0.2, 0.3]), np.array([1.0, 5.0, 3.0]))
    assert [group.tolist() for group in near.groups] == [[0, 2], [1]]
    assert near.flows[0] == pytest.approx(np.array([[0.0, 0.9], [0.1 / 3.0, 0.0]]))
    assert near.flows[1].tolist() == [[0.0]]


def test_ratios_of_sums_cover_what_they_say() -> None:
    rng = np.random.default_rng(1)
    base = 4.0 + rng.normal(size=20)
    alone = base + rng.normal(size=(300, 2, 20))
    found = np.array([ratio_of_sums(0.8 * one + 0.3 * rng.normal(size=one.shape), one) for one in alone])  # fmt: skip
    assert 0.85 < ((found[:, 1] < 0.8) & (found[:, 2] > 0.8)).mean() < 0.96
    assert np.isnan(ratio_of_sums(alone[0, :1], alone[0, :1])[1:]).all()


def test_what_is_measured_is_what_its_row_says() -> None:
    with (ROOT / "scenarios" / "evidence.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    for _, lever in walk(c.Coupling):
        for name in lever.evidence:
            given = [float(rows[name][k]) for k in ("value", "low", "high") if rows[name][k]]
            if given:
                assert min(given) <= lever.default <= max(given)
            else:
                assert rows[name]["unit"] == "text" and lever.basis == "bound"


def test_assumptions_are_checked() -> None:
    assert c.changed(c.coupling_of(["city_share=1", "rounds=6"])) == ["city_share=1"]
    with pytest.raises(UsageError, match=r"did you mean couple\.outside_share"):
        c.coupling_of(["outside_shar=1"])
    with pytest.raises(UsageError, match="city_share: found 2, allowed a number from 0 to 1"):
        c.coupling_of(["city_share=2"])


@pytest.fixture(scope="module")
def counties(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of three counties, two of which are given a policy."""
    folder = tmp_path_factory.mktemp("counties")
    facts = (SHIPPED_COUNTIES / "example" / "county.toml").read_text("utf-8")
    for name in "abc":
        (folder / name).mkdir()
        (folder / name / "county.toml").write_text(facts, "utf-8")
    lines = "folder,scenario\na,no_support\nb,no_support\nc,baseline\n"
    (folder / "counties.csv").write_text(lines, "utf-8")
    return folder / "counties.csv"


def words(counties: Path, out: Path, *more: str) -> list[str]:
    return [
        "region", str(counties), "--simulated", "150", "--months", "12", "--replicates", "2",
        "--compete", "--couple", "rounds=2", "--out", str(out), *more,
    ]  # fmt: skip


@pytest.fixture(scope="module")
def out(counties: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "region"
    done = CliRunner().invoke(app, words(counties, folder, "--json"), catch_exceptions=False)
    (folder / "told.json").write_text(done.stdout, "utf-8")
    return folder


def test_the_command_tells_ratios_and_what_others_lose(out: Path) -> None:
    told = json.loads((out / "told.json").read_text("utf-8"))
    rows = {(row["world"], row["measure"]): row for row in told["spill"]}
    cost = rows["together", "public_cost"]
    assert (cost["adopters"], cost["others"]) == (2, 1) and cost["gain"] < 0.0
    assert 0.9 < cost["ratio"] < 1.1
    assert rows["half", "public_cost"]["adopters"] == 1
    assert told["coupling"]["rounds"] == 2 and len(told["rounds"]["moved"]) in (1, 2)
    years = pd.read_csv(out / "factors.csv")
    assert (years["world"].unique() == ["alone", "half", "together"]).all()
    apart = years[(years["world"] == "alone") & (years["code"] == "c")]
    assert (apart[["price", "city_wage", "city_jobs"]] != 1.0).any(axis=None) or len(apart) == 1


def test_without_coupling_all_else_is_as_without_it(
    out: Path, counties: Path, tmp_path: Path
) -> None:
    plain = [w for w in words(counties, tmp_path / "plain") if w not in ("--compete", "--couple", "rounds=2")]  # fmt: skip
    assert CliRunner().invoke(app, plain).exit_code == 0
    for name in ("counties.csv", "totals.csv", "groups.csv"):
        assert (tmp_path / "plain" / name).read_bytes() == (out / name).read_bytes()


def test_one_that_was_stopped_goes_on(out: Path, counties: Path) -> None:
    before = (out / "spill.csv").read_bytes()
    (out / "round-1" / "runs.parquet").unlink()
    (out / "round-1" / "monthly.parquet").unlink()
    done = CliRunner().invoke(app, words(counties, out, "--lang", "zh"))
    assert done.exit_code == 0 and (out / "spill.csv").read_bytes() == before
    page = (out / "report.html").read_text("utf-8")
    assert "县与县之间是否竞争" in page and "没有人返回别的县" not in page


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--couple", "x=1"], "couple.x: found an unknown key"),
        (["--months", "6"], "months: found 6, allowed 12 or more"),
        (["--against", "no_support"], "compete: found 1 counties"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    counties: Path, tmp_path: Path, more: list[str], said: str
) -> None:
    done = CliRunner().invoke(app, words(counties, tmp_path / "out", *more))
    assert done.exit_code == 2 and said in done.stderr and not (tmp_path / "out").exists()


def test_assumptions_without_competition_are_refused(counties: Path) -> None:
    done = CliRunner().invoke(app, ["region", str(counties), "--couple", "city_share=1"])
    assert done.exit_code == 2 and "allowed with --compete" in done.stderr
