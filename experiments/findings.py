"""What a comparison found, in words and rows: the same for the terminal, JSON and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from experiments.comparison import Comparison
from experiments.effects import CHEAPER, DEARER, HIGHER, LOWER, PER_GAIN, SAVED
from experiments.texts import (
    COUNTABLE,
    counted,
    few_pairs,
    figure,
    percent,
    span,
    title_of,
    unit_name,
    words,
)

KEY_MEASURES = (
    "firms_open",
    "firms_surviving",
    "jobs",
    "returns",
    "return_quality",
    "rural_income",
    "public_cost",
)
SECTIONS = ("planned", "support", "funnel", "equity", "quality_ranks")
MAIN_RATIO = "cost_per_firm"


@dataclass(frozen=True)
class Row:
    """One measure of one scenario, as written for a reader.

    Attributes
    ----------
    measure, label, unit : str
    reference, level, difference, interval, verdict, chances : str
        Figures in words; flows are by year.
    told : bool
        Whether the difference can be told from none.
    good : int
        1 for the better, -1 for the worse, 0 where neither or not told.
    """

    measure: str
    label: str
    unit: str
    reference: str
    level: str
    difference: str
    interval: str
    verdict: str
    chances: str
    told: bool
    good: int


def rows_of(found: Comparison, scenario: str, lang: str, keys_only: bool) -> list[Row]:
    """Rows of one scenario's effects: the key measures, or all."""
    effects = found.effects[found.effects["scenario"] == scenario].set_index("measure")
    names = KEY_MEASURES if keys_only else effects.index
    return [_row(found, name, effects.loc[name], lang, keys_only) for name in names]


def _row(found: Comparison, name: str, effect: pd.Series, lang: str, short: bool) -> Row:
    text, unit = words(lang), str(effect["unit"])
    years = found.plan.settings.months / 12.0 if effect["kind"] == "flow" else 1.0
    told = effect["verdict"] in (HIGHER, LOWER)
    label = text["short"][name] if short else effect[f"label_{lang}"]
    shown = unit_name(unit, lang)
    if effect["kind"] == "flow" and not short:
        shown = text["by_year"].format(unit=shown)
    sign = {HIGHER: 1, LOWER: -1}.get(effect["verdict"], 0)
    difference = effect["difference"] / years
    return Row(
        measure=name,
        label=str(label),
        unit=shown,
        reference=figure(effect["reference"] / years, unit, lang),
        level=figure(effect["level"] / years, unit, lang),
        difference=figure(difference, unit, lang, signed=True),
        interval=span(effect["low"] / years, effect["high"] / years, unit, lang),
        verdict=verdict_word(effect, lang),
        chances=_chances(effect, lang),
        told=told,
        good=sign * int(effect["better"]),
    )


def _chances(effect: pd.Series, lang: str) -> str:
    shares = effect["p_better"], effect["replicates_better"]
    if not np.isfinite(shares).all() or effect["pairs"] < 2:
        return "–"
    return " / ".join(percent(share, lang) for share in shares)


def verdict_word(effect: pd.Series, lang: str) -> str:
    """More, fewer, higher, lower, or that it can't be told apart."""
    text = words(lang)
    if effect["pairs"] < 2:
        return str(text["one_replicate"])
    countable = effect["unit"] in COUNTABLE
    if effect["verdict"] == HIGHER:
        return str(text["more" if countable else "higher"])
    if effect["verdict"] == LOWER:
        return str(text["fewer" if countable else "lower"])
    return str(text["same"])


def ratio_words(found: Comparison, scenario: str, measure: str, lang: str) -> str:
    """A cost ratio as a sentence, or why there is none."""
    text, ratios = words(lang), found.ratios
    row = ratios[(ratios["scenario"] == scenario) & (ratios["measure"] == measure)].iloc[0]
    years = counted(found.plan.settings.months / 12.0, "year", lang)
    fill = {
        "thing": text["things"][row["gain"]],
        "things": text["things_many"][row["gain"]],
        "years": years,
        "reference": title(found, found.plan.reference, lang),
        "cost": figure(row["ratio"], "yuan", lang),
        "interval": text["to"].join(figure(row[end], "yuan", lang) for end in ("low", "high")),
    }
    kinds = {
        PER_GAIN: "ratio_cost", SAVED: "ratio_saved", CHEAPER: "ratio_cheaper", DEARER: "ratio_dearer",
    }  # fmt: skip
    nothing = "ratio_unclear" if np.isfinite(row["gain_difference"]) else "ratio_one"
    return str(text[kinds.get(row["outcome"], nothing)]).format(**fill)


