"""A virtual evaluation: what studies of counties that adopt a policy in different years would find.

Every county is lived through without the policy and with it from each year in which it might have been
adopted, in the same luck, so that the true effect of every county and year is known. A study then draws
who adopts when, at random or by a fact, sees one life of each county, and estimates the effect on
those that adopted as one would from a yearly panel. Many such studies tell how far estimates lie off on
the mean (bias), how often their 90 % intervals hold the truth (coverage), and how often they find an
effect (power).

Estimators: ``unadjusted``, adopters against others in the same year; ``two-way``, fixed effects of county and
year, biased where effects differ with time since adoption (Goodman-Bacon, J. Econometrics 225, 2021,
254-277); ``two-stage``, effects of county and year from untreated years only (Gardner, arXiv:2207.05943).
All by pyfixest, with standard errors by county.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from returnee.experiments.arguments import Options, checked_arguments
from returnee.experiments.command_line import command_line
from returnee.experiments.errors import UsageError
from returnee.experiments.files import read_table, whole
from returnee.experiments.measuring.measures import BY_NAME, YEAR, check_measures
from returnee.experiments.running.jobs import MONTHLY
from returnee.experiments.running.options import Keep, RunSettings, Where
from returnee.experiments.running.run import running
from returnee.experiments.running.store import failed_in
from returnee.experiments.studies.region.counties import (
    LeftOut,
    Member,
    Source,
    in_county,
    read_counties,
    rules_of,
)
from returnee.experiments.studies.region.plan import ByYear, YearlyPlan
from returnee.experiments.studies.region.region import PER, REFERENCE
from returnee.scenarios import Scenario, load_scenario, walk
from returnee.simulation.indicators import INDICATORS

ESTIMATORS = ("unadjusted", "two-way", "two-stage")
RANDOM = "random"
NEVER = 0
LEVEL = 0.90
MONTHLY_NAMES = {indicator.name for indicator in INDICATORS}


@dataclass(frozen=True)
class Question(Options):
    """What is evaluated, and how counties come to adopt.

    Attributes
    ----------
    policy, against : str
        What is adopted, and what counties have before.
    measure : str
        A monthly measure; flows by year, for each 1,000 workers where it counts.
    years : sequence of int
        In which a county may adopt, from 3; year 1 is the first after the history.
    never : float
        Share of the counties that never adopt.
    by : str
        ``random``, or a fact of counties: those with the most of it adopt, the first year first.
    """

    policy: str = "linked"
    against: str = "no_support"
    measure: str = "returnee_registrations"
    years: Sequence[int] = (3, 4, 5, 6)
    never: float = 0.4
    by: str = RANDOM

    def check(self, months: int) -> None:
        """Refuse what cannot be asked for within so many months."""
        check_measures([self.measure])
        if self.measure not in MONTHLY_NAMES:
            raise UsageError(
                f"measure: found {self.measure}, allowed one of every month, such as jobs"
            )
        last = months // YEAR
        if not self.years or not all(3 <= year <= last for year in self.years):
            found = ", ".join(map(str, self.years)) or "none"
            raise UsageError(
                f"adopt: found {found}, allowed 3 to {last}: two years before, within {months} months"
            )
        if not 0.0 < self.never < 1.0:
            raise UsageError(f"never: found {self.never:g}, allowed above 0 and below 1")
        if self.by != RANDOM:
            rules_of([f"{self.policy}={self.by}:highest"])


@dataclass(frozen=True)
class EvaluationPlan(YearlyPlan):
    """A plan of every year of adoption."""

    KIND = "evaluation"


@dataclass(frozen=True)
class Evaluation:
    """What studies would find, beside what is true.

    Attributes
    ----------
    members : list of Member
    left_out : list of (str, str, str)
    question : Question
    plan : EvaluationPlan
    lives : ndarray, shape (replicates, counties, cohorts, years)
        Values by year; cohort 0 never adopts, the others in the years asked for, in their order.
    facts : ndarray, shape (counties,)
        By which counties adopt; empty where they do at random.
    studies : DataFrame
        A row a study and estimator: counties, study, estimator, truth, estimate, low, high.
    failures : int
        Runs that failed; their years are missing in the studies.
    folder : Path
    command : str
    """

    members: list[Member]
    left_out: list[LeftOut]
    question: Question
    plan: EvaluationPlan
    lives: np.ndarray = field(repr=False)
    facts: np.ndarray = field(repr=False)
    studies: pd.DataFrame = field(repr=False)
    failures: int
    folder: Path
    command: str

    @cached_property
    def table(self) -> pd.DataFrame:
        """A row a number of counties and estimator: truth, estimate, bias, rmse, coverage, power, studies."""
        rows = []
        for (counties, estimator), group in self.studies.groupby(
            ["counties", "estimator"], sort=False
        ):
            error = group["estimate"] - group["truth"]
            covers = (group["low"] <= group["truth"]) & (group["truth"] <= group["high"])
            finds = group["low"] * group["high"] > 0.0
            rows.append(
                (counties, estimator, group["truth"].mean(), group["estimate"].mean(), error.mean(),
                 error.std() / np.sqrt(len(error)), np.sqrt((error**2).mean()), covers.mean(), finds.mean(), len(group))
            )  # fmt: skip
        columns = ["counties", "estimator", "truth", "estimate", "bias", "bias_error", "rmse", "coverage", "power", "studies"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def path(self) -> pd.DataFrame:
        """True effect by years since adoption, mean over counties, cohorts and replicates: since, effect, luck."""
        rows = []
        effects = self.lives[:, :, 1:] - self.lives[:, :, :1]
        for since in range(-max(self.question.years) + 1, self.lives.shape[3]):
            found = [
                effects[:, :, k, year - 1 + since]
                for k, year in enumerate(self.question.years)
                if 0 <= year - 1 + since < self.lives.shape[3]
            ]
            if found:
                every = np.stack(found)
                luck = np.nanmean(every, axis=(0, 2))
                rows.append((since, np.nanmean(every), luck.std(ddof=1) / np.sqrt(len(luck)) if len(luck) > 1 else np.nan))  # fmt: skip
        return pd.DataFrame(rows, columns=["since", "effect", "luck"])


def adopting(scenario: Scenario, policy: Scenario, year: int) -> Scenario:
    """A scenario in which another's first policy holds from the beginning of a year on."""
    month = YEAR * (year - 1) + 1
    changes = {}
    for key, lever in walk(policy.policy):
        now, then = lever.value, attrgetter(key)(scenario.policy)
        if now != then:
            changes[f"policy.{key}"] = {month: now}
    return scenario.with_(changes, name=f"{policy.name}_{year}")


