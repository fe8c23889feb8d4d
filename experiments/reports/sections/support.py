"""The report's section on support as a system: tables and charts."""

from __future__ import annotations

from itertools import product

import numpy as np
from matplotlib.axes import Axes

from returnee.experiments.measuring.files import REASONS, STAGES, STEP_OF, STEPS
from returnee.experiments.measuring.measures import BY_NAME, smoothed
from returnee.experiments.numbers import picked
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.document import Cell, Fold, Heading, Picture, Section, note
from returnee.experiments.reports.sections.section import GREY, HALVES, Line, Part
from returnee.experiments.studies.support import FIGURES
from returnee.experiments.words.texts import figure

COLUMNS = 4  # panels beside each other
KINDS = (("referred", "handed_on"), ("alone", "others"))  # of files, and what they are called


class Support(Part):
    """Waits, queues, refusals and the funnel of every scenario."""

    table = "support"

    def rows(self) -> list[Line]:
        """Figures of the system by scenario."""
        return [
            line
            for name, (unit, better) in FIGURES.items()
            for line in self.lines({name: self.text["figures"][name]}, self.found.support, unit, better)
        ]  # fmt: skip

    def stages(self) -> list[Line]:
        """Ventures begun, and the share that reached each stage."""
        every, text = picked(self.found.funnel, kind="all"), self.words["funnel"]
        begun = picked(every, measure="planned").assign(difference=np.nan)
        counts = begun.assign(reference=begun["reference_count"], level=begun["count"])
        names = {stage: text["stages"][stage] for stage in STAGES[1:]}
        return [(text["begun"], self.cells(counts, "files")), *self.lines(names, every, "share")]

    def by_referral(self) -> list[Line]:
        """Share that reached each stage, of the files handed on and of the others."""
        frame, text = self.found.funnel, self.words["funnel"]
        lines = []
        for stage, (kind, name) in product(STAGES[1:], KINDS):
            cells = self.cells(picked(frame, kind=kind, measure=stage), "share")
            said = self.listed((text["stages"][stage], text[name]))
            lines.append((said, [Cell(cell.text) for cell in cells]))
        return lines

    def reasons(self) -> list[Line]:
        """Why loan files ended without the loan that was asked for."""
        text = self.words["funnel"]["refusals"]
        names = {f"refused_{name}": text[name] for name in REASONS}
        return self.lines(names, self.found.funnel, "share")

    def months(self) -> list[Line]:
        """Median months of each step."""
        text = self.words["funnel"]["steps"]
        return self.lines({STEP_OF[s]: text[s] for s in STEPS}, self.found.funnel, "months")

    def section(self) -> Section:
        """Figures of the system, queues over the months, and how far files got."""
        text, funnel = self.text, self.words["funnel"]
        referred = Fold(funnel["referred_title"], [
            note(funnel["referred_note"]), self.by_scenario(funnel["stage"], self.by_referral()),
        ])  # fmt: skip
        return Section(text["title"], [
            note(self.note()), self.by_scenario(self.words["measure"], self.rows()),
            Heading(text["queues"]), note(text["queues_note"]), Picture(self.drawn.queues_chart()),
            Heading(funnel["title"]), note(funnel["note"].format(reference=self.reference)), Picture(self.drawn.funnel_chart()),
            self.by_scenario(funnel["stage"], self.stages()),
            Heading(funnel["reasons"]), note(funnel["reasons_note"]), self.by_scenario("", self.reasons()),
            Heading(funnel["months"]), note(funnel["months_note"]), self.by_scenario("", self.months()),
            referred,
        ])  # fmt: skip

    def queues_chart(self) -> str:
        """Queues, places, referrals and lending over the months, as SVG."""
        text, cube, lang = self.text, self.found.cube, self.lang
        with draw.paper("queues", 9.2, 4.8) as canvas:
            grid = canvas.subplots(2, 3).ravel()
            for axes, (measure, name) in zip(grid, text["over_time"].items()):
                for label, style in self.styles.items():
                    values = smoothed(cube.of(label, measure), BY_NAME[measure].kind)
                    there = np.flatnonzero(np.isfinite(values).any(axis=0))
                    mean = np.nanmean(values[:, there], axis=0)
                    axes.plot(there + 1, mean, label=self.short(label), linewidth=1.3, **style)
                axes.set_title(name)
                axes.set_ylim(bottom=0.0)
                draw.finish(axes, "", lang)
            for axes in grid[3:]:
                axes.set_xlabel(self.words["report"]["month"])
            draw.legend(canvas, grid[0], 4)
            return draw.svg_of(canvas, text["queues"])

    def funnel_chart(self) -> str:
        """Share of files that reached each stage, a panel per scenario, as SVG."""
        text, frame, plan = self.words["funnel"], self.found.funnel, self.found.plan
        every = frame[(frame["kind"] == "all") & frame["measure"].isin(STAGES)]
        reference = picked(every, scenario=plan.compared[0]).set_index("measure")["reference"]
        columns = min(COLUMNS, len(self.labels))
        with draw.paper("funnel", 9.2, 0.5 + 2.3 * -(-len(self.labels) // COLUMNS)) as canvas:
            grid = draw.panels(canvas, len(self.labels), columns, sharex=True, sharey=True)
            for axes, label in zip(grid, self.labels):
                shares, colour = reference, GREY
                if label != plan.reference:
                    shares = picked(every, scenario=label).set_index("measure")["level"]
                    colour = self.styles[label]["color"]
                marks = reference.loc[list(STAGES)].to_numpy(float)
                _bars(axes, shares.loc[list(STAGES)].to_numpy(float), marks, colour)
                axes.plot(marks, range(len(STAGES)), "|", color=draw.BLACK, ms=9, mew=1.4)
                axes.set_title(self.short(label, 2))
            draw.down(grid[0], [text["stages"][s] for s in STAGES])
            grid[0].set_xlim(0.0, 1.22)
            grid[0].set_xticks(HALVES, self.halves)
            canvas.supxlabel(text["share"], fontsize=9)
            return draw.svg_of(canvas, text["title"])


def _bars(axes: Axes, shares: np.ndarray, marks: np.ndarray, colour: str) -> None:
    axes.barh(range(len(shares)), shares, color=colour, height=0.7)
    for k, (share, at) in enumerate(zip(shares, np.fmax(shares, marks))):
        if np.isfinite(share):
            axes.text(at + 0.04, k, figure(100.0 * share, "", digits=2), va="center", size=7.5)
