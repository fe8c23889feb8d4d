"""Counties of a region on the map, from the folder that ``returnee region --out DIR`` leaves.

Counties lie where their shapes or places say (`returnee.experiments.reports.counties.atlas`), else in a row a city.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.dashboard import settings
from returnee.dashboard.content import maps
from returnee.dashboard.content.maps import Mode
from returnee.dashboard.content.places import Point, Sheet, Spot, fitted
from returnee.dashboard.texts import words
from returnee.experiments.errors import UsageError
from returnee.experiments.measuring.measures import BY_NAME, years_of
from returnee.experiments.measuring.selections import COST, MAIN
from returnee.experiments.reports.counties.atlas import FINE, coarse, rings_of, shapes_in
from returnee.experiments.words.texts import (
    NONE,
    amount,
    between,
    label_of,
    plain_title,
    short,
    to,
)
from returnee.experiments.words.texts import words as report_words
from returnee.scenarios import ScenarioError, load_scenario

COUNTIES, TOTALS = "counties.csv", "totals.csv"
FACTS = ["code", "county", "province", "city", "policy", "labour_force", "simulated"]
FIGURES = ["reference", "per_1000", "low_1000", "high_1000"]
PER = 1000.0  # workers
MOST_CITIES, LONGEST = 40, 60  # rows of a schematic, and counties in one


@dataclass(frozen=True, eq=False)
class Province:
    """Counties of a region and what they gain.

    Attributes
    ----------
    members : DataFrame
        A row a county: `FACTS`, and ``lon`` and ``lat`` where the table has them.
    figures : dict of str to ndarray
        By measure, shape (counties, 4): `FIGURES`, the reference for each 1,000 workers too where it is a count.
    totals : DataFrame
        Gains of all counties together.
    sheet : Sheet
        Where counties lie.
    kind : str
        ``shapes``, ``bubbles``, ``cities`` or ``provinces``.
    rows : list of (str, float)
        Names of rows, if a row is a city or a province.
    """

    members: pd.DataFrame
    figures: dict[str, np.ndarray]
    totals: pd.DataFrame
    sheet: Sheet
    kind: str
    rows: list[tuple[str, float]]


def offered() -> Province | None:
    """The region that the server was started with."""
    folder = settings.REGION.get("folder")
    return read(folder, settings.REGION.get("shapes")) if folder else None


@lru_cache(maxsize=2)
def read(folder: Path, shapes: Path | None = None) -> Province:
    """Read a folder of results; shapes of the package, where it is installed, if no folder of them is given.

    Raises
    ------
    UsageError
        One line: file, what was found, what is allowed.
    """
    table = _table(folder / COUNTIES, [*FACTS, "measure", *FIGURES])
    totals = _table(folder / TOTALS, ["measure", "reference", "gain", "low", "high"])
    kept = [name for name in ("lon", "lat") if name in table]
    members = table.drop_duplicates("code")[[*FACTS, *kept]].reset_index(drop=True)
    figures = {}
    for name in dict.fromkeys(table["measure"]):
        if name in BY_NAME:
            mine = table[table["measure"] == name].set_index("code").reindex(members["code"])
            values = mine[FIGURES].to_numpy(float)
            if BY_NAME[name].counts:
                values[:, 0] /= members["labour_force"].to_numpy(float) / PER
            figures[name] = values
    if not figures:
        raise UsageError(
            f"{folder / COUNTIES}: found no measure that is known, allowed {', '.join(BY_NAME)}"
        )
    sheet, kind, rows = _placed(members, shapes_in(shapes))
    return Province(members, figures, totals, sheet, kind, rows)


def _table(path: Path, columns: list[str]) -> pd.DataFrame:
    if not path.is_file():
        raise UsageError(
            f"region: found no {path}, allowed a folder that `returnee region --out` made"
        )
    try:
        found = pd.read_csv(path, dtype={"code": str, "measure": str}, keep_default_na=True)
        found = found.fillna(
            {name: "" for name in ("county", "province", "city", "policy") if name in found}
        )
        numbers = [name for name in columns if name not in (*FACTS[:5], "measure")]
        lacking = [name for name in columns if name not in found]
        if not lacking:
            found[numbers] = found[numbers].astype(float)
    except (ValueError, pd.errors.ParserError) as error:
        line = " ".join(str(error).split())[:80]
        raise UsageError(
            f"{path}: found {line}, allowed the table that `returnee region` writes"
        ) from None
    if lacking or found.empty:
        what = f"no column {lacking[0]}" if lacking else "no rows"
        raise UsageError(f"{path}: found {what}, allowed the table that `returnee region` writes")
    return found


def _placed(
    members: pd.DataFrame, folder: Path | None
) -> tuple[Sheet, str, list[tuple[str, float]]]:
    """Counties by shapes or places if at least half have some, else in a row a city."""
    shapes = [rings_of(folder / f"{code}.geojson") if folder else [] for code in members["code"]]
    known = (
        members[["lon", "lat"]].to_numpy(float)
        if "lon" in members and "lat" in members
        else np.full((len(members), 2), np.nan)
    )
    middles = np.array([_middle(rings, point) for rings, point in zip(shapes, known)])
    there = np.isfinite(middles).all(axis=1)
    if 2 * there.sum() < len(members):
        return _cities(members)
    wide = np.cos(
        np.radians(middles[there, 1].mean())
    )  # of a degree of longitude, of one of latitude
    every = np.concatenate([middles[there], *(ring for rings in shapes for ring in rings)])
    step = float(np.ptp(every, axis=0).max()) / FINE
    lowest = every.min(axis=0)
    spots = []
    for k, (rings, middle) in enumerate(zip(shapes, middles)):
        drawn = tuple(tuple(_point(p, wide) for p in coarse(ring, step)) for ring in rings)
        x, y = _point(middle if there[k] else lowest, wide)
        spots.append(Spot(x, y, drawn))
    return fitted(spots), "shapes" if any(shapes) else "bubbles", []


def _middle(rings: list[np.ndarray], point: np.ndarray) -> np.ndarray:
    """Where a county's name stands: its place, else the middle of its largest part."""
    if not rings:
        return point
    largest = max(rings, key=lambda ring: float(np.prod(np.ptp(ring, axis=0))))
    return (largest.min(axis=0) + largest.max(axis=0)) / 2.0  # type: ignore[no-any-return]