def title(found: Comparison, label: str, lang: str) -> str:
    """A scenario's title in the reader's language."""
    return title_of(found.plan.scenarios[label], label, lang)


def sentence(found: Comparison, scenario: str, lang: str) -> str:
    """What a scenario changes, in plain words."""
    text = words(lang)
    names = {
        "title": title(found, scenario, lang),
        "reference": title(found, found.plan.reference, lang),
    }
    effects = found.effects[found.effects["scenario"] == scenario].set_index("measure")
    keys = effects.loc[list(KEY_MEASURES)]
    told = [
        _clause(found, row, lang) for _, row in keys.iterrows() if row["verdict"] in (HIGHER, LOWER)
    ]
    rest = [
        text["noun"][name] for name, row in keys.iterrows() if row["verdict"] not in (HIGHER, LOWER)
    ]
    parts = []
    if told:
        parts.append(text["differs"].format(clauses=text["list_and"].join(told), **names))
        if rest:
            parts.append(text["unclear"].format(labels=text["comma"].join(rest)))
        parts.append(ratio_words(found, scenario, MAIN_RATIO, lang))
    elif (keys["pairs"] < 2).any():
        parts.append(text["no_pairs"].format(**names))
    else:
        parts.append(text["nothing"].format(**names))
    scenarios = found.plan.scenarios
    if scenarios[scenario].world_id != scenarios[found.plan.reference].world_id:
        # First, as it says how everything after it is to be read.
        parts.insert(0, text["world"].format(**names))
    return ("" if lang == "zh" else " ").join(parts)


def reading(found: Comparison, lang: str) -> str:
    """How the figures are to be read; that intervals are wide where there are few pairs."""
    text = words(lang)
    pairs = 0 if found.effects.empty else int(found.effects["pairs"].max())
    parts = [text["how_to_read"].format(replicates=counted(found.plan.replicates, "pair", lang))]
    if pairs > 1:
        parts += [text["intervals"], few_pairs(pairs, lang)]
    return ("" if lang == "zh" else " ").join(filter(None, parts))


def _clause(found: Comparison, effect: pd.Series, lang: str) -> str:
    """One difference that can be told, in words."""
    text, unit = words(lang), str(effect["unit"])
    years = found.plan.settings.months / 12.0 if effect["kind"] == "flow" else 1.0
    way = "up" if effect["difference"] > 0 else "down"
    return str(text["clause"][str(effect.name)]).format(
        size=figure(abs(effect["difference"]) / years, unit, lang, digits=3),
        more=text["change"][f"more_{way}"],
        level=text["change"][f"level_{way}"],
        interval=span(effect["low"] / years, effect["high"] / years, unit, lang),
    )


def as_json(found: Comparison, lang: str = "en") -> dict[str, Any]:
    """Everything a program needs, as plain values; figures are not rounded.

    Beside what was run: ``scenarios`` (effects and cost ratios of each), and lists of rows that
    `Comparison` has as tables of the same name: ``planned`` (spending by programme), ``support``
    (waits, queues, refusals), ``funnel`` (founders' files by stage), ``equity`` (outcomes by group),
    ``quality_ranks`` (ranks over all weightings of the quality index).
    """
    s = found.plan.settings
    scenarios = []
    for label in found.plan.compared:
        effects = found.effects[found.effects["scenario"] == label].drop(columns="scenario")
        ratios = found.ratios[found.ratios["scenario"] == label].drop(columns="scenario")
        scenarios.append(
            {
                "name": label,
                "id": found.plan.scenarios[label].id,
                "title": title(found, label, lang),
                "sentence": sentence(found, label, lang),
                "effects": [plain(row) for row in effects.to_dict("records")],
                "ratios": [plain(row) for row in ratios.to_dict("records")],
            }
        )
    return {
        "reference": found.plan.reference,
        "replicates": found.plan.replicates,
        "seed": s.seed,
        "sample": s.sample,
        "months": s.months,
        "folder": None if found.folder is None else str(found.folder),
        "command": found.command,
        "failures": found.failures,
        "scenarios": scenarios,
        **{name: [plain(row) for row in frame_rows(found, name)] for name in SECTIONS},
    }


def frame_rows(found: Comparison, name: str) -> list[dict[Any, Any]]:
    """Rows of one of a comparison's tables."""
    rows: list[dict[Any, Any]] = getattr(found, name).to_dict("records")
    return rows


def plain(row: dict[Any, Any]) -> dict[str, Any]:
    """A row with numbers that JSON knows; what is not a number is null."""
    cleaned = {}
    for name, value in row.items():
        value = value.item() if isinstance(value, np.generic) else value
        cleaned[str(name)] = None if isinstance(value, float) and not np.isfinite(value) else value
    return cleaned
