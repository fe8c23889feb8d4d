"""Designs as people write them: tables from spreadsheets, counties' folders, numpy's values."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from experiments import sweep
from experiments.adapters import mesa_parameters
from experiments.design import design_of, read_design
from experiments.design_points import points_of
from experiments.errors import UsageError
from experiments.sweep_plan import plan_of
from scenarios import load_scenario
from simulation.exchange import export_county

PLACES, REFERRAL = "policy.training.places", "policy.linkage.referral"
CREDIT = "policy.linkage.contest_opens_credit"
SMALL: dict[str, Any] = {"sample": 0.002, "months": 12}
HEAD = f"{PLACES},{REFERRAL}\n"


def points(folder: Path, text: str | bytes) -> pd.DataFrame:
    path = folder / "p.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return points_of(design_of({"points": "p.csv"}, "d.toml", folder))


def test_a_letter_among_numbers_is_told_of_where_it_stands(tmp_path: Path) -> None:
    text = f"{HEAD}500,0.5\n600,0.6\n7O0,0.7\n800,0.8\n"
    with pytest.raises(UsageError) as refusal:
        points(tmp_path, text)
    assert f"p.csv: row 4: {PLACES}: found '7O0', allowed a number" in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        f"{PLACES}, {REFERRAL}\n500, 0.5\n 600 ,0.6\n",
        f"{HEAD}500,0.5\n,\n600,0.6\n,,\n\n",
        f"{PLACES},{REFERRAL},,\n500,0.5,,\n600,0.6,,\n",
        f'"{PLACES}","{REFERRAL}"\r\n"500","0.5"\r\n600.0,6e-1\r\n',
        f"\ufeffpoint,{HEAD}0,500,0.5\n1,600,0.6\n",
    ],
)
def test_what_spreadsheets_leave_behind_is_no_mistake(tmp_path: Path, text: str) -> None:
    found = points(tmp_path, text)
    assert found.to_dict("list") == {PLACES: [500.0, 600.0], REFERRAL: [0.5, 0.6]}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{HEAD}500,0.5\n,,\n\n600,\n", f"row 5: {REFERRAL}: found nothing, allowed a value"),
        (f"{HEAD}500,0.5\n600,0.6,0.7\n", "row 3: found 3 cells, allowed 2"),
        (f"{HEAD}500,nan\n", f"row 2: {REFERRAL}: found nan"),
        (f"{HEAD}inf,0.5\n", f"row 2: {PLACES}: found inf"),
        (f"{HEAD}1_000,0.5\n", f"row 2: {PLACES}: found '1_000'"),
        (f"{PLACES};{REFERRAL}\n500;0,5\n", "row 1: found semicolons, allowed commas"),
        (f"{PLACES}\t{REFERRAL}\n500\t0.5\n", "row 1: found tabs, allowed commas"),
        ("sep=;\n" + HEAD, "row 1: found semicolons, allowed commas"),
        (f"{PLACES},{PLACES}\n1,2\n", f"row 1: found {PLACES} twice"),
        (f"{PLACES},,,{REFERRAL}\n1,,,0.2\n", "row 1: found a column without a name"),
        (f"{CREDIT}\ntrue\nyes\n", f"row 3: {CREDIT}: found 'yes', allowed true or false"),
        ("policy.incubation.months\n12\n12.5\n", "row 3: policy.incubation.months: found 12.5"),
        (f'{PLACES}\n"5', "found a mistake"),
        (HEAD.encode() + "五百,0.5\n".encode("gbk"), "found text that is not UTF-8"),
    ],
)
def test_bad_cells_are_named_by_row_and_column(
    tmp_path: Path, text: str | bytes, says: str
) -> None:
    with pytest.raises(UsageError) as refusal:
        points(tmp_path, text)
    assert says in str(refusal.value) and "\n" not in str(refusal.value)


def test_cells_have_the_type_of_their_key(tmp_path: Path) -> None:
    text = f"{CREDIT},policy.incubation.months,county\nTRUE,12.0,binhai\nfalse,24,example\n"
    found = points(tmp_path, text)
    assert found[CREDIT].tolist() == [True, False] and found[CREDIT].dtype == bool
    assert found["policy.incubation.months"].tolist() == [12, 24]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder with designs, and counties beside them that are named as codes are."""
    for name in ("320922", "012345", "NA"):
        export_county(tmp_path / "designs" / name, load_scenario("baseline"), sample=0.002)
    return tmp_path / "designs"


