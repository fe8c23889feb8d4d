"""The counties of a region: read from the census or a table, each with the policy it is given.

A table has a row a county: its ``code`` in the census or the ``folder`` of a county of one's own, and
perhaps a ``scenario``, ``lon`` and ``lat``, and any other column that a rule may ask for. Amounts of
policies are for a labour force of 685,000 and are as many for each worker in every county.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.arguments import Options
from returnee.experiments.errors import UsageError
from returnee.scenarios import Scenario, ScenarioError, load_scenario
from returnee.scenarios.files.census import (
    CODES,
    ELSEWHERE,
    LEAST_AWAY,
    PEOPLE,
    Row,
    check_year,
    county_text,
    nearest_counties,
    read_census,
    row_of,
    write_text,
)
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.county_folder import find_county, gbk_hint
from returnee.scenarios.schema.errors import guess, nearest
from returnee.scenarios.schema.fields import walk
from returnee.scenarios.schema.scale import at_size

ALL = "all"
NOT_COUNTIES = ("市辖区", "县")  # rows of a city's districts together
CROWDED = "more people live there than are registered"
THIRDS = ("lowest", "middle", "highest")
FACTS = {key for key, _ in walk(County)}
GIVE = re.compile(r"(?P<policy>.+?)=(?P<fact>[\w.]+):(?P<third>\w+)")


@dataclass(frozen=True)
class Source(Options):
    """Where the counties of a region are read from.

    Attributes
    ----------
    files : Path or None
        Folder with both files of the China Census data set.
    province : sequence of str
        Names as in the census, such as 江苏省; ``all`` for every county.
    table : Path or None
        A CSV file with a row a county, instead of provinces.
    crowded : bool
        Whether counties of provinces are taken where more people live than are registered. The model
        is not about them: it has nobody who comes from elsewhere.
    year : int
        Census to start from.
    """

    files: Path | None = None
    province: Sequence[str] = ()
    table: Path | None = None
    crowded: bool = False
    year: int = 2020

    def __post_init__(self) -> None:
        """Refuse what is of another type, and what names no county."""
        super().__post_init__()
        if (self.table is None) == (not self.province):
            found = "both" if self.province else "neither"
            raise UsageError(
                f"region: found {found} of a table and a province, allowed one of the two"
            )
        if self.province and self.files is None:
            raise UsageError("region: files: found none, allowed the folder of the census")


@dataclass(frozen=True)
class Member:
    """A county of a region."""

    code: str  # in the census, or the name of its folder
    name: str
    province: str
    city: str
    folder: Path
    policy: str = ""  # asked for in a table
    more: Mapping[str, Any] = field(default_factory=dict)  # other columns of the table

    def fact(self, scenario: Scenario, key: str) -> float:
        """A number by which counties are told apart: a column of the table, or a fact of the county."""
        value = self.more[key] if key in self.more else attrgetter(key)(scenario.county)
        return float(value)


LeftOut = tuple[str, str, str]
"""Code and name of a county that cannot be simulated, and why."""


def read_counties(
    source: Source, root: Path, say: Callable[[str], None]
) -> tuple[list[Member], list[LeftOut]]:
    """Counties in the order of their codes or rows; their files are written under `root`.

    Raises UsageError: if a province or a row names what is not there, or nothing is left.
    """
    tables = {}
    check_year(source.year)
    if source.table is not None:
        check_policies(source.table)  # before the census is read, which takes seconds
    if source.files is not None:
        for year in sorted({source.year, 2010}, reverse=True):
            say(f"reading the census of {year}")
            tables[year] = read_census(source.files, year)
    left: list[LeftOut]
    if source.table is not None:
        found, left = of_table(source.table, tables, source.year, root), []
    else:
        say("writing the counties")
        found, left = of_provinces(source, tables[source.year], tables, root)
    if not found:
        raise UsageError("region: found no county that can be simulated, allowed at least one")
    return found, left


def of_provinces(
    source: Source, table: pd.DataFrame, tables: Mapping[int, pd.DataFrame], root: Path
) -> tuple[list[Member], list[LeftOut]]:
    """Every county of some provinces; of those that are left out, which and why."""
    known = [name for name in dict.fromkeys(table["省"].astype(str)) if name]
    for name in source.province:
        if name not in known and name != ALL:
            hint = guess(nearest(name, known))
            raise UsageError(
                f"region: province: found {name}{hint}, allowed {', '.join(known)}, or {ALL}"
            )
    mine = table if ALL in source.province else table[table["省"].isin(source.province)]
    found: list[Member] = []
    left: list[LeftOut] = []
    for code, name in zip(mine[CODES], mine["区县"].astype(str)):
        if code.endswith("00") or name in NOT_COUNTIES:
            continue
        try:
            member = of_census(code, tables, source.year, root)
        except ScenarioError as error:
            left.append((code, name, str(error).rpartition(": ")[2]))
            continue
        county = load_scenario("baseline", {"county": str(member.folder)}).county
        if county.away_share > LEAST_AWAY or source.crowded:
            found.append(member)
        else:
            left.append((code, name, CROWDED))
    return found, left


def of_census(code: str, tables: Mapping[int, pd.DataFrame], year: int, root: Path) -> Member:
    """A county of the census, whose file is written."""
    now = row_of(tables[year], year, code)
    if now is None:
        raise UsageError(
            f"region: code: found {code}{guess(nearest_counties(tables[year], code))}, "
            f"allowed one of the census of {year}"
        )
    then = row_of(tables[2010], 2010, code) if year > 2010 else None
    write_text(county_text(now, then), root / code / "county.toml")
    province, city, name = (str(now.cells[part]).strip() for part in ("省", "市", "区县"))
    return Member(code, name, province, city, root / code, more=elsewhere_in(now))


def elsewhere_in(row: Row) -> dict[str, float]:
    """Share of residents registered in another county of the province, where the census says."""
    if not row.has(ELSEWHERE[0], PEOPLE) or not row.number(PEOPLE):
        return {}
    return {"registered_elsewhere": row.number(ELSEWHERE[0]) / row.number(PEOPLE)}


def of_table(path: Path, tables: Mapping[int, pd.DataFrame], year: int, root: Path) -> list[Member]:
    """The counties that a table lists."""
    rows = rows_of(path)
    found: list[Member] = []
    for line, row in enumerate(rows, start=2):
        where = f"{path}: row {line}"
        code, folder = (str(row.pop(key, "") or "").strip() for key in ("code", "folder"))
        if bool(code) == bool(folder):
            raise UsageError(
                f"{where}: found {'both' if code else 'neither'} of code and folder, allowed one"
            )
        policy = str(row.pop("scenario", "") or "").strip()
        if folder:
            place = find_county(folder, where, path.parent)
            name = load_scenario("baseline", {"county": str(place)}).county.name
            member = Member(place.name, name, "", "", place)
        elif not tables:
            raise UsageError(f"{where}: code: found {code}, allowed with the census (files)")
        else:
            try:
                member = of_census(code, tables, year, root)
            except (ScenarioError, UsageError) as error:
                raise UsageError(f"{where}: {error}") from None
        if any(member.code == other.code for other in found):
            raise UsageError(f"{where}: found {member.code} again, allowed each county once")
        more = dict(member.more) | {
            key: number_in(value, f"{where}: {key}") for key, value in row.items()
        }
        found.append(
            Member(
                member.code, member.name, member.province, member.city, member.folder, policy, more
            )
        )
    return found


def check_policies(path: Path) -> None:
    """Refuse a table with a policy that there is not."""
    for line, row in enumerate(rows_of(path), start=2):
        policy = str(row.get("scenario") or "").strip()
        try:
            if policy:
                load_scenario(policy)
        except ScenarioError as error:
            raise UsageError(f"{path}: row {line}: {error}") from None


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Rows of a CSV file, cells as text."""
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"{path}: found {(error.strerror or 'nothing').lower()}, allowed a CSV file"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            f"{path}: found text that is not UTF-8{gbk_hint(path.read_bytes())}, allowed UTF-8"
        ) from None
    except ValueError as error:
        raise UsageError(f"{path}: found {error}, allowed a CSV file with a head") from None
    frame.columns = [str(name).strip() for name in frame.columns]
    if not {"code", "folder"} & {*frame.columns}:
        raise UsageError(
            f"{path}: found columns {', '.join(frame.columns)}, allowed code or folder among them"
        )
    return frame.to_dict("records")  # type: ignore[return-value]


