"""The answer on linkage on one page, for a county office: what it says, how sure, and what it is not for."""

from __future__ import annotations

from returnee.experiments.reports import document as doc
from returnee.experiments.reports import uncertain
from returnee.experiments.reports.linkage.posterior import Fitted, Wide, chart
from returnee.experiments.reports.linkage.told import MAIN, Told
from returnee.experiments.statistics.effects import UNCLEAR
from returnee.experiments.statistics.ensemble import Parts
from returnee.experiments.studies.linkage.posterior import BEST, CEILING, LINKED, NOTHING, SILOED
from returnee.experiments.studies.patterns import PATTERNS


def sureness(parts: Parts, text: dict[str, str]) -> str:
    """How sure it is, in words: whichever set holds, on average only, or not at all."""
    if parts.verdict != UNCLEAR:
        return text["sure"]
    return text["likely" if parts.mean_low > 0.0 or parts.mean_high < 0.0 else "unsure"]


def size(page: Told, parts: Parts, level: float) -> dict[str, str]:
    """Difference, its band, and its share of a level."""
    share = page.percent(parts.difference / level if level else 0.0, True)
    band = page.ends(parts.low, parts.high)
    return {"value": page.number(parts.difference), "band": band, "share": share}


def summary(fitted: Fitted, wide: Wide) -> doc.Report:
    """The page."""
    found, lang, text = fitted.found, fitted.lang, fitted.text["summary"]
    parts, most = found.parts(MAIN), found.parts(MAIN, CEILING)
    siloed, plan = found.level(SILOED, MAIN), found.plan

    def said(key: str, about: Parts) -> str:
        return str(text[key]).format(sure=sureness(about, text), **size(fitted, about, siloed))

    key = "yes" if parts.mean_low > 0.0 else "no" if parts.mean_high < 0.0 else "unclear"
    level = fitted.number(siloed, signed=False)
    lines = [
        fitted.joined(text[key], sureness(parts, text)),
        text["premium"].format(siloed=level, **size(fitted, parts, siloed)),
        said("ceiling", most), fitted.others_line(),
    ]  # fmt: skip
    use = [said("support", found.parts(MAIN, SILOED, NOTHING))]
    if BEST in found.labels:
        better = found.parts(MAIN, BEST, LINKED)
        use.append(said("best" if better.difference > 0.0 else "none_better", better))
        use += [fitted.spends_line()] if better.difference > 0.0 else []
    rests = [
        text["rests_model"].format(patterns=sum(p.judged for p in PATTERNS)),
        text["rests_sets"].format(
            sets=parts.sets, structures=parts.structures, runs=len(plan.tasks()),
            cap=fitted.figure(found.cap, "yuan"),
            years=fitted.count(plan.settings.months / 12.0, "year"),
        ),
        uncertain.sources_line(parts, lang),
    ]  # fmt: skip
    lists = {
        "money": use, "conditions": wide.sentences(), "rests": rests, "not_for": text["limits"],
    }  # fmt: skip
    return doc.Report(
        lang, text["title"], fitted.subtitle(),
        [
            doc.Section(text["answer"], [doc.Text(lines, "answer")]),
            doc.Section(text["figure"], [doc.Picture(chart(fitted), text["caption"])]),
            *(doc.Section(text[name], [doc.Text(items, "list")]) for name, items in lists.items()),
        ],
        form="sheet-of-paper",
    )  # fmt: skip
