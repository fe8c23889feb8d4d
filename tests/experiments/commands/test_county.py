"""Counties on the command line and in designs: codes, relative paths, what is shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from checkout import ROOT
from typer.testing import CliRunner

from returnee.experiments.commands.app import app
from returnee.experiments.errors import UsageError
from returnee.experiments.reports.counties import county_columns
from returnee.experiments.running.design.design import design_of, read_design
from returnee.scenarios import ScenarioError
from returnee.scenarios.schema.county_folder import FOLDER

FACTS = (FOLDER / "counties" / "binhai" / "county.toml").read_text(encoding="utf-8")
SMALL = ("--sample", "0.002", "--months", "12")


def call(*words: Any) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


def county(folder: Path, old: str = "", new: str = "") -> Path:
    folder.mkdir()
    (folder / "county.toml").write_text(FACTS.replace(old, new), encoding="utf-8")
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_county_by_its_code(here: Path) -> None:
    county(here / "320922")
    done = call("run", "baseline", "--set", "county=320922", *SMALL, "--out", "r")
    assert done.exit_code == 0, done.stderr
    assert call("county", "show", "--set", "county=320922").exit_code == 0


@pytest.mark.parametrize("name", ["320922", "032092", "NA", "null", "1e5", "true"])
def test_codes_in_a_table_of_points(tmp_path: Path, name: str) -> None:
    county(tmp_path / name)
    (tmp_path / "p.csv").write_text(f"county,policy.training.places\n{name},1000\n")
    (tmp_path / "d.toml").write_text('points = "p.csv"\n')
    design = read_design(tmp_path / "d.toml")
    assert design.table is not None
    assert design.table.county.tolist() == [str(tmp_path / name)]


def test_counties_of_a_design_are_named_from_its_folder(here: Path) -> None:
    (here / "study").mkdir()
    own = county(here / "study" / "own")
    for axes in ('county = ["own", "binhai"]', 'county = "own"'):
        (here / "study" / "d.toml").write_text(f"[axes]\n{axes}\n")
        design = read_design(here / "study" / "d.toml")
        found = design.axes[0].values if design.axes else (design.fixed["county"], "binhai")
        assert found == (str(own), "binhai")
    table = pd.DataFrame({"county": ["own"]})
    found_table = design_of({"method": "table", "points": table}, start=here / "study").table
    assert found_table is not None and found_table.county.tolist() == [str(own)]


@pytest.mark.parametrize("axes", ['["binhai", "nowhere"]', '"nowhere"'])
def test_a_county_that_is_not_there_is_refused_before_anything_runs(here: Path, axes: str) -> None:
    (here / "d.toml").write_text(f"[axes]\ncounty = {axes}\n")
    with pytest.raises(ScenarioError, match=r"d\.toml: axes: county: found 'nowhere', allowed"):
        read_design(here / "d.toml")
    done = call("sweep", "d.toml", "--out", "s")
    assert done.exit_code == 2 and len(done.stderr.splitlines()) == 1
    assert not (here / "s").exists()


def test_a_county_is_shown(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")  # no name is divided between lines
    zh = call("county", "show", "--lang", "zh").stdout
    assert "…" not in zh and "share of" not in zh and "false" not in zh and "true" not in zh
    assert "占销售额比例" in zh and "是" in zh
    en = call("county", "show").stdout
    assert "…" not in en and "share of sales" in en and "false" not in en
    shown = json.loads(call("county", "show", "--json", "--set", "county=example").stdout)
    assert shown["name"] == "Example" and set(shown["files"]) == {"workers.csv", "ties.csv"}
    assert len(shown["townships"]) == 14 and shown["people"]["child"] == 0.4


@pytest.mark.parametrize("name", ["Plan [/x]", "[bold]", "a\\[b"])
def test_brackets_in_names_are_shown(here: Path, name: str) -> None:
    text = county(here / "own") / "county.toml"
    toml = FACTS.replace('name = "Binhai"', f"name = '{name}'")
    text.write_text(toml.replace('name = "Dongkan"', f"name = '{name} town'"), encoding="utf-8")
    done = call("county", "show", "--set", "county=own")
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(name) and f"{name} town" in done.stdout


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_county_of_another_size_is_warned_of(here: Path, lang: str) -> None:
    small = ("--set", "county.labour_force=60000", "--lang", lang)
    for words in (("county", "show"), ("run", "baseline", *SMALL, "--out", "r")):
        done = call(*words, *small, *(("--json",) if words[0] == "county" else ()))
        assert done.exit_code == 0, done.stderr
        warning = next(line for line in done.stderr.splitlines() if "60,000" in line)
        assert "policy.training.places=87" in warning and "docs/own_county.md" in warning
    assert "685,000 people" not in call("county", "show").stderr


@pytest.mark.parametrize(("lang", "says"), [("en", "leaves out facts"), ("zh", "缺少部分项目")])
def test_facts_that_an_old_file_leaves_out_are_named(here: Path, lang: str, says: str) -> None:
    own = county(here / "own")
    text = (own / "county.toml").read_text("utf-8")
    head, _, rest = text.partition("# Residents when")
    lines = [line for line in head.splitlines() if not line.startswith(("farming", "first_year"))]
    towns = rest[rest.index("# Shares of workers") :]
    (own / "county.toml").write_text("\n".join([*lines, towns]), encoding="utf-8")
    done = call("county", "show", "--set", "county=own", "--lang", lang)
    assert done.exit_code == 0, done.stderr
    notice = next(line for line in done.stderr.splitlines() if says in line)
    for assumed in (
        "work.farming = 0.356",
        "work.first_year = 2026",
        "residents = []",
        "children = []",
    ):
        assert f"county.{assumed}" in notice
    for shipped in ("binhai", "example"):
        assert (
            says not in call("county", "show", "--set", f"county={shipped}", "--lang", lang).stderr
        )


def test_help_of_from_census_teaches() -> None:
    done = call("county", "from-census", "--help")
    assert done.exit_code == 0 and "--files" in done.stdout and "leiii/census" in done.stdout
    done = call("county", "from-census", "320922", "--files", "nowhere")
    assert done.exit_code == 2 and "the file of the data set" in done.stderr


def test_the_page_of_columns_is_current() -> None:
    page = (ROOT / "docs" / "own_county.md").read_text("utf-8")
    found = page.partition("<!-- columns -->\n")[2].partition("<!-- end of columns -->")[0]
    assert found == county_columns.document(), "run: returnee county columns"
    assert call("county", "columns").stdout == found + "\n"
    rows = json.loads(call("county", "columns", "--json").stdout)
    assert all(row["label_en"] and row["label_zh"] for row in rows)
    header = (FOLDER / "counties" / "example" / "workers.csv").read_text("utf-8").split("\n")[0]
    assert header.split(",") == [r["column"] for r in rows if r["table"] == "workers.csv"]


def test_an_own_county_that_changed_is_not_mixed_with_what_it_was(here: Path) -> None:
    from returnee.experiments.running.jobs import Figures
    from returnee.experiments.running.manifests import difference
    from returnee.experiments.running.plan import plan_of

    own = county(here / "own")
    (here / "d.toml").write_text('[axes]\ncounty = ["own"]\n', encoding="utf-8")
    before = plan_of(read_design(here / "d.toml"))
    assert before.design.counties == {str(own): before.design.counties[str(own)]}
    job = before.job(0, Figures())
    facts = FACTS.replace("away_share = 0.396", "away_share = 0.5")
    assert facts != FACTS
    (own / "county.toml").write_text(facts, encoding="utf-8")
    after = plan_of(read_design(here / "d.toml"))
    assert after.digest != before.digest
    found, wanted = (plan.manifest("", here / "out", {}).content for plan in (before, after))
    text = difference(found, wanted)
    assert text.startswith(f"counties.{own}: found ")
    with pytest.raises(UsageError, match="own: found a county that changed since the sweep was"):
        job.do()
    shipped = plan_of(design_of({"axes": {"county": ["binhai", "example"]}}))
    assert shipped.design.counties == {}
