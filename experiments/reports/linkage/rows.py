"""Rows of the linkage experiment's tables: for terminal, page and document."""

from __future__ import annotations

from returnee.experiments.reports.linkage.words import (
    MAIN,
    chance,
    ends,
    linkage_words,
    number,
    rate,
    rates,
    verdict_word,
)
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.studies.linkage.design import FACTORS, OTHER_CAPS, PILLARS
from returnee.experiments.studies.linkage.effects import COST, OUTCOMES, spending_gap
from returnee.experiments.studies.linkage.experiment import Linkage
from returnee.experiments.words.texts import figure, percent

Cells = list[str]


def premium_rows(found: Linkage, basis: str, lang: str) -> list[Cells]:
    """Outcome, unit, siloed, linked, difference, interval, probability, words, per million (2)."""
    text, rows = linkage_words(lang), []
    for name in (*OUTCOMES, COST):
        row = found.premium(name, basis)
        per = (
            [rate(row["per_million"]), rates(row["per_million_low"], row["per_million_high"], lang)]
            if name != COST
            else ["–", "–"]
        )
        rows.append(
            [
                text["outcomes"][name], text["units"][name],
                number(row["siloed"], name, lang, False), number(row["linked"], name, lang, False),
                number(row["difference"], name, lang), ends(row["low"], row["high"], name, lang),
                chance(row["p_higher"]),
                verdict_word(row["verdict"], lang) if row["pairs"] > 1 else text["no_interval"],
                *per,
            ]
        )  # fmt: skip
    return rows


def cap_rows(found: Linkage, lang: str) -> list[Cells]:
    """Cap, spending, gap, and the premium in firms surviving, at every cap and without one."""
    text, rows = linkage_words(lang), []
    caps = {f"cap x {share:g}": share for share in sorted(OTHER_CAPS)} | {"capped": 1.0}
    for basis in (*caps, "uncapped"):
        cap = figure(found.cap * caps[basis], "yuan", lang) if basis in caps else ""
        name = text["other_cap"].format(cap=cap) if cap else text["uncapped"]
        row, cost = found.premium(MAIN, basis), found.premium(COST, basis)
        rows.append(
            [
                name, number(cost["siloed"], COST, lang, False),
                percent(spending_gap(found.premiums, basis), lang, True), str(row["pairs"]),
                number(row["difference"], MAIN, lang), ends(row["low"], row["high"], MAIN, lang),
                chance(row["p_higher"]), verdict_word(row["verdict"], lang),
            ]
        )  # fmt: skip
    return rows


def effect_rows(found: Linkage, measure: str, lang: str) -> list[Cells]:
    """Factor, alone, last, last linked, Shapley (siloed, its share; all six, its share), mean."""
    text = linkage_words(lang)
    kinds = ("alone", "last", "last_linked", "shapley", "shapley_linked", "main")
    rows = []
    for factor in FACTORS:
        row = [text["factors"][factor]]
        for kind in kinds:
            if factor not in PILLARS and kind in ("last", "shapley"):
                row += ["–"] * (2 if kind == "shapley" else 1)
                continue
            effect = found.effect(kind, factor, measure)
            told = "*" if effect["verdict"] in (HIGHER, LOWER) else ""
            interval = ends(effect["low"], effect["high"], measure, lang)
            row.append(f"{number(effect['value'], measure, lang)}{told} ({interval})")
            if kind.startswith("shapley"):
                row.append(percent(effect["share"], lang))
        rows.append(row)
    return rows


def interaction_rows(found: Linkage, measure: str, lang: str) -> list[Cells]:
    """Pair of factors, interaction, interval, words."""
    text, rows = linkage_words(lang), found.effects
    rows = rows[(rows["kind"] == "interaction") & (rows["measure"] == measure)]
    return [
        [
            f"{text['factors'][row['factor']]} × {text['factors'][row['other']]}",
            number(row["value"], measure, lang), ends(row["low"], row["high"], measure, lang),
            verdict_word(row["verdict"], lang),
        ]
        for _, row in rows.iterrows()
    ]  # fmt: skip
