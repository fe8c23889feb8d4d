"""The answer on linkage on one page, for a county office: what it says, how sure, and what it is not for."""

from __future__ import annotations

from returnee.experiments.reports import document as doc
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.linkage import words as tell
from returnee.experiments.reports.linkage.posterior import Fitted, Wide, chart
from returnee.experiments.reports.linkage.words import MAIN
from returnee.experiments.statistics.effects import UNCLEAR
from returnee.experiments.statistics.ensemble import Parts
from returnee.experiments.studies.linkage.posterior import BEST, CEILING, LINKED, NOTHING, SILOED
from returnee.experiments.studies.patterns import PATTERNS
from returnee.experiments.words import texts as say


def sureness(parts: Parts, text: dict[str, str]) -> str:
    """How sure it is, in words: whichever set holds, on average only, or not at all."""
    if parts.verdict != UNCLEAR:
        return text["sure"]
    return text["likely" if parts.mean_low > 0.0 or parts.mean_high < 0.0 else "unsure"]


def size(parts: Parts, level: float, lang: str) -> dict[str, str]:
    """Difference, its band, and its share of a level."""
    return {
        "value": tell.number(parts.difference, MAIN, lang),
        "band": tell.ends(parts.low, parts.high, MAIN, lang),
        "share": say.percent(parts.difference / level if level else 0.0, lang, True),
    }


def summary(fitted: Fitted, wide: Wide, lang: str) -> doc.Report:
    """The page."""
    found, text = fitted.found, say.words(lang)["linkage"]["summary"]
    parts, most = found.parts(MAIN), found.parts(MAIN, CEILING)
    siloed, plan = found.level(SILOED, MAIN), found.plan
    key = "yes" if parts.mean_low > 0.0 else "no" if parts.mean_high < 0.0 else "unclear"
    lines = [
        say.joined(lang, text[key], sureness(parts, text)),
        text["premium"].format(siloed=tell.number(siloed, MAIN, lang, False), **size(parts, siloed, lang)),
        text["ceiling"].format(sure=sureness(most, text), **size(most, siloed, lang)),
        fitted.others_line(),
    ]  # fmt: skip
    support = found.parts(MAIN, SILOED, NOTHING)
    use = [text["support"].format(sure=sureness(support, text), **size(support, siloed, lang))]
    if BEST in found.labels:
        better = found.parts(MAIN, BEST, LINKED)
        key = "best" if better.difference > 0.0 else "none_better"
        use.append(text[key].format(sure=sureness(better, text), **size(better, siloed, lang)))
        if key == "best":
            use.append(fitted.spends_line())
    judged = sum(p.judged for p in PATTERNS)
    cap = say.figure(found.cap, "yuan", lang)
    years = say.counted(plan.settings.months / 12.0, "year", lang)
    rests = [
        text["rests_model"].format(patterns=judged),
        text["rests_sets"].format(
            sets=parts.sets, structures=parts.structures, runs=len(plan.tasks()), cap=cap,
            years=years,
        ),
        uncertain.sources_line(parts, lang),
    ]  # fmt: skip
    return doc.Report(
        lang, text["title"], fitted.subtitle(),
        [
            doc.Section(text["answer"], [doc.Text(lines, "answer")]),
            doc.Section(text["figure"], [doc.Picture(chart(found, lang), text["caption"])]),
            doc.Section(text["money"], [doc.Text(use, "list")]),
            doc.Section(text["conditions"], [doc.Text(wide.lines(), "list")]),
            doc.Section(text["rests"], [doc.Text(rests, "list")]),
            doc.Section(text["not_for"], [doc.Text(text["limits"], "list")]),
        ],
        form="sheet-of-paper",
    )  # fmt: skip
