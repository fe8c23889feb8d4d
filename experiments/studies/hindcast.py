"""Hindcast: counties that start from the census of 2010, live to 2020, and are held against that of 2020.

Only the county file differs between counties: what it holds is of 2010, or the same everywhere. Held
against the census are residents by sex and five-year age, from 20 to 54 (older women have retired in
the model, which does not say where they live), and the share of farming in work. Beside the model
stand two plain forecasts: that nothing changes, and that people of a county become as many more
or fewer, by sex and cohort, as in the rest of its province; the latter knows the census of 2020.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.command_line import command_line
from returnee.experiments.errors import UsageError
from returnee.experiments.keys import Task
from returnee.experiments.running.figures import table_of
from returnee.experiments.running.jobs import Tidy
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.plan import Plan
from returnee.experiments.running.run import run
from returnee.scenarios import Scenario, load_scenario
from returnee.scenarios.files.census import (
    CODES,
    REGISTERED,
    Row,
    county_text,
    read_census,
    row_of,
    write_text,
)
from returnee.simulation.run import Run

THEN, NOW = 2010, 2020
AGES = tuple(range(20, 55, 5))
SEXES = {"men": "男", "women": "女"}
CELLS = tuple(f"{sex}_{age}" for sex in SEXES for age in AGES)
FARMERS, WORKERS = "农林牧渔业", "各种行业人口总计"
WORKING = ("FARMING", "EMPLOYED", "OWNER")
HOME = (*WORKING, "SEEKING", "FOUNDING")
SETTINGS = RunSettings(sample=0.02, months=60, burn_in=60)
"""Five years of history and five under the policy: from January 2011 to December 2020."""
BINHAI = "320922"
PROVINCES = ("江苏省", "安徽省", "河南省", "湖南省", "四川省")
EACH = 5
LEAST_OUT = 1.1  # registered people for each resident in 2010: a county that people leave
FORECASTS = ("model", "no_change", "cohorts")
MEASURED = (*CELLS, "farming")


@dataclass(frozen=True)
class Place:
    """A county in both censuses."""

    code: str
    province: str
    name: str
    then: Row
    now: Row


def residents(row: Row, age: int, sex: str) -> float:
    """Residents of a sex who are up to four years older than `age`."""
    return row.number(f"{SEXES[sex]}_{age}到{age + 4}岁")


def farming(row: Row) -> float:
    """Share of farming in work; NaN where the census does not say."""
    if not row.has(FARMERS, WORKERS) or not row.number(WORKERS):
        return np.nan
    return row.number(FARMERS) / row.number(WORKERS)


def whole(row: Row | None) -> bool:
    """Whether a row has what is needed of people who were of age then."""
    ages = range(min(AGES) - 10, 60, 5)
    return row is not None and row.has(
        *(f"{s}_{a}到{a + 4}岁" for s in SEXES.values() for a in ages)
    )


def places_of(then: pd.DataFrame, now: pd.DataFrame, province: str) -> list[Place]:
    """Counties of a province that both censuses have under one code and name, in the order of codes.

    Raises UsageError: if there is no such province.
    """
    named = then["省"].astype(str)
    if province not in set(named):
        raise UsageError(
            f"hindcast: province: found {province!r}, allowed {', '.join(sorted({*named} - {''}))}"
        )
    found = []
    codes = set(then.loc[named == province, CODES]) & set(now[CODES])
    for code in sorted(code for code in codes if not code.endswith("00")):  # no cities as a whole
        before, after = row_of(then, THEN, code), row_of(now, NOW, code)
        if before is None or after is None or not (whole(before) and whole(after)):
            continue
        name = str(after.cells["区县"]).strip()
        if name == str(before.cells["区县"]):
            found.append(Place(code, province, name, before, after))
    return found


def is_left(place: Place) -> bool:
    """Whether it is a county, not a district, with more people registered than resident in 2010."""
    if not place.name.endswith(("县", "市")) or not place.then.has(REGISTERED):
        return False
    return place.then.number(REGISTERED) >= LEAST_OUT * place.then.number("人口数_合计")


def chosen(places: Sequence[Place], each: int) -> list[Place]:
    """Counties that people leave, so many a province, evenly spaced in the order of their codes."""
    left = [place for place in places if is_left(place)]
    at = np.unique(np.linspace(0, len(left) - 1, min(each, len(left))).round().astype(int))
    return [left[k] for k in at] if left else []


def census_of(row: Row) -> dict[str, float]:
    """What a census says of every measure."""
    cells = {f"{sex}_{age}": residents(row, age, sex) for sex in SEXES for age in AGES}
    return cells | {"farming": farming(row)}


def forecast_by_cohorts(place: Place, others: Sequence[Place]) -> dict[str, float]:
    """Every cohort changes as in the other counties of the province, and farming's share, too."""
    found = {}
    for sex in SEXES:
        for age in AGES:
            ratio = sum(residents(o.now, age, sex) for o in others) / sum(
                residents(o.then, age - 10, sex) for o in others
            )
            found[f"{sex}_{age}"] = residents(place.then, age - 10, sex) * ratio
    shares = np.array([[farming(o.then), farming(o.now)] for o in others])
    mean = np.nanmean(shares[np.isfinite(shares).all(axis=1)], axis=0)
    return found | {"farming": farming(place.then) * mean[1] / mean[0]}


