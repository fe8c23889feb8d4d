"""What the linkage experiment found, in plain sentences: for terminal, page and document."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import MAIN
from returnee.experiments.numbers import plain, plain_rows
from returnee.experiments.reports.told import Told as OfStudy
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.studies.linkage.conditions import Conditions
from returnee.experiments.studies.linkage.design import EQUAL, LINKAGE, PILLARS
from returnee.experiments.studies.linkage.effects import COST, OUTCOMES, spending_gap
from returnee.experiments.studies.linkage.experiment import Linkage
from returnee.experiments.studies.linkage.gates import Gates, GatesOver
from returnee.experiments.studies.linkage.posterior import KEPT, SILOED, Posterior
from returnee.experiments.studies.linkage.robust import SPREAD, Robust
from returnee.experiments.words import texts as say
from returnee.scenarios import levers
from returnee.simulation.state.programmes import PILLARS as SPENT_BY

LISTED = 3  # correlations that are named
SMALL_P = 0.05
LABELS = {lever.key: lever for lever in levers}


TRACKING = "case_tracking"


def programmes_of(factor: str) -> list[str]:
    """Programmes whose spending is counted with a factor."""
    if factor == LINKAGE:
        return [TRACKING]
    groups = {**SPENT_BY, "services": (*SPENT_BY["services"], *SPENT_BY["technology"])}
    return [name for name in groups[factor] if name != TRACKING]


class Told(OfStudy[Any]):
    """What is told of each result, in one language."""

    table = "linkage"

    def yuan(self, values: Any) -> list[str]:
        """Amounts of money."""
        return [self.figure(value, "yuan") for value in values]


def linkage_words(lang: str) -> dict[str, Any]:
    """Texts of the experiment in one language."""
    return say.words(lang)["linkage"]


def outcome(measure: str, lang: str) -> str:
    """What an outcome is called."""
    return say.phrase(BY_NAME[measure], "rate", lang)


def number(value: float, measure: str, lang: str, signed: bool = True) -> str:
    """A figure of an outcome, signed unless said otherwise."""
    return say.figure(value, BY_NAME[measure].unit, lang, signed)


def ends(low: float, high: float, measure: str, lang: str) -> str:
    """An interval of an outcome's difference."""
    return say.span(low, high, BY_NAME[measure].unit, lang)


def rate(value: float) -> str:
    """A difference per million yuan a year, to three digits."""
    return say.short(value, "+.3g")


def rates(low: float, high: float, lang: str) -> str:
    """An interval of such a difference."""
    return say.to(lang, rate(low), rate(high))


def chance(value: float) -> str:
    """A probability; never written as certain."""
    if not math.isfinite(value):
        return say.NONE
    return "> 0.99" if value > 0.99 else "< 0.01" if value < 0.01 else f"{value:.2f}"


def verdict_word(verdict: str, lang: str) -> str:
    """Higher, lower, or not distinguishable from zero."""
    text = linkage_words(lang)
    return str(text["higher" if verdict == HIGHER else "lower" if verdict == LOWER else "same"])


def headline(found: Linkage, lang: str = "en") -> str:
    """The answer to the question in one sentence: yes, no, or not distinguishable from zero."""
    row, text = found.premium(MAIN), linkage_words(lang)
    if row["pairs"] < 2:
        return str(text["few"])
    if not abs(spending_gap(found.premiums, "capped")) <= EQUAL:
        return str(text["unequal"])
    return str(text[{HIGHER: "yes", LOWER: "no"}.get(row["verdict"], "unclear")])


def answer(found: Linkage, lang: str = "en") -> list[str]:
    """What the experiment says, the answer to the question first."""
    lines = [headline(found, lang), premium_line(found, lang), ceiling_line(found, lang)]
    lines += by_outcome(found, lang)
    return [*lines, spending_line(found, lang), *_aside(found, lang), pillars_line(found, lang), interactions_line(found, lang)]  # fmt: skip


