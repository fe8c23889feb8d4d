"""A region: which counties, under which policies, what they gain, the map, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from returnee import Keep, RunSettings
from returnee.experiments.commands.app import app
from returnee.experiments.errors import UsageError
from returnee.experiments.reports.counties import atlas
from returnee.experiments.reports.counties.region import Gains
from returnee.experiments.statistics.intervals import beyond_luck, pooled, sum_of
from returnee.experiments.studies.region import counties as c
from returnee.experiments.studies.region import region as r
from returnee.scenarios import load_scenario
from returnee.scenarios.files.census import FILES

AGES = ["0", "1-4", *(f"{a}-{a + 4}" for a in range(5, 85, 5))]
TINY = RunSettings(months=12, burn_in=12)


def then(code: int, name: str, people: int, registered: float) -> dict[str, object]:
    row: dict[str, object] = {"地区": name, "区划代码": code, "合计": 36 * people}
    row |= {"户籍人口": int(registered * 36 * people)}
    for sex in "男女":
        row |= {f"{age}岁（{sex}）": people for age in AGES} | {f"85岁及以上（{sex}）": people}
    return row


def now(code: int, name: str, people: float, farming: int) -> dict[str, object]:
    row: dict[str, object] = {"区划代码": code, "省": "江苏省", "市": "某市", "区县": name}
    row |= {"人口数_合计": 36 * people, "农林牧渔业": farming, "各种行业人口总计": 100}
    for sex in "男女":
        row |= {f"{sex}_{age.replace('-', '到')}岁": people for age in AGES}
        row |= {f"{sex}_85岁以上": people}
    return row


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three counties that people leave, one that people move to, and one whose ages are missing."""
    folder = tmp_path_factory.mktemp("census")
    rows = [then(320000, "江苏省", 90_000, 1.5), then(320900, "盐城市", 90_000, 1.5)]
    rows += [then(code, name, 10_000, 2.0) for code, name in ((320903, "甲县"), (320904, "乙县"), (320905, "丙县"))]  # fmt: skip
    rows += [then(320906, "丁区", 10_000, 0.9), then(320907, "戊县", 10_000, 2.0)]
    pd.DataFrame(rows).to_excel(folder / FILES[2010], index=False)
    later = [now(320900, "盐城市", 1, 1)]
    later += [now(320903, "甲县", 10_000, 20), now(320904, "乙县", 9_000, 40), now(320905, "丙县", 8_000, 60)]  # fmt: skip
    later += [now(320906, "丁区", 12_000, 5), now(320907, "戊县", np.nan, 5)]
    pd.DataFrame(later).to_excel(folder / FILES[2020], index=False)
    return folder


@pytest.fixture(scope="module")
def found(files: Path, tmp_path_factory: pytest.TempPathFactory) -> r.Region:
    source = c.Source(files, ("江苏省",))
    policies = r.Policies("baseline", "baseline", ("no_support=work.farming:highest",))
    keep = Keep(tmp_path_factory.mktemp("out") / "region")
    return r.region(source, policies, 2, 400, TINY, results=keep)


def test_counties_that_the_model_is_not_about_or_that_lack_ages_are_left_out(
    found: r.Region,
) -> None:
    assert [m.code for m in found.members] == ["320903", "320904", "320905"]
    reasons = {code: why for code, _, why in found.left_out}
    assert reasons["320906"] == c.CROWDED and "number" in reasons["320907"]


def test_a_rule_gives_a_third_of_the_counties_a_policy(found: r.Region) -> None:
    assert found.policies == {"320903": "baseline", "320904": "baseline", "320905": "no_support"}


def test_gains_are_differences_in_the_same_luck(found: r.Region) -> None:
    rows = found.counties.set_index(["code", "measure"])
    assert (rows.loc["320903", "gain"] == 0.0).all()  # the same policy as the reference
    assert rows.loc[("320905", "public_cost"), "gain"] < 0.0
    assert rows.loc[("320905", "public_cost"), "simulated"] == 400


def test_totals_are_sums_of_counties_and_flows_are_by_year(found: r.Region) -> None:
    totals = found.totals.set_index("measure")
    parts = found.counties.groupby("measure")[["gain", "reference"]].sum()
    for name in totals.index:
        assert totals.loc[name, "gain"] == pytest.approx(parts.loc[name, "gain"])
        assert totals.loc[name, "reference"] == pytest.approx(parts.loc[name, "reference"])
    level = found.levels(r.REFERENCE)[..., r.NAMES.index("public_cost")]
    assert totals.loc["public_cost", "reference"] == pytest.approx(level.mean(axis=0).sum())


def test_luck_differs_between_counties_and_not_between_policies(found: r.Region) -> None:
    seeds = found.runs.groupby("county")["seed"].unique()
    assert all(len(of_one) == 1 for of_one in seeds) and len({one[0] for one in seeds}) == 3


def test_a_region_that_was_stopped_goes_on(found: r.Region, files: Path) -> None:
    source, policies = c.Source(files, ("江苏省",)), found.given
    again = r.region(source, policies, 2, 400, TINY, results=Keep(found.folder))
    pd.testing.assert_frame_equal(again.counties, found.counties)
    with pytest.raises(Exception, match="simulated: found 400, allowed 500"):
        r.region(source, policies, 2, 500, TINY, results=Keep(found.folder))


def test_amounts_are_as_many_for_each_worker() -> None:
    half = load_scenario("linked", {"county.labour_force": 342_500, "policy.training.places": {1: 1000, 25: 2000}})  # fmt: skip
    sized = c.at_county_size(half)
    assert [sized.policy_at(month).training.places for month in (1, 25)] == [500, 1000]
    assert sized.policy.budget.cap == half.policy.budget.cap / 2


