"""Tables of a county folder: `workers.csv` and `ties.csv`, read and checked cell by cell.

Cells are numbers or known words; words may stand in English or Chinese. Files may be UTF-8 or GBK
and may have commas, semicolons or tabs between cells. In every message "row" is the line of the
file, so that the header is row 1 unless lines stand before it.
"""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from returnee.scenarios import County as Facts
from returnee.scenarios import Scenario
from returnee.scenarios.schema.county_folder import COUNTY_TABLES, Digests, unchanged_tables
from returnee.scenarios.schema.errors import guess, nearest, problem
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNEL_TABLE

WORKERS, TIES = COUNTY_TABLES
STATES = ("AWAY", "SEEKING", "FARMING", "EMPLOYED")  # owners are chosen when the history starts
FEWEST, HISTORY = 50, 60  # people in a file; months of history
MOST_VILLAGES, MOST_TIES = 30_000, 10_000  # as far as the records count
LARGEST = 2**31 - 1
DELIMITERS = ",;\t"
Population = tuple[np.recarray, tuple[np.ndarray, np.ndarray, np.ndarray]]

NONE: Mapping[str, float] = MappingProxyType({})
YES_NO = MappingProxyType(
    {"no": 0, "yes": 1, "否": 0, "是": 1, "false": 0, "true": 1, "无": 0, "有": 1}
)
SEXES = MappingProxyType({"男": 0, "女": 1})
LEVELS = MappingProxyType({
    "未上过学": 0, "小学": 1, "初中": 2, "高中": 3, "中专": 3, "大专": 4, "大专及以上": 4, "本科": 4,
    "none": 0, "primary": 1, "junior": 2, "senior": 3, "college": 4,
})  # fmt: skip
STATES_ZH = MappingProxyType({"在外务工": 0, "在乡求职": 1, "在乡务农": 2, "在乡就业": 3})
PLACES_ZH = MappingProxyType({"省内": 0, "省外": 1})
LAYERS_ZH = MappingProxyType({"家庭": 0, "亲戚": 1, "朋友": 2, "同乡": 3})


class Column(NamedTuple):
    """A column of a table: what it may hold, how it is written, and what it means."""

    name: str
    low: float = 0
    high: float = 1
    decimals: int = 0  # 0: whole numbers only
    words: tuple[str, ...] = ()  # instead of numbers
    required: bool = False
    also: Mapping[str, float] = NONE  # other words, in lower case, and the numbers they stand for
    names: bool = False  # whether any name will do as well as a number
    unit: str = ""
    en: str = ""
    zh: str = ""

    @property
    def allowed(self) -> str:
        """What may stand in a cell, in words."""
        if self.words:
            return "one of " + ", ".join(self.words)
        whole = "" if self.decimals else "a whole number from "
        return f"{whole}{self.low:.10g} to {self.high:.10g}" + (" or a name" if self.names else "")


class Table(NamedTuple):
    """A table as read: numbers by column, and the line of each row in the file."""

    name: str
    columns: dict[str, np.ndarray]
    lines: Sequence[int]

    def refuse(self, bad: np.ndarray, column: str, found: str, allowed: str) -> None:
        """Raise the error of the first row that is `bad`; `found` may use its number as ``{}``."""
        if bad.any():
            k = int(np.argmax(bad))
            value = f"{self.columns[column][k]:.10g}" if column in self.columns else ""
            where = f"row {self.lines[k]}" + (f", column {column}" if column else "")
            raise problem(self.name, where, found.format(value), allowed)


