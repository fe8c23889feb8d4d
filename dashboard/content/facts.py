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
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.studies.planned import unpaid_by_reason
from returnee.experiments.words.texts import amount, between, counted, percent, phrase
from returnee.experiments.words.texts import words as report_words
from returnee.simulation.state.programmes import POT_OF, POTS, PROGRAMMES

Effect: TypeAlias = "Mapping[str, Any] | pd.Series"
FUTURES, LIKELY = 40, 32  # in so many of so many a direction is likely
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
    """How sure the direction of a difference is: in how many of `FUTURES` futures it is so."""
    text = words(lang)["sure"]
    if effect["pairs"] < 2 or not np.isfinite(effect["p_higher"]):
        return str(text["one"])
    if effect["difference"] == 0.0 and effect["low"] == effect["high"]:
        return str(text["none"])
    higher = float(effect["p_higher"])
    n = round(FUTURES * (higher if effect["difference"] >= 0.0 else 1.0 - higher))
    told = effect["verdict"] in (HIGHER, LOWER)
    kind = "all" if told and n == FUTURES else "told" if told else "likely" if n >= LIKELY else "unclear"  # fmt: skip
    return str(text[kind]).format(n=n, most=FUTURES)


@dataclass(frozen=True)
class Fact:
    """One headline figure as written.

    Attributes
    ----------
    what : str
        With its unit.
    much, sure : str
        How much more or less, and how sure.
    interval, level : str
        The 90 % interval, and from what to what.
    good : {"good", "bad", ""}
    moved, moved_sure : str
        What the last move changed, and how sure; empty if there was none.
    """

    what: str
    much: str
    sure: str
    interval: str
    level: str
    good: str
    moved: str = ""
    moved_sure: str = ""


def facts(found: Answer, lang: str, before: Answer | None = None) -> list[Fact]:
    """Headline figures of the policy against the reference.

    Parameters
    ----------
    before : Answer, optional
        What the last move changed, of `answers.last_move`.
    """
    made = []
    for name in HEADLINES:
        fact = fact_of(found, name, found.by_measure[MOVED][name], lang)
        if before is not None:
            effect = before.by_measure[MOVED][name]
            said = told(before.plan, name, effect, lang)
            much = said.much if said.known else words(lang)["sure"]["cant"]
            fact = replace(fact, moved=much, moved_sure=said.sure)
        made.append(fact)
    return made


def fact_of(found: Comparison, name: str, effect: Effect, lang: str) -> Fact:
    """One measure as written."""
    text, said = words(lang)["facts"], told(found.plan, name, effect, lang)
    level = text["from_to"].format(reference=said.reference, level=said.level)
    interval = text["interval"].format(share=percent(0.9, lang), range=said.interval)
    head = text["heads"].get(name) or short_name(name, lang)
    return Fact(head, said.much, said.sure, interval, level, said.side)


def short_name(name: str, lang: str) -> str:
    """A headline measure in a word or two; others by their short label."""
    named = words(lang)["facts"]["names"]
    return str(named[name]) if name in named else phrase(BY_NAME[name], "short", lang)


def tab_name(name: str, lang: str) -> str:
    """A measure as a tab is called."""
    label = phrase(BY_NAME[name], "tab", lang)
    return label[:1].upper() + label[1:]


def headline(found: Answer, lang: str, title: str, reference: str) -> str:
    """The answer in one sentence: what can be told, then what can't."""
    text = words(lang)["headline"]
    rows, clear, rest = found.by_measure[MOVED], [], []
    for name in HEADLINES:
        said = told(found.plan, name, rows[name], lang)
        if said.known:
            sign = "more" if float(rows[name]["difference"]) > 0.0 else "less"
            much = said.much.lstrip("+−-")
            clear.append(text[name][sign].format(much=much))
        else:
            rest.append(text[name]["noun"])
    years = counted(found.plan.settings.months / 12.0, "year", lang)
    kind = "some" if clear and rest else "all" if clear else "none"
    return str(text[kind]).format(
        title=title, reference=reference, years=years, clear=_listed(clear, text["comma"], text["and"]),
        rest=_listed(rest, text["rest_comma"], text["or"]),
    )  # fmt: skip


def _listed(parts: list[str], comma: str, last: str) -> str:
    return comma.join(parts[:-1]) + last + parts[-1] if len(parts) > 1 else "".join(parts)


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
    """Money of one pot a year: share used (None without a plan), and figures as written.

    ``capped`` is what of `unpaid` was not paid because the cap on all spending was reached.
    """

    name: str
    share: float | None
    used: str
    planned: str
    unpaid: str
    capped: str


def pots(found: Answer, lang: str) -> list[Pot]:
    """What each pot is given and pays in a year under the policy."""
    months = found.plan.settings.months
    policies = found.plan.scenarios[MOVED].policies(months)
    names = report_words(lang)["pots"]
    shown, by_cap = [], unpaid_a_year(found)[:, 0]
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
                capped=amount(by_cap[k], "yuan", lang) if by_cap[k] > 0.5 else "",
            )
        )
    return shown


def unpaid_a_year(found: Answer) -> np.ndarray:
    """What the policy owed and did not pay a year, by pot: because of the cap, and of the pot itself."""
    place = found.made.labels.index(MOVED)
    reasons = unpaid_by_reason(found.made, found.plan)[place].mean(axis=0)
    return np.asarray(reasons * 12.0 / found.plan.settings.months)


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
