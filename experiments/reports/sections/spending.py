"""The report's section on spending: planned and realised by programme and pot, and what is unpaid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

import numpy as np

from returnee.experiments.measuring.measures import BY_NAME, years_of
from returnee.experiments.measuring.selections import INCOMES, LOANS, PUBLIC_MONEY
from returnee.experiments.numbers import picked, rows_of
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.document import Cell, Heading, Picture, Section, Sheet, Text, note
from returnee.experiments.reports.sections.section import LEVELS, Line, Part
from returnee.experiments.statistics.effects import INDEX
from returnee.experiments.studies.planned import BUDGETED, CAP, budgets, unpaid_by_reason
from returnee.simulation.state.programmes import POTS, PROGRAMMES

SMALLEST = 0.5  # yuan a year; less is rounding to whole fen


class Spending(Part):
    """Spending of every scenario."""

    table = "spending"

    def chart(self) -> str:
        """Public spending a year by pillar and scenario, as SVG."""
        text, plan = self.words["report"], self.found.plan
        years, scale = plan.settings.months / 12.0, 1e4 if self.lang == "zh" else 1e6
        columns = [INDEX[f"spent_{programme}"] for programme in PROGRAMMES]
        spent = np.nanmean(self.found.cube.levels[:, :, columns], axis=1) / years / scale
        with draw.paper("spending", 9.2, 1.3 + 0.34 * len(self.labels)) as figure:
            axes = figure.subplots()
            draw.stacked(axes, draw.by_pillar(spent, self.lang), height=0.7)
            draw.down(axes, [self.short(label, 2) for label in self.labels])
            axes.set_xlabel(text["million"])
            figure.legend(loc="outside lower center", ncols=7, frameon=False)
            return draw.svg_of(figure, text["spending"])

    def _yuan(self, value: float) -> str:
        return self.figure(value, "yuan")

    def programmes(self) -> list[Line]:
        """Spent a year by programme, with the plan and what was unpaid below."""
        frame, lines = self.found.planned, []
        for programme in PROGRAMMES:
            rows = picked(frame, programme=programme).set_index("scenario").loc[self.labels]
            if (rows[["planned", "spent", "unpaid"]] > 0.0).to_numpy().any():
                cells = [self._spent(row, row["planned"]) for row in rows_of(rows)]
                lines.append((self.words["programmes"][programme], cells))
        sums = frame.groupby("scenario", sort=False)[["spent", "unpaid"]].sum().loc[self.labels]
        return [
            *lines,
            (self.words["report"]["total"], [self._spent(row) for row in rows_of(sums)]),
        ]

    def _spent(self, row: Mapping[str, float], planned: float | None = None) -> Cell:
        """What was spent; below it what was planned, if that is asked, and what was not paid."""
        below = []
        if planned is not None and planned > 0.0:
            below = [self.fill("plan", value=self._yuan(planned))]
        elif planned is not None and row["spent"] != 0.0:
            below = [self.text["by_demand"]]
        if row["unpaid"] >= SMALLEST:
            below.append(self.fill("unpaid", value=self._yuan(row["unpaid"])))
        return Cell(self._yuan(row["spent"]), tuple(below))

    def pots(self) -> Sheet:
        """By pot: budget, planned running costs, used and unpaid a year, a figure per scenario."""
        by_pot = self.found.planned.groupby(["pot", "scenario"], sort=False)
        sums, report, rows = by_pot[["planned", "spent", "unpaid"]].sum(), self.words["report"], []
        for pot in POTS:
            here, said = sums.loc[pot].loc[self.labels], {}
            here["budget"] = [self._budgets[label].get(pot, np.nan) for label in self.labels]
            if pot in BUDGETED:
                said = {"budget": self.text["budget"], "planned": self.text["running"]}
            said |= {"spent": report["used"], "unpaid": report["unpaid"]}
            for k, (key, what) in enumerate(said.items()):
                name = "" if k else self.words["pots"][pot]
                rows.append([name, what, *map(self._yuan, here[key].to_numpy())])
        return Sheet([report["pot"], "", *self.titles], rows, columns="wwn")

    def measures(self, names: Iterable[str]) -> list[Line]:
        """Measures by scenario, flows by year: a line each, with its unit."""
        effects, lines = self.found.effects, []
        for name in names:
            measure, rows = BY_NAME[name], picked(effects, measure=name).copy()
            rows[LEVELS] /= years_of(measure.kind, self.found.plan.settings.months)
            cells = self.cells(rows, measure.unit, measure.better)
            lines.append((draw.name_of(measure, self.lang), cells))
        return lines

    def section(self) -> Section:
        """Where money did not suffice, and tables by pot and by programme."""
        text, report = self.text, self.words["report"]
        return Section(report["spending"], [
            note(report["spending_note"]), Text(self.remarks(), "list"), Picture(self.drawn.chart()),
            Heading(text["pots"]), self.pots(),
            Heading(text["programmes"]), note(text["programmes_note"]),
            self.by_scenario(report["programme"], self.programmes()),
            Heading(text["public_money"]), note(text["public_money_note"]),
            self.by_scenario("", self.measures(PUBLIC_MONEY)),
            Heading(text["incomes"]), note(text["incomes_note"]), self.by_scenario("", self.measures(INCOMES)),
            Heading(text["loan_programme"]), self.by_scenario("", self.measures(LOANS)),
        ])  # fmt: skip

    @cached_property
    def _budgets(self) -> dict[str, dict[str, float]]:
        """Mean yearly budget of each pot and the cap, by scenario."""
        plan = self.found.plan
        return {
            label: {k: float(v.mean()) for k, v in budgets(s, plan.settings.months).items()}
            for label, s in plan.scenarios.items()
        }

    def remarks(self) -> list[str]:
        """Where money did not suffice, and why; one or more sentences per scenario."""
        plan = self.found.plan
        years = plan.settings.months / 12.0
        reasons = unpaid_by_reason(self.found.cube, plan) / years
        said = []
        for label, name, unpaid in zip(self.labels, self.titles, reasons):
            there = np.isfinite(unpaid).all(axis=(1, 2))
            mean = unpaid[there].mean(axis=0) if there.any() else np.zeros((len(POTS), 2))
            said += self._short(label, name)
            short = [("by_cap", "", mean[:, 0].sum())]
            short += [("by_pot", self.words["pots"][p], v) for p, v in zip(POTS, mean[:, 1])]
            short = [reason for reason in short if reason[2] >= SMALLEST]
            alone = self.text["by_one"] if len(short) == 1 else ""
            parts = [self.fill(key, pot=pot, value=alone or self._yuan(v)) for key, pot, v in short]
            about = {"due": self._yuan(mean.sum()), "reasons": self.listed(parts, "list_and")}
            said.append(self.fill("not_paid" if parts else "all_paid", title=name, **about))
        return said

    def _short(self, label: str, name: str) -> list[str]:
        """Pots, and the cap, that planned running costs alone exceed."""
        frame, budgets = self.found.planned, self._budgets[label]
        running = frame[frame["scenario"] == label].groupby("pot")["planned"].sum()
        short = [
            ("short_pot", self.words["pots"][pot], running[pot], budgets[pot])
            for pot in BUDGETED
            if running[pot] > budgets[pot] + SMALLEST
        ]
        if 0.0 < budgets[CAP] < running.sum() - SMALLEST:
            short.append(("short_cap", "", float(running.sum()), budgets[CAP]))
        return [
            self.fill(key, title=name, pot=pot, running=self._yuan(due), budget=self._yuan(most))
            for key, pot, due, most in short
        ]
