"""The report of a comparison: one HTML page that needs nothing but itself."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from experiments import charts
from experiments.comparison import Comparison
from experiments.effects import RATIOS
from experiments.equity_report import Equity
from experiments.files import write_text
from experiments.findings import ratio_words, reading, rows_of, sentence, title
from experiments.manifests import versions
from experiments.quality_report import Quality
from experiments.spending import Spending
from experiments.support_report import Support
from experiments.texts import FOLDER, counted, label_of, unit_name, words
from experiments.whom_charts import waterfall
from experiments.whom_words import People
from scenarios import Lever, Scenario, levers, walk
from simulation.fingerprint import fingerprint


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


def value_text(value: Any) -> str:
    """A lever's value as a scenario file would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:,.10g}" if isinstance(value, int | float) else "–"


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
        return list(charts.all_charts(self.found, self.lang))

    def charts_are_english(self) -> bool:
        """Whether a Chinese report has English charts, for want of a font."""
        return charts.chart_language(self.lang) != self.lang

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