def premium_line(found: Linkage, lang: str) -> str:
    """The premium in firms surviving."""
    row = found.premium(MAIN)
    return str(linkage_words(lang)["premium_line"]).format(
        value=number(row["difference"], MAIN, lang),
        interval=ends(row["low"], row["high"], MAIN, lang),
        chance=chance(row["p_higher"]),
        siloed=number(row["siloed"], MAIN, lang, signed=False),
        share=say.percent(
            row["difference"] / row["siloed"] if row["siloed"] else math.nan, lang, True
        ),
        years=say.counted(found.plan.settings.months / 12.0, "year", lang),
    )


def ceiling_line(found: Linkage, lang: str) -> str:
    """What a perfect hand-over would give."""
    row = found.premium(MAIN, "ceiling")
    return str(linkage_words(lang)["ceiling_line"]).format(
        value=number(row["difference"], MAIN, lang),
        interval=ends(row["low"], row["high"], MAIN, lang),
    )


def by_outcome(found: Linkage, lang: str) -> list[str]:
    """Which outcomes are better, worse, or not distinguishable."""
    text, told = linkage_words(lang), {"better": [], "worse": [], "cannot": []}  # type: ignore[var-annotated]
    for name in OUTCOMES:
        row = found.premium(name)
        side = {HIGHER: "better", LOWER: "worse"}.get(row["verdict"], "cannot")
        value = number(row["difference"], name, lang)
        told[side].append(f"{outcome(name, lang)} {value} ({ends(row['low'], row['high'], name, lang)})")  # fmt: skip
    comma = say.words(lang)["list_and"]
    return [str(text[side]).format(labels=comma.join(names)) for side, names in told.items() if names]  # fmt: skip


def spending_line(found: Linkage, lang: str) -> str:
    """Whether the two spent alike under the cap."""
    row, gap, text = (
        found.premium(COST),
        spending_gap(found.premiums, "capped"),
        linkage_words(lang),
    )
    key = "spending_equal" if abs(gap) <= EQUAL else "spending_unequal"
    return str(text[key]).format(
        siloed=number(row["siloed"], COST, lang, signed=False),
        linked=number(row["linked"], COST, lang, signed=False),
        cap=say.figure(found.cap, "yuan", lang), gap=say.percent(gap, lang, True), allowed=say.percent(EQUAL, lang),
    )  # fmt: skip


def _aside(found: Linkage, lang: str) -> list[str]:
    """Per yuan, and without the cap."""
    text, row, free = linkage_words(lang), found.premium(MAIN), found.premium(MAIN, "uncapped")
    return [
        str(text["yuan_line"]).format(
            value=rate(row["per_million"]),
            interval=rates(row["per_million_low"], row["per_million_high"], lang),
            word=verdict_word(row["per_million_verdict"], lang),
        ),
        str(text["uncapped_line"]).format(
            gap=say.percent(spending_gap(found.premiums, "uncapped"), lang, True),
            value=number(free["difference"], MAIN, lang),
            interval=ends(free["low"], free["high"], MAIN, lang),
            word=verdict_word(free["verdict"], lang),
        ),
    ]


def pillars_line(found: Linkage, lang: str) -> str:
    """Shapley shares of the five pillars, the largest first."""
    text, comma = linkage_words(lang), say.words(lang)["comma"]
    joint = found.effect("joint", "", MAIN)
    rows = {factor: found.effect("shapley", factor, MAIN) for factor in PILLARS}
    if not all(math.isfinite(row["share"]) for row in rows.values()):
        return str(text["pillars_nothing"])
    told = {f: row for f, row in rows.items() if row["verdict"] in (HIGHER, LOWER)}
    shares = [
        str(text["pillar_share"]).format(
            name=text["factors"][factor], share=say.percent(row["share"], lang),
            interval=say.to(lang, say.percent(row["share_low"], lang), say.percent(row["share_high"], lang)),
        )
        for factor, row in sorted(told.items(), key=lambda pair: -pair[1]["share"])
    ]  # fmt: skip
    rest = comma.join(text["factors"][factor] for factor in PILLARS if factor not in told)
    shares += [str(text["pillar_unclear"]).format(names=rest)] if rest else []
    return str(text["pillars_line"]).format(
        joint=number(joint["value"], MAIN, lang), shares=say.words(lang)["list_and"].join(shares)
    )


