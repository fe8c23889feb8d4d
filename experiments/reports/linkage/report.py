"""The linkage experiment as an HTML page and as a document, each from a template."""

from __future__ import annotations

import shlex
from functools import cached_property
from pathlib import Path

import numpy as np

from returnee.experiments.files import write_text
from returnee.experiments.reports.document import render
from returnee.experiments.reports.linkage import charts
from returnee.experiments.reports.linkage import rows as rows_of
from returnee.experiments.reports.linkage import words as say
from returnee.experiments.reports.linkage.rows import Cells
from returnee.experiments.reports.linkage.words import MAIN, linkage_words
from returnee.experiments.running.manifests import versions
from returnee.experiments.studies.linkage.design import (
    FACTORS,
    LINKAGE,
    LINKED,
    PILLARS,
    SILOED,
    capped_label,
    cell_of,
    label_of_cell,
    levels,
)
from returnee.experiments.studies.linkage.effects import COST, KEPT, OUTCOMES
from returnee.experiments.studies.linkage.experiment import Linkage
from returnee.experiments.studies.linkage.robust import Robust
from returnee.experiments.words.texts import (
    few_pairs,
    figure,
    label_of,
    percent,
    unit_name,
    value_text,
    words,
)
from returnee.scenarios import levers
from returnee.simulation.fingerprint import fingerprint
from returnee.simulation.state.programmes import PILLARS as SPENT_BY

TRACKING = "case_tracking"
LABELS = {lever.key: lever for lever in levers}


def programmes_of(factor: str) -> list[str]:
    """Programmes whose spending is counted with a factor."""
    if factor == LINKAGE:
        return [TRACKING]
    groups = {**SPENT_BY, "services": (*SPENT_BY["services"], *SPENT_BY["technology"])}
    return [name for name in groups[factor] if name != TRACKING]


