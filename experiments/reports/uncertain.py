"""What is due to luck, to parameters and to structure: the same columns and sentence in every report."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from returnee.experiments.measuring.measures import Measure
from returnee.experiments.reports import document as doc
from returnee.experiments.statistics.ensemble import SOURCES, Parts, split
from returnee.experiments.studies.ensemble import FULL, OFF, SWITCHES, Sets
from returnee.experiments.words import texts as say
from returnee.scenarios import levers

ENDS = ("difference", "mean_interval", "band")


def head(lang: str, first: str = "") -> list[str]:
    """Words over the columns of `cells`; the first may be called otherwise."""
    text = say.words(lang)["uncertain"]
    names = [text[key] for key in (*ENDS, *SOURCES)]
    return [first or names[0], *names[1:]]


def cells(parts: Parts, unit: str, lang: str) -> list[str]:
    """Mean, interval of the mean, band over sets, and the share of each source."""
    return [
        say.figure(parts.difference, unit, lang, signed=True),
        say.span(parts.mean_low, parts.mean_high, unit, lang),
        say.span(parts.low, parts.high, unit, lang),
        *shares(parts, lang),
    ]


def shares(parts: Parts, lang: str) -> list[str]:
    """Share of luck, parameters and structure; none of structure where there is but one."""
    found = [say.percent(getattr(parts, source), lang) for source in SOURCES]
    return found if parts.structures > 1 else [*found[:-1], say.NONE]


def sources_line(parts: Parts, lang: str) -> str:
    """Of what is unknown, how much is luck, how much parameters, and how much structure."""
    text = say.words(lang)["uncertain"]
    if not math.isfinite(parts.luck):
        return str(text["few"])
    key = "line" if parts.structures > 1 else "line_one"
    return str(text[key]).format(structures=parts.structures, **dict(zip(SOURCES, shares(parts, lang))))  # fmt: skip


def by_structure(
    each: Mapping[str, np.ndarray], chosen: Sets, measure: Measure, lang: str
) -> doc.Sheet:
    """Mean and its interval by structure of the model.

    `each`: by name, differences of shape (sets, replicates).
    """
    text, rows = say.words(lang)["uncertain"], []
    variants = np.array(chosen.structures)
    for name, values in each.items():
        for variant in dict.fromkeys(chosen.structures):
            there = variants == variant
            parts = split(values[there], chosen.weights[there])
            rows.append(
                [
                    name, structure_name(variant, lang), str(there.sum()),
                    say.percent(chosen.weights[there].sum(), lang),
                    *cells(parts, measure.unit, lang)[:3],
                ]
            )  # fmt: skip
    names = [say.phrase(measure, "rate", lang), text["variant"], text["sets"], text["weight"]]
    return doc.Sheet([*names, *head(lang)[:3]], rows, text["by_structure"], columns="wwn")


def how_to_read(lang: str, sample: float) -> str:
    """What band, interval and shares are."""
    return str(say.words(lang)["uncertain"]["how_to_read"]).format(sample=sample)


def structure_name(name: str, lang: str) -> str:
    """What a structural variant is called: the mechanisms that are turned off, or the full model."""
    text = say.words(lang)
    if name == FULL:
        return str(text["uncertain"]["full"])
    known = {OFF + lever.key.removeprefix(SWITCHES): lever for lever in levers}
    labels = [say.label_of(known[one], lang) if one in known else one for one in name.split("+")]
    return str(text["uncertain"]["without"]).format(names=text["comma"].join(labels))