def worker_columns(facts: Facts) -> list[Column]:
    """Columns of ``workers.csv``: age in years, money in yuan, experience in months, tastes in sd."""
    towns, towns_zh = named(facts.townships)
    jobs, jobs_zh = named(facts.city_sectors)
    flags = {
        "married": ("Whether married", "是否已婚"),
        "child": ("Whether a child at home needs care", "家中是否有需照顾的子女"),
        "elder": ("Whether an elder at home needs care", "家中是否有需照料的老人"),
        "city_home": ("Whether a home in the city is owned", "是否在城市有住房"),
    }
    tastes = {
        "ability": ("Skill in business", "经营能力"),
        "risk": ("Liking for risk", "风险偏好"),
        "attachment": ("Liking for home", "恋乡程度"),
    }
    return [
        Column("id", 0, LARGEST, required=True, en="Number of the person", zh="人员编号"),
        Column("township", words=towns, also=towns_zh, required=True,
               en="Township of registration, as named in county.toml",
               zh="户籍所在乡镇，名称同 county.toml"),
        Column("village", 0, LARGEST, required=True, names=True,
               en="Village: a number or name, by township", zh="村（居）编号或名称，按乡镇区分"),
        Column("household", 0, LARGEST, names=True,
               en="Household: a number or name, by village", zh="户编号或名称，按村区分"),
        Column("sex", words=("male", "female"), also=SEXES, required=True, en="Sex", zh="性别"),
        Column("age", 16, 65, 2, required=True, unit="years", en="Age", zh="年龄"),
        Column("schooling", 0, 4, also=LEVELS, unit="level",
               en="Schooling: 0 none, 1 primary, 2 junior, 3 senior, 4 college",
               zh="文化程度：0未上过学，1小学，2初中，3高中，4大专及以上"),
        *(Column(name, also=YES_NO, unit="yes/no", en=en, zh=zh)
          for name, (en, zh) in flags.items()),
        Column("destination", words=("in the province", "outside"), also=PLACES_ZH,
               en="Where the person works or would work away", zh="务工地或意向务工地"),
        Column("city_sector", words=jobs, also=jobs_zh,
               en="Sector in the city, as named in county.toml", zh="城市行业，名称同 county.toml"),
        Column("state", words=STATES, also=STATES_ZH, required=True,
               en="What the person does", zh="就业状态"),
        Column("wage", 100, 1_000_000, 2, unit="yuan/month",
               en="Monthly wage that the person earns or could earn away", zh="在外（可得）月工资"),
        Column("home_pay", 100, 1_000_000, 2, unit="yuan/month",
               en="Monthly pay that the person earns or could earn in a job at home",
               zh="在本地就业（可得）月工资"),
        Column("savings", 0, 1e9, 2, unit="yuan", en="Savings", zh="储蓄"),
        *(Column(name, -6, 6, 3, unit="sd", en=en, zh=zh) for name, (en, zh) in tastes.items()),
        Column("experience", 0, 600, unit="months", en="Months worked away so far",
               zh="累计外出务工月数"),
        Column("ever_away", also=YES_NO, unit="yes/no", en="Whether ever worked away",
               zh="是否曾外出务工"),
        *(Column(f"knows_{row.key}", also=YES_NO, unit="yes/no",
                 en=f"Whether support by {row.key} is known", zh=f"是否知晓{row.zh}政策")
          for row in CHANNEL_TABLE),
    ]  # fmt: skip


def named(rows: Sequence[Any]) -> tuple[tuple[str, ...], dict[str, float]]:
    """Names of a county's rows, and the numbers of their Chinese names."""
    also = {row.name_zh.lower(): float(k) for k, row in enumerate(rows)}
    return tuple(row.name for row in rows), also


TIE_COLUMNS = [
    Column("a", 0, LARGEST, required=True, en="Number of one person", zh="一方人员编号"),
    Column("b", 0, LARGEST, required=True, en="Number of the other", zh="另一方人员编号"),
    Column("layer", words=r.LAYERS, also=LAYERS_ZH, required=True,
           en="How they are tied", zh="关系类型"),
]  # fmt: skip