class Page:
    """Everything a template shows.

    Parameters
    ----------
    found : Linkage or None
    robust : Robust or None
    lang : {"en", "zh"}
    """

    def __init__(self, found: Linkage | None, robust: Robust | None, lang: str = "en") -> None:
        if found is None and robust is None:
            raise ValueError("a page needs a result")
        self.found, self.robust, self.lang = found, robust, lang
        self.text, self.words = linkage_words(lang), words(lang)

    def reading(self) -> str:
        """How intervals are to be read; that they are wide where there are few pairs."""
        pairs = self.found.plan.replicates if self.found else 0
        parts = self.text["one_in_ten"], few_pairs(pairs, self.lang)
        return ("" if self.lang == "zh" else " ").join(filter(None, parts))

    def subtitle(self) -> str:
        """County, months and replicates."""
        plan = (self.found or self.robust).plan  # type: ignore[union-attr]
        county = plan.scenarios[plan.reference].county
        name = county.name_zh if self.lang == "zh" else county.name
        s = plan.settings
        if self.found is None:
            return self.robust_note() + f" ({name})"
        return str(self.text["subtitle"]).format(
            county=name, months=s.months, fewer=self.found.plan.fewer,
            replicates=plan.replicates, sample=s.sample,
        )  # fmt: skip

    def lines(self) -> list[str]:
        """The answer, and what robustness says."""
        lines = say.answer(self.found, self.lang) if self.found else []
        return lines + (say.robust_lines(self.robust, self.lang) if self.robust else [])

    def failures(self) -> list[str]:
        """How many runs failed, if any."""
        results = [r for r in (self.found, self.robust) if r is not None and r.failures]
        return [str(self.text["failed"]).format(n=len(r.failures)) for r in results]

    def premium(self, basis: str) -> tuple[list[str], list[Cells]]:
        """Head and rows of the premium's table."""
        assert self.found is not None
        keys = ("outcome", "unit", "siloed", "linked", "difference", "interval", "probability", "word", "per_million", "interval")  # fmt: skip
        return [self.text[key] for key in keys], rows_of.premium_rows(self.found, basis, self.lang)

    def caps(self) -> tuple[list[str], list[Cells]]:
        """Head and rows of the premium by cap."""
        assert self.found is not None
        keys = ("basis", "siloed", "spending_gap", "replicates", "difference", "interval", "probability", "word")  # fmt: skip
        words_ = {**self.text, "replicates": self.words["report"]["replicates"]}
        words_["siloed"] = f"{self.text['siloed']} ({self.text['units'][COST]})"
        return [words_[key] for key in keys], rows_of.cap_rows(self.found, self.lang)

    def effects(self, measure: str) -> tuple[list[str], list[Cells]]:
        """Head and rows of the pillars' effects."""
        assert self.found is not None
        keys = ("factor", "alone", "last", "last_linked", "shapley", "share", "shapley_linked", "share", "main")  # fmt: skip
        return [self.text[key] for key in keys], rows_of.effect_rows(self.found, measure, self.lang)

    def interactions(self, measure: str) -> tuple[list[str], list[Cells]]:
        """Head and rows of the pairs."""
        assert self.found is not None
        keys = ("interactions", "interaction", "interval", "word")
        rows = rows_of.interaction_rows(self.found, measure, self.lang)
        return [self.text[key] for key in keys], rows

    @cached_property
    def outcomes(self) -> list[tuple[str, str]]:
        """Names and labels of the outcomes, the main one first."""
        return [(name, self.text["outcomes"][name]) for name in OUTCOMES]

    def spending(self) -> tuple[list[str], list[Cells]]:
        """Public cost a year by cell and factor."""
        assert self.found is not None
        found, text = self.found, self.text
        cells = [label_of_cell(cell_of())]
        cells += [label_of_cell(cell_of(pillar)) for pillar in PILLARS]
        cells += [label_of_cell(SILOED), label_of_cell(LINKED)]
        cells += [capped_label(False), capped_label(True)]
        cap = text["capped"].format(cap=figure(found.cap, "yuan", self.lang))
        names = [text["nothing"], *(text["factors"][p] for p in PILLARS)]
        names += [f"{text[k]}, {text['uncapped']}" for k in ("siloed", "linked")]
        names += [f"{text[k]}, {cap}" for k in ("siloed", "linked")]
        place = list(found.plan.scenarios)
        columns = [[KEPT.index(f"spent_{p}") for p in programmes_of(f)] for f in FACTORS]
        rows = []
        for label, name in zip(cells, names):
            values = np.nanmean(found.values[place.index(label)], axis=0)
            parts = [values[column].sum() for column in columns] + [values[KEPT.index(COST)]]
            rows.append([name, *(figure(part, "yuan", self.lang) for part in parts)])
        return [text["cell"], *(text["factors"][f] for f in FACTORS), text["total"]], rows

    def by_number(self) -> tuple[list[str], list[Cells]]:
        """Mean public cost by how many programmes are on, without and with linkage."""
        assert self.found is not None
        cost = np.nanmean(self.found.cells[:, :, -1], axis=1)
        rows = []
        for n in range(len(PILLARS) + 1):
            alike = [cell for cell in range(SILOED + 1) if cell.bit_count() == n]
            both = [cost[alike].mean(), cost[[cell + SILOED + 1 for cell in alike]].mean()]
            rows.append([str(n), *(figure(value, "yuan", self.lang) for value in both)])
        head = [self.text[key] for key in ("pillars_on", "linkage_off", "linkage_on")]
        return head, rows

    def design(self) -> tuple[list[str], list[Cells]]:
        """Levers of every factor, off and on."""
        text, rows = self.text, []
        for factor, moved in levels().items():
            for key, (off, on) in moved.items():
                lever = LABELS[key]
                rows.append(
                    [
                        text["factors"][factor], label_of(lever, self.lang), key,
                        value_text(off), value_text(on), unit_name(lever.unit, self.lang),
                    ]
                )  # fmt: skip
        head = [text["factor"], self.words["report"]["lever"], text["key"], text["off"], text["on"]]
        return [*head, text["unit"]], rows

    def robust_note(self) -> str:
        """What a point is."""
        assert self.robust is not None
        key = "ensemble_note" if self.robust.is_ensemble else "robust_note"
        return str(self.text[key]).format(replicates=self.robust.replicates)

    def robust_summary(self) -> tuple[list[str], list[Cells]]:
        """Head and rows: the premium over the points, by outcome."""
        assert self.robust is not None
        text, rows = self.text, []
        for _, row in self.robust.summary.iterrows():
            name = row["measure"]
            rows.append(
                [
                    text["outcomes"][name], say.number(row["mean"], name, self.lang),
                    say.ends(row["low"], row["high"], name, self.lang),
                    say.ends(row["smallest"], row["largest"], name, self.lang),
                    percent(row["share_positive"], self.lang),
                    " / ".join(percent(row[f"share_told_{side}"], self.lang) for side in ("positive", "negative")),
                ]
            )  # fmt: skip
        keys = ("outcome", "mean", "interval", "smallest_largest", "share_positive", "share_told")
        return [text[key] for key in keys], rows

    def robust_parameters(self) -> tuple[list[str], list[Cells]]:
        """Head and rows: parameters moved, and their rank correlation with the main premium."""
        assert self.robust is not None
        text, found = self.text, self.robust
        told = found.correlations
        told = told[told["measure"] == MAIN].set_index("key")
        rows = []
        order = list(told.index) + [v.key for v in found.moved if v.key not in told.index]
        by_key = {lever.key: (lever, *ends) for lever, ends in zip(found.moved, found.ranges())}
        for key in order:
            lever, low, high = by_key[key]
            rho, p = told.loc[key, ["rho", "p"]] if key in told.index else (np.nan, np.nan)
            between = f"{low:.4g}{self.words['to']}{high:.4g}"
            rows.append(
                [
                    label_of(lever, self.lang), key, between.replace("-", "\N{MINUS SIGN}"),
                    say.rate(float(f"{rho:.2f}")), "\N{EN DASH}" if np.isnan(p) else f"{p:.3f}",
                ]
            )  # fmt: skip
        keys = ("parameter", "key", "range", "rho", "p_value")
        return [text[key] for key in keys], rows

    def charts(self) -> dict[str, str]:
        """Charts by name, as SVG for a page."""
        drawn: dict[str, str] = {}
        if self.found:
            drawn["premium"] = charts.premium_chart(self.found, self.lang)
            drawn["shapley"] = charts.shapley_chart(self.found, self.lang)
            for name in OUTCOMES:
                drawn[name] = charts.interaction_chart(self.found, name, self.lang)
        if self.robust:
            drawn["robust"] = charts.robust_chart(self.robust, self.lang)
        return drawn

    def commands(self) -> list[str]:
        """Commands that repeat what is shown."""
        return [result.command for result in (self.found, self.robust) if result]

    def facts(self) -> list[tuple[str, str]]:
        """What is needed to repeat it besides."""
        used = ", ".join(f"{name} {version}" for name, version in versions().items())
        return [(self.text["fingerprint"], fingerprint()), (self.text["versions"], used)]