def _point(degrees: np.ndarray, wide: float) -> Point:
    return float(degrees[0]) * wide, float(degrees[1])


def _cities(members: pd.DataFrame) -> tuple[Sheet, str, list[tuple[str, float]]]:
    """A row a city, or of very many a block a province."""
    kind = "cities" if members["city"].nunique() <= MOST_CITIES else "provinces"
    names = members["city" if kind == "cities" else "province"]
    spots, first, row = {}, {}, 0
    for name, mine in members.groupby(names, sort=False):
        first[str(name)] = mine.index[0]
        for k, member in enumerate(mine.index):
            spots[member] = Spot(float(k % LONGEST), -float(row + k // LONGEST))
        row += 1 + (len(mine) - 1) // LONGEST
    sheet = fitted([spots[k] for k in members.index])
    return sheet, kind, [(name, sheet.spots[k].y) for name, k in first.items()]


def spec_of(found: Province, lang: str) -> dict[str, Any]:
    """What is drawn of it, see `returnee.dashboard.content.maps`."""
    text, report = words(lang)["atlas"], report_words(lang)["region"]
    modes = []
    for name, values in found.figures.items():
        reference, gain, low, high = values.T
        sides = [side[None] for side in (reference, reference + gain, gain)]
        modes.append(Mode(gain_unit(name, lang), sides, (low * high > 0.0)[None]))
    months = [0]
    sides = [_capital(report["reference"]), _capital(report["policy"]), text["difference"]]
    said = (text["region_title"].format(n=len(found.members)), text["region_notes"][found.kind])
    return maps.spec_of(
        found.sheet, names_of(found), found.members["labour_force"].to_numpy(float), modes, months, sides,
        said, "returnee-region", lang, found.rows,
    )  # fmt: skip


def gain_unit(name: str, lang: str) -> str:
    """A measure's label; of counts for each 1,000 workers."""
    label = label_of(BY_NAME[name], lang)
    per = str(report_words(lang)["region"]["per_1000"]).format(label=label)
    return _capital(per if BY_NAME[name].counts else label)


def names_of(found: Province) -> list[str]:
    """Counties by name; by code where there is none."""
    return [name or code for name, code in zip(found.members["county"], found.members["code"])]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def policy_name(name: str, lang: str) -> str:
    """A policy by its title, if it ships."""
    try:
        return plain_title(load_scenario(name), lang)
    except ScenarioError:
        return name


def about(found: Province, county: int, lang: str) -> str:
    """One county in a line."""
    text, member = words(lang)["atlas"], found.members.iloc[county]
    where = text["comma"].join(
        dict.fromkeys(p for p in (member["province"], member["city"], member["code"]) if p)
    )
    share = member["labour_force"] / found.members["labour_force"].sum()
    return str(text["region_about"]).format(
        where=where, policy=policy_name(member["policy"], lang), people=amount(member["labour_force"], "people", lang),
        share=f"{100 * share:.2g}", simulated=f"{member['simulated']:,.0f}",
    )  # fmt: skip


def figures(found: Province, county: int, lang: str) -> list[list[str]]:
    """A county: by measure the reference, the policy, the difference and its interval."""
    text, rows = words(lang)["atlas"], []
    for name, values in found.figures.items():
        reference, gain, low, high = (float(v) for v in values[county])
        told = text["told" if low * high > 0.0 else "untold"]
        form = ",.0f" if max(abs(reference), abs(gain)) >= PER else ".3g"
        rows.append([
            gain_unit(name, lang), short(reference, form), short(reference + gain, form), short(gain, f"+{form}"),
            to(lang, short(low, f"+{form}"), short(high, f"+{form}")) if math.isfinite(low) else NONE, told,
        ])  # fmt: skip
    return rows


def sentences(found: Province, lang: str) -> list[str]:
    """What all counties gain together."""
    text, told = report_words(lang)["region"], []
    totals = found.totals.set_index("measure")
    for name in (MAIN, "jobs", COST):
        if name not in totals.index:
            continue
        row, measure = totals.loc[name], BY_NAME[name]
        told.append(text["total"].format(
            label=_capital(label_of(measure, lang)) + (text["a_year"] if years_of(measure.kind, 12) == 1 and measure.kind == "flow" else ""),
            gain=amount(row["gain"], measure.unit, lang, signed=True),
            interval=between(row["low"], row["high"], measure.unit, lang),
            reference=amount(row["reference"], measure.unit, lang),
            told=text["told" if row["low"] * row["high"] > 0.0 else "not_told"],
        ))  # fmt: skip
    return told
