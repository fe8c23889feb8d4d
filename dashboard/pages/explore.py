"""Explore: move a lever, see the county answer; have it for the whole county, or as a report."""

from __future__ import annotations

import itertools
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import solara

from returnee.dashboard.content import drawing, levers
from returnee.dashboard.content.facts import accounts, fact_of, facts, pots, spending, waiting
from returnee.dashboard.live import long
from returnee.dashboard.live.answers import (
    HEADLINES,
    MOVED,
    REFERENCE,
    Answer,
    answer,
    command,
    lined_up,
)
from returnee.dashboard.live.asking import Job, Shown, use_answers, use_job
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.live.runs import SMALL, STAGES, share_of
from returnee.dashboard.pages.widgets import (
    Control,
    Levers,
    box,
    button,
    controls,
    done_line,
    failed,
    html,
    is_over,
    over_choice,
    piece,
    plot,
    select,
    state,
    state_line,
    tabs,
)
from returnee.dashboard.settings import COUNTIES
from returnee.dashboard.texts import escaped, page, words
from returnee.dashboard.visitor import files
from returnee.dashboard.visitor.place import (
    ENSEMBLE,
    LEVERS,
    MOST_SAVED,
    SCHOOLING,
    UNMOVED,
    Mix,
    Place,
    Unusable,
    fitting,
)
from returnee.dashboard.visitor.session import Session
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.measuring.selections import CHARTS
from returnee.experiments.reports.compare import Page
from returnee.experiments.studies.compare import Comparison
from returnee.experiments.words.texts import counted, county_name, phrase, plain_title
from returnee.scenarios import ScenarioError, scenario_names, walk


@solara.component
def Explore(session: Session) -> None:
    """Levers on the left, the answer on the right."""
    place = session.place.value
    shown = use_answers(place.asked(), lambda asker: answer(place, asker), stays=True)
    with box(classes="split"):
        Side(session)
        with box(classes="stack"):
            Right(session, shown)


@solara.component
def Side(session: Session) -> None:
    """Scenario, files and levers."""
    place, text = session.place.value, words(session.place.value.lang)
    is_open = solara.use_reactive(False)
    label = text["levers"]["hide" if is_open.value else "show"]
    with box(
        classes="side" + ("" if is_open.value else " shut"),
        tag="section",
        **{"aria-label": text["levers"]["show"]},
    ):
        with box(classes="drawer"):
            controls([button("open", label)], lambda _: is_open.set(not is_open.value))
        with box(classes="inner"):
            with box(classes="stack card", tag="div"):
                label = text["explore"]["scenario"]
                controls(choices(place), lambda data: act(session, data), label)
            Levers(
                rooms=levers.rooms(place.mix, place.lang), values=dict(place.mix.levers),
                words=text["levers"], lang=place.lang, event_move=lambda data: move(session, data),
            )  # fmt: skip


def move(session: Session, data: dict[str, Any]) -> None:
    """Move a lever, and those that must follow it."""
    place = session.place.peek()
    mix = place_moved(session, data)
    session.tell()
    if data.get("key") in SCHOOLING and mix != place.mix:
        mix = with_others(place.mix, mix, str(data["key"]))
        session.tell(words(place.lang)["problems"]["fitted"])
    session.set_mix(mix)


def with_others(before: Mix, mix: Mix, key: str) -> Mix:
    """The mix with the other shares of schooling fitted to the one moved, so that all add up to 1."""
    if key not in mix.levers:  # put back: all are
        kept = {k: v for k, v in mix.levers.items() if k not in SCHOOLING}
        return replace(mix, levers=MappingProxyType(kept))
    usual = dict(walk(before.unmoved().county, "county."))
    shares = {k: float(before.levers.get(k, usual[k].value)) for k in SCHOOLING if k != key}  # type: ignore[arg-type]
    left, sum_of = 1.0 - float(mix.levers[key]), sum(shares.values())  # type: ignore[arg-type]
    for other, share in shares.items():
        fitted = left * share / sum_of if sum_of > 0.0 else left / len(shares)
        mix = mix.moved(other, round(fitted, 9))
    return mix


def place_moved(session: Session, data: dict[str, Any]) -> Mix:
    """The mix after a lever was moved; values out of range stay out."""
    mix, key = session.place.peek().mix, str(data.get("key"))
    if key not in LEVERS:
        return mix
    value = data.get("value")
    try:
        return mix.moved(key, None if value is None else fitting(LEVERS[key], value))
    except Unusable:
        return mix