def write_page(found: Linkage | None, robust: Robust | None, path: Path, lang: str = "en") -> Path:
    """Write the report, a page that needs nothing but itself."""
    page = Page(found, robust, lang)
    return write_text(path, render("linkage.html.j2", page=page, text=page.text))


def write_document(found: Linkage, fitted: Robust, free: Robust, wide: Robust, path: Path) -> Path:
    """Write the document in Markdown, with its figures in ``images`` beside it.

    Parameters
    ----------
    found : Linkage
        The experiment.
    fitted, free, wide : Robust
        Over the ensemble, over the parameters free in calibration, and over all.
    path : Path
        File to write.
    """
    figures = {
        "linkage-premium": charts.premium_chart(found),
        "linkage-interaction": charts.interaction_chart(found, MAIN),
        "linkage-shapley": charts.shapley_chart(found),
        "linkage-ensemble": charts.robust_chart(fitted),
        "linkage-robust": charts.robust_chart(free),
    }
    for name, svg in figures.items():
        write_text(path.parent / "images" / f"{name}.svg", charts.standalone(svg))
    again = shlex.join(["returnee", "linkage", "--write-doc", "docs/linkage.md"])
    page = Page(found, None)
    pages = {
        name: Page(None, robust)
        for name, robust in (("fitted", fitted), ("free", free), ("wide", wide))
    }
    text = render("linkage.md.j2", page=page, **pages, text=page.text, again=again)
    return write_text(path, text)
