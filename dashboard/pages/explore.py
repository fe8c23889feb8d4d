"""Explore: move a lever, see the county answer; have it for the whole county, or as a report."""

from __future__ import annotations

import itertools
from collections.abc import Hashable
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import solara

from returnee.dashboard.content import chain, drawing, levers, uncertain
from returnee.dashboard.content.facts import (
    accounts,
    fact_of,
    facts,
    headline,
    pots,
    spending,
    tab_name,
    waiting,
)
from returnee.dashboard.content.tried import Moves, changed, tried
from returnee.dashboard.live import long
from returnee.dashboard.live.answers import (
    HEADLINES,
    MOVED,
    REFERENCE,
    Answer,
    answer,
    command,
    last_move,
    lined_up,
)
from returnee.dashboard.live.asking import Job, Question, Shown, use_answers, use_job
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.live.runs import SMALL, STAGES, share_of
from returnee.dashboard.pages.papers import Papers
from returnee.dashboard.pages.safe import Safe
from returnee.dashboard.pages.widgets import (
    ChainOf,
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
    MOST_COMPARED,
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
from returnee.experiments.words.texts import county_name, phrase, plain_title
from returnee.scenarios import ScenarioError, scenario_names, walk

OPTIONS = {
    "pillar": frozenset(chain.PILLARS), "step": frozenset(chain.STEPS), "ranges": frozenset("01"),
}  # fmt: skip
SHORT = {"height": 205}
PATIENCE = 0.02  # seconds that drawing the page anew waits until the runs are asked for


@solara.component
def Explore(session: Session) -> None:
    """Levers on the left, the answer on the right."""
    place = session.place.value
    question: Question[Answer] = solara.use_memo(Question, [])
    shown = use_answers(
        place.asked(), lambda asker: answer(place, asker), stays=True, question=question
    )
    with box(classes="split"):
        Side(session, question)
        with box(classes="stack tight"):
            Safe(session, Right, session, shown)


@solara.component
def Side(session: Session, question: Question[Answer]) -> None:
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
            with box(classes="card narrow-card", tag="div"):
                label = text["explore"]["scenario"]
                controls(choices(session), lambda data: act(session, data), label)
                with box(tag="details", classes="more"):
                    html(escaped(text["explore"]["more_choices"]), tag="summary")
                    more = text["explore"]["more_choices"]
                    controls(more_choices(place), lambda data: act(session, data), more)
            Levers(
                rooms=levers.rooms(place.mix, place.lang), main=list(levers.MAIN),
                values=dict(place.mix.levers), words=text["levers"], lang=place.lang,
                event_move=lambda data: move(session, data, question),
            )  # fmt: skip


def move(session: Session, data: dict[str, Any], question: Question[Answer] | None = None) -> None:
    """Move a lever, and those that must follow it; runs begin before the page is drawn anew."""
    place = session.place.peek()
    mix = place_moved(session, data)
    session.tell()
    if data.get("key") in SCHOOLING and mix != place.mix:
        mix = with_others(place.mix, mix, str(data["key"]))
        session.tell(words(place.lang)["problems"]["fitted"])
    moved = place.but(mix=mix)
    if question is not None:
        work = lambda asker: answer(moved, asker)  # noqa: E731
        question.ask(moved.asked(), work, stays=True, patience=PATIENCE)
    session.set_mix(mix)
    number = data.get("number")
    session.moved = number if isinstance(number, int) else session.moved


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


def choices(session: Session) -> list[Control]:
    """Controls above the levers: what is compared, and ways back."""
    place = session.place.value
    text, tried_words = words(place.lang)["explore"], words(place.lang)["tried"]
    named = scenarios_named(place.lang)
    return [
        *county_choice(place),
        select("base", text["scenario"], place.mix.base, named),
        select("against", text["against"], place.against, [(UNMOVED, text["unmoved"]), *named]),
        button("undo", tried_words["undo"], disabled=not session.past),
        button("redo", tried_words["redo"], disabled=not session.future),
        button("reset", text["reset_all"], disabled=not place.mix.levers),
    ]


@lru_cache(maxsize=2)
def scenarios_named(lang: str) -> tuple[tuple[str, str], ...]:
    """Names and titles of the scenarios that ship."""
    return tuple((name, plain_title(Mix(name).scenario(), lang)) for name in scenario_names())


def more_choices(place: Place) -> list[Control]:
    """From when levers are moved, over what behaviour, and files."""
    text = words(place.lang)["explore"]
    years = [(str(12 * k + 1), text["year_option"].format(year=k + 1)) for k in range(9)]
    return [
        select("start", text["from_month"], str(place.mix.start), years),
        over_choice(place),
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
    if key == "undo":
        session.undo()
    elif key == "redo":
        session.redo()
    elif key == "base" and value in scenario_names():
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


def usual_title(place: Place) -> str:
    """A title for the mix that no other scenario has.

    Raises
    ------
    ScenarioError
        If the mix is no scenario.
    """
    stem = files.title_in(plain_title(lined_up(place)[MOVED], place.lang))
    taken = {mix.title for mix in place.saved} | set(scenario_names())
    return next(
        t for k in itertools.count(1) if (t := stem if k == 1 else f"{stem} ({k})") not in taken
    )


def save(session: Session, title: str = "") -> None:
    """Keep the mix under a title, and have it on Compare."""
    place = session.place.peek()
    text = words(place.lang)["explore"]
    title = files.title_in(title).strip()
    if len(place.saved) >= MOST_SAVED and title not in {mix.title for mix in place.saved}:
        session.tell(text["save_full"].format(n=MOST_SAVED))
        return
    try:
        usual = usual_title(place)
    except ScenarioError as error:
        session.refuse(error)
        return
    title = usual if title in ("", *scenario_names()) else title
    session.keep(replace(place.mix, title=title))
    session.go(compared=tuple(dict.fromkeys((*place.compared, title)))[-MOST_COMPARED:])
    lost = [words(place.lang)["kept"]["off"]] if session.keeps.peek() is False else []
    session.tell(text["saved"].format(title=title), *lost)


@solara.component
def Right(session: Session, shown: Shown[Answer]) -> None:
    """The answer: a sentence, figures, charts, why, and all the rest."""
    lang = session.place.value.lang
    before = use_before(session, shown)
    if shown.error is not None:
        failed(shown, lang)
        Actions(session)  # what was made so far can still be kept and sent
    elif shown.found is None:
        html(first_line(shown, lang), live=True)
        html("", classes=["outline"])
    else:
        Found(session, shown, shown.found, before)


@dataclass
class Seen:
    """What was shown: the answer, what it belongs to, and the same of the move before."""

    asked: Hashable = None
    moves: Moves | None = None
    found: Answer | None = None
    moves_before: Moves | None = None
    found_before: Answer | None = None


def use_before(session: Session, shown: Shown[Answer]) -> Answer | None:
    """The answer before the last move, if it can be set beside the one shown; notes what was tried."""
    seen: Any = solara.use_ref(Seen())
    place, is_there = session.place.value, shown.fresh and shown.found is not None
    if is_there:
        at: Seen = seen.current
        if at.asked != shown.asked:
            at.moves_before, at.found_before = at.moves, at.found
            at.asked, at.moves = shown.asked, place.moves()
        at.found = shown.found
    settled = is_there and not shown.busy

    def note() -> None:
        if settled and shown.found is not None:
            before = comparable(seen.current, shown.found)
            moved = None if before is None else last_move(shown.found, before)
            session.note(tried(place, shown.found, seen.current.moves_before, moved))

    solara.use_effect(note, [settled, shown.stamp])
    return comparable(seen.current, shown.found) if shown.found is not None else None


def comparable(seen: Seen, found: Answer) -> Answer | None:
    """The answer before, if the policy was another one then, in the same county."""
    before = seen.found_before
    if before is None or seen.moves is None or seen.moves_before is None:
        return None
    ours, theirs = found.plan.scenarios[MOVED], before.plan.scenarios[MOVED]
    same_world = seen.moves[0].county == seen.moves_before[0].county
    same_way = seen.moves[2] == seen.moves_before[2]
    return before if same_world and same_way and ours.id != theirs.id else None


@solara.component
def Found(session: Session, shown: Shown[Answer], found: Answer, before: Answer | None) -> None:
    """An answer; what was shown stays, paler, while a newer one is on its way."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["explore"]
    ranges = place.option("ranges", "0")
    content = solara.use_memo(
        lambda: Content(found, place, session.moved if shown.fresh else -1, before),
        [shown.stamp, lang, place.chart, ranges],
    )
    below: Any = solara.use_ref(None)
    # A first answer leaves what stands further down as it was, to be there sooner.
    settled = found.plan.replicates > STAGES[0] or below.current is None or not shown.busy
    kept: Below | None = solara.use_memo(
        lambda: Below(found, place, shown.stamp) if settled and found.kept else below.current,
        [shown.stamp, lang],
    )
    below.current = kept
    html(content.head, classes=[] if shown.fresh else ["busy"])
    with box(classes="toolbar"):
        html(answer_line(shown, place), live=True)
        Actions(session)
    with box(tag="details", classes="more"):
        html(escaped(words(lang)["papers"]["label"]), tag="summary")
        Papers(session)
    views = [(name, tab_name(name, lang)) for name in CHARTS]
    controls(
        [tabs("chart", text["measure"], place.chart, views)],
        lambda data: session.go(chart=data["value"]) if data["value"] in CHARTS else None,
    )
    with box(classes="pair"):
        plot(content.levels)
        plot(content.differences)
    if kept is None:
        html("", classes=["outline"])
    else:
        Under(session, kept, kept.stamp == shown.stamp)


@solara.component
def Under(session: Session, kept: Below, fresh: bool) -> None:
    """What stands under the charts: why, money, waiting, what was tried and the command."""
    text = words(session.place.value.lang)["explore"]
    with box(classes="stack tight" if fresh else "stack tight busy"):
        Why(session, kept.found, kept.stamp)
    with box(tag="details", classes="more card", open=True):
        html(escaped(text["below"]), tag="summary")
        with box(classes="stack"):
            plot(kept.spending)
            html(kept.money, classes=["card"])
            html(kept.accounts, classes=["card"])
            html(kept.waiting, classes=["card"])
    History(session)
    repeat = f"<h2>{escaped(text['repeat'])}</h2><pre tabindex='0'>{escaped(kept.command)}</pre>"
    html(repeat, classes=["card"])


class Content:
    """What an answer shows on the first screen, made once for each answer and language."""

    def __init__(self, found: Answer, place: Place, move: int, before: Answer | None) -> None:
        lang, start = place.lang, place.mix.start
        text = words(lang)["explore"]
        names = [plain_title(found.plan.scenarios[k], lang) for k in (MOVED, REFERENCE)]
        same = found.plan.scenarios[MOVED].id == found.plan.scenarios[REFERENCE].id
        line = text["same"] if same else headline(found, lang, *names)
        moved = None if before is None else last_move(found, before)
        if moved is not None:
            line += " " + words(lang)["headline"]["moved"].format(what=changed(moved, lang))
        told = facts(found, lang, moved)
        ranges = place.option("ranges", "0") == "1"
        self.head = page("answer.html.j2", lang, facts=told, sentence=line, ranges=ranges)
        self.levels = drawing.levels(found, place.chart, lang, start, move, before) | SHORT
        self.differences = drawing.differences(found, place.chart, lang, start, before) | SHORT


class WhyTold:
    """What is said of the chain and of one of its steps, made once for each answer and language."""

    def __init__(self, found: Answer, pillar: str, step: str, lang: str, names: list[str]) -> None:
        self.chain = chain.view(found, pillar, step, lang, names)
        rule, hangs = chain.rule(found, pillar, step, lang)
        self.step = page(
            "step.html.j2", lang, label=chain.label(pillar, step, lang), names=names, rule=rule,
            hangs=hangs, reasons=chain.reasons(found, pillar, step, lang),
        )  # fmt: skip
        self.worth = page("worth.html.j2", lang, rows=chain.worth(found, lang))


@solara.component
def Why(session: Session, found: Answer, stamp: int) -> None:
    """The chain of support; under it a step's reasons, rule and people, and whether it is worth it."""
    place = session.place.value
    lang, text = place.lang, words(place.lang)["chain"]
    pillar = place.option("pillar", chain.PILLARS[0])
    steps = chain.CHAINS[pillar]
    step = place.option("step", "granted")
    step = step if step in steps else steps[-2]
    names = [plain_title(found.plan.scenarios[k], lang) for k in (MOVED, REFERENCE)]
    told = solara.use_memo(
        lambda: WhyTold(found, pillar, step, lang, names), [stamp, pillar, step, lang]
    )
    job: solara.Reactive[Job | None] = solara.use_reactive(None)
    people = use_job(
        job,
        lambda begun, asker: chain.people(begun.of[0], str(begun.of[1]), str(begun.of[2]), asker),
    )
    asked = (place.mix, place.against, place.over, pillar, step)
    solara.use_effect(lambda: job.set(None), [asked])
    ChainOf(
        chain=told.chain,
        event_choose=lambda key: session.pick({"key": "pillar", "value": key}, OPTIONS),
        event_pick=lambda key: session.pick({"key": "step", "value": key}, OPTIONS),
    )
    with box(classes="pair"):
        with box(classes="card"):
            html(told.step)
            showing = job.value is not None
            controls(
                [button("people", text["hide" if showing else "people"])],
                lambda _: job.set(None if showing else Job("people", (place, pillar, step))),
            )
            if people.error is not None:
                failed(people, lang)
            elif showing and people.found is None:
                state(lang, text["looking"], 0, 1)
            elif showing and people.found is not None:
                piece("people", lang, told=chain.stories(found, people.found, lang))
        with box(classes="stack"):
            html(told.worth, classes=["card"])
            Uncertain(session, found)


@solara.component
def Uncertain(session: Session, found: Answer, of: Place | None = None) -> None:
    """What is uncertain, split on demand: luck, parameters, structure; of a place, or of that of the page."""
    place = of or session.place.value
    lang, text = place.lang, words(place.lang)["uncertain"]
    job: solara.Reactive[Job | None] = solara.use_reactive(None)
    shown = use_job(job, lambda begun, asker: uncertain.split_of(begun.of, asker))
    asked = (place.mix, place.against, place.over)
    solara.use_effect(lambda: job.set(None), [asked])
    with box(classes="card"):
        name = words(lang)["facts"]["names"].get(place.chart) or phrase(
            BY_NAME[place.chart], "short", lang
        )
        n = solara.use_memo(lambda: len(uncertain.sets_used()), [])
        head = f"<h2>{escaped(text['heading'])}</h2>"
        note = text["note"].format(measure=name, sets=n)
        html(
            f"{head}<p class='note'>{escaped(note)} {escaped(words(lang)['explore']['futures'])}</p>"
        )
        busy = job.value is not None and shown.busy
        items = [button("split", text["ask"], disabled=busy)]
        if busy:
            items.append(button("cancel", words(lang)["explore"]["cancel"]))

        def begin(data: dict[str, Any]) -> None:
            job.value = Job("split", place) if data.get("key") == "split" else None

        if job.value is None or busy or shown.error is not None:
            controls(items, begin)
        if busy:
            line = text["running"].format(done=shown.done, total=shown.total)
            state(lang, line, shown.done, shown.total or 1)
        elif shown.error is not None:
            failed(shown, lang)
        elif shown.found is not None:
            html(f"<p>{escaped(uncertain.line(shown.found, place.chart, lang))}</p>")
            plot(uncertain.drawn(shown.found, place.chart, lang))


@solara.component
def History(session: Session) -> None:
    """What was tried, with its answers; a line is a way back."""
    lang = session.place.value.lang
    text, rows = words(lang)["tried"], session.tried.value

    def back(data: dict[str, Any]) -> None:
        k = int(str(data.get("value"))) if str(data.get("value")).isdigit() else len(rows)
        if k < len(rows):
            mix, against, over = rows[k].asked
            session.go(mix=mix, against=against, over=over)

    with box(classes="card", tag="section", **{"aria-label": text["heading"]}):
        html(f"<h2>{escaped(text['heading'])}</h2><p class='note'>{escaped(text['note'])}</p>")
        if not rows:
            html(f"<p>{escaped(text['none'])}</p>")
        lines = [
            {"value": str(k), "text": row.move[lang] or text["none"], "more": row.found[lang],
             "now": row.asked == session.place.value.moves()}
            for k, row in enumerate(rows)
        ]  # fmt: skip
        if lines:
            controls([{"type": "list", "key": "tried", "label": text["heading"], "options": lines}], back)  # fmt: skip


class Below:
    """What stands under the charts: why, spending, pots, waiting and the command."""

    def __init__(self, found: Answer, place: Place, stamp: int) -> None:
        self.found, self.stamp = found, stamp
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
    keeping = solara.use_reactive(False)

    def begin(data: dict[str, Any]) -> None:
        key = data.get("key")
        if key == "link":
            session.copy_link(text["copied"])
        elif key == "save":
            keeping.value = True
        elif key == "ranges":
            session.choose(ranges="0" if session.place.peek().option("ranges", "0") == "1" else "1")
        elif key in ("full", "report"):
            job.value = Job(str(key), session.place.peek())
        elif key == "cancel":
            job.value = None

    no_full = {"disabled": True, "hint": words(lang)["over"]["no_full"]}
    shows = place.option("ranges", "0") == "1"
    buttons = [
        button("ranges", text["no_ranges" if shows else "ranges"]),
        button("save", text["keep"]),
        button("link", text["link"]),
        button("report", text["report"], disabled=shown.busy),
        button("full", text["full"], disabled=shown.busy)
        | (no_full if place.over == ENSEMBLE else {}),
    ]
    if shown.busy:
        buttons.append(button("cancel", text["cancel"]))
    controls(buttons, begin)
    if keeping.value:
        Keeping(session, keeping)
    if shown.busy and job.value is not None:
        line = text[f"{job.value.kind}_running"].format(done=shown.done, total=shown.total)
        state(lang, line if shown.total else text["full_wait"], shown.done, shown.total or 1)
    elif shown.error is not None:
        failed(shown, lang, text["failed"])
    elif shown.found is not None:
        with box(classes="card"):
            Whole(shown.found, lang)


@solara.component
def Keeping(session: Session, keeping: solara.Reactive[bool]) -> None:
    """Ask for a name, and keep the policy under it."""
    lang = session.place.value.lang
    text, title = words(lang)["kept"], solara.use_reactive("")

    def act_on(data: dict[str, Any]) -> None:
        if data.get("key") == "name":
            title.value = str(data.get("value"))
            return
        if data.get("key") == "keep":
            save(session, title.peek())
        keeping.value = False

    items = [
        {"type": "text", "key": "name", "label": text["name_hint"], "value": title.value},
        button("keep", words(lang)["explore"]["save"], primary=True),
        button("leave", words(lang)["explore"]["cancel"]),
    ]
    controls(items, act_on, text["name_hint"])


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
