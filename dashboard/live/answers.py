"""What a policy changes, out of runs in memory: headline figures, a sentence, spending, waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from returnee.dashboard.texts import amount, between, measure_name, name_of, unit_of, words
from returnee.dashboard.visitor.place import Place
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import HEADLINES, KEY
from returnee.experiments.reports.compare import sentence
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import HIGHER, INDEX, LOWER, Cube, effects_on
from returnee.experiments.statistics.intervals import TAILS
from returnee.experiments.studies.compare import Comparison, command_of
from returnee.experiments.words.texts import percent, phrase
from returnee.experiments.words.texts import words as report_words
from returnee.scenarios import Scenario
from returnee.simulation.state.records import POT_OF, POTS, PROGRAMMES

WAITING = (
    "queue_training", "trained_wait", "queue_desk", "desk_wait", "queue_incubation",
    "incubator_places_used", "mentored", "refused_no_guarantor", "refused_fund", "refused_banks",
)  # fmt: skip
OFFERED_BY = {
    "queue_training": "training.places", "trained_wait": "training.places",
    "queue_desk": "finance.guarantee_fund", "desk_wait": "finance.guarantee_fund",
    "refused_no_guarantor": "finance.guarantee_fund", "refused_fund": "finance.guarantee_fund",
    "refused_banks": "finance.guarantee_fund", "queue_incubation": "incubation.places",
    "incubator_places_used": "incubation.places", "mentored": "services.mentors",
}  # fmt: skip
"""Lever without which there is nothing to wait for or be refused."""

SHOWN = tuple(dict.fromkeys((*HEADLINES, *KEY, *WAITING, "aware_finance")))
BASE = pd.DataFrame(
    [(m.name, m.en, m.zh, m.unit, m.kind, m.better) for m in map(BY_NAME.__getitem__, SHOWN)],
    columns=["measure", "label_en", "label_zh", "unit", "kind", "better"],
)
MOVED, REFERENCE = "policy", "reference"


@dataclass(frozen=True)
class Answer(Comparison):
    """A comparison whose runs are in memory, without a table of them."""

    made: Cube = field(kw_only=True, repr=False)

    @cached_property
    def cube(self) -> Cube:
        """The runs as an array."""
        return self.made

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Effects on the measures that pages show, as `effects.effects_of` gives them for all."""
        places = [INDEX[name] for name in SHOWN]
        return effects_on(self.made.levels[..., places].astype(float), BASE, self.plan)

    @cached_property
    def by_measure(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Effects of each scenario by measure."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for row in self.effects.to_dict("records"):
            found.setdefault(str(row["scenario"]), {})[str(row["measure"])] = row  # type: ignore[assignment]
        return found

    def yearly(self, label: str, measure: str) -> float:
        """Mean over replicates of a flow of a scenario, by year."""
        levels = self.made.levels[self.made.labels.index(label), :, INDEX[measure]]
        return float(levels.mean()) * 12.0 / self.plan.settings.months


def answer_of(plan: Plan, cube: Cube, runs: pd.DataFrame | None = None) -> Answer:
    """An answer out of a cube; with counts by group (`runs.group_runs`) if `equity` is wanted."""
    return Answer(plan, pd.DataFrame() if runs is None else runs, [], None, "", made=cube)


def lined_up(place: Place) -> dict[str, Scenario]:
    """The policy of Explore and what it is compared with.

    Raises
    ------
    ScenarioError
        One line, as on the command line.
    """
    moved = place.mix.scenario().with_(name=MOVED, **_titles(place))
    return {MOVED: moved, REFERENCE: place.reference().with_(name=REFERENCE)}


def _titles(place: Place) -> dict[str, str]:
    base = place.mix.scenario()
    titles: dict[str, str] = {}
    if not place.mix.levers:
        return titles
    for lang in ("en", "zh"):
        many = words(lang)["explore"]["moved_title" if len(place.mix.levers) > 1 else "moved_one"]
        given = place.mix.title or many.format(base=name_of(base, lang), n=len(place.mix.levers))
        titles[f"title_{lang}"] = given
    return titles


def command(place: Place, plan: Plan) -> str:
    """The command line that repeats what Explore shows."""
    words_ = command_of([place.mix.base], place.named(), plan, place.mix.overrides(), 1)
    return words_.rpartition(" --workers")[0]


@dataclass(frozen=True)
class Fact:
    """One headline figure as written: what, how much more or less, how sure, from what to what."""

    what: str
    much: str
    sure: str
    interval: str
    level: str
    good: str


def facts(found: Answer, lang: str, label: str = MOVED, sets: bool = False) -> list[Fact]:
    """Headline figures of a scenario against the reference.

    Parameters
    ----------
    sets : bool
        Whether each replicate lives with another set of parameters: the spread of single sets is
        said beside the interval of their mean.
    """
    rows = found.by_measure[label]
    made = [fact_of(found, name, rows[name], lang) for name in HEADLINES]
    if not sets:
        return made
    return [
        replace(fact, interval=f"{fact.interval}; {spread(found, name, lang, label)}")
        for fact, name in zip(made, HEADLINES)
    ]


def spread(found: Answer, name: str, lang: str, label: str = MOVED) -> str:
    """The middle 90 % of single differences, in words."""
    indicator, labels, levels = BY_NAME[name], found.made.labels, found.made.levels
    years = found.plan.settings.months / 12.0 if indicator.kind == "flow" else 1.0
    ours, theirs = (levels[labels.index(k), :, INDEX[name]] for k in (label, found.plan.reference))
    low, high = np.nanpercentile(ours - theirs, TAILS) / years
    text = words(lang)["facts"]["spread"]
    return str(text).format(range=between(low, high, indicator.unit, lang))


def fact_of(found: Comparison, name: str, effect: Mapping[Any, Any] | pd.Series, lang: str) -> Fact:
    """One measure as written."""
    indicator = BY_NAME[name]
    years = found.plan.settings.months / 12.0 if indicator.kind == "flow" else 1.0
    unit, text = indicator.unit, words(lang)["facts"]
    sign = {HIGHER: 1, LOWER: -1}.get(str(effect["verdict"]), 0)
    side = sign * int(indicator.better)
    return Fact(
        what=phrase(indicator, "short", lang),
        much=amount(effect["difference"] / years, unit, lang, signed=True),
        sure=sureness(effect, lang),
        interval=f"{percent(0.9, lang)}: {between(effect['low'] / years, effect['high'] / years, unit, lang)}",
        level=text["from_to"].format(
            reference=amount(effect["reference"] / years, unit, lang),
            level=amount(effect["level"] / years, unit, lang),
            unit=unit_of(indicator, lang),
        ),
        good={1: "good", -1: "bad", 0: ""}[side],
    )


def sureness(effect: Mapping[str, Any] | pd.Series, lang: str) -> str:
    """How sure the direction of a difference is, in words and per cent."""
    text = words(lang)["sure"]
    if effect["pairs"] < 2 or not np.isfinite(effect["p_higher"]):
        return str(text["one"])
    if effect["difference"] == 0.0 and effect["low"] == effect["high"]:
        return str(text["none"])
    higher = float(effect["p_higher"])
    share = max(higher, 1.0 - higher)
    way = text["more"] if higher >= 0.5 else text["less"]
    told = effect["verdict"] in (HIGHER, LOWER)
    kind = "told" if told else "likely" if share >= 0.8 else "unclear"
    return str(text[kind]).format(way=way, share=f"{100 * share:.0f}" if share < 0.995 else "> 99")


def in_words(found: Answer, lang: str, label: str = MOVED) -> str:
    """What a scenario changes, as the command line and the report say it."""
    return sentence(found, label, lang)


def spending(found: Answer, lang: str, label: str = MOVED) -> dict[str, Any]:
    """Yearly spending by programme under a scenario and the reference, largest first."""
    sides = {"level": label, "reference": found.plan.reference}
    spent = {
        side: {name: round(found.yearly(of, f"spent_{name}")) for name in PROGRAMMES}
        for side, of in sides.items()
    }
    names = [name for name in PROGRAMMES if max(spent["level"][name], spent["reference"][name]) > 0]
    names.sort(key=lambda name: -spent["level"][name])
    labels = report_words(lang)["programmes"]
    return {
        "names": [labels[name] for name in names],
        **{side: [values[name] for name in names] for side, values in spent.items()},
    }


@dataclass(frozen=True)
class Pot:
    """Money of one pot a year: share used (None without a plan), and figures as written."""

    name: str
    share: float | None
    used: str
    planned: str
    unpaid: str


def pots(found: Answer, lang: str, label: str = MOVED) -> list[Pot]:
    """What each pot is given and pays in a year under a scenario."""
    months = found.plan.settings.months
    policies = found.plan.scenarios[label].policies(months)
    names = report_words(lang)["pots"]
    shown = []
    for k, pot in enumerate(POTS):
        programmes = [name for name, of in zip(PROGRAMMES, POT_OF, strict=True) if of == k]
        used = sum(found.yearly(label, f"spent_{name}") for name in programmes)
        unpaid = sum(found.yearly(label, f"unpaid_{name}") for name in programmes)
        planned = None
        if hasattr(policies[0].budget, pot):
            planned = float(np.mean([getattr(policy.budget, pot) for policy in policies]))
        shown.append(
            Pot(
                name=names[pot],
                share=None if not planned else min(used / planned, 1.0),
                used=amount(used, "yuan", lang),
                planned="" if planned is None else amount(planned, "yuan", lang),
                unpaid=amount(unpaid, "yuan", lang) if unpaid > 0.5 else "",
            )
        )
    return shown


def waiting(found: Answer, lang: str, label: str = MOVED) -> list[tuple[str, str, str, str, str]]:
    """Queues and waits: name, reference, scenario, difference with interval, side."""
    rows, text = found.by_measure[label], []
    none, plan = words(lang)["explore"]["not_offered"], found.plan
    for name in WAITING:
        here, there = (offers(plan, k, OFFERED_BY[name]) for k in (label, plan.reference))
        effect, indicator = rows[name], BY_NAME[name]
        years = found.plan.settings.months / 12.0 if indicator.kind == "flow" else 1.0
        unit = indicator.unit
        sign = {HIGHER: 1, LOWER: -1}.get(str(effect["verdict"]), 0)
        difference = amount(effect["difference"] / years, unit, lang, signed=True)
        interval = between(effect["low"] / years, effect["high"] / years, unit, lang)
        text.append(
            (
                f"{measure_name(indicator, lang)} ({unit_of(indicator, lang)})",
                amount(effect["reference"] / years, unit, lang) if there else none,
                amount(effect["level"] / years, unit, lang) if here else none,
                *(
                    ("–", "")  # waiting for nothing is not less waiting
                    if not (here and there)
                    else (
                        f"{difference} ({interval})" if sign else words(lang)["sure"]["cant"],
                        {1: "good", -1: "bad", 0: ""}[sign * int(indicator.better)],
                    )
                ),
            )
        )
    return text


def offers(plan: Plan, label: str, lever: str) -> bool:
    """Whether a scenario offers a service in any month."""
    group, _, name = lever.partition(".")
    policies = plan.scenarios[label].policies(plan.settings.months)
    return any(getattr(getattr(policy, group), name) > 0 for policy in policies)


def series(cube: Cube, label: str, measure: str) -> np.ndarray:
    """One measure of a scenario by month; flows as sums over the 12 months before.

    Returns
    -------
    ndarray of float, shape (replicates, months)
    """
    from returnee.experiments.measuring.measures import smoothed

    return smoothed(
        cube.values[cube.labels.index(label), :, INDEX[measure]].astype(float),
        BY_NAME[measure].kind,
    )