def study_of(
    lives: np.ndarray, cohorts: np.ndarray, years: Sequence[int], rng: np.random.Generator
) -> tuple[pd.DataFrame, float]:
    """The panel that a study sees, and the true effect on those that adopted.

    `lives`: shape (replicates, counties, cohorts, years). `cohorts`: of each county, 0 for never. One life
    is drawn for each county. Returns: columns county, year, treated, y; and the mean, over adopters'
    years since adoption, of what the county is beyond what it had been without, in the same luck.
    """
    replicates, counties, _, n_years = lives.shape
    luck = rng.integers(replicates, size=counties)
    every = np.arange(counties)
    seen, without = lives[luck, every, cohorts], lives[luck, every, 0]
    since = np.append(n_years + 1, years)[cohorts]  # year of adoption, beyond the end for never
    treated = np.arange(1, n_years + 1)[None, :] >= since[:, None]
    truth = float((seen - without)[treated].mean())
    panel = pd.DataFrame(
        {
            "county": np.repeat(every, n_years), "year": np.tile(np.arange(1, n_years + 1), counties),
            "treated": treated.ravel().astype(float), "y": seen.ravel(),
        }
    )  # fmt: skip
    return panel, truth


def estimates_of(panel: pd.DataFrame) -> dict[str, tuple[float, float, float]]:
    """Estimate and bounds of the 90 % interval by estimator.

    Raises UsageError: if pyfixest is not installed.
    """
    try:
        import pyfixest
    except ImportError:
        raise UsageError(
            'evaluate: found no pyfixest, allowed with it: pip install "returnee[evaluation]"'
        ) from None
    county = {"CRV1": "county"}
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits = {
            "unadjusted": lambda: pyfixest.feols("y ~ treated | year", panel, vcov=county),
            "two-way": lambda: pyfixest.feols("y ~ treated | county + year", panel, vcov=county),
            "two-stage": lambda: pyfixest.did2s(
                panel, yname="y", first_stage="~ 0 | county + year", second_stage="~ treated",
                treatment="treated", cluster="county",
            ),
        }  # fmt: skip
        for name, fit in fits.items():
            fitted = fit()
            low, high = fitted.confint(alpha=1.0 - LEVEL).loc["treated"]
            found[name] = float(fitted.coef()["treated"]), float(low), float(high)
    return found


