"""The report's section on spending: planned and realised by programme and pot, and what is unpaid."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from returnee.experiments.measuring.measures import BY_NAME, years_of
from returnee.experiments.measuring.selections import INCOMES, LOANS, PUBLIC_MONEY
from returnee.experiments.reports.document import Cell, Heading, Picture, Section, Sheet, Text, note
from returnee.experiments.reports.figures import spending as spending_chart
from returnee.experiments.reports.sections.section import Line, Part
from returnee.experiments.studies.planned import BUDGETED, CAP, budgets, unpaid_by_reason
from returnee.experiments.words.texts import figure, label_of, unit_name
from returnee.simulation.state.programmes import POTS, PROGRAMMES

SMALLEST = 0.5  # yuan a year; less is rounding to whole fen


class Spending(Part):
    """Spending of every scenario."""

    name = "spending"

    def chart(self) -> str:
        """Spending by pillar, as SVG."""
        return spending_chart(self.found, self.chart_lang)

    def _yuan(self, value: float) -> str:
        return figure(value, "yuan", self.lang)

    def programmes(self) -> list[Line]:
        """Spent a year by programme, with the plan and what was unpaid below."""
        frame = self.found.planned
        lines = []
        for programme in PROGRAMMES:
            rows = frame[frame["programme"] == programme].set_index("scenario").loc[self.labels]
            if not (rows[["planned", "spent", "unpaid"]].fillna(0.0) > 0.0).to_numpy().any():
                continue
            cells = []
            for _, row in rows.iterrows():
                plan = "" if row["spent"] == 0.0 else self.text["by_demand"]
                if row["planned"] > 0.0:
                    plan = self.text["plan"].format(value=self._yuan(row["planned"]))
                cells.append(self._spent(row["spent"], row["unpaid"], plan))
            lines.append((self.words["programmes"][programme], cells))
        sums = frame.groupby("scenario", sort=False)[["spent", "unpaid"]].sum().loc[self.labels]
        total = [self._spent(row["spent"], row["unpaid"], "") for _, row in sums.iterrows()]
        return [*lines, (self.words["report"]["total"], total)]

    def _spent(self, spent: float, unpaid: float, plan: str) -> Cell:
        below = [plan] if plan else []
        if unpaid >= SMALLEST:
            below.append(self.text["unpaid"].format(value=self._yuan(unpaid)))
        return Cell(self._yuan(spent), tuple(below))

    def pots(self) -> list[tuple[str, list[tuple[str, list[str]]]]]:
        """By pot: budget, planned running costs, used and unpaid a year, a figure per scenario."""
        frame, report = self.found.planned, self.words["report"]
        by_pot = frame.groupby(["pot", "scenario"], sort=False)
        sums = by_pot[["planned", "spent", "unpaid"]].sum()
        pots = []
        for pot in POTS:
            lines = [
                (self.text["budget"], [self._budgets[label].get(pot, np.nan) for label in self.labels]),
                (self.text["running"], [sums.loc[(pot, label), "planned"] for label in self.labels]),
                (report["used"], [sums.loc[(pot, label), "spent"] for label in self.labels]),
                (report["unpaid"], [sums.loc[(pot, label), "unpaid"] for label in self.labels]),
            ]  # fmt: skip
            if pot not in BUDGETED:
                lines = lines[2:]
            shown = [(name, [self._yuan(value) for value in values]) for name, values in lines]
            pots.append((self.words["pots"][pot], shown))
        return pots

    def public_money(self) -> list[Line]:
        """What support costs in all and the county, what comes back, and the fund's capital."""
        return self._measures(PUBLIC_MONEY)

    def incomes(self) -> list[Line]:
        """The three incomes a head."""
        return self._measures(INCOMES)

    def loans(self) -> list[Line]:
        """What the loan programme is judged by."""
        return self._measures(LOANS)

    def _measures(self, names: Iterable[str]) -> list[Line]:
        effects, lines = self.found.effects, []
        for name in names:
            measure, rows = BY_NAME[name], effects[effects["measure"] == name].copy()
            years = years_of(measure.kind, self.found.plan.settings.months)
            for column in ("reference", "level", "difference", "low", "high"):
                rows[column] /= years
            unit = unit_name(measure.unit, self.lang)
            if measure.kind == "flow":
                unit = self.words["by_year"].format(unit=unit)
            label = self.words["with_unit"].format(label=label_of(measure, self.lang), unit=unit)
            lines.append((label, self.cells(rows, measure.unit, measure.better)))
        return lines

    def section(self) -> Section:
        """Where money did not suffice, and tables by pot and by programme."""
        text, report, rows = self.text, self.words["report"], []
        for pot, lines in self.pots():
            rows += [["" if k else pot, name, *values] for k, (name, values) in enumerate(lines)]
        return Section(report["spending"], [
            note(report["spending_note"]), Text(self.remarks(), "list"), Picture(self.chart()),
            Heading(text["pots"]), Sheet([report["pot"], "", *self.titles], rows, columns="wwn"),
            Heading(text["programmes"]), note(text["programmes_note"]),
            self.sheet(report["programme"], self.programmes()),
            Heading(text["public_money"]), note(text["public_money_note"]),
            self.sheet("", self.public_money()),
            Heading(text["incomes"]), note(text["incomes_note"]), self.sheet("", self.incomes()),
            Heading(text["loan_programme"]), self.sheet("", self.loans()),
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
            parts = [
                self.text[key].format(
                    pot=pot, value=self._yuan(value) if len(short) > 1 else self.text["by_one"]
                )
                for key, pot, value in short
            ]
            due = self._yuan(mean.sum())
            text = self.text["not_paid" if parts else "all_paid"]
            reasons_text = self.words["list_and"].join(parts)
            said.append(text.format(title=name, due=due, reasons=reasons_text))
        return said

    def _short(self, label: str, name: str) -> list[str]:
        """Pots, and the cap, that planned running costs alone exceed."""
        frame = self.found.planned
        ours = frame[frame["scenario"] == label]
        running = ours.groupby("pot")["planned"].sum()
        said = []
        for pot in BUDGETED:
            budget = self._budgets[label][pot]
            if running[pot] > budget + SMALLEST:
                words = {"pot": self.words["pots"][pot], "running": self._yuan(running[pot])}
                text = self.text["short_pot"]
                said.append(text.format(title=name, budget=self._yuan(budget), **words))
        cap, total = self._budgets[label][CAP], float(running.sum())
        if 0.0 < cap < total - SMALLEST:
            fill = {"running": self._yuan(total), "budget": self._yuan(cap)}
            said.append(self.text["short_cap"].format(title=name, **fill))
        return said