def interactions_line(found: Linkage, lang: str) -> str:
    """Pairs of factors whose interaction can be told from zero."""
    text, rows = linkage_words(lang), found.effects
    rows = rows[(rows["kind"] == "interaction") & (rows["measure"] == MAIN)]
    told = rows[rows["verdict"].isin((HIGHER, LOWER))]
    if told.empty:
        return str(text["interactions_none"])
    order = told["value"].abs().sort_values(ascending=False).index
    pairs = [
        str(text["pair"]).format(
            a=text["factors"][row["factor"]], b=text["factors"][row["other"]],
            value=number(row["value"], MAIN, lang),
        )
        for _, row in told.loc[order].iterrows()
    ]  # fmt: skip
    return str(text["interactions_line"]).format(
        pairs=say.words(lang)["comma"].join(pairs), n=len(rows)
    )


def robust_lines(found: Robust, lang: str = "en") -> list[str]:
    """What moving the behaviour parameters does to the premium in firms surviving."""
    text = linkage_words(lang)
    row = found.summary.set_index("measure").loc[MAIN]
    lines = [
        str(text["robust_line"]).format(
            n=len(found.moved), spread=say.percent(SPREAD, lang), points=int(row["points"]),
            mean=number(row["mean"], MAIN, lang),
            interval=ends(row["low"], row["high"], MAIN, lang),
            share=say.percent(row["share_positive"], lang), told=say.percent(row["share_told_positive"], lang),
            against=say.percent(row["share_told_negative"], lang),
        ),
        str(text["robust_ceiling"]).format(
            value=number(row["ceiling"], MAIN, lang),
            interval=ends(row["ceiling_low"], row["ceiling_high"], MAIN, lang),
        ),
    ]  # fmt: skip
    there = found.premiums[MAIN][found.alike]
    above = say.percent(float((there > 0).mean()), lang) if len(there) else say.NONE
    lines.append(
        str(text["robust_alike"]).format(
            share=say.percent(float(found.alike.mean()), lang), allowed=say.percent(EQUAL, lang), above=above,
            mean=number(there.mean(), MAIN, lang), gap=say.percent(float(np.median(found.gaps)), lang, True),
        )
    )  # fmt: skip
    return [*lines, keys_line(correlated(found.correlations), len(found.moved), lang)]


def correlated(rows: pd.DataFrame) -> pd.DataFrame:
    """The parameters that the main premium goes with most, at most three."""
    return rows[(rows["measure"] == MAIN) & (rows["p"] < SMALL_P)].head(LISTED)


def keys_line(named: pd.DataFrame, moved: int, lang: str) -> str:
    """The parameters that the premium goes with most, of so many that are moved."""
    text = linkage_words(lang)
    if named.empty:
        return str(text["robust_none"])
    keys = [
        f"{say.label_of(LABELS[key], lang)} ({say.short(rho, '+.2f')})"
        for key, rho in zip(named["key"], named["rho"])
    ]
    chance = f"{SMALL_P * moved:.1f}"
    return str(text["robust_keys"]).format(
        keys=say.words(lang)["comma"].join(keys), n=moved, chance=chance
    )


def gates_lines(found: Gates, lang: str = "en") -> list[str]:
    """Which parts of linkage can be told from zero, alone and left out, and which spend unequally."""
    text, comma, told = linkage_words(lang), say.words(lang)["comma"], []
    rows = found.effects[(found.effects["measure"] == MAIN) & (found.effects["part"] != "")]
    over = isinstance(found, GatesOver)

    def named(there: pd.DataFrame, low: str, high: str) -> str:
        cells = (
            f"{part_name(row['part'], lang)} {number(row['value'], MAIN, lang)} "
            f"({ends(row[low], row[high], MAIN, lang)})"
            for _, row in there.iterrows()
        )
        return str(comma.join(cells) or text["gates_none"])

    ends_of = ("band_low", "band_high") if over else ("low", "high")
    for kind in ("alone", "last", *(["shapley"] * over)):
        there = rows[rows["kind"] == kind]
        if len(there):
            there = there[there["verdict"].isin((HIGHER, LOWER))]
            told.append(str(text[f"gates_{kind}"]).format(parts=named(there, *ends_of)))
    average = rows[(rows["kind"] == "shapley") & (rows["low"] * rows["high"] > 0.0)]
    if isinstance(found, GatesOver) and len(rows[rows["kind"] == "shapley"]):
        parts = named(average, "low", "high")
        told.append(str(text["gates_average"]).format(sets=found.plan.sets, parts=parts))
    apart = rows[rows["spending_gap"].abs() > EQUAL]["part"].unique()
    if len(apart):
        names = comma.join(part_name(part, lang) for part in apart)
        told.append(
            str(text["gates_unequal"]).format(parts=names, allowed=say.percent(EQUAL, lang))
        )
    return told