def number_in(cell: str, where: str) -> float | str:
    """A cell as a number where it is one; an empty cell is missing."""
    try:
        return float(cell) if cell.strip() else np.nan
    except ValueError:
        return cell


def at_county_size(scenario: Scenario, factor: float = 1.0) -> Scenario:
    """A scenario whose amounts are as many for each worker as the policy has them for 685,000.

    `factor`: so many times as many.
    """
    force = factor * scenario.county.labour_force
    fields = {key: getattr(scenario, key) for key in type(scenario).model_fields}
    changes = [
        change.model_copy(update={"policy": at_size(change.policy, force)})
        for change in scenario.changes
    ]
    return Scenario(
        **fields | {"policy": at_size(scenario.policy, force), "changes": tuple(changes)}
    )


def in_county(scenario: Scenario, member: Member, factor: float = 1.0) -> Scenario:
    """A policy in a county, with so many times the amounts of its size."""
    return at_county_size(scenario.with_({"county": str(member.folder)}), factor)


@dataclass(frozen=True)
class Rule:
    """Gives a policy to a third of the counties: those with the lowest, middle or highest of a fact."""

    policy: str
    fact: str
    third: str


def rules_of(given: Iterable[str]) -> list[Rule]:
    """Read rules such as ``credit_push=away_share:highest``.

    >>> rules_of(["linked=away_share:highest"])
    [Rule(policy='linked', fact='away_share', third='highest')]
    """
    found = []
    for text in given:
        parts = GIVE.fullmatch(text)
        if parts is None or parts["third"] not in THIRDS:
            raise UsageError(
                f"give: found {text}, allowed POLICY=FACT:THIRD, as in credit_push=away_share:highest, "
                f"with a third of {', '.join(THIRDS)}"
            )
        found.append(Rule(**parts.groupdict()))
    return found


