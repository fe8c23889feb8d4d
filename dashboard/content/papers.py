"""Papers out of an answer that is there already: a brief, tables, pictures; no run is made for them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import pandas as pd

from returnee.dashboard.content import contrast
from returnee.dashboard.live import answers
from returnee.dashboard.live.answers import Answer, sets_of
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.live.runs import SMALL, STAGES, group_runs, share_of
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import ENSEMBLE, Place
from returnee.experiments.measuring.selections import OVER_TIME
from returnee.experiments.reports import document as doc
from returnee.experiments.reports.compare import Page
from returnee.experiments.reports.html import html, standalone
from returnee.experiments.reports.papers.brief import brief
from returnee.experiments.reports.papers.docx import docx_of
from returnee.experiments.reports.papers.files import figures_of
from returnee.experiments.reports.papers.tables import tables
from returnee.experiments.reports.papers.xlsx import xlsx_of
from returnee.experiments.statistics.effects import Cube, effects_of
from returnee.experiments.statistics.samples import made_wider

COMPARE = "compare"


@dataclass(frozen=True)
class Paper(Answer):
    """An answer with its effects on all measures, and its counts by group of people."""

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Effects on every measure."""
        effects = effects_of(self.made, self.plan, self.luck)
        return made_wider(effects, self.sample) if self.luck is None else effects


def found(place: Place, asker: Asker) -> Paper:
    """What the page shows, with every run that it makes.

    Raises
    ------
    Stopped
        If it is not wanted any more.
    """
    several = place.page == COMPARE
    asker = asker._replace(show=lambda part: None)
    answer = reference_first((contrast.answer if several else answers.answer)(place, asker))
    mixes = [place.mix_of(name) for name in answer.plan.scenarios] if several else [place.mix]
    runs = group_runs(answer.plan, sets_of(place, mixes))
    command = (
        contrast.command(place, answer.plan) if several else answers.command(place, answer.plan)
    )
    return Paper(answer.plan, runs, [], None, command, made=answer.made, luck=answer.luck)


def reference_first(answer: Answer) -> Answer:
    """The same answer with the reference before the policies, as tables of reports have it."""
    labels = [answer.plan.reference, *answer.plan.compared]
    rows = [answer.made.labels.index(label) for label in labels]

    def ordered(cube: Cube) -> Cube:
        return Cube(cube.values[rows], tuple(labels))

    plan = replace(answer.plan, scenarios={k: answer.plan.scenarios[k] for k in labels})
    luck = None if answer.luck is None else ordered(answer.luck)
    kept = [answer.kept[k] for k in rows] if answer.kept else []
    return replace(answer, plan=plan, made=ordered(answer.made), kept=kept, luck=luck)


def rests_on(place: Place) -> list[str]:
    """What else the figures rest on: sets of parameters, if the page runs over them."""
    if place.over != ENSEMBLE:
        return []
    line = words(place.lang)["over"]["done"]
    share = share_of(place.mix.unmoved())
    return [line.format(n=STAGES[-1], sample=share, months=SMALL.months)]


def written(place: Place, paper: Paper) -> doc.Report:
    """The brief."""
    return brief(paper, place.lang, rests_on(place))


def pictures(place: Place, paper: Paper) -> bytes:
    """Charts over the months, each as SVG and PNG, in one file."""
    page = Page(paper, place.lang).drawn
    drawn = [doc.Picture(page.over_time(measure)) for measure in OVER_TIME]
    report = doc.Report(place.lang, "", "", [doc.Section("", drawn)])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as folder:
        for number, (name, svg) in enumerate(figures_of(report), start=1):
            folder.writestr(f"{number:02d}-{name}.svg", standalone(svg))
            folder.writestr(f"{number:02d}-{name}.png", svg.png())
    return file.getvalue()


OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS: dict[str, tuple[str, str, Callable[[Place, Paper], bytes]]] = {
    "docx": ("brief", f"{OFFICE}.wordprocessingml.document", lambda place, p: docx_of(written(place, p))),
    "html": ("brief", "text/html", lambda place, p: html(written(place, p)).encode()),
    "xlsx": ("tables", f"{OFFICE}.spreadsheetml.sheet", lambda place, p: xlsx_of(tables(p, place.lang))),
    "zip": ("figures", "application/zip", pictures),
}  # fmt: skip
"""By ending of the file: its name, what a browser calls it, and what makes it."""


def paper_of(place: Place, kind: str, asker: Asker) -> tuple[str, bytes, str]:
    """A paper: the file's name, its content, and what a browser calls such files.

    Raises
    ------
    Stopped
        If it is not wanted any more.
    """
    stem, type_, make = KINDS[kind]
    what = "compare" if place.page == COMPARE else f"{place.mix.base}-{place.against}"
    content = make(place, found(place, asker))
    return f"returnee-{stem}-{what}-{place.lang}.{kind}", content, type_
