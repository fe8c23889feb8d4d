"""A county's file from the county censuses of 2010 and 2020.

Tables: ``census_county_2010_v1.xlsx`` and ``census_county_2020_v1.xlsx`` of the China Census data set (Lei
Dong and others, github.com/leiii/census): a row per county, with residents by sex and five-year age,
schooling, work by industry, and in 2010 the registered population. What the census does not say is
national or as in the bundled county; a comment behind each value tells which.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import tomli_w

from returnee.scenarios.schema.county import AgeGroup, County
from returnee.scenarios.schema.county_folder import (
    SHIPPED_COUNTIES,
    read_toml,
    unusable,
    written_whole,
)
from returnee.scenarios.schema.errors import guess, problem, show
from returnee.scenarios.schema.fields import walk
from returnee.scenarios.schema.layers import Given, build, flatten

FILES = {2010: "census_county_2010_v1.xlsx", 2020: "census_county_2020_v1.xlsx"}
CODES = "区划代码"
WORKING_AGE = 0.57  # share of the registered population (assumed)
SEEKING = 0.05  # share of home workers who look for work (assumed)
STAFF = 1.9  # employees of a firm, on the way to which firms hire (assumed)
LEAST_AWAY = 0.02  # share of the labour force (assumed, where more people live than are registered)
OUT_OF_PROVINCE = {
    "N25, eastern provinces": (0.134, "11 12 13 31 32 33 35 37 44 46"),
    "N59, central provinces": (0.518, "14 34 36 41 42 43"),
    "N61, north-eastern provinces": (0.336, "21 22 23"),
    "N60, western provinces": (0.446, "15 45 50 51 52 53 54 61 62 63 64 65"),
}
"""Share of out-migrants who leave the province, by region of the survey of migrants, and codes of its provinces."""
ADULTS = tuple(range(15, 60, 5))
CHILDREN = (0, 5, 10, 15)
OF_ITS_YEAR = {2010: ("区县", "户籍人口"), 2020: ("省", "市", "区县", "人口数_合计")}
"""Columns without which a table is not that of a year."""
THEN = ("男_5到9岁", "女_5到9岁")  # in 2010 those who were 15 to 19 in 2020
REGISTERED = "户籍人口"
PEOPLE = "人口数_合计"
ELSEWHERE = "户口登记地在外乡镇街道人口_本省其他县", "户口登记地在外乡镇街道人口_省外"
NAMED_SINCE = {  # columns of 2010 as those of 2020 are named
    r"0岁\((.)\)": r"\1_0岁",
    r"(\d+)-(\d+)岁\((.)\)": r"\3_\1到\2岁",
    r"85岁及以上\((.)\)": r"\1_85岁以上",
    r"(未上过学|小学|初中|高中|大学专科)-(.)": r"\1_\2",
    r"大学本科及以上-(.)": r"本科及以上_\1",
    r"合计": PEOPLE,
    r"地区": "区县",
    r"迁入人口\(人\)-本省其他县\(市\)、市区": ELSEWHERE[0],
    r"迁入人口\(人\)-外省": ELSEWHERE[1],
}
LEVELS = {
    "none": ("未上过学",),
    "primary": ("小学",),
    "junior": ("初中",),
    "senior": ("高中",),
    "college": ("大学专科", "本科及以上"),
}

Noted = dict[str, tuple[Any, str]]
"""Dotted key to its value and where it is from."""


@dataclass(frozen=True)
class Row:
    """The row of a county in one of the files."""

    file: str
    year: int
    code: str
    cells: dict[str, Any]

    def has(self, *columns: str) -> bool:
        """Whether all of these cells hold a number."""
        return all(_number(self.cells.get(column)) is not None for column in columns)

    def number(self, column: str) -> float:
        """Take the number in a cell.

        Raises
        ------
        ScenarioError
            If there is no such column, or no number.
        """
        if column not in self.cells:
            raise problem(self.file, "", f"no column {column}", "the file of the data set as it is")
        value = _number(self.cells[column])
        if value is None:
            found = (
                show(self.cells[column]) if self.cells[column] == self.cells[column] else "nothing"
            )
            raise problem(self.file, f"row {self.code}, column {column}", found, "a number")
        return value

    def total(self, *columns: str) -> float:
        """Take the sum of cells."""
        return sum(self.number(column) for column in columns)


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number >= 0 else None


def check_year(year: int) -> None:
    """Refuse a year of which there is no census."""
    if year not in FILES:
        raise problem("census", "year", show(year), " or ".join(str(one) for one in FILES))


def read_census(folder: str | Path, year: int) -> pd.DataFrame:
    """Read one of the census files; columns named as in that of 2020, without blanks.

    Raises
    ------
    ScenarioError
        If there is no census of that year, the file is not there or is not its table of counties, or openpyxl
        is not installed.
    """
    check_year(year)
    path = Path(folder) / FILES[year]
    try:
        table = pd.read_excel(path, dtype=object)
    except ImportError:
        raise problem(
            str(path), "", "no openpyxl to read it with", 'pip install "returnee[census]"'
        ) from None
    except OSError as error:
        raise unusable(path, error, f"the census of {year}, in the folder --files") from None
    except Exception:  # whatever a reader of workbooks makes of what is none
        raise problem(
            str(path), "", "no workbook that can be read", "the file of the data set"
        ) from None
    table.columns = [
        re.sub(r"\s+", "", str(name)).translate(str.maketrans("（）", "()")) for name in table
    ]
    if CODES not in table:
        raise problem(str(path), "", f"no column {CODES}", "the file of the data set as it is")
    codes = pd.to_numeric(table[CODES], errors="coerce")
    table = table[codes.notna()].assign(**{CODES: codes.dropna().astype(int).astype(str)})
    if year == 2010:
        table = with_names_of_2020(table)
    for column in OF_ITS_YEAR[year]:
        if column not in table:
            allowed = f"the file of the census of {year} as it is"
            raise problem(str(path), "", f"no column {column}", allowed)
    return table


def with_names_of_2020(table: pd.DataFrame) -> pd.DataFrame:
    """Name the columns of 2010 as in 2020, and say of each county in which province and city it is."""

    def since(name: str) -> str:
        for then, now in NAMED_SINCE.items():
            if re.fullmatch(then, name):
                return re.sub(then, now, name)
        return name

    table = table.rename(columns=since)
    if "区县" not in table:
        return table
    names = [re.sub(r"\s+", "", str(name)) for name in table["区县"]]
    places = dict(zip(table[CODES], names))
    told = {
        "区县": names,
        "省": [places.get(f"{code[:2]}0000", "") for code in table[CODES]],
        "市": [places.get(f"{code[:4]}00", "") for code in table[CODES]],
    }
    placed = pd.DataFrame(told, index=table.index)
    return pd.concat([table.drop(columns="区县"), placed], axis=1)


def row_of(table: pd.DataFrame, year: int, code: str) -> Row | None:
    """Find the row of a county by its code; None if there is none."""
    found = table[table[CODES] == code]
    return Row(FILES[year], year, code, found.iloc[0].to_dict()) if len(found) else None


def nearest_counties(table: pd.DataFrame, code: str, most: int = 2) -> list[str]:
    """Name counties whose code or name is near to a code or name that is not in the census.

    Near to a code are those of the same city, or else of the same province.
    """
    names = dict(zip(table[CODES], table["省"].str.cat([table["市"], table["区县"]])))
    near = [one for one, county in zip(table[CODES], table["区县"]) if county == code]
    if code.isdecimal() and len(code) == len(next(iter(names), "")):
        mine = [[one for one in names if one[:k] == code[:k]] for k in (4, 2)]
        near = sorted(mine[0] or mine[1], key=lambda one: abs(int(one) - int(code)))
    near = near or difflib.get_close_matches(code, names, n=most, cutoff=0.6)
    return [f"{one} {names[one]}" for one in near[:most]]


def county_rows(
    code: str, folder: str | Path, say: Callable[[str], None], year: int = 2020
) -> tuple[Row, Row | None]:
    """Rows of a county in the census of a year and in that before, None where it is not there.

    Raises
    ------
    ScenarioError
        If a file cannot be used or the county is not in that of the year.
    """
    years = [one for one in sorted(FILES, reverse=True) if one <= year]
    check_year(year)
    for one in years:  # before the first is read, which takes seconds
        if not (Path(folder) / FILES[one]).is_file():
            raise problem(str(Path(folder) / FILES[one]), "", "no file", "the file of the data set")
    tables = {}
    for one in years:
        say(f"reading {FILES[one]}")
        tables[one] = read_census(folder, one)
    now = row_of(tables[year], year, code)
    if now is None:
        found = show(code) + guess(nearest_counties(tables[year], code))
        raise problem(FILES[year], "code", found, "the code of a county in the census, six digits")
    return now, row_of(tables[2010], 2010, code) if year > 2010 else None


def pyramid(now: Row, before: Row | None) -> dict[str, list[AgeGroup]]:
    """Residents of 15 to 59, and children, by sex and five-year age.

    Some of those aged 15 to 19 have left already; where 2010 is known, the children of that age are
    those who were 5 to 9 then.
    """

    def group(age: int) -> AgeGroup:
        cells = ("0岁", "1到4岁") if age == 0 else (f"{age}到{age + 4}岁",)
        men, women = (now.total(*(f"{sex}_{cell}" for cell in cells)) for sex in "男女")
        return AgeGroup(age=age, men=men, women=women)

    children = [group(age) for age in CHILDREN]
    if before is not None and before.has(*THEN):
        children[3] = AgeGroup(age=15, men=before.number(THEN[0]), women=before.number(THEN[1]))
    return {"residents": [group(age) for age in ADULTS], "children": children}


def people_facts(now: Row, before: Row | None, tables: dict[str, list[AgeGroup]]) -> Noted:
    """Labour force, share away, dependants, and ages and sexes at home."""
    adults = [(0.4 if g.age == 15 else 1.0, g) for g in tables["residents"]]
    residents = sum(part * (g.men + g.women) for part, g in adults)
    women = sum(part * g.women for part, g in adults)
    ages = sum(
        part * (g.men + g.women) * (19 if g.age == 15 else g.age + 2.5) for part, g in adults
    )
    if not residents:
        raise problem(
            now.file, f"row {now.code}", "nobody aged 18 to 59", "a county with residents"
        )
    everybody = now.number(PEOPLE)
    then = now if now.has(REGISTERED) else before
    if then is not None and then.has(REGISTERED):
        registered, whence = then.number(REGISTERED), f"census {then.year}, {REGISTERED}"
    else:
        registered = everybody - sum(now.number(c) if now.has(c) else 0.0 for c in ELSEWHERE)
        whence = f"no {REGISTERED} in 2010; residents of {now.year} less those registered in other counties"
    force = max(WORKING_AGE * registered, residents / (1 - LEAST_AWAY))
    crowded = force > WORKING_AGE * registered
    note = f"{whence}: {registered:,.0f} x {WORKING_AGE:g} of working age (assumed)"
    if crowded:
        note = f"residents aged 18 to 59 and {LEAST_AWAY:g} away (assumed): {whence} are fewer"
    force = round(force, -3) if force > 100_000 and not crowded else int(force) + 1
    return {
        "labour_force": (int(force), note),
        "away_share": (
            round(1 - residents / force, 3),
            f"the rest: census {now.year}, {residents:,.0f} residents are 18 to 59",
        ),
        "people.female_home": (round(women / residents, 3), f"census {now.year}, ages 18 to 59"),
        "people.age_home": (round(ages / residents, 1), f"census {now.year}, ages 18 to 59"),
        "work.dependants": (
            round((everybody - residents) / residents, 2),
            f"census {now.year}, residents under 18 and over 59 for each aged 18 to 59",
        ),
    }


def schooling_facts(now: Row, tables: dict[str, list[AgeGroup]]) -> Noted:
    """Schooling of residents of 15 and over: all with it, less children at school.

    Those aged 6 to 11 are taken to be at primary school, 12 to 14 at junior school (assumed).
    """
    columns = [f"{name}_{sex}" for names in LEVELS.values() for name in names for sex in "男女"]
    if not now.has(*columns):
        return {}
    counts = {
        level: now.total(*(f"{name}_{sex}" for name in names for sex in "男女"))
        for level, names in LEVELS.items()
    }
    five, ten = (g.men + g.women for g in tables["children"] if g.age in (5, 10))
    counts["primary"] = max(counts["primary"] - 0.8 * five - 0.4 * ten, 0.0)
    counts["junior"] = max(counts["junior"] - 0.6 * ten, 0.0)
    total = sum(counts.values())
    shares = {level: round(count / total, 3) for level, count in counts.items()}
    shares["junior"] = round(1 - sum(shares.values()) + shares["junior"], 3)
    note = f"census {now.year}, residents of 15 and over: 未上过学, 小学, 初中, 高中, 大学专科 and 本科及以上, less pupils"
    return {f"people.home_schooling_{level}": (share, note) for level, share in shares.items()}


def work_facts(now: Row, known: Noted) -> Noted:
    """Share in farming; firms and jobs with other employers so that the rest has work."""
    farmers, everyone = "农林牧渔业", "各种行业人口总计"
    if not now.has(farmers, everyone) or not now.number(everyone):
        return {}
    defaults = {key: lever.default or 0.0 for key, lever in walk(County)}
    farming = round(now.number(farmers) / now.number(everyone), 3)
    other = (1 - farming) / (1 - defaults["work.farming"])
    firms = round(defaults["firms.per_1000"] * other, 1)
    at_home = 1 - known["away_share"][0]
    jobs = (1 - SEEKING) * (1 - farming) - firms / 1000 / at_home * (1 + STAFF)
    return {
        "work.farming": (farming, f"census {now.year}, {farmers} / {everyone}"),
        "firms.per_1000": (
            firms,
            "assumed: as many for each worker outside farming as in Binhai (L08, L34)",
        ),
        "work.other_jobs": (
            round(min(max(jobs, 0.02), 1 - farming), 2),
            f"derived: work outside farming, with {SEEKING:g} seeking, less owners and {STAFF:g} staff a firm (assumed)",
        ),
    }


def size_facts(force: int) -> Noted:
    """Amounts that go with the size of a county, as many a head as in the bundled one."""
    share = force / next(lever.default or 1 for key, lever in walk(County) if key == "labour_force")
    found: Noted = {}
    for key, lever in walk(County):
        if key in (
            "ties.villages",
            "firms.incubator_places",
            "firms.training_centres",
            "firms.hall_files",
        ):
            value = min(max((lever.default or 0) * share, lever.low or 0), lever.high or 0)
            whole = max(round(value), 1)
            source = f" ({', '.join(lever.evidence)})" if lever.evidence else ""
            found[key] = (whole, f"assumed: as many a head as in Binhai{source}")
    return found


def facts_of(now: Row, before: Row | None) -> tuple[Noted, dict[str, list[AgeGroup]]]:
    """All facts of a county with their sources, and its tables of ages."""
    tables = pyramid(now, before)
    found = people_facts(now, before, tables)
    found |= schooling_facts(now, tables) | work_facts(now, found)
    found |= size_facts(found["labour_force"][0])
    found["work.first_year"] = (
        now.year + 6,
        f"the census is of November {now.year}, and five years of history follow it",
    )
    region = (
        (share, whence)
        for whence, (share, codes) in OUT_OF_PROVINCE.items()
        if now.code[:2] in codes.split()
    )
    found["people.out_of_province"] = next(region, (0.383, "N24, national"))
    return found, tables


def source_of(evidence: tuple[str, ...], bound: bool) -> str:
    """Say where a default is from."""
    if not evidence:
        return "assumed"
    if all(row.startswith("L") for row in evidence):
        return f"assumed: as in Binhai ({', '.join(evidence)})"
    return ", ".join(evidence) + (", bound only" if bound else ", national")


def plain(value: Any) -> Any:
    """A number without a fraction as a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def town_rows(count: int = 10) -> list[dict[str, Any]]:
    """Townships of equal weight, whose distances from the seat go up to 45 km (assumed)."""
    return [
        {
            "name": f"Township {k + 1}",
            "name_zh": f"乡镇{k + 1}",
            "weight": round(1 / count, 6),
            "distance_km": round(45 * k / max(count - 1, 1)),
        }
        for k in range(count)
    ]


