"""Buttons under an answer that make papers of it: a brief, tables, pictures."""

from __future__ import annotations

from typing import Any

import solara

from returnee.dashboard.content.papers import KINDS, paper_of
from returnee.dashboard.live.asking import Job, use_job
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.pages.widgets import button, controls, failed, state
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.session import Session


@solara.component
def Papers(session: Session) -> None:
    """A button for each paper, and how far it is."""
    lang = session.place.value.lang
    text = words(lang)["papers"]
    job: solara.Reactive[Job | None] = solara.use_reactive(None)
    shown = use_job(job, lambda begun, asker: perform(session, begun, asker))

    def begin(data: dict[str, Any]) -> None:
        if data.get("key") in KINDS:
            job.value = Job(str(data["key"]), session.place.peek())

    buttons = [button(kind, text[kind], disabled=shown.busy) for kind in KINDS]
    controls(buttons, begin, text["label"])
    if shown.busy:
        state(lang, text["running"], shown.done, shown.total or 1)
    elif shown.error is not None:
        failed(shown, lang)


def perform(session: Session, job: Job, asker: Asker) -> None:
    """Make a paper and hand it to the browser."""
    name, content, type_ = paper_of(job.of, job.kind, asker)
    if asker.wanted():
        session.download(name, content, type_)
