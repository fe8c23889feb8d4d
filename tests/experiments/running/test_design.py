"""Designs as people write them: tables from spreadsheets, counties' folders, numpy's values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from returnee.experiments.errors import UsageError
from returnee.experiments.running.design.design import design_of
from returnee.experiments.running.design.points import points_of
from returnee.experiments.studies.adapters import mesa_parameters

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