def test_thirds_of_equal_values_stand_together() -> None:
    assert c.thirds_of(np.array([1.0, 1.0, 1.0])).tolist() == [0, 0, 0]
    assert c.thirds_of(np.arange(6.0)).tolist() == [0, 0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code\n320999\n", "row 2: region: code: found 320999"),
        ("code,folder\n320903,x\n", "row 2: found both of code and folder"),
        ("code\n320903\n320903\n", "row 3: found 320903 again"),
        ("name\nx\n", "found columns name, allowed code or folder"),
        ("code,scenario\n320903,linkd\n", "row 2: scenario: found 'linkd' (did you mean linked?)"),
    ],
)
def test_a_table_that_cannot_be_is_refused(
    files: Path, tmp_path: Path, text: str, said: str
) -> None:
    table = tmp_path / "counties.csv"
    table.write_text(text, encoding="utf-8")
    out = tmp_path / "out"
    words = ["region", str(table), "--files", str(files), "--out", str(out)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2 and said in done.stderr and not out.exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "found neither of a table and a province"),
        (["--province", "江苏省", "--simulated", "0"], "simulated: found 0, allowed 1 or more"),
        (["--province", "江苏"], "found 江苏 (did you mean 江苏省"),
        (["--province", "江苏省", "--year", "2015"], "year: found 2015, allowed 2010 or 2020"),
        (
            ["--province", "江苏省", "--give", "linked"],
            "give: found linked, allowed POLICY=FACT:THIRD",
        ),
        (["--province", "江苏省", "--give", "linked=away_shar:lowest"], "did you mean away_share"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_in_one_line(
    files: Path, words: list[str], said: str
) -> None:
    given = ["region", "--files", str(files), *words]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 2 and said in done.stderr


def test_the_command_takes_a_table_with_places_and_policies(files: Path, tmp_path: Path) -> None:
    table = tmp_path / "counties.csv"
    table.write_text(
        "code,scenario,lon,lat,poor\n320903,linked,120.1,33.9,1\n320905,,119.8,33.5,2\n", "utf-8"
    )
    words = [
        "region", str(table), "--files", str(files), "--out", str(tmp_path / "out"), "--simulated", "200",
        "--months", "6", "--replicates", "2", "--give", "no_support=poor:highest", "--json",
    ]  # fmt: skip
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    told = json.loads(done.stdout)
    policies = {row["code"]: row["policy"] for row in told["counties"]}
    assert done.exit_code == 0 and policies == {"320903": "linked", "320905": "no_support"}
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "larger with the labour force" in page and "甲县" in page
    assert (tmp_path / "out" / "inputs" / "320903" / "county.toml").is_file()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_says_what_is_left_out_and_assumed(found: r.Region, lang: str) -> None:
    page = Gains(found, lang).page()
    assert "丁区" in page and "江苏省" in page
    assert ("Schematic" if lang == "en" else "示意图") in page


def test_shapes_are_drawn_where_there_are_some(found: r.Region, tmp_path: Path) -> None:
    square = [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]
    shape = {"type": "Feature", "geometry": {"type": "MultiPolygon", "coordinates": [square]}}
    for code in ("320903", "320904"):
        (tmp_path / f"{code}.geojson").write_text(json.dumps(shape), "utf-8")
    assert "as they lie" in Gains(found, "en", tmp_path).page()
    (tmp_path / "320903.geojson").write_text("{}", "utf-8")
    with pytest.raises(UsageError, match="found no shape"):
        atlas.rings_of(tmp_path / "320903.geojson")
    with pytest.raises(UsageError, match="found no shapes"):
        atlas.shapes_in(tmp_path / "nowhere")


def test_intervals_of_sums_and_of_pooled_luck_cover_what_they_say() -> None:
    rng = np.random.default_rng(1)
    truth = rng.normal(size=12)
    values = truth + rng.normal(size=(400, 2, 12))
    sums = np.array([sum_of(one) for one in values])
    alone = np.array([pooled(one) for one in values])
    assert 0.86 < ((sums[:, 1] < truth.sum()) & (truth.sum() < sums[:, 2])).mean() < 0.95
    assert 0.88 < ((alone[:, 1] < truth) & (truth < alone[:, 2])).mean() < 0.92


def test_spread_of_units_is_told_from_luck() -> None:
    rng = np.random.default_rng(2)
    alike = 3.0 + rng.normal(size=(4, 500))
    apart = alike + 2.0 * rng.normal(size=500)
    assert beyond_luck(alike)[1] > 0.9 and beyond_luck(apart)[0] == pytest.approx(2.0, rel=0.1)


def test_a_sum_of_one_run_has_no_interval() -> None:
    mean, low, high = sum_of(np.array([[1.0, 2.0]]))
    assert mean == 3.0 and np.isnan([low, high]).all()
    assert np.isnan(beyond_luck(np.array([[1.0, 2.0]]))[1])


def test_shares_are_merged_and_told_as_one(found: r.Region, files: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = [
        "region", "--files", str(files), "--province", "江苏省", "--scenario", "baseline",
        "--give", "no_support=work.farming:highest", "--simulated", "400", "--months", "12", "--out", str(out),
    ]  # fmt: skip
    for share in ("1/2", "2/2"):
        assert CliRunner().invoke(app, [*words, "--shard", share]).exit_code == 0
    assert CliRunner().invoke(app, ["status", str(out)]).exit_code == 0
    assert CliRunner().invoke(app, ["merge", str(out)]).exit_code == 0
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr
    whole = pd.read_csv(out / "counties.csv")
    assert len(whole) == 3 * len(r.TOLD) and (out / "report.html").is_file()
