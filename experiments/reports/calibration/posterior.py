"""A posterior in sentences, tables and a chart: what was learned, whether it is right, and what it shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from returnee.experiments.numbers import plain_rows
from returnee.experiments.reports import document as doc
from returnee.experiments.reports import figures as draw
from returnee.experiments.reports.told import Told
from returnee.experiments.studies.calibration.calibrate import Calibration
from returnee.experiments.studies.calibration.inference import (
    CHECKED,
    LARGER,
    LEAST_WEIGHT,
    Inference,
)
from returnee.experiments.studies.calibration.predictive import SHOWN
from returnee.experiments.studies.calibration.priors import uncertain
from returnee.experiments.studies.ensemble import FULL, OFF, SWITCHES
from returnee.experiments.studies.patterns import BY_KEY, FITTED, REPORT
from returnee.experiments.words import texts as say
from returnee.scenarios import Behaviour, walk

SETTLED = 0.3  # share narrowed from which a parameter is named
LITTLE = 0.1  # and below which it is not
TOGETHER, PAIRS = 0.4, 6  # correlation from which pairs are named, and how many
TAUGHT, TEACHERS = 0.02, 3  # share wider without a target from which it is named, and how many
UNLIKELY = 0.05  # share of draws as far off as what is observed, below which it is said
HALF = 0.5
RIGHT = (0.85, 0.95)
BAND = "#e3ebf0"


class Learned(Told[Calibration]):
    """What a page says of a posterior."""

    table = "calibrate"

    @property
    def done(self) -> Inference:
        """The posterior, which must be there."""
        assert self.found.inference is not None
        return self.found.inference

    @cached_property
    def names(self) -> list[str]:
        """Labels of the parameters."""
        levers = uncertain()
        return [say.label_of(levers[key], self.lang) for key in self.done.bank.names]

    @cached_property
    def targets(self) -> dict[str, str]:
        """Labels of the targets, by indicator."""
        return {t.indicator: t.label(self.lang) for t in self.found.targets}

    def structure(self, name: str) -> str:
        """Label of a variant."""
        if name == FULL:
            return self.fill("full")
        switch = dict(walk(Behaviour, "behaviour."))[SWITCHES + name.removeprefix(OFF)]
        return self.fill("without", name=say.label_of(switch, self.lang))

    def sentences(self) -> list[str]:
        """What came out, in sentences."""
        return [*self._shown(), *self._right(), *self._learned(), self._weights()]

    def _right(self) -> list[str]:
        covered, misfit = self.done.coverage, self.done.misfit
        each = covered.held.mean(axis=0)
        lines = [
            self.fill(
                "coverage_line", counties=len(covered.ranks), share=self.percent(covered.share),
                error=self.percent(covered.error, places=1), least=self.percent(each.min()),
                most=self.percent(each.max()),
            )
        ]  # fmt: skip
        if not RIGHT[0] <= covered.share <= RIGHT[1]:
            way = self.text["narrow" if covered.share < RIGHT[0] else "wide"]
            lines.append(self.fill("coverage_off", way=way))
        shares = {name: self.percent(getattr(misfit, name)) for name in ("after", "before")}
        lines.append(self.fill("misfit_line", **shares))
        if misfit.after < UNLIKELY:
            worst = misfit.frame["distance"].abs().nlargest(3).index
            names = self.listed(self.targets[misfit.frame["target"][k]] for k in worst)
            lines.append(self.fill("misfit_bad", names=names))
        return lines

    def _learned(self) -> list[str]:
        narrowed = self.done.identified["contraction"].to_numpy()
        order = np.argsort(-narrowed)
        names = [
            f"{self.names[k]} ({self.percent(narrowed[k])})"
            for k in order
            if narrowed[k] >= SETTLED
        ]
        if names:
            about = {"rest": int((narrowed < LITTLE).sum()), "n": len(narrowed)}
            least = self.percent(LITTLE)
            line = self.fill("learned_line", names=self.listed(names), least=least, **about)
        else:
            line = self.fill("learned_none", directions=self.directions)
        pairs = [
            self.fill("pair", first=a, second=b, r=say.short(r, "+.2f")) for a, b, r in self.pairs
        ]
        return [line, self.fill("together_line", pairs=self.listed(pairs))] if pairs else [line]

    @property
    def directions(self) -> int:
        """Combinations of parameters whose variance the targets halve at least."""
        cover = 12.0 * self.done.posterior.covariance
        return int((np.linalg.eigvalsh(cover) < HALF).sum())

    @cached_property
    def pairs(self) -> list[tuple[str, str, float]]:
        """Parameters that are known only together, the closest first."""
        found = np.triu(self.done.correlation, 1)
        rows, columns = np.nonzero(np.abs(found) >= TOGETHER)
        order = np.argsort(-np.abs(found[rows, columns]))[:PAIRS]
        return [
            (self.names[rows[k]], self.names[columns[k]], float(found[rows[k], columns[k]]))
            for k in order
        ]

    def _weights(self) -> str:
        rows = self.done.variants.sort_values("weight", ascending=False).itertuples()
        shares = [
            f"{self.structure(row.structure)} {self.percent(row.weight)}"
            for row in rows
            if row.weight >= LEAST_WEIGHT
        ]
        effective = say.short(self.done.effective, ".2g")
        about = {"n": len(self.done.ensemble), "effective": effective}
        return self.fill("weights_line", weights=self.listed(shares), **about)

    def _shown(self) -> list[str]:
        """What no draw meets, and by how much; how many targets at once; and what most draws miss."""
        found = self.done.predicted
        mean, low, high, most = (say.short(x, ".3g") for x in found.at_once())
        lines, missed = [], []
        for targets, key in ((True, "never_targets"), (False, "never_others")):
            n, rows = len(found.judged(targets)), found.never(targets)
            names = self.listed(self._never(row) for row in rows.itertuples())
            lines.append(self.fill(key if names else f"{key}_none", n=n, names=names))
            missed.append(bool(names))
        if not missed[0]:  # what is missed comes first
            lines.reverse()
        about = {"mean": mean, "n": len(found.judged(True)), "most": most}
        lines.append(self.fill("at_once", ends=say.to(self.lang, low, high), **about))
        few = found.frame[(found.frame["inside"] > 0.0) & (found.frame["inside"] < HALF)]
        listed = (f"{self._label(r.pattern)} ({self.percent(r.inside)})" for r in few.itertuples())  # type: ignore[arg-type]
        key = "missed_line" if len(few) else "missed_none"
        return [*lines, self.fill(key, names=self.listed(listed))]

    def _never(self, row: Any) -> str:
        unit = self._unit(row.pattern)
        return self.fill(
            "never", label=self._label(row.pattern), sd=say.short(row.away_sd, ".2g"),
            nearest=say.measured(row.nearest, unit, self.lang), band=self._band(unit, row.low, row.high),
        )  # fmt: skip

    def _label(self, name: str) -> str:
        """What a target or a pattern is called."""
        return self.targets.get(name) or BY_KEY[name].label(self.lang)

    def _unit(self, name: str) -> str:
        units = {t.indicator: t.unit for t in self.found.targets}
        return units.get(name) or BY_KEY[name].unit

    def learned(self) -> doc.Sheet:
        """Every parameter: its posterior, how far it is narrowed, and by which targets."""
        done, names = self.done, list(self.targets)
        ends = done.bank.box.values(done.posterior.quantiles(SHOWN))
        rows = []
        for k, row in done.identified.iterrows():
            more = row[names].astype(float).sort_values(ascending=False)
            taught = more[more >= TAUGHT][:TEACHERS]
            told = self.listed(
                f"{self.targets[key]} (+{self.percent(x)})" for key, x in taught.items()
            )
            low, middle, high = (say.short(float(x)) for x in ends[:, int(k)])  # type: ignore[call-overload]
            rows.append([
                self.names[int(k)], row["parameter"], f"{middle} ({say.to(self.lang, low, high)})",  # type: ignore[call-overload]
                self.percent(row["contraction"]), told or "–",
            ])  # fmt: skip
        return self.sheet("parameter key interval narrowed taught_by", rows, "wcnnw")

    def covered(self) -> doc.Sheet:
        """Coverage, a row a parameter."""
        rows = [
            [self.names[k], self.percent(row.covered), say.to(self.lang, self.percent(row.low), self.percent(row.high)),
             self.percent(row.mean_rank), say.short(row.p_uniform, ".2g")]
            for k, row in enumerate(self.done.coverage.frame().itertuples())
        ]  # fmt: skip
        return self.sheet("parameter covered interval mean_rank uniform", rows, "wn")

    def foretold(self) -> doc.Sheet:
        """What would be observed, a row a target."""
        rows = []
        for target, row in zip(self.found.targets, self.done.misfit.frame.itertuples()):
            off = (
                say.short(row.distance, "+.1f")
                if np.isfinite(row.distance)
                else self.percent(row.inside)
            )
            rows.append([
                target.label(self.lang), self._band(target.unit, row.low, row.high),
                self._three(target.unit, row.foretold_low, row.foretold, row.foretold_high), off,
            ])  # fmt: skip
        return self.sheet("target band foretold distance", rows, "wn")

    def variants(self) -> doc.Sheet:
        """Every structure, the heaviest first."""
        rows = [
            [self.structure(row.structure), say.short(row.log_evidence, ".1f"), self.percent(row.weight), str(row.draws)]
            for row in self.done.variants.sort_values("weight", ascending=False).itertuples()
        ]  # fmt: skip
        return self.sheet("variant log_evidence weight draws", rows, "wn")

    def patterns(self) -> doc.Sheet:
        """Every pattern: its band, and what the draws show."""
        rows: list[list[str]] = []
        missed: list[int] = []
        frame = self.done.predicted.frame
        for row in frame[frame["use"] != REPORT].itertuples():
            unit, name = self._unit(str(row.pattern)), str(row.pattern)
            if row.inside < HALF:
                missed.append(len(rows))
            off = f"{say.short(row.away_sd, '.2g')}" if row.away_sd > 0.0 else say.NONE
            rows.append([
                self._label(name), str(row.use), self._band(unit, row.low, row.high),
                self._three(unit, row.shown_low, row.shown, row.shown_high), off, self.percent(row.inside),
            ])  # fmt: skip
        return self.sheet("pattern use band shown away inside", rows, "wwn", missed=missed)

    def _band(self, unit: str, low: float, high: float) -> str:
        return say.measured_range(low, high, unit, self.lang)

    def _three(self, unit: str, low: float, middle: float, high: float) -> str:
        return f"{say.measured(middle, unit, self.lang)} ({say.measured_range(low, high, unit, self.lang)})"

    def chart(self) -> str:
        """Every parameter over its prior: 90 % interval, middle, and the draws that ship."""
        text, done = self.text, self.done
        order = np.argsort(-done.identified["contraction"].to_numpy())
        low, middle, high = done.posterior.quantiles(SHOWN)[:, order]
        names = [self.names[k] for k in order]
        members = done.bank.box.unit(done.ensemble[done.bank.names].to_numpy(float))[:, order]
        size = 10.0 + 400.0 * done.ensemble["weight"].to_numpy()
        with draw.paper("posterior", 9.2, 1.1 + 0.26 * len(order)) as figure:
            axes, rows = figure.subplots(), np.arange(len(order))
            axes.hlines(rows, 0.0, 1.0, color=BAND, linewidth=8)
            axes.hlines(rows, low, high, color=draw.COLOURS[0], linewidth=3)
            axes.plot(middle, rows, "|", color=draw.BLACK, ms=9)
            for row in rows:
                axes.scatter(members[:, row], np.full(len(members), row), s=size, color=draw.COLOURS[5],
                             alpha=0.5, linewidths=0)  # fmt: skip
            axes.set_yticks(rows, names)
            axes.set(ylim=(len(rows) - 0.4, -0.6), xlim=(-0.02, 1.02))
            axes.tick_params(axis="y", length=0)
            axes.set(xlabel=text["in_prior"], title=text["posterior_chart"])
            return draw.svg_of(figure, text["posterior_chart"])

    def sections(self) -> list[doc.Section]:
        """For the page."""
        text = self.text
        sample = self.percent(LARGER * self.found.settings.sample)
        note: Callable[[str], doc.Text] = doc.note
        return [
            doc.Section(text["right_title"], [
                note(text["coverage_note"]), self.covered(), note(text["foretold_note"]), self.foretold(),
            ]),
            doc.Section(text["learned_title"], [
                note(text["learned_note"]), doc.Picture(self.drawn.chart()), self.learned(),
            ]),
            doc.Section(text["variants_title"], [
                note(self.fill("variants_note", least=self.percent(LEAST_WEIGHT))), self.variants(),
            ]),
            doc.Section(text["patterns_title"], [
                note(self.fill("patterns_note", runs=CHECKED, sample=sample)), self.patterns(),
            ]),
        ]  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Everything a program needs of a posterior, as plain values."""
        done, covered, frame = self.done, self.done.coverage, self.done.predicted.frame
        fitted = frame[frame["use"] == FITTED]
        mean, low, high, most = done.predicted.at_once()
        return {
            "coverage": covered.share, "coverage_error": covered.error,
            "synthetic_counties": len(covered.ranks), "parameters": plain_rows(covered.frame()),
            "identified": plain_rows(done.identified), "as_far_before": done.misfit.before,
            "as_far_after": done.misfit.after, "foretold": plain_rows(done.misfit.frame),
            "structures": plain_rows(done.variants), "patterns": plain_rows(frame),
            "met_at_once": {"mean": mean, "low": low, "high": high, "expected": most},
            "fitted_in_band": float(fitted["inside"].mean()) if len(fitted) else None,
            "ensemble": plain_rows(done.ensemble), "effective_sets": done.effective, "runs": done.runs,
        }  # fmt: skip
