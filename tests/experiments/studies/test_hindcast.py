"""The hindcast: which counties it takes, plain forecasts, errors, and the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from returnee import Keep, RunSettings
from returnee.experiments.commands.app import app
from returnee.experiments.errors import UsageError
from returnee.experiments.reports.calibration.hindcast import Forecasts, write_document
from returnee.experiments.studies import hindcast as h
from returnee.scenarios.files.census import FILES, read_census

AGES = ["0", "1-4", *(f"{a}-{a + 4}" for a in range(5, 85, 5))]
TINY = RunSettings(sample=0.002, months=12, burn_in=12)


def then(code: int, name: str, people: int, registered: float = 1.5) -> dict[str, Any]:
    row = {"地区": name, "区划代码": code, "合计": 36 * people}
    row |= {"户籍人口": int(registered * 36 * people), "农林牧渔业": 60, "各种行业人口总计": 100}
    for sex in "男女":
        row |= {f"{age}岁（{sex}）": people for age in AGES} | {f"85岁及以上（{sex}）": people}
    return row


def now(code: int, name: str, people: int) -> dict[str, Any]:
    row = {"区划代码": code, "省": "江苏省", "市": "某市", "区县": name, "人口数_合计": 36 * people}
    row |= {"农林牧渔业": 30, "各种行业人口总计": 100}
    for sex in "男女":
        row |= {f"{sex}_{age.replace('-', '到')}岁": people for age in AGES}
        row |= {f"{sex}_85岁以上": people}
    return row


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Binhai and five more counties: a district, one that people move to, one that changed its name."""
    counties = [
        (320922, "滨海县", 20_000, 15_000), (320901, "某区", 20_000, 15_000),
        (320903, "甲县", 10_000, 5_000), (320904, "乙县", 10_000, 5_000), (320905, "丙市", 10_000, 5_000),
    ]  # fmt: skip
    rows = [then(320000, "江苏省", 90_000), then(320900, "盐城市", 90_000)]
    rows += [then(code, name, people) for code, name, people, _ in counties]
    rows += [then(320906, "丁县", 10_000, 1.05), then(320907, "戊县", 10_000)]
    pd.DataFrame(rows).to_excel(tmp_path / FILES[2010], index=False)
    later = [now(code, name, people) for code, name, _, people in counties]
    later += [now(320906, "丁县", 12_000), now(320907, "新戊县", 5_000), now(320900, "盐城市", 1)]
    pd.DataFrame(later).to_excel(tmp_path / FILES[2020], index=False)
    return tmp_path


def test_the_rule_takes_counties_that_people_leave(files: Path) -> None:
    places = h.places_of(read_census(files, 2010), read_census(files, 2020), "江苏省")
    assert [p.code for p in places] == ["320901", "320903", "320904", "320905", "320906", "320922"]
    assert [p.name for p in h.chosen(places, 9)] == ["甲县", "乙县", "丙市", "滨海县"]
    assert [p.name for p in h.chosen(places, 2)] == ["甲县", "滨海县"]
    with pytest.raises(UsageError, match="province: found '江苏', allowed .*江苏省"):
        h.places_of(read_census(files, 2010), read_census(files, 2020), "江苏")


def test_plain_forecasts(files: Path) -> None:
    places = h.places_of(read_census(files, 2010), read_census(files, 2020), "江苏省")
    binhai = next(p for p in places if p.code == h.BINHAI)
    others = [p for p in places if p.name in ("甲县", "乙县")]
    found = h.forecast_by_cohorts(binhai, others)
    assert {found[cell] for cell in h.CELLS} == {10_000.0}  # half of each cohort, as there
    assert found["farming"] == pytest.approx(0.3)
    rows = [
        (h.BINHAI, "江苏省", "滨海县", cell, 20_000.0, 15_000.0, 15_000.0, 0.0, 0.0, 20_000.0, 10_000.0)
        for cell in h.CELLS
    ]  # fmt: skip
    rows.append((h.BINHAI, "江苏省", "滨海县", "farming", 0.6, 0.3, 0.4, 0.4, 0.4, 0.6, 0.3))
    columns = ["code", "province", "county", "measure", "census_2010", "census_2020", "model"]
    errors = h.errors_of(pd.DataFrame(rows, columns=[*columns, "low", "high", *h.FORECASTS[1:]]))
    one = errors.iloc[0]
    assert one["error_model"] == 0.0 and one["total_no_change"] == pytest.approx(1 / 3)
    assert one["error_cohorts"] == pytest.approx(1 / 3) == -one["total_cohorts"]
    assert one["farming_model"] == pytest.approx(0.1) and one["farming_cohorts"] == 0.0


def test_a_hindcast_is_run_and_told(files: Path, tmp_path: Path) -> None:
    found = h.hindcast(files, ["江苏省"], 1, 2, TINY, results=Keep(tmp_path / "kept"))
    assert list(found.counties["code"]) == ["320922", "320903"]
    figures = found.figures
    assert len(figures) == 2 * len(h.MEASURED) and np.isfinite(figures["model"]).all()
    people = figures[figures["measure"] != "farming"].groupby("code")["model"].sum()
    assert (people > 0.5 * 14 * np.array([10_000, 20_000])).all()
    again = h.hindcast(files, ["江苏省"], 1, 2, TINY, results=Keep(tmp_path / "kept"))
    assert again.figures.equals(figures)
    for lang, says in (("en", "in the wrong group"), ("zh", "放错了性别年龄组")):
        assert (
            says in Forecasts(found, lang).sentences()[0] and says in Forecasts(found, lang).page()
        )
    manifest = json.loads((tmp_path / "kept" / "manifest.json").read_text("utf-8"))
    again = "--province 江苏省 --each 1 --replicates 2 --sample 0.002 --seed 1"
    assert again in manifest["command"].replace("'", "")
    assert again in Forecasts(found).page().replace("&#39;", "")
    text = write_document(found, tmp_path / "doc" / "hindcast.md").read_text("utf-8")
    assert "滨海县 320922" in text and (tmp_path / "doc" / "images" / "hindcast.svg").exists()


def test_the_command_answers(files: Path, tmp_path: Path) -> None:
    options = ("--each", "1", "--replicates", "1", "--sample", "0.001")
    done = CliRunner().invoke(
        app,
        ["hindcast", "--files", str(files), "--province", "江苏省", *options, "--out", str(tmp_path / "out"), "--json"],
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert {row["county"] for row in json.loads(done.stdout)} == {"滨海县", "甲县"}
    assert (tmp_path / "out" / "report.html").is_file() and "report:" in done.stderr
    done = CliRunner().invoke(app, ["hindcast", "--files", str(tmp_path / "none")])
    assert done.exit_code == 2 and "the census of 2010, in the folder --files" in done.stderr