def county_text(now: Row, before: Row | None) -> str:
    """Write a county's ``county.toml``, with a comment behind every value.

    Raises
    ------
    ScenarioError
        If what the census says is outside what a county file may hold.
    """
    found, tables = facts_of(now, before)
    name = "".join(str(now.cells[part]) for part in ("省", "市", "区县"))
    lines = [
        f"# {name} ({now.code}). Census: China Census data set (Lei Dong and others, leiii/census),",
        f"# {', '.join(FILES[row.year] for row in (now, before) if row)}, row {now.code}. Ids are rows of scenarios/evidence.csv.",
        "",
        f'name = "{now.cells["区县"]}"',
        f'name_zh = "{now.cells["区县"]}"',
    ]
    room, grown = "", before is not None and before.has(*THEN)
    for key, lever in walk(County):
        value, note = found.get(key) or (
            lever.default,
            source_of(lever.evidence, lever.basis == "bound"),
        )
        group, _, short = key.rpartition(".")
        if group == "shock":
            continue
        if group != room:
            lines += ["", f"[{group}]"]
            room = group
        lines.append(f"{short} = {plain(value)!r}  # {note}")
    notes = {
        "residents": f"Residents when the history starts: census {now.year}, 男_ and 女_ by five-year age.",
        "children": f"Those who will turn 18: census {now.year}, 男_ and 女_"
        + ("; those of 15 to 19 as the 5 to 9 of 2010, before some left." if grown else "."),
    }
    parts = ["\n".join(lines) + "\n"]
    for title, rows in tables.items():
        parts.append(
            f"# {notes[title]}\n"
            + _rows(title, ({k: plain(v) for k, v in row.model_dump().items()} for row in rows))
        )
    binhai = read_toml(SHIPPED_COUNTIES / "binhai" / "county.toml", "binhai/county.toml")
    parts.append(
        "# Townships are assumed: names, equal weights, distances.\n"
        + _rows("townships", town_rows())
    )
    parts.append("# Sectors: assumed, as in Binhai.\n" + _rows("sectors", binhai["sectors"]))
    parts.append(
        "# Sectors of migrants' work: N51, wages N49, national.\n"
        + _rows("city_sectors", binhai["city_sectors"])
    )
    return "\n".join(parts)