def test_counties_are_named_from_the_designs_folder(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own / "p.csv").write_text("county\n320922\n012345\nNA\nbinhai\n", "utf-8")
    (own / "table.toml").write_text('points = "p.csv"\n', "utf-8")
    (own / "list.toml").write_text('[axes]\ncounty = ["012345", 320922]\n', "utf-8")
    (own / "fixed.toml").write_text('[axes]\ncounty = "NA"\n', "utf-8")
    monkeypatch.chdir(own.parent)
    named = points_of(read_design("designs/table.toml"))["county"].tolist()
    assert named == [*(str(own / name) for name in ("320922", "012345", "NA")), "binhai"]
    axis = read_design("designs/list.toml").axes[0]
    assert axis.values == (str(own / "012345"), str(own / "320922"))
    read = read_design("designs/fixed.toml").read["baseline"]
    assert read.county_folder is not None and read.county_folder.resolve() == own / "NA"


def test_runs_are_of_the_county_that_the_design_names(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own / "d.toml").write_text(
        'sample = 0.01\nmonths = 12\n[axes]\ncounty = ["NA", "binhai"]\n', "utf-8"
    )
    monkeypatch.chdir(own.parent)
    runs = sweep(os.path.join("designs", "d.toml"))
    assert runs["error"].isna().all()
    assert runs["away"].nunique() == 2


@pytest.mark.parametrize("where", ["list", "fixed", "table"])
def test_a_county_that_is_not_there_is_refused_before_anything_runs(
    tmp_path: Path, where: str
) -> None:
    (tmp_path / "p.csv").write_text("county\nbinhai\nnowhere\n", "utf-8")
    design = {
        "list": '[axes]\ncounty = ["binhai", "nowhere"]\n', "fixed": '[axes]\ncounty = "nowhere"\n',
        "table": 'points = "p.csv"\n',
    }  # fmt: skip
    (tmp_path / "d.toml").write_text(design[where], "utf-8")
    with pytest.raises(UsageError) as refusal:
        sweep(tmp_path / "d.toml", tmp_path / "out")
    assert "county: found 'nowhere', allowed binhai" in str(refusal.value)
    assert not (tmp_path / "out").exists()


def test_a_plan_knows_what_is_in_its_counties(own: Path) -> None:
    design = {"axes": {"county": [str(own / "NA"), "binhai"]}, **SMALL}
    before = plan_of(design_of(design)).digest
    assert plan_of(design_of(design)).digest == before
    facts = own / "NA" / "county.toml"
    facts.write_text(
        facts.read_text("utf-8").replace("labour_force = ", "labour_force = 1"), "utf-8"
    )
    assert plan_of(design_of(design)).digest != before


def test_values_of_numpy_are_values() -> None:
    plain = design_of({
        "axes": {PLACES: [0.0, 1500.0, 3000.0], "policy.incubation.months": [12, 24], REFERRAL: 0.5},
        "replicates": 2, "months": 12, "sample": 0.5, "seed": 3,
    })  # fmt: skip
    given = design_of({
        "axes": {
            PLACES: np.linspace(0, 3000, 3), "policy.incubation.months": range(12, 25, 12),
            REFERRAL: np.float64(0.5),
        },
        "replicates": np.int64(2), "months": np.int32(12), "sample": np.float32(0.5),
        "seed": np.uint8(3),
    })  # fmt: skip
    assert given == plain and given.plain() == plain.plain()
    assert type(given.settings.months) is int and type(given.axes[0].values[0]) is float
    for values in ((0, 3000), pd.Series([0, 3000]), pd.Index([0, 3000]), np.array([0, 3000])):
        assert design_of({"axes": {PLACES: values}}).axes[0].values == (0.0, 3000.0)
    ends = {"low": np.int64(0), "high": np.float64(10), "steps": np.int64(3)}
    assert mesa_parameters({"axes": {PLACES: ends}})["policy__training__places"] == [0.0, 5.0, 10.0]


def test_a_key_may_not_be_given_twice() -> None:
    with pytest.raises(UsageError, match="places: found it twice"):
        design_of({"axes": {PLACES: [1, 2], "policy": {"training": {"places": 3}}}})