def thirds_of(values: np.ndarray) -> np.ndarray:
    """In which third each value is: 0, 1, 2; -1 where it is missing. Equal values stand together.

    >>> thirds_of(np.array([5.0, 1.0, np.nan, 3.0])).tolist()
    [2, 0, -1, 1]
    """
    there = np.isfinite(values)
    found = np.full(len(values), -1)
    if there.any():
        cuts = np.quantile(values[there], [1 / 3, 2 / 3])
        found[there] = np.searchsorted(cuts, values[there], side="left")
    return found


def policies_of(
    members: Sequence[Member], worlds: Mapping[str, Scenario], scenario: str, rules: Sequence[Rule]
) -> dict[str, str]:
    """The policy of each county: of its row, else of the first rule it falls under, else `scenario`.

    `worlds`: a scenario in each county, by code, for its facts.
    """
    thirds = {}
    for rule in rules:
        if rule.fact not in FACTS and not all(rule.fact in m.more for m in members):
            columns = sorted({key for m in members for key in m.more})
            hint = guess(nearest(rule.fact, [*FACTS, *columns]))
            raise UsageError(
                f"give: found {rule.fact}{hint}, allowed a column of the table or a fact that "
                "`returnee county show` lists"
            )
        try:
            values = np.array([m.fact(worlds[m.code], rule.fact) for m in members])
        except ValueError as error:
            raise UsageError(f"give: {rule.fact}: found {error}, allowed numbers") from None
        thirds[rule] = thirds_of(values)
    found = {}
    for k, member in enumerate(members):
        under = (r.policy for r in rules if thirds[r][k] == THIRDS.index(r.third))
        found[member.code] = member.policy or next(under, scenario)
    return found