def cohorts_of(
    counties: int, question: Question, facts: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Who adopts when: at random, or those with most of a fact, the first year first; 0 for never."""
    adopters = min(max(round((1.0 - question.never) * counties), 1), counties - 1)
    waves = np.sort(np.arange(adopters) % len(question.years)) + 1
    slots = np.append(waves, np.zeros(counties - adopters, int))
    order = rng.permutation(counties) if not len(facts) else np.argsort(-facts, kind="stable")
    cohorts = np.zeros(counties, int)
    cohorts[order] = slots
    return cohorts


def studies_of(
    lives: np.ndarray,
    question: Question,
    facts: np.ndarray,
    sizes: Sequence[int],
    number: int,
    seed: int,
) -> pd.DataFrame:
    """So many studies of each size: who is in them, who adopts and in which luck is drawn anew in each."""
    rows = []
    for size in sizes:
        for k in range(number):
            rng = np.random.default_rng([seed, size, k])
            mine = np.sort(rng.choice(lives.shape[1], size, replace=False))
            cohorts = cohorts_of(size, question, facts[mine] if len(facts) else facts, rng)
            panel, truth = study_of(lives[:, mine], cohorts, question.years, rng)
            for name, (mean, low, high) in estimates_of(panel).items():
                rows.append((size, k, name, truth, mean, low, high))
    columns = ["counties", "study", "estimator", "truth", "estimate", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


@checked_arguments
def evaluate(
    source: Source,
    question: Question = Question(),
    studies: int = 100,
    replicates: int = 4,
    simulated: int = 3000,
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(),
) -> Evaluation:
    """Live all counties through every year of adoption, and do studies of them.

    `source`: which counties, at least six. `question`: what is evaluated. `studies`: of each number of
    counties: all of them, a half, a quarter. `replicates`: lives of each county and year of adoption.
    `simulated`: workers in each county.
    """
    question.check(settings.months)
    if studies < 2:
        raise UsageError(f"studies: found {studies}, allowed 2 or more")
    with ExitStack() as stack:
        root = Path(stack.enter_context(TemporaryDirectory(prefix="returnee-region-")))
        members, left = read_counties(source, root, results.reporter.say)
        if len(members) < 6:
            raise UsageError(f"region: found {len(members)} counties, allowed at least 6")
        read = {name: load_scenario(name) for name in (question.against, question.policy)}
        cells: dict[str, dict[str, Scenario]] = {}
        for member in members:
            before, after = (
                in_county(read[name], member) for name in (question.against, question.policy)
            )
            cells[member.code] = {REFERENCE: before} | {
                str(year): adopting(before, after, year) for year in question.years
            }
        facts = facts_of(members, cells, question.by)
        plan = EvaluationPlan(cells, read, replicates, simulated, settings)
        command = command_of(source, question, studies, plan)
        measure = ByYear(measures=(question.measure,))
        store = stack.enter_context(running(plan, measure, where, results, command))
        lives = lives_of(plan, read_table(store.folder / MONTHLY).to_pandas(), question.measure)
        results.reporter.say("doing the studies")
        sizes = sorted({max(len(members) // part, 6) for part in (4, 2, 1)})
        done = studies_of(lives, question, facts, sizes, studies, settings.seed)
        found = Evaluation(
            members, left, question, plan, lives, facts, done, failed_in(store.folder), store.folder,
            command,
        )  # fmt: skip
        if results.out is not None:
            for name in ("studies", "table", "path"):
                with whole(store.folder / f"{name}.csv") as new:
                    getattr(found, name).to_csv(new, index=False)
    return found


def facts_of(
    members: Sequence[Member], cells: dict[str, dict[str, Scenario]], by: str
) -> np.ndarray:
    """The fact by which counties adopt; empty where they do at random."""
    if by == RANDOM:
        return np.array([])
    try:
        return np.array([m.fact(cells[m.code][REFERENCE], by) for m in members])
    except (AttributeError, ValueError, TypeError):
        raise UsageError(
            f"by: found {by}, allowed {RANDOM}, a number column of the table or a fact that "
            "`returnee county show` lists"
        ) from None


def lives_of(plan: EvaluationPlan, rows: pd.DataFrame, measure: str) -> np.ndarray:
    """Values by year, shape (replicates, counties, cohorts, years), for each 1,000 workers if it counts."""
    lives = plan.yearly(rows, measure)
    forces = [next(iter(s.values())).county.labour_force for s in plan.counties.values()]
    scale = np.array(forces, float) / PER if BY_NAME[measure].counts else np.ones(len(forces))
    return lives / scale[:, None, None]


def command_of(source: Source, question: Question, studies: int, plan: EvaluationPlan) -> str:
    """The command that repeats it."""
    s = plan.settings
    words = [
        "evaluate",
        *([source.table] if source.table else []),
        *(["--crowded"] * source.crowded),
    ]
    options = {
        "files": source.files, "province": list(source.province), "year": source.year, "policy": question.policy,
        "against": question.against, "measure": question.measure, "adopt": list(question.years),
        "never": question.never, "by": question.by, "studies": studies, "replicates": plan.replicates,
        "simulated": plan.simulated, "months": s.months, "seed": s.seed,
    }  # fmt: skip
    return command_line(words, options)