def _rows(title: str, rows: Iterable[dict[str, Any]]) -> str:
    """An array of tables, one after the other."""
    return "\n".join(f"[[{title}]]\n{tomli_w.dumps(row)}" for row in rows)


def lacking(now: Row, before: Row | None) -> list[str]:
    """What the census does not say of a county, of what it says of most."""
    found, _ = facts_of(now, before)
    rows = [row for row in (now, before) if row is not None]
    there = {
        "schooling": "people.home_schooling_none" in found,
        "work by industry": "work.farming" in found,
        "registered population": any(row.has(REGISTERED) for row in rows),
        "children of ten years before": now.year == 2010
        or before is not None
        and before.has(*THEN),
    }
    return [name for name, is_there in there.items() if not is_there]


def write_from_census(
    code: str,
    files: str | Path,
    folder: str | Path,
    say: Callable[[str], None] = lambda text: None,
    year: int = 2020,
) -> None:
    """Write the folder of a county of the census.

    Parameters
    ----------
    code : str
        Six digits, as ``"320922"``.
    files : str or Path
        Folder with the two files of the data set.
    folder : str or Path
        Made if need be; must not hold a ``county.toml``.
    say : callable
        Called with a line of what is being done.
    year : int
        Of the census: 2020, or 2010, whose county knows nothing of what came after.

    Raises
    ------
    ScenarioError
        If the county or a file cannot be found, a cell that is needed holds no number, or the folder
        cannot be written or holds a county.
    """
    path = Path(folder) / "county.toml"
    if path.exists():
        raise problem(str(folder), "county.toml", "a file", "a folder without one")
    rows = county_rows(str(code), files, say, year)
    write_text(county_text(*rows), path)
    if missing := lacking(*rows):
        say(f"not in the census, and assumed: {', '.join(missing)}; county.toml says how")


def write_text(text: str, path: Path) -> None:
    """Write a county's ``county.toml`` that can be loaded, whole or not at all.

    Raises
    ------
    ScenarioError
        If a value is outside what a county file may hold, or the folder cannot be written.
    """
    table = tomllib.loads(text)
    flat = flatten(County, table, "county", str(path))
    build(County, "county", {key: Given(value, str(path)) for key, value in flat.items()})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(path.parent, error, "a folder that can be written") from None
    with written_whole(path) as file:
        file.write(text)