def part_name(key: str, lang: str) -> str:
    """What a part of linkage is called: its lever's label, or all of them."""
    return say.label_of(LABELS[key], lang) if key else str(linkage_words(lang)["all_parts"])


def gates_json(found: Gates, lang: str = "en") -> dict[str, Any]:
    """The same for the parts of linkage."""
    s, over = found.plan.settings, isinstance(found, GatesOver)
    sets = {"over": found.over, "sets": found.plan.sets} if isinstance(found, GatesOver) else {}
    return {
        "answer": gates_lines(found, lang), "cap": found.cap, **sets,
        "replicates": found.values.shape[2 if over else 1],
        "seed": s.seed, "sample": s.sample, "months": s.months, "folder": str(found.folder),
        "command": found.command, "failures": found.failures, "parts": list(found.parts),
        "effects": plain_rows(found.effects),
    }  # fmt: skip


def linkage_json(found: Linkage, lang: str = "en") -> dict[str, Any]:
    """Everything a program needs, as plain values; figures are not rounded."""
    s = found.plan.settings
    return {
        "question": linkage_words(lang)["title"], "answer": answer(found, lang),
        "cap": found.cap, "spending_gap": spending_gap(found.premiums, "capped"),
        "replicates": found.plan.fewer, "premium_replicates": found.plan.replicates,
        "seed": s.seed, "sample": s.sample, "months": s.months, "folder": str(found.folder),
        "command": found.command, "failures": found.failures,
        "premiums": plain_rows(found.premiums),
        "effects": plain_rows(found.effects),
    }  # fmt: skip


def robust_json(found: Robust, lang: str = "en") -> dict[str, Any]:
    """The same for the points of the behaviour parameters."""
    s = found.plan.settings
    return {
        "answer": robust_lines(found, lang), "cap": found.cap, "replicates": found.replicates,
        "seed": s.seed, "sample": s.sample, "months": s.months, "folder": str(found.folder),
        "command": found.command, "failures": found.failures, "over": found.over,
        "moved": [lever.key for lever in found.moved],
        "summary": plain_rows(found.summary),
        "correlations": plain_rows(found.correlations),
        "points": plain_rows(found.premiums),
    }  # fmt: skip


def posterior_json(found: Posterior, lines: list[str]) -> dict[str, Any]:
    """The same for the sets of an ensemble."""
    s, labels = found.plan.settings, [label for label in found.labels if label != SILOED]
    parts = {
        label: {name: plain(asdict(found.parts(name, label))) for name in KEPT} for label in labels
    }
    return {
        "answer": lines, "cap": found.cap, "over": found.over, "sets": found.plan.sets,
        "replicates": found.plan.each, "seed": s.seed, "sample": s.sample, "months": s.months,
        "folder": str(found.folder), "command": found.command, "failures": found.failures,
        "against": SILOED, "parts": parts, "best": plain(dict(found.best)),
        "correlations": plain_rows(found.correlations), "points": plain_rows(found.frame),
    }  # fmt: skip


def conditions_json(found: Conditions, lines: list[str]) -> dict[str, Any]:
    """The same for assumptions on handing over."""
    return {
        "answer": lines, "cap": found.cap, "folder": str(found.folder), "command": found.command,
        "failures": found.failures, "moved": [lever.key for lever in found.moved],
        "overall": plain(dict(zip(("mean", "low", "high"), found.overall))),
        "regions": plain_rows(found.frame()),
    }  # fmt: skip
