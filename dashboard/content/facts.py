"""What a policy changes, as written: headline figures, a sentence, spending, waiting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from returnee.dashboard.live.answers import HEADLINES, MOVED, WAITING, Answer
from returnee.dashboard.texts import measure_name, unit_of, words
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import INCOMES, PUBLIC_MONEY
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import HIGHER, INDEX, LOWER
from returnee.experiments.statistics.intervals import TAILS
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.words.texts import amount, between, percent, phrase
from returnee.experiments.words.texts import words as report_words
from returnee.simulation.state.programmes import POT_OF, POTS, PROGRAMMES

Effect: TypeAlias = "Mapping[str, Any] | pd.Series"
SIDES = {1: "good", -1: "bad", 0: ""}


class Told(NamedTuple):
    """An effect on a measure as written; flows are by year.

    Attributes
    ----------
    reference, level : str
        What there is without and with the policy.
    much, interval : str
        The difference, and its 90 % interval.
    sure : str
        How sure its direction is.
    known : bool
        Whether the interval leaves out zero.
    side : {"good", "bad", ""}
    """

    reference: str
    level: str
    much: str
    interval: str
    sure: str
    known: bool
    side: str


def years_of(plan: Plan, name: str) -> float:
    """What a figure of a whole run is divided by: flows are shown by year."""
    return plan.settings.months / 12.0 if BY_NAME[name].kind == "flow" else 1.0


def told(plan: Plan, name: str, effect: Effect, lang: str) -> Told:
    """An effect on a measure as written."""
    measure, years = BY_NAME[name], years_of(plan, name)
    unit, sign = measure.unit, {HIGHER: 1, LOWER: -1}.get(str(effect["verdict"]), 0)
    return Told(
        amount(effect["reference"] / years, unit, lang),
        amount(effect["level"] / years, unit, lang),
        amount(effect["difference"] / years, unit, lang, signed=True),
        between(effect["low"] / years, effect["high"] / years, unit, lang),
        sureness(effect, lang),
        sign != 0,
        SIDES[sign * int(measure.better)],
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


@dataclass(frozen=True)
class Fact:
    """One headline figure as written: what, how much more or less, how sure, from what to what."""

    what: str
    much: str
    sure: str
    interval: str
    level: str
    good: str


def facts(found: Answer, lang: str, sets: bool = False) -> list[Fact]:
    """Headline figures of the policy against the reference.

    Parameters
    ----------
    sets : bool
        Whether each replicate lives with another set of parameters: the spread of single sets is
        said beside the interval of their mean.
    """
    rows = found.by_measure[MOVED]
    made = [fact_of(found, name, rows[name], lang) for name in HEADLINES]
    if not sets:
        return made
    return [
        replace(fact, interval=f"{fact.interval}; {spread(found, name, lang)}")
        for fact, name in zip(made, HEADLINES)
    ]


def spread(found: Answer, name: str, lang: str) -> str:
    """The middle 90 % of single differences, in words."""
    labels, levels = found.made.labels, found.made.levels[..., INDEX[name]]
    single = levels[labels.index(MOVED)] - levels[labels.index(found.plan.reference)]
    low, high = np.nanpercentile(single, TAILS) / years_of(found.plan, name)
    text = words(lang)["facts"]["spread"]
    return str(text).format(range=between(low, high, BY_NAME[name].unit, lang))


def fact_of(found: Comparison, name: str, effect: Effect, lang: str) -> Fact:
    """One measure as written."""
    text, said = words(lang)["facts"], told(found.plan, name, effect, lang)
    unit = unit_of(BY_NAME[name], lang)
    level = text["from_to"].format(reference=said.reference, level=said.level, unit=unit)
    interval = f"{percent(0.9, lang)}: {said.interval}"
    return Fact(
        phrase(BY_NAME[name], "short", lang), said.much, said.sure, interval, level, said.side
    )


def spending(found: Answer, lang: str) -> dict[str, Any]:
    """Yearly spending by programme under the policy and the reference, largest first."""
    sides = {"level": MOVED, "reference": found.plan.reference}
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


def pots(found: Answer, lang: str) -> list[Pot]:
    """What each pot is given and pays in a year under the policy."""
    months = found.plan.settings.months
    policies = found.plan.scenarios[MOVED].policies(months)
    names = report_words(lang)["pots"]
    shown = []
    for k, pot in enumerate(POTS):
        programmes = [name for name, of in zip(PROGRAMMES, POT_OF, strict=True) if of == k]
        used = sum(found.yearly(MOVED, f"spent_{name}") for name in programmes)
        unpaid = sum(found.yearly(MOVED, f"unpaid_{name}") for name in programmes)
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


def accounts(found: Answer, lang: str) -> list[tuple[str, str, str, str, str]]:
    """Whose money support is, what comes back, and incomes: rows like those of `waiting`."""
    rows = []
    for name in (*PUBLIC_MONEY, *INCOMES):
        said = told(found.plan, name, found.by_measure[MOVED][name], lang)
        difference = f"{said.much} ({said.interval})" if said.known else words(lang)["sure"]["cant"]
        label = f"{measure_name(BY_NAME[name], lang)} ({unit_of(BY_NAME[name], lang)})"
        rows.append((label, said.reference, said.level, difference, said.side))
    return rows


def waiting(found: Answer, lang: str) -> list[tuple[str, str, str, str, str]]:
    """Queues and waits: name, reference, policy, difference with interval, side."""
    rows, plan, text = [], found.plan, words(lang)
    for name, lever in WAITING.items():
        here, there = (offers(plan, k, lever) for k in (MOVED, plan.reference))
        said = told(plan, name, found.by_measure[MOVED][name], lang)
        difference = f"{said.much} ({said.interval})" if said.known else text["sure"]["cant"]
        if not (here and there):  # waiting for nothing is not less waiting
            difference, said = "–", said._replace(side="")
        none = text["explore"]["not_offered"]
        rows.append((
            f"{measure_name(BY_NAME[name], lang)} ({unit_of(BY_NAME[name], lang)})",
            said.reference if there else none, said.level if here else none, difference, said.side,
        ))  # fmt: skip
    return rows


def offers(plan: Plan, label: str, lever: str) -> bool:
    """Whether a scenario offers a service in any month."""
    group, _, name = lever.partition(".")
    policies = plan.scenarios[label].policies(plan.settings.months)
    return any(getattr(getattr(policy, group), name) > 0 for policy in policies)
