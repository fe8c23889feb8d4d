"""What is kept of a run: monthly indicators, spending by programme, and figures of whole runs.

Beside the measures below, which every table of a comparison lists, a run keeps how far founders'
files got (`returnee.experiments.measuring.files`) and counts by group of people (`returnee.experiments.measuring.groups`).

Survival is Kaplan and Meier's product limit (J. Am. Stat. Assoc. 53, 1958, 457-481) over firms
registered under the policy; firms still alive at the last month are censored. *Registered* runs
from registration to being struck off; *operating* from opening to the day the firm stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.lib.stride_tricks import sliding_window_view

from returnee.experiments.errors import UsageError
from returnee.experiments.keys import COUNTY, Task, lever_of
from returnee.experiments.measuring.files import figures_of_files
from returnee.experiments.measuring.groups import figures_by_group
from returnee.experiments.words.texts import COUNTABLE, words
from returnee.scenarios import Scenario
from returnee.scenarios.schema.errors import guess, nearest
from returnee.simulation.indicators import INDICATORS
from returnee.simulation.run import FEN, Run
from returnee.simulation.state import records as r
from returnee.simulation.state.programmes import PROGRAMMES

FINAL = "final"
AGES = (12, 36, 60)
LAST = 12  # months over which stocks and means are averaged at the end of a run
YEAR = 12


class Measure(NamedTuple):
    """A figure of a run."""

    name: str
    unit: str
    # {"stock", "flow", "mean", "final"}; At a month's end, in a month, its mean, or of the whole
    # run
    kind: str
    # label. Where it does not fit, ``words/`` has others under ``measures`` and the name.
    en: str
    zh: str
    better: int = 0  # 1: more is better, -1: less is better, 0: neither
    of: Callable[[Run], float] | None = None  # computes a figure of the whole run, full county

    @property
    def counts(self) -> bool:
        """Whether the figure grows with the county, so that a sample is scaled up."""
        return self.unit in (*COUNTABLE, "yuan")


def new_firms(run: Run) -> np.ndarray:
    """Firms registered under the policy."""
    firms = run.county.firms[: int(run.county.clock.firms)]
    return firms[firms["registered"] >= 1]  # NEVER is before it


def firms_surviving(run: Run) -> float:
    """Returnee firms registered under the policy and open at the end."""
    new = new_firms(run)
    open_now, returnee = new["phase"] == r.OPEN, new["returnee"].astype(bool)
    return float((open_now & returnee).sum()) * (1.0 / run.sample)


def start_rate(run: Run) -> float:
    """Returnee firms registered a year per 1,000 away."""
    months, scale = run.county.months[1:], 1.0 / run.sample
    started = months["returnee_registrations"].sum() * scale / (run.months / YEAR)
    return 1000.0 * ratio(started, months["away"].mean() * scale)


def jobs_per_firm(run: Run) -> float:
    """Jobs in returnee firms by firm, over the last months."""
    last = run.county.months[1:][-LAST:]
    return ratio(last["returnee_jobs"].sum(), last["returnee_firms_open"].sum())


def loan_growth(run: Run) -> float:
    """Growth a year of guaranteed loans granted, from the first 12 months to the last."""
    granted, years = run.county.months["loans_granted"][1:], run.months / YEAR - 1.0
    if years <= 0.0:
        return np.nan
    grown = ratio(granted[-LAST:].sum(), granted[:LAST].sum())
    return float(grown ** (1.0 / years) - 1.0)


def loan_recovery(run: Run) -> float:
    """Repaid principal of guaranteed loans as a share of repaid and defaulted."""
    months = run.county.months[1:]
    repaid = months["loans_repaid"].sum()
    return ratio(repaid, repaid + months["loans_defaulted"].sum())


def loan_wait(run: Run) -> float:
    """Months from asking for a guaranteed loan to having it, mean over the loans granted."""
    months = run.county.months[1:]
    number = months["loans_number"]
    return ratio((months["desk_wait"] * number).sum(), number.sum())


def loan_reach(run: Run) -> float:
    """Share of firms registered under the policy that had a guaranteed loan."""
    new = new_firms(run)
    return ratio((new["loan_granted"] > 0).sum(), len(new))


def ratio(above: float, below: float) -> float:
    """A quotient; NaN where nothing stands below."""
    return float(above / below) if below else np.nan


SURVIVAL = {
    "registered": ("registered", "closed", "new firms still registered after", "登记存续率"),
    "operating": ("opened", "stopped", "opened firms still operating after", "经营存续率"),
}
"""Kinds of survival: dates of beginning and end in the records, and labels before and after the age."""
WHOLE: tuple[tuple[Any, ...], ...] = (
    ("firms_surviving", "firms", "returnee firms registered under the policy and open at the end",
     "政策期内登记且期末仍营业的返乡企业", 1, firms_surviving),
    ("start_rate", "per 1,000 away and year", "returnee firms registered per 1,000 away",
     "每千名在外劳动力年返乡创业数", 1, start_rate),
    *((f"survival_{kind}_{age}", "share", f"{en} {age} months", f"{age}个月{zh}", 1)
      for kind, (_, _, en, zh) in SURVIVAL.items() for age in AGES),
    ("jobs_per_firm", "jobs/firm", "jobs per open returnee firm", "每家返乡企业岗位数",
     1, jobs_per_firm),
    ("loan_growth", "share", "growth a year of guaranteed loans granted",
     "创业担保贷款发放额年均增速", 1, loan_growth),
    ("loan_recovery", "share", "guaranteed loans recovered", "创业担保贷款回收率", 1, loan_recovery),
    ("loan_wait", "months", "wait for a guaranteed loan", "创业担保贷款等待月数", -1, loan_wait),
    ("loan_reach", "share", "new firms with a guaranteed loan", "新登记企业获担保贷款占比",
     1, loan_reach),
)  # fmt: skip
"""Figures of a whole run: name, unit, labels, which way is better, and what computes it."""
DERIVED = tuple(Measure(name, unit, FINAL, *rest) for name, unit, *rest in WHOLE)


def _programmes(prefix: str, tail: str, better: int) -> tuple[Measure, ...]:
    en, zh = words("en"), words("zh")
    labels = (
        (name, f"{en['programmes'][name]}, {en[tail]}", f"{zh['programmes'][name]}{zh[tail]}")
        for name in PROGRAMMES
    )
    return tuple(Measure(f"{prefix}_{k}", "yuan", "flow", e, z, better) for k, e, z in labels)


SPENT = _programmes("spent", "spent", 0)
UNPAID = _programmes("unpaid", "due_not_paid", -1)
EVERY_MONTH = (*(i.name for i in INDICATORS), *(m.name for m in (*SPENT, *UNPAID)))
MEASURES: tuple[Measure, ...] = (
    *(Measure(*indicator) for indicator in INDICATORS), *DERIVED, *SPENT, *UNPAID,
)  # fmt: skip
BY_NAME = {measure.name: measure for measure in MEASURES}
_KINDS = np.array([measure.kind for measure in MEASURES])


def levels_over(values: np.ndarray, kinds: np.ndarray = _KINDS) -> np.ndarray:
    """One figure a measure: the level of a run.

    Stocks and means are the mean of the last 12 months, flows the sum over the horizon, figures of
    whole runs stand at the last month.

    `values`: shape (..., measures, months). `kinds`: shape (measures,); those of `MEASURES` if
    left out. Returns: shape (..., measures).
    """
    levels: np.ndarray = values[..., -1].copy()
    held, flow = np.isin(kinds, ("stock", "mean")), kinds == "flow"
    levels[..., held] = values[..., held, -LAST:].mean(axis=-1)
    levels[..., flow] = values[..., flow, :].sum(axis=-1)
    return levels


def years_of(kind: str, months: int) -> float:
    """Years that a level is spread over as it is told: flows are told by year."""
    return months / YEAR if kind == "flow" else 1.0


def check_measures(names: Iterable[str], months: int | None = None, label: str = "measure") -> None:
    """Refuse what is no measure, guessing what was meant, and what no run of this length can have.

    That is survival to an age beyond its end: a firm that is registered in the first month is a month
    younger than the run is long. `label`: what they were given as, for the error.

    >>> check_measures(["jobs", "survival_operating_12"], 13)
    """
    for name in names:
        if name not in BY_NAME:
            found = f"{name}{guess(nearest(name, BY_NAME))}"
            raise UsageError(f"{label}: found {found}, allowed one that `returnee measures` lists")
        kind, _, last = name.rpartition("_")
        age = int(last) if kind.startswith("survival_") else 0
        if age and months is not None and months <= age:
            found = f"{name} within {months} months"
            raise UsageError(f"{label}: found {found}, allowed with more than {age}")


def labelled(names: Iterable[str], scenarios: Mapping[str, Scenario]) -> dict[str, dict[str, str]]:
    """Labels and units of measures, and titles of scenarios, as they stand in ``attrs``.

    `names`: measures. Returns: ``units``, ``labels`` (English) and ``labels_zh``, each by name.

    >>> labelled(["jobs"], {})["units"]
    {'jobs': 'jobs'}
    """
    known = [BY_NAME[name] for name in names]
    english = {m.name: m.en for m in known} | {k: s.title_en for k, s in scenarios.items()}
    chinese = {m.name: m.zh for m in known} | {k: s.title_zh for k, s in scenarios.items()}
    return {"units": {m.name: m.unit for m in known}, "labels": english, "labels_zh": chinese}


_OF = {"scenario": pa.string(), "scenario_id": pa.string(), "point": pa.int32()}
SCHEMA = pa.schema(
    _OF | {"replicate": pa.int64(), "seed": pa.int64()}
    | {"indicator": pa.string(), "month": pa.int32(), "value": pa.float64()}
)  # fmt: skip
"""Columns of tidy tables."""


def kaplan_meier(durations: np.ndarray, ended: np.ndarray, ages: Sequence[int]) -> list[float]:
    """Share that lives longer than each age; what `scipy.stats.ecdf` finds, without loading it.

    `durations`: shape (firms,); months from the beginning to the end, or to the last month
    observed. `ended`: shape (firms,); whether the end was observed. `ages`: months. Returns: NaN
    for ages that nobody could reach in the time observed.

    >>> kaplan_meier(np.array([6.0, 24.0]), np.array([True, False]), [12, 36])
    [0.5, nan]
    """
    if not len(durations):
        return [np.nan] * len(ages)
    at, ends = np.unique(durations[ended], return_counts=True)
    if ended.all():  # the product of shares is then one share
        alive: np.ndarray = 1.0 - np.cumsum(ends) / len(durations)
    else:
        there = len(durations) - np.searchsorted(np.sort(durations), at)
        alive = np.cumprod((there - ends) / there)
    shares = np.append(1.0, alive)[np.searchsorted(at, ages, side="right")]
    return np.where((np.array(ages) <= durations.max()) | (shares == 0.0), shares, np.nan).tolist()


def derived(run: Run) -> dict[str, float]:
    """Figures of a whole run, by name; full-county units."""
    return {m.name: m.of(run) for m in DERIVED if m.of} | survival(run)


def survival(run: Run) -> dict[str, float]:
    """Shares of firms registered under the policy that live to each age, by name."""
    # From the records, not from `run.firms`: making that table costs as much as 20 months of a run.
    new, figures = new_firms(run), {}
    for kind, (begin, end, _, _) in SURVIVAL.items():
        seen = new[new[begin] != r.NEVER]
        ended = seen[end] != r.NEVER
        stop = np.where(ended, seen[end], run.months).astype(float)
        spans = stop - seen[begin].astype(float)
        for age, share in zip(AGES, kaplan_meier(spans, ended, AGES)):
            figures[f"survival_{kind}_{age}"] = share
    return figures


def monthly_of(run: Run) -> np.ndarray:
    """What is kept of every month, full county, shape (figures of `EVERY_MONTH`, months).

    From the records: making tables of them takes twice as long as a year of a tiny county.
    """
    rows, scale = run.county.months.view(np.ndarray)[1:], 1.0 / run.sample
    values = [rows[i.name] * (scale if i.counts else 1.0) for i in INDICATORS]
    money = [fen[1:].T / (FEN * run.sample) for fen in (run.county.ledger, run.county.unpaid)]
    return np.concatenate([values, *money])


def tidy(run: Run, task: Task) -> pa.Table:
    """Everything that is kept of a run, as a tidy table with the columns of `SCHEMA`.

    Figures of the whole run stand at its last month.
    """
    monthly = monthly_of(run)
    whole = {**derived(run), **figures_of_files(run), **figures_by_group(run)}
    names = [*EVERY_MONTH, *whole]
    n_monthly, months = len(monthly), run.months
    codes = np.repeat(np.arange(len(names)), [months] * n_monthly + [1] * len(whole))
    month = np.append(np.tile(np.arange(1, months + 1), n_monthly), np.full(len(whole), months))
    values = np.append(monthly.ravel(), list(whole.values()))
    indicator = pa.DictionaryArray.from_arrays(codes.astype(np.int32), names).cast(pa.string())
    told = task.scenario, task.scenario_id, task.point, task.replicate, run.seed
    fixed = [pa.repeat(pa.scalar(one, f.type), len(values)) for one, f in zip(told, SCHEMA)]
    figures = [pa.array(month, pa.int32()), pa.array(values, pa.float64())]
    return pa.Table.from_arrays([*fixed, indicator, *figures], schema=SCHEMA)


def smoothed(values: np.ndarray, kind: str) -> np.ndarray:
    """Flows as sums over the last 12 months (missing before the 12th); others as they are.

    `values`: shape (replicates, months); one indicator. `kind`: ``stock`` or ``flow`` or ``mean``;
    kind of the indicator.
    """
    if kind != "flow":
        return values
    window = min(YEAR, values.shape[1])
    sums = sliding_window_view(values, window, axis=1).sum(axis=-1)
    return np.pad(sums.astype(float), ((0, 0), (window - 1, 0)), constant_values=np.nan)


NAMES = tuple(measure.name for measure in MEASURES)
TYPES = {float: pa.float64(), int: pa.int64(), bool: pa.bool_(), str: pa.string()}
HEAD = pa.schema(_OF | {"replicate": pa.int32(), "seed": pa.int64(), "error": pa.string()})
"""What was run, in a table with a row a run."""
_MONTHLY = np.array([indicator.kind for indicator in INDICATORS])


def levels_of(run: Run) -> np.ndarray:
    """Figures of a run, full county.

    Returns: shape (measures,); in the order of `measures.MEASURES`; NaN where a run has no such
    figure.
    """
    monthly = levels_over(monthly_of(run)[: len(INDICATORS)], _MONTHLY)
    whole = derived(run)
    spent = run.county.ledger[1:].sum(axis=0) / (FEN * run.sample)
    unpaid = run.county.unpaid[1:].sum(axis=0) / (FEN * run.sample)
    return np.concatenate([monthly, [whole[d.name] for d in DERIVED], spent, unpaid])


def described(name: str, kind: pa.DataType, unit: str, en: str, zh: str) -> pa.Field:
    """A column with its unit and labels, which travel with the file."""
    return pa.field(name, kind, metadata={"unit": unit, "label_en": en, "label_zh": zh})


def run_schema(keys: Iterable[str], told: Iterable[Any] | None = None) -> pa.Schema:
    """Columns of a table of runs: what was run, the axes, and a column for each measure.

    `keys`: dotted keys of the axes. `told`: other figures than all measures, with name (or key),
    unit and labels.
    """
    axes = []
    for key in keys:
        lever = lever_of(key)
        words = (lever.unit, lever.en, lever.zh) if lever else ("", "county", "县")
        if lever is None and key != COUNTY:  # of rules of one's own that are not here
            words = ("", key, key)
        kind = lever.type if lever else str if key == COUNTY else float
        axes.append(described(key, TYPES[kind], *words))
    shown = [
        described(getattr(m, "key", None) or m.name, pa.float64(), m.unit, m.en, m.zh)
        for m in (MEASURES if told is None else told)
    ]
    return pa.schema([*HEAD, *axes, *shown])


def redescribed(table: pa.Table) -> pa.Table:
    """The table with units and labels."""
    known = {*HEAD.names, *NAMES}
    return table.cast(run_schema(name for name in table.column_names if name not in known))


def attributes(schema: pa.Schema) -> dict[str, Any]:
    """Labels and units of columns, as they stand in ``DataFrame.attrs``.

    Returns: ``units``, ``labels`` (English) and ``labels_zh``, each by column.
    """
    found: dict[str, Any] = {"units": {}, "labels": {}, "labels_zh": {}}
    for field in schema:
        about = field.metadata or {}
        for name, key in (("units", b"unit"), ("labels", b"label_en"), ("labels_zh", b"label_zh")):
            if key in about:
                found[name][field.name] = about[key].decode()
    return found