def choices(place: Place) -> list[Control]:
    """Controls above the levers."""
    text = words(place.lang)["explore"]
    named = [(name, plain_title(Mix(name).scenario(), place.lang)) for name in scenario_names()]
    years = [(str(12 * k + 1), text["year_option"].format(year=k + 1)) for k in range(9)]
    return [
        *county_choice(place),
        select("base", text["scenario"], place.mix.base, named),
        select("against", text["against"], place.against, [(UNMOVED, text["unmoved"]), *named]),
        select("start", text["from_month"], str(place.mix.start), years),
        over_choice(place),
        button("reset", text["reset_all"], disabled=not place.mix.levers),
        {"type": "file", "key": "upload", "label": text["upload"], "accept": ".toml,.csv", "most": files.MOST,
         "hint": text["upload_hint"].format(most=files.MOST // 1000)},
        button("download", text["download"]),
    ]  # fmt: skip


def county_choice(place: Place) -> list[Control]:
    """The control that chooses a county, where the server has more than what ships."""
    if not COUNTIES:
        return []
    found = {name: Mix(place.mix.base, county=name).scenario().county for name in ("", *COUNTIES)}
    named = [(name, county_name(c, place.lang)) for name, c in found.items()]
    label = words(place.lang)["explore"]["county"]
    return [select("county", label, place.mix.county, named)]


def act(session: Session, data: dict[str, Any]) -> None:
    """Answer a control beside the levers."""
    place = session.place.peek()
    key, value, mix = data.get("key"), data.get("value"), place.mix
    session.tell()
    if key == "base" and value in scenario_names():
        session.set_mix(replace(mix, base=value, title=""))
    elif key == "county" and value in ("", *COUNTIES):
        # The other county has its own people and places; what was moved of them stays behind.
        kept = {k: v for k, v in mix.levers.items() if not k.startswith("county.")}
        session.set_mix(replace(mix, county=value, levers=MappingProxyType(kept)))
    elif key == "against" and value in (*scenario_names(), UNMOVED):
        session.go(against=value)
    elif is_over(data):
        session.go(over=value)
    elif key == "start" and str(value).isdigit():
        session.set_mix(replace(mix, start=min(max(int(str(value)), 1), 120)))
    elif key == "reset":
        session.set_mix(Mix(mix.base, county=mix.county))
    elif key == "download":
        name = mix.title or mix.base
        session.download(f"{name}.toml", files.toml_of(mix, place.lang), "application/toml")
    elif key == "upload":
        try:
            mix = files.received(data, place)
        except ScenarioError as error:
            session.refuse(error)
        else:
            session.set_mix(mix)
            session.tell(*files.opened(str(data.get("name")), mix, place.lang))


def save(session: Session) -> None:
    """Keep the mix for Compare."""
    place = session.place.peek()
    text = words(place.lang)["explore"]
    if len(place.saved) >= MOST_SAVED:
        session.tell(text["save_full"].format(n=MOST_SAVED))
        return
    try:
        stem = files.title_in(plain_title(lined_up(place)[MOVED], place.lang))
    except ScenarioError as error:
        session.refuse(error)
        return
    taken = {mix.title for mix in place.saved} | set(scenario_names())
    title = next(
        t for k in itertools.count(1) if (t := stem if k == 1 else f"{stem} ({k})") not in taken
    )
    saved = replace(place.mix, title=title)
    compared = tuple(dict.fromkeys((*place.compared, title)))[-MOST_SAVED:]
    session.go(saved=(*place.saved, saved), compared=compared)
    session.tell(text["saved"].format(title=title))


@solara.component
def Right(session: Session, shown: Shown[Answer]) -> None:
    """The answer: figures, sentence, charts, money, waiting."""
    lang = session.place.value.lang
    if shown.error is not None:
        failed(shown, lang)
        Actions(session)  # what was made so far can still be kept and sent
    elif shown.found is None:
        html(first_line(shown, lang), live=True)
    else:
        Found(session, shown, shown.found)


@solara.component
def Found(session: Session, shown: Shown[Answer], found: Answer) -> None:
    """An answer, page by page; what was shown stays, paler, while a newer one is on its way."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["explore"]
    content = solara.use_memo(
        lambda: Content(found, place, shown.stamp), [shown.stamp, lang, place.chart]
    )
    below: Any = solara.use_ref(None)
    # A first answer leaves what stands further down as it was, to be there sooner.
    settled = found.plan.replicates > STAGES[0] or below.current is None or not shown.busy
    kept = solara.use_memo(
        lambda: Below(found, place) if settled else below.current, [shown.stamp, lang]
    )
    below.current = kept
    html(content.head, classes=[] if shown.fresh else ["busy"])
    html(answer_line(shown, place), live=True)
    Actions(session)
    views = [(name, phrase(BY_NAME[name], "tab", lang)) for name in CHARTS]
    controls(
        [tabs("chart", text["measure"], place.chart, views)],
        lambda data: session.go(chart=data["value"]) if data["value"] in CHARTS else None,
    )
    with box(classes="pair"):
        plot(content.levels)
        plot(content.differences)
    with box(classes="pair"):
        plot(kept.spending)
        with box(classes="stack"):
            html(kept.money, classes=["card"])
            html(kept.accounts, classes=["card"])
            html(kept.waiting, classes=["card"])
    repeat = f"<h2>{escaped(text['repeat'])}</h2><pre tabindex='0'>{escaped(kept.command)}</pre>"
    html(repeat, classes=["card"])


class Content:
    """Everything that an answer shows, made once for each answer and language."""

    def __init__(self, found: Answer, place: Place, stamp: int) -> None:
        lang, start = place.lang, place.mix.start
        text, sets = words(lang)["explore"], place.over == ENSEMBLE
        same = found.plan.scenarios[MOVED].id == found.plan.scenarios[REFERENCE].id
        line = text["same"] if same else Page(found, lang).sentence(MOVED)
        years = counted(found.plan.settings.months / 12.0, "year", lang)
        told = facts(found, lang, sets=sets)
        self.head = page("answer.html.j2", lang, facts=told, sentence=line, years=years)
        self.levels = drawing.levels(found, place.chart, lang, start, stamp)
        self.differences = drawing.differences(found, place.chart, lang, start, sets)


class Below:
    """What stands under the charts: spending, pots, waiting and the command."""

    def __init__(self, found: Answer, place: Place) -> None:
        lang, text = place.lang, words(place.lang)["explore"]
        spent = spending(found, lang)
        titles = {
            label: plain_title(scenario, lang) for label, scenario in found.plan.scenarios.items()
        }
        self.spending = drawing.bars(
            text["spending"], spent["names"],
            [
                {"name": titles[REFERENCE], "colour": "reference", "data": spent["reference"]},
                {"name": titles[MOVED], "colour": "policy", "data": spent["level"]},
            ],
            lang, "spending", "yuan",
        )  # fmt: skip
        self.money = page("money.html.j2", lang, pots=pots(found, lang))
        self.accounts = page("accounts.html.j2", lang, rows=accounts(found, lang))
        self.waiting = page("waiting.html.j2", lang, rows=waiting(found, lang))
        self.command = command(place, found.plan)


def first_line(shown: Shown[Answer], lang: str) -> str:
    """How far the runs are that a first answer needs."""
    text, most = words(lang), shown.total or 2 * STAGES[0]
    line = text["explore"]["begin"].format(done=shown.done, total=most)
    return state_line(lang, text["busy"] if shown.queued else line, shown.done, most)


def answer_line(shown: Shown[Answer], place: Place) -> str:
    """How many runs stand behind what is shown."""
    lang, found, text = place.lang, shown.found, words(place.lang)
    assert found is not None
    n = found.plan.replicates
    if not shown.fresh:  # what stands below is an answer to what was asked before
        line = text["busy"] if shown.queued else text["explore"]["stale"]
        return state_line(lang, line, 0, STAGES[-1])
    if not shown.busy:
        return state_line(lang, done_line(place, n))
    line = text["explore"]["first" if n <= STAGES[0] else "more"]
    line = line.format(n=n, most=STAGES[-1], sample=share_of(place.mix.unmoved()))
    return state_line(lang, line, n, STAGES[-1])


@solara.component
def Actions(session: Session) -> None:
    """Buttons under the answer, and the long work they begin."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["explore"]
    job: solara.Reactive[Job | None] = solara.use_reactive(None)
    shown = use_job(job, lambda begun, asker: perform(session, begun, asker))

    def begin(data: dict[str, Any]) -> None:
        key = data.get("key")
        if key == "link":
            session.copy_link(text["copied"])
        elif key == "save":
            save(session)
        elif key in ("full", "report"):
            job.value = Job(str(key), session.place.peek())
        elif key == "cancel":
            job.value = None

    no_full = {"disabled": True, "hint": words(lang)["over"]["no_full"]}
    buttons = [
        button("save", text["save"], primary=True),
        button("link", text["link"]),
        button("report", text["report"], disabled=shown.busy),
        button("full", text["full"], disabled=shown.busy)
        | (no_full if place.over == ENSEMBLE else {}),
    ]
    if shown.busy:
        buttons.append(button("cancel", text["cancel"]))
    controls(buttons, begin)
    if shown.busy and job.value is not None:
        line = text[f"{job.value.kind}_running"].format(done=shown.done, total=shown.total)
        state(lang, line if shown.total else text["full_wait"], shown.done, shown.total or 1)
    elif shown.error is not None:
        failed(shown, lang, text["failed"])
    elif shown.found is not None:
        with box(classes="card"):
            Whole(shown.found, lang)


@solara.component
def Whole(found: Comparison, lang: str) -> None:
    """Headline figures of the whole county."""
    label = found.plan.compared[0]
    rows = found.effects[found.effects["scenario"] == label].set_index("measure")
    told = [fact_of(found, name, rows.loc[name], lang) for name in HEADLINES]
    line = Page(found, lang).sentence(label)
    piece("full", lang, facts=told, sentence=line, n=long.FULL, months=SMALL.months)


def perform(session: Session, job: Job, asker: Asker) -> Comparison | None:
    """Do the long work that a job names: runs of the whole county, or a report to download."""
    place: Place = job.of
    if job.kind == "full":
        return long.full(place, asker)
    made = long.report(place, asker)
    if asker.wanted():
        session.download(long.report_name(place), made, "text/html")
    return None