def lived(run: Run, task: Task) -> pa.Table:
    """Residents by sex and age, full county, and the share of farming in work at the end of a run."""
    people = run.workers
    home = people[people["state"].isin(HOME)]
    sexes = home["sex"].map({"male": "men", "female": "women"})
    ages = (home["age"] // 5 * 5).astype(int).astype(str)
    counts = (sexes + "_" + ages).value_counts() / run.sample
    work = home["state"].value_counts().reindex(WORKING, fill_value=0)
    figures = [float(counts.get(cell, 0.0)) for cell in CELLS]
    figures.append(float(work["FARMING"] / max(work.sum(), 1)))
    rows = {"indicator": list(MEASURED), "month": run.months, "value": figures}
    return table_of(pd.DataFrame(rows), run, task)


@dataclass(frozen=True)
class Hindcast:
    """What a hindcast found."""

    # columns code, province, county, measure, census_2010, census_2020, model, low, high (of the
    # model's runs), no_change, cohorts; a row for each county and measure, people or a share
    figures: pd.DataFrame
    # A row a county: code, province, county, and for each forecast ``error_`` (people in the wrong
    # cell or missing, as a share of residents in 2020), ``total_`` (residents of 20 to 54, relative
    # error) and ``farming_`` (share points, forecast less census)
    counties: pd.DataFrame
    plan: Plan
    folder: Path
    options: dict[str, Any]  # of the command that repeats it, but for the folder of the files


@checked_arguments
def hindcast(
    files: str | Path,
    provinces: Sequence[str] = PROVINCES,
    each: int = EACH,
    replicates: int = 4,
    settings: RunSettings = SETTINGS,
    where: Where = Where(),
    results: Keep = Keep(),
    say: Callable[[str], None] = lambda text: None,
) -> Hindcast:
    """Start counties from the census of 2010 and hold them against that of 2020.

    `files`: folder with both files of the China Census data set. `provinces`: names as in the
    census, such as 安徽省. `each`: counties of each province, beside Binhai; see `chosen` for the
    rule. `settings`, `where`, `results`: of the runs. `say`: called with a line of what is being
    done.
    """
    say("reading the censuses")
    then, now = read_census(files, THEN), read_census(files, NOW)
    pools = {name: places_of(then, now, name) for name in dict.fromkeys((*provinces, "江苏省"))}
    picked = [p for p in pools["江苏省"] if p.code == BINHAI]
    for province in provinces:
        picked += [p for p in chosen(pools[province], each) if p.code != BINHAI]
    if not picked:
        raise UsageError(
            "hindcast: found no county, allowed provinces with counties that people leave"
        )
    with TemporaryDirectory() as folder:
        scenarios = {p.code: started(p, Path(folder) / p.code) for p in picked}
        plan = Plan(scenarios, picked[0].code, replicates, settings)
        options = {
            "province": list(provinces), "each": each, "replicates": replicates,
            "sample": settings.sample, "seed": settings.seed,
        }  # fmt: skip
        command = command_line(["hindcast"], {"files": files, **options})
        store = run(plan, Tidy(lived), where, results, command)
    figures = figures_of(picked, pools, store.runs())
    return Hindcast(figures, errors_of(figures), plan, store.folder, options)


def started(place: Place, folder: Path) -> Scenario:
    """The baseline in a county as it was in 2010."""
    write_text(county_text(place.then, None), folder / "county.toml")
    return load_scenario("baseline", {"county": str(folder)})


def figures_of(
    places: Sequence[Place], pools: dict[str, list[Place]], runs: pd.DataFrame
) -> pd.DataFrame:
    """Census, model and plain forecasts of every measure of every county."""
    rows = []
    for place in places:
        mine = runs[runs["scenario"] == place.code].groupby("indicator", observed=True)["value"]
        before, after = census_of(place.then), census_of(place.now)
        others = [other for other in pools[place.province] if other.code != place.code]
        cohorts = forecast_by_cohorts(place, others)
        for name in MEASURED:
            values = mine.get_group(name).to_numpy(float)
            rows.append(
                (place.code, place.province, place.name, name, before[name], after[name],
                 values.mean(), values.min(), values.max(), before[name], cohorts[name])
            )  # fmt: skip
    columns = (
        "code province county measure census_2010 census_2020 model low high no_change cohorts"
    )
    return pd.DataFrame(rows, columns=columns.split())


def errors_of(figures: pd.DataFrame) -> pd.DataFrame:
    """How far each forecast is off, by county."""
    rows = []
    place = ["code", "province", "county"]
    for named, mine in figures.groupby(place, sort=False):
        people = mine[mine["measure"] != "farming"]
        work = mine[mine["measure"] == "farming"].iloc[0]
        truth = people["census_2020"].sum()
        row: dict[str, object] = dict(zip(place, named))
        for name in FORECASTS:
            off = (people[name] - people["census_2020"]).abs().sum()
            row[f"error_{name}"] = off / truth
            row[f"total_{name}"] = people[name].sum() / truth - 1.0
            row[f"farming_{name}"] = work[name] - work["census_2020"]
        rows.append(row)
    return pd.DataFrame(rows)
