"""A county's file from the census: what is taken from it, what is assumed, and what is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from returnee.scenarios import ScenarioError, load_scenario
from returnee.scenarios.files import census
from returnee.scenarios.files.census import FILES, write_from_census

AGES = ["0岁", "1到4岁", "5到9岁", *(f"{a}到{a + 4}岁" for a in range(10, 85, 5)), "85岁以上"]
NAMES = {"区划代码": 999901, "省": "某省", "市": "某市", "区县": "样县"}
SCHOOLS = {
    "未上过学": 1000, "学前教育": 300, "小学": 9000, "初中": 12_000, "高中": 3000, "大学专科": 700,
    "本科及以上": 300,
}  # fmt: skip


def row_2020(**cells: Any) -> dict[str, Any]:
    """A small county: 1,000 men and 900 women in each group of ages."""
    row: dict[str, Any] = {**NAMES, "人口数_合计": 36_100}
    for age in AGES:
        row |= {f"男_{age}": 1000, f"女_{age}": 900}
    for name, people in SCHOOLS.items():
        row |= {f"{name}_男": people, f"{name}_女": people}
    row |= {"农林牧渔业": 500, "各种行业人口总计": 1000}
    row |= {"户口登记地在外乡镇街道人口_本省其他县": 100, "户口登记地在外乡镇街道人口_省外": 50}
    return row | cells


def row_2010(**cells: Any) -> dict[str, Any]:
    row = {"地区": "样县", "区划代码": 999901, "户籍人口": 60_000}
    return row | {"5-9岁（男）": 1500, "5-9岁（女）": 1200} | cells


def files(folder: Path, now: Any = None, before: Any = None) -> Path:
    """The two workbooks, with a row of another county and one without a code."""
    folder.mkdir(exist_ok=True)
    rows = [{"区划代码": None, "省": "全国", "市": "全国", "区县": "全国"}]
    rows += [row_2020() | {"区划代码": 999902, "区县": "邻县"}, now or row_2020()]
    pd.DataFrame(rows).to_excel(folder / FILES[2020], index=False)
    pd.DataFrame([row_2010() | {"区划代码": 999902}, before or row_2010()]).to_excel(
        folder / FILES[2010], index=False
    )
    return folder


def refused(*arguments: Any) -> str:
    with pytest.raises(ScenarioError) as caught:
        write_from_census(*arguments)
    return str(caught.value)


def test_a_county_is_written_and_loads(tmp_path: Path) -> None:
    said: list[str] = []
    write_from_census("999901", files(tmp_path / "census"), tmp_path / "own", said.append)
    assert said == [f"reading {FILES[2020]}", f"reading {FILES[2010]}"]
    county = load_scenario("baseline", {"county": tmp_path / "own"}).county
    assert county.name_zh == "样县" and county.labour_force == pytest.approx(34_200, abs=1)
    adults = 8.4 * 1900
    assert county.away_share == pytest.approx(1 - adults / 34_200, abs=0.001)
    assert county.work.farming == 0.5 and county.work.dependants == round(36_100 / adults - 1, 2)
    assert [row.age for row in county.residents] == list(range(15, 60, 5))
    assert {(row.men, row.women) for row in county.residents} == {(1000, 900)}
    assert [row.men for row in county.children] == [2000, 1000, 1000, 1500]  # 15 to 19: of 2010
    people = county.people
    assert people.female_home == round(900 / 1900, 3) and people.out_of_province == 0.383
    pupils = 0.8 * 1900 + 0.4 * 1900, 0.6 * 1900
    total = 2 * (sum(SCHOOLS.values()) - 300) - sum(pupils)
    assert people.home_schooling_none == pytest.approx(2000 / total, abs=0.001)
    assert people.home_schooling_junior == pytest.approx((24_000 - pupils[1]) / total, abs=0.001)
    # Work outside farming goes to firms and other employers; fewer firms where more farm.
    assert county.firms.per_1000 == pytest.approx(45 * 0.5 / 0.644, abs=0.1)
    assert 0.02 <= county.work.other_jobs <= 0.5


def test_every_value_says_where_it_is_from(tmp_path: Path) -> None:
    write_from_census("999901", files(tmp_path / "census"), tmp_path / "own")
    text = (tmp_path / "own" / "county.toml").read_text("utf-8")
    facts = text[text.index("labour_force") : text.index("[[residents]]")]
    values = [line for line in facts.splitlines() if " = " in line]
    assert len(values) > 50 and all("  # " in line for line in values)
    notes = {line.split(" = ")[0]: line.partition("  # ")[2] for line in values}
    assert (
        notes["labour_force"].startswith("census 2010, 户籍人口")
        and "assumed" in notes["labour_force"]
    )
    assert notes["farming"] == "census 2020, 农林牧渔业 / 各种行业人口总计"
    assert notes["married"] == "N37, national" and notes["child"] == "assumed"
    assert notes["incubator_places"].startswith("assumed: as many a head as in Binhai")
    assert tomllib.loads(text)["townships"]


@pytest.mark.parametrize(
    ("code", "share"), [("320101", 0.134), ("619901", 0.446), ("341225", 0.518), ("210101", 0.336)]
)
def test_the_province_tells_how_many_leave_it(tmp_path: Path, code: str, share: float) -> None:
    now, before = row_2020(区划代码=int(code)), row_2010(区划代码=int(code))
    write_from_census(code, files(tmp_path / "c", now, before), tmp_path / "own")
    found = load_scenario("baseline", {"county": tmp_path / "own"}).county.people.out_of_province
    assert found == share


def test_what_the_census_does_not_have_is_assumed(tmp_path: Path) -> None:
    now = row_2020(农林牧渔业=None) | {"小学_男": "NA"}
    folder = files(tmp_path / "census", now, row_2010(户籍人口=None, 区划代码=999903))
    said: list[str] = []
    write_from_census("999901", folder, tmp_path / "own", said.append)
    assert said[-1] == (
        "not in the census, and assumed: schooling, work by industry, registered population, "
        "children of ten years before; county.toml says how"
    )
    text = (tmp_path / "own" / "county.toml").read_text("utf-8")
    assert "home_schooling_none = 0.076  # assumed: as in Binhai (L45)" in text
    assert "farming = 0.356  # assumed: as in Binhai (L44)" in text
    assert "of 2010, before some left" not in text
    county = load_scenario("baseline", {"county": tmp_path / "own"}).county
    assert county.children[3].men == 1000
    # Registered: those who live there less those who came; more work there than that, few are away.
    assert pytest.approx(county.labour_force, abs=1) == 0.57 * (36_100 - 150)


def test_a_place_that_people_move_to_has_few_away(tmp_path: Path) -> None:
    folder = files(tmp_path / "census", None, row_2010(户籍人口=10_000))
    write_from_census("999901", folder, tmp_path / "own")
    county = load_scenario("baseline", {"county": tmp_path / "own"}).county
    assert county.away_share == pytest.approx(0.02, abs=0.001)
    assert "are fewer" in (tmp_path / "own" / "county.toml").read_text("utf-8")


def test_what_cannot_be_used_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, own = files(tmp_path / "census"), tmp_path / "own"
    text = refused("999911", folder, own)
    assert "'999911' (did you mean 999902 某省某市邻县 or 999901" in text and "six digits" in text
    assert "did you mean 999901 某省某市样县" in refused("样县", folder, own)
    assert refused("999901", tmp_path / "none", own).endswith("allowed the file of the data set")
    cells = files(tmp_path / "cells", row_2020(男_20到24岁="NA"))
    text = refused("999901", cells, own)
    assert "row 999901, column 男_20到24岁: found nothing, allowed a number" in text
    wrong = files(tmp_path / "wrong", row_2020(男_20到24岁="many"))
    assert "found 'many', allowed a number" in refused("999901", wrong, own)
    pd.DataFrame({"区划代码": [999901], "省": "", "市": "", "区县": ""}).to_excel(
        cells / FILES[2020], index=False
    )
    assert "no column 人口数_合计" in refused("999901", cells, own)
    (cells / FILES[2020]).write_text("no workbook", encoding="utf-8")
    assert "no workbook that can be read" in refused("999901", cells, own)
    pd.DataFrame({"a": [1]}).to_excel(cells / FILES[2020], index=False)
    assert "no column 区划代码" in refused("999901", cells, own)
    other = files(tmp_path / "other year")
    (other / FILES[2020]).write_bytes((other / FILES[2010]).read_bytes())
    assert "no column 省, allowed the file of the census of 2020" in refused("999901", other, own)
    other = files(tmp_path / "another year")
    (other / FILES[2010]).write_bytes((other / FILES[2020]).read_bytes())
    assert "no column 户籍人口, allowed the file of the census of 2010" in refused(
        "999901", other, own
    )
    assert not own.exists()
    own.mkdir()
    (own / "county.toml").write_text("", encoding="utf-8")
    assert "county.toml: found a file, allowed a folder without one" in refused(
        "999901", folder, own
    )

    def without(*_: Any, **__: Any) -> None:
        raise ImportError

    monkeypatch.setattr(census.pd, "read_excel", without)
    text = refused("999901", folder, tmp_path / "other")
    assert "no openpyxl to read it with" in text and "returnee[census]" in text


def full_2010(**cells: Any) -> dict[str, Any]:
    """A row of 2010 with all that a county needs, under that file's names."""
    row = row_2010(合计=40_000) | {"农林牧渔业": 700, "各种行业人口总计": 1000}
    for sex in "男女":
        row |= {f"0岁（{sex}）": 200, f"1-4岁（{sex}）": 800, f"85岁及以上（{sex}）": 100}
        row |= {f"{a}-{a + 4}岁（{sex}）": 1100 if sex == "男" else 1000 for a in range(5, 85, 5)}
        row |= {f"{name}-{sex}": people for name, people in SCHOOLS.items() if "本科" not in name}
        row |= {f"大学本科及以上-{sex}": 100}
    return row | cells


def test_a_county_of_2010_knows_nothing_of_2020(tmp_path: Path) -> None:
    folder, own = files(tmp_path / "census", None, full_2010(地区=" 样县")), tmp_path / "own"
    (folder / FILES[2020]).unlink()
    write_from_census("999901", folder, own, year=2010)
    text = (own / "county.toml").read_text("utf-8")
    assert "2020" not in text.partition("[[townships]]")[0].replace("2020_", "")
    county = load_scenario("baseline", {"county": own}).county
    assert county.name == "样县" and county.labour_force == int(0.57 * 60_000) + 1
    assert county.work.farming == 0.7 and county.work.first_year == 2016
    assert {(row.men, row.women) for row in county.residents} == {(1100, 1000)}
    assert county.people.home_schooling_college > 0.0
    assert "found 2015, allowed 2010 or 2020" in refused(
        "999901", folder, tmp_path / "other", print, 2015
    )