def read_table(name: str, content: bytes, columns: Iterable[Column]) -> Table:
    """Check a table that was read.

    Raises
    ------
    ScenarioError
        One line that names file, row (the line of the file), column, what was found and allowed.
    """
    known = {column.name: column for column in columns}
    try:
        rows = rows_of(text_of(name, content), known)
    except csv.Error as error:
        raise problem(name, "", f"a mistake: {error}", "a table in UTF-8") from None
    first, header = rows[0] if rows else (1, [])
    header = [cell.strip() for cell in header]
    check_header(name, first, header, known)
    for line, row in rows[1:]:
        if len(row) != len(header):
            raise problem(name, f"row {line}", f"{len(row)} cells", f"{len(header)}")
    lines = [line for line, _ in rows[1:]]
    cells = list(zip(*(row for _, row in rows[1:]), strict=True)) or [()] * len(header)
    numbers = {
        column: to_numbers(name, known[column], texts, lines)
        for column, texts in zip(header, cells, strict=True)
    }
    return Table(name, numbers, lines)


def text_of(name: str, content: bytes) -> str:
    """Text of a table in UTF-8, in UTF-16 with its mark, or in GBK.

    A table can be guessed at, unlike a scenario with its titles: each of its cells must be a number
    or a known word.
    """
    marked = content.startswith((BOM_UTF16_LE, BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise problem(name, "", "text that is neither UTF-8 nor GBK", "a table in UTF-8")


def rows_of(text: str, known: Mapping[str, Column]) -> list[tuple[int, list[str]]]:
    """Rows with something in them, each with its line in the file.

    The delimiter is the one that makes most known columns of the header. A first line ``sep=;``, as
    Excel writes, is left out.
    """
    start = 0
    if text[:4].lower() == "sep=":
        text = text.partition("\n")[2]
        start = 1
    first = next((line for line in io.StringIO(text) if line.strip(DELIMITERS + " \r\n")), "")
    counts = {
        mark: sum(cell.strip(' "\r\n') in known for cell in first.split(mark))
        for mark in DELIMITERS
    }
    delimiter = max(DELIMITERS, key=lambda mark: counts[mark])
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    rows, before = [], start
    for row in reader:
        if any(cell.strip() for cell in row):
            rows.append((before + 1, row))
        before = start + reader.line_num
    return rows


def check_header(source: str, line: int, header: list[str], known: dict[str, Column]) -> None:
    """Refuse columns that are unknown, named twice, or missing."""
    for name in header:
        if name not in known:
            found = f'an unknown column "{name[:60]}"' + guess(nearest(name, known))
            raise problem(source, f"row {line}", found, f"one of {', '.join(known)}")
        if header.count(name) > 1:
            raise problem(source, f"row {line}", f"column {name} twice", "each column once")
    for column in known.values():
        if column.required and column.name not in header:
            raise problem(source, f"row {line}", f"no column {column.name}", "a table with it")


def to_numbers(
    source: str, column: Column, texts: Sequence[str], lines: Sequence[int]
) -> np.ndarray:
    """Cells of a column as numbers, float64; words become the numbers they stand for."""
    if column.words:
        place = {**column.also, **{word: float(k) for k, word in enumerate(column.words)}}
        values = np.array([place.get(text.strip(), place.get(text.strip().lower(), -1.0))
                           for text in texts], float)  # fmt: skip
        bad = values < 0
    else:
        values = np.array([_number(text, column.also) for text in texts], float)
        bad = ~((values >= column.low) & (values <= column.high))
        if not column.decimals:
            bad |= values != np.floor(values)
    if column.names and bad.any():  # then all of them are names
        words = np.array([text.strip() for text in texts])
        values = np.unique(words, return_inverse=True)[1].astype(float)
        bad = words == ""
    if bad.any():
        k = int(np.argmax(bad))
        where = f"row {lines[k]}, column {column.name}"
        comma = " with a decimal point" if "," in texts[k] and column.decimals else ""
        raise problem(source, where, f'"{texts[k][:60]}"', column.allowed + comma)
    return values


def _number(text: str, also: Mapping[str, float]) -> float:
    try:
        return float(text)
    except ValueError:
        return float(also.get(text.strip().lower(), np.nan))


def read_workers(content: bytes, facts: Facts) -> Table:
    """Check ``workers.csv``, sorted by township, village, household and id."""
    table = read_table(WORKERS, content, worker_columns(facts))
    columns, n = table.columns, len(table.lines)
    if not FEWEST <= n <= facts.labour_force:
        raise problem(table.name, "", f"{n} people", f"{FEWEST} to {facts.labour_force}")
    order = np.lexsort((columns["id"],))
    twice = np.zeros(n, bool)
    twice[order[1:]] = np.diff(columns["id"][order]) == 0
    table.refuse(twice, "id", "{} again", "each id once")
    empty = set(range(len(facts.townships))) - set(columns["township"].astype(int).tolist())
    if empty:
        town = facts.townships[min(empty)].name
        raise problem(
            table.name, "column township", f"nobody in {town}", "people in every township"
        )
    villages = len(set(zip(columns["township"].tolist(), columns["village"].tolist())))
    if villages > MOST_VILLAGES:
        raise problem(
            table.name, "column village", f"{villages} villages", f"up to {MOST_VILLAGES}"
        )
    if "ever_away" in columns:
        stayed = (columns["state"] == 0) & (columns["ever_away"] == 0)
        table.refuse(stayed, "ever_away", "{}", "1 for someone who is AWAY")
    household = columns.get("household", columns["id"])
    order = np.lexsort((columns["id"], household, columns["village"], columns["township"]))
    ordered = {name: values[order] for name, values in columns.items()}
    return Table(table.name, ordered, [table.lines[k] for k in order])


def read_ties(content: bytes, ids: np.ndarray) -> np.ndarray:
    """Check ``ties.csv``: rows (lower, higher row of `ids`, layer), int64, shape (ties, 3), sorted."""
    table = read_table(TIES, content, TIE_COLUMNS)
    by_id = np.argsort(ids)
    ends = []
    for name in ("a", "b"):
        place = np.searchsorted(ids[by_id], table.columns[name]).clip(0, len(ids) - 1)
        table.refuse(ids[by_id][place] != table.columns[name], name, "{}", f"an id of {WORKERS}")
        ends.append(by_id[place])
    table.refuse(ends[0] == ends[1], "b", "{}, the same person as a", "ties between two people")
    degree = np.bincount(np.concatenate(ends), minlength=len(ids))
    if degree.max() > MOST_TIES:
        whose = f"{degree.max()} ties of {ids[degree.argmax()]:.0f}"
        raise problem(table.name, "", whose, f"up to {MOST_TIES} a person")
    ties = np.column_stack([np.minimum(*ends), np.maximum(*ends), table.columns["layer"]])
    return ties[np.lexsort(ties.T[::-1])].astype(np.int64)


def tables_of(scenario: Scenario) -> tuple[Table, np.ndarray | None] | None:
    """People and ties that a scenario's county brings; None where they are drawn.

    Raises
    ------
    ScenarioError
        If a table cannot be used, or is not the one that the scenario was loaded with.
    """
    folder, files = scenario.county_folder, scenario.files
    tables = unchanged_tables(folder, files)
    if not tables or folder is None:
        return None
    if WORKERS not in tables:
        raise problem(TIES, "", f"no {WORKERS} beside it", "ties between people of that file")
    return _tables(folder, scenario.county, files)


@lru_cache(maxsize=4)
def _tables(folder: Path, facts: Facts, files: Digests) -> tuple[Table, np.ndarray | None]:
    tables = unchanged_tables(folder, files)
    workers = read_workers(tables[WORKERS], facts)
    ties = read_ties(tables[TIES], workers.columns["id"]) if TIES in tables else None
    return workers, ties
