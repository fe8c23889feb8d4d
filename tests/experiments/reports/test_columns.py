"""The page of columns and measures names everything that is written, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from checkout import ROOT
from outputs import outputs

from returnee.experiments.measuring.measures import MEASURES
from returnee.experiments.reports.columns import (
    BY_FILE,
    COMMAND,
    FAMILIES,
    FILES,
    document,
    fits,
    home_of,
)
from returnee.simulation import simulate
from returnee.simulation.columns import TABLES

FIRST = {".json", ".jsonl"}
# Pages and pictures, scenarios, and what programs keep for themselves; of studies inside of others
# there are the files of `sweep`.
OTHER = {".html", ".png", ".toml", ".journal", ""}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, told: Path) -> Path:
    made = tmp_path_factory.mktemp("outputs")
    outputs(made, told)
    return made


def names_in(path: Path) -> list[str]:
    """Columns of a table, or the keys at the top of a JSON file."""
    if path.suffix in (".parquet", ".csv"):
        frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
        return [*filter(None, frame.index.names), *frame.columns]
    text = path.read_text("utf-8")
    return list(json.loads(text.splitlines()[0] if path.suffix == ".jsonl" else text))


def test_every_column_of_every_file_is_described(folder: Path) -> None:
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix not in OTHER]
    seen: dict[str, set[str]] = {}
    for path in paths:
        place = path.relative_to(folder)
        name = place.as_posix() if len(place.parts) == 2 else f"sweep/{place.name}"
        if place.parts[1].startswith("round-"):  # of a region: as the whole of it
            name = f"{place.parts[0]}/{place.name}"
        assert name in BY_FILE, f"{name} is described nowhere: see experiments/reports/columns.py"
        names = names_in(path)
        seen.setdefault(name, set()).update(names)
        for found in names:
            described = [c for c in BY_FILE[name].columns if fits(c, found)]
            assert described, f"{name}: {found} is described nowhere"
    assert set(seen) == set(BY_FILE)
    for file in FILES:
        for column in file.columns:
            assert any(fits(column, name) for name in seen[file.name]), (
                f"{file.name}: {column.name}"
            )


def test_every_name_in_tidy_tables_is_described(folder: Path) -> None:
    named = {m.name for m in MEASURES}
    kept: set[str] = set()
    for path in folder.rglob("*.parquet"):
        if "indicator" in pq.read_schema(path).names:
            kept |= set(pq.read_table(path, columns=["indicator"])["indicator"].to_pylist())
    for name in kept - named:
        assert any(fits(family, name) for family in FAMILIES), name
    for family in FAMILIES:
        assert any(fits(family, name) for name in kept), family.name


def test_tables_of_a_run_have_the_columns_described_with_their_units() -> None:
    run = simulate("linked", sample=0.002, months=12)
    for name, columns in TABLES.items():
        table = getattr(run, name)
        names = [*([table.index.name] if table.index.name else []), *table.columns]
        assert names == [column.name for column in columns]
        assert table.attrs["units"] == {c.name: c.unit for c in columns if c.name in table.columns}


def test_the_page_is_current_and_every_row_is_whole() -> None:
    page = (ROOT / "docs" / "columns.md").read_text("utf-8")
    assert page == document(), f"run: {COMMAND}"
    for row in re.findall(r"^\| `.*$", page, re.M):
        assert all(cell.strip() for cell in row.strip("|").split("|")), row
    for measure in MEASURES:
        assert home_of(measure.name) and f"| `{measure.name}` | {measure.unit} |" in page
