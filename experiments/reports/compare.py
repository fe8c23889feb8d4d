"""The report of a comparison: one HTML page that needs nothing but itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from returnee.experiments.files import write_text
from returnee.experiments.measuring.measures import BY_NAME, smoothed
from returnee.experiments.numbers import plain
from returnee.experiments.reports.figures import (
    BLACK,
    LEGEND,
    PANEL,
    Style,
    chart_language,
    finish,
    name_of,
    settings,
    styles,
    svg_of,
    title,
)
from returnee.experiments.reports.sections.equity import Equity
from returnee.experiments.reports.sections.quality import Quality
from returnee.experiments.reports.sections.spending import Spending
from returnee.experiments.reports.sections.support import Support
from returnee.experiments.reports.whom import People, waterfall
from returnee.experiments.running.manifests import versions
from returnee.experiments.statistics.effects import (
    CHEAPER,
    DEARER,
    HIGHER,
    LOWER,
    PER_GAIN,
    RATIOS,
    SAVED,
)
from returnee.experiments.statistics.intervals import TAILS, interval
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.words.texts import (
    COUNTABLE,
    FOLDER,
    counted,
    few_pairs,
    figure,
    in_lines,
    label_of,
    percent,
    span,
    unit_name,
    value_text,
    words,
)
from returnee.scenarios import Lever, Scenario, levers, walk
from returnee.simulation.fingerprint import fingerprint

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


# The report of a comparison: one HTML page that needs nothing but itself.


def lever_changes(scenario: Scenario, reference: Scenario) -> Iterator[tuple[int, Lever, Any, Any]]:
    """List levers that differ from the reference.

    Yields
    ------
    month, lever, reference value, value
        From which month, and what; a lever comes again where the difference changes later.
    """
    for (_, ours), (_, theirs) in zip(walk(scenario), walk(reference)):
        if not ours.key.startswith("policy.") and ours.value != theirs.value:
            yield 1, ours, theirs.value, ours.value
    months = {1, *(c.month for s in (scenario, reference) for c in s.changes)}
    before: dict[str, tuple[Any, Any]] = {}
    for month in sorted(months):
        policies = (s.policy_at(month) for s in (scenario, reference))
        for (_, ours), (_, theirs) in zip(*(walk(p, "policy.") for p in policies)):
            pair = (theirs.value, ours.value)
            if pair != before.get(ours.key, (ours.value, ours.value)):
                yield month, ours, *pair
            if ours.value != theirs.value or ours.key in before:
                before[ours.key] = pair


class Report:
    """Everything a report's template shows.

    Parameters
    ----------
    found : Comparison
    lang : {"en", "zh"}
    """

    def __init__(self, found: Comparison, lang: str = "en") -> None:
        self.found, self.lang = found, lang
        self.words = words(lang)
        self.text = self.words["report"]
        self.spending = Spending(found, lang)
        self.support = Support(found, lang)
        self.equity = Equity(found, lang)
        self.quality = Quality(found, lang)

    @cached_property
    def reference(self) -> str:
        """Title of the reference."""
        return self.title(self.found.plan.reference)

    def title(self, label: str) -> str:
        """Title of a scenario."""
        return title(self.found, label, self.lang)

    def subtitle(self) -> str:
        """What was compared, in one line."""
        plan = self.found.plan
        county = plan.scenarios[plan.reference].county
        return str(self.text["subtitle"]).format(
            n=self.words["comma"].join(self.title(label) for label in plan.compared),
            reference=self.reference,
            county=county.name_zh if self.lang == "zh" else county.name,
            months=counted(plan.settings.months, "month", self.lang),
            replicates=counted(plan.replicates, "pair", self.lang),
        )

    def summary(self) -> list[tuple[str, str]]:
        """Description and findings of each scenario."""
        described = f"description_{self.lang}"
        return [
            (
                getattr(self.found.plan.scenarios[label], described),
                sentence(self.found, label, self.lang),
            )
            for label in self.found.plan.compared
        ]

    def differences(self, keys_only: bool) -> list[tuple[str, list[Any], list[str]]]:
        """Title, rows and cost sentences of each scenario."""
        return [
            (
                self.title(label),
                rows_of(self.found, label, self.lang, keys_only),
                [ratio_words(self.found, label, name, self.lang) for name in RATIOS],
            )
            for label in self.found.plan.compared
        ]

    def means_note(self) -> str:
        """How the tables of differences are to be read."""
        pairs = counted(self.found.plan.replicates, "pair", self.lang)
        note = self.text["differences_note"].format(replicates=pairs)
        return f"{note} {self.text['better_note']}"

    def reading(self) -> str:
        """How the figures are to be read."""
        return reading(self.found, self.lang)

    def charts(self) -> list[str]:
        """Charts over months, as SVG."""
        return list(all_charts(self.found, self.lang))

    def charts_are_english(self) -> bool:
        """Whether a Chinese report has English charts, for want of a font."""
        return chart_language(self.lang) != self.lang

    def assumptions(self) -> list[tuple[str, list[tuple[str, ...]]]]:
        """Levers that differ, by scenario: label, key, values, unit, evidence."""
        plan = self.found.plan
        base = plan.scenarios[plan.reference]
        return [
            (
                self.title(label),
                [self._lever(*row) for row in lever_changes(plan.scenarios[label], base)],
            )
            for label in plan.compared
        ]

    def _lever(self, month: int, lever: Lever, theirs: Any, ours: Any) -> tuple[str, ...]:
        label = label_of(lever, self.lang)
        if month > 1:
            label = f"{label} ({self.text['from_month'].format(month=month)})"
        evidence = ", ".join(lever.evidence) or self.words["columns"]["assumed"]
        unit = unit_name(lever.unit, self.lang)
        return label, lever.key, value_text(theirs), value_text(ours), unit, evidence

    def assumed_count(self) -> str:
        """How many parameters have no source."""
        assumed = [lever for lever in levers if lever.assumed]
        return str(self.text["assumed_count"]).format(
            assumed=len(assumed), total=len(levers), free=sum(lever.free for lever in levers)
        )

    def facts(self) -> list[tuple[str, str]]:
        """What is needed to repeat the comparison."""
        plan, text = self.found.plan, self.text
        s = plan.settings
        used = ", ".join(f"{name} {version}" for name, version in versions().items())
        ids = ", ".join(f"{label} {scenario.id}" for label, scenario in plan.scenarios.items())
        return [
            (text["seed"], str(s.seed)),
            (text["replicates"], str(plan.replicates)),
            (text["sample"], f"{s.sample:g}"),
            (text["months"], str(s.months)),
            (text["fingerprint"], fingerprint()),
            (text["versions"], used),
            (text["scenario_ids"], ids),
        ]


def html_of(found: Comparison, lang: str = "en") -> str:
    """The report as the text of an HTML page."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    report = Report(found, lang)
    template = environment.get_template("report.html.j2")
    people = People(found.plan, found.whom, lang) if found.whom else None
    page = template.render(
        report=report, text=report.text, words=report.words, found=found,
        people=people, waterfall=waterfall,
    )  # fmt: skip
    return with_contents(page, report.text["contents"])


