"""Lessons: what each sets, how a guess is held against the runs, and what is printed for a class."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from returnee.dashboard.live.answers import MOVED, Answer
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import UNMOVED, Mix, Place, Timed
from returnee.experiments.measuring.measures import BY_NAME, years_of
from returnee.experiments.reports import document as doc
from returnee.experiments.statistics.effects import HIGHER, LOWER
from returnee.experiments.words.texts import figure, phrase, span

STAGES = ("predict", "run", "compare", "why", "exercise")
GUESSES = ("more", "same", "fewer")
MINUTES = (10, 15, 15, 15, 20)
OPENING, CLOSING = 10, 5
"""Of ninety minutes: by stage, and before and after them."""
THREE_YEARS = 37  # first month after three years


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes
    ----------
    key : str
        Of its words in the catalogues.
    mix : Mix
        The policy.
    against : str
        What it is compared with.
    chart : str
        Measure that is shown and guessed.
    pillar : str
        Chain of support that says why.
    page : str
        Where one looks further: "explore", "network" or "village".
    because : str
        What says why: "chain" of support; "worth", which adds who would have done it anyway and who pays;
        "split" of the uncertainty; or the scale of the "village".
    """

    key: str
    mix: Mix
    against: str
    chart: str
    pillar: str
    page: str = "explore"
    because: str = "chain"


def _mix(base: str, **levers: Timed) -> Mix:
    moved = {f"policy.{key.replace('__', '.')}": value for key, value in levers.items()}
    return Mix(base, MappingProxyType(moved))


LESSONS = (
    Lesson("home", Mix("coastal_shock"), "baseline", "returns", "training", "village", "village"),
    Lesson("peers", Mix("awareness"), "baseline", "aware_finance", "finance", "network"),
    Lesson(
        "credit",
        _mix(
            "baseline", finance__counter_guarantee_waiver=300_000.0,
            finance__guarantee_fund=60_000_000.0, finance__leverage=16.0,
        ),
        UNMOVED, "firms_open", "finance",
    ),
    Lesson("linkage", Mix("linked"), "siloed", "public_cost", "finance"),
    Lesson(
        "gains",
        _mix(
            "baseline", finance__startup_grant={1: 12_000.0, THREE_YEARS: 0.0},
            finance__job_subsidy={1: 3000.0, THREE_YEARS: 0.0}, finance__grant_needs_certificate=False,
        ),
        UNMOVED, "firms_open", "grant", "explore", "worth",
    ),
    Lesson(
        "sure", _mix("baseline", training__places=2000.0), UNMOVED, "firms_open", "training", "explore", "split"
    ),
)  # fmt: skip
BY_KEY = {lesson.key: lesson for lesson in LESSONS}


def place_of(place: Place, lesson: Lesson) -> Place:
    """The place with the lesson's levers set."""
    mix = replace(lesson.mix, county=place.mix.county)
    return place.but(mix=mix, against=lesson.against, chart=lesson.chart)


def outcome(found: Answer, lesson: Lesson) -> str:
    """What the runs say of the lesson's measure: one of `GUESSES`."""
    verdict = found.by_measure[MOVED][lesson.chart]["verdict"]
    return {HIGHER: "more", LOWER: "fewer"}.get(verdict, "same")


def compared(found: Answer, lesson: Lesson, guess: str, lang: str) -> list[str]:
    """The guess, what the runs say with its interval, and whether they agree."""
    text, effect = words(lang)["learn"], found.by_measure[MOVED][lesson.chart]
    measure = BY_NAME[lesson.chart]
    years, said = years_of(measure.kind, found.plan.settings.months), outcome(found, lesson)
    much = figure(effect["difference"] / years, measure.unit, lang, signed=True)
    interval = span(effect["low"] / years, effect["high"] / years, measure.unit, lang)
    return [
        text["you_said"].format(guess=text["guesses"].get(guess, "–")),
        text["runs_say"].format(
            outcome=text["guesses"][said], much=much, interval=interval,
            measure=phrase(measure, "short", lang), n=found.plan.replicates,
        ),
        text["agrees" if guess == said else "differs"],
    ]  # fmt: skip


def handout(lang: str, teacher: bool) -> doc.Report:
    """Sheets for a class: a lesson each, with lines to write on; the teacher's has notes and times."""
    text = words(lang)["learn"]
    sections = []
    for number, lesson in enumerate(LESSONS, start=1):
        own = text[lesson.key]
        asked = text["asked"].format(measure=phrase(BY_NAME[lesson.chart], "short", lang))
        blocks: list[doc.Block] = [
            doc.Text([own["question"]], "answer"), doc.Text([own["idea"]]), doc.Heading(text["set"]), doc.Text([own["set"]]),
            doc.Heading(text["stages"][0]), doc.Text([asked]),
            doc.Text([f"☐ {text['guesses'][guess]}" for guess in GUESSES], "list"),
            doc.Heading(text["look"]), doc.Text(own["look"], "list"),
        ]  # fmt: skip
        if teacher:
            blocks += [doc.Heading(text["stages"][3]), doc.Text([own["why"]])]
            blocks += [doc.Heading(text["notes"]), doc.Text(own["notes"], "list"), plan(lang)]
            blocks.append(doc.note(text["print_note"]))
        blocks += [doc.Heading(text["ask"])]
        for line in own["ask"]:
            blocks += [doc.Text([line]), *([] if teacher else [doc.Text(["_" * 72] * 3, "note")])]
        sections.append(doc.Section(f"{number}. {own['title']}", blocks, on_new_page=number > 1))
    title = text["teacher_title" if teacher else "handout_title"]
    return doc.Report(lang, title, text["lead"], sections, "handout")


def times(lang: str) -> list[tuple[str, int]]:
    """Minutes of a class by what is done in them."""
    text = words(lang)["learn"]
    stages = zip(text["stages"], MINUTES)
    return [(text["opening"], OPENING), *stages, (text["closing"], CLOSING)]


def plan(lang: str) -> doc.Sheet:
    """The times of a class."""
    rows = [[name, str(minutes)] for name, minutes in times(lang)]
    return doc.Sheet(words(lang)["learn"]["plan"], rows)