def with_contents(page: str, label: str) -> str:
    """A page with a list of its sections under its head, each a link."""
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    numbers = itertools.count(1)
    page = re.sub("<h2>", lambda _: f'<h2 id="part-{next(numbers)}">', page)
    links = "".join(
        f'<li><a href="#part-{k}">{title}</a></li>' for k, title in enumerate(titles, start=1)
    )
    contents = f'<nav class="contents" aria-label="{label}"><ul>{links}</ul></nav>'
    return page.replace("</header>", f"</header>\n{contents}", 1)


def write_report(found: Comparison, path: Path, lang: str = "en") -> Path:
    """Write the report; the page makes no request and can be mailed or printed.

    Parameters
    ----------
    found : Comparison
        What to report.
    path : Path
        File to write.
    lang : {"en", "zh"}
        Language of the page.
    """
    page = html_of(found, lang)
    return write_text(path, page)


OVER_TIME = (
    "firms_open",
    "returnee_firms_open",
    "jobs",
    "returns",
    "return_quality",
    "rural_income",
    "public_cost",
)


def over_time(found: Comparison, measure: str, lang: str) -> str:
    """Levels, and differences from the reference, by month, as SVG."""
    text = words(lang)["report"]
    indicator = BY_NAME[measure]
    name = name_of(indicator, lang)
    with mpl.rc_context(settings(measure)):
        figure = Figure(figsize=(9.2, 3.0), layout="constrained")
        left, right = figure.subplots(1, 2)
        drawn = styles(found)
        series = {label: smoothed(found.cube.of(label, measure), indicator.kind) for label in drawn}
        for label, style in drawn.items():
            _levels(left, series[label], style, in_lines(title(found, label, lang), LEGEND))
        right.axhline(0.0, color=BLACK, linewidth=0.9)
        for label in found.plan.compared:
            _differences(right, series[label] - series[found.plan.reference], drawn[label])
        left.set_title(name)
        reference = title(found, found.plan.reference, lang)
        right.set_title(in_lines(text["difference_from"].format(reference=reference), PANEL))
        for axes in (left, right):
            finish(axes, text["month"], lang)
        figure.legend(loc="outside lower center", ncols=4, frameon=False)
        return svg_of(figure, name)


def _levels(axes: Axes, values: np.ndarray, style: Style, name: str) -> None:
    months, there = _months(values)
    axes.plot(months, np.nanmean(values[:, there], axis=0), label=name, linewidth=1.4, **style)
    if len(values) > 1:
        low, high = np.nanpercentile(values[:, there], TAILS, axis=0)
        axes.fill_between(months, low, high, color=style["color"], alpha=0.12, linewidth=0)


def _differences(axes: Axes, paired: np.ndarray, style: Style) -> None:
    months, there = _months(paired)
    axes.plot(months, np.nanmean(paired[:, there], axis=0), linewidth=1.4, **style)
    if np.isfinite(paired[:, there]).any(axis=1).sum() > 1:
        low, high = interval(paired[:, there])
        axes.fill_between(months, low, high, color=style["color"], alpha=0.2, linewidth=0)


def _months(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    there = np.flatnonzero(np.isfinite(values).any(axis=0))
    return there + 1, there


def all_charts(found: Comparison, lang: str) -> Sequence[str]:
    """Every chart over months, as SVG."""
    shown = chart_language(lang)
    return [over_time(found, measure, shown) for measure in OVER_TIME]
