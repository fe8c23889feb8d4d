"""Life stories in words, English and Chinese: who, what happened when, and where two lives part.

A cause is named only where the record shows the mechanism: what was known, a place, a decision on a
loan with its reason, a payment, or that own money fell short of the least a start needs. Otherwise
the story says that the record does not show why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from returnee.experiments.numbers import rounded
from returnee.experiments.running.plan import Plan
from returnee.experiments.studies.stories import life as lives
from returnee.experiments.studies.stories.watch import lives_in
from returnee.experiments.words.texts import counted as count
from returnee.experiments.words.texts import title_of, words
from returnee.simulation.run import Run

KNOWLEDGE = ("heard", "forgot")
REASONS = {
    "why_heard": KNOWLEDGE,
    "why_training": ("training_asked", "trained", "training_dropped"),
    "why_offer": ("offer",),
    "why_loan": (*lives.LOAN, *lives.OTHER_LOANS),
    "why_place": ("mentored", "incubated", "contest_won"),
    "why_money": lives.RECEIVED,
}
NO_SUPPORT = ("forgot", *lives.OTHER_LOANS)
SUPPORT = tuple(kind for kinds in REASONS.values() for kind in kinds if kind not in NO_SUPPORT)


def people_words(lang: str) -> dict[str, Any]:
    """Texts about people and lives in one language."""
    return words(lang)["people"]


def story(run: Run, worker: int, lang: str = "en") -> list[str]:
    """Tell one person's life in a run: a sentence on who it is, one an event, and the end.

    `run`: any run of `simulation.simulate`; it is lived again with an eye on the person. `worker`:
    id. Raises UsageError: if nobody of that id was in the labour force under the policy.
    """
    life = lives_in(run, [worker])[worker]
    return [who(life, lang), *_told(life, lang), ending(life, lang)]


def _told(life: lives.Life, lang: str) -> list[str]:
    dated = people_words(lang)["dated"]
    return [dated.format(date=date, text=text) for date, text in event_lines(life, lang)]


def story_lines(plan: Plan, label: str, pair: lives.Pair, lang: str) -> list[str]:
    """A pair of lives as sentences: who, each life, and where they part."""
    text, lines = people_words(lang), [who(pair.policy, lang)]
    names = titles(plan, label, lang)
    for side in ("reference", "policy"):
        life = getattr(pair, side)
        lines.append(text["under"].format(name=names[side]))
        lines += [*(_told(life, lang) or [text["nothing_happens"]]), ending(life, lang)]
    return [*lines, *parting(plan, label, pair, lang)]


def titles(plan: Plan, label: str, lang: str) -> dict[str, str]:
    """Titles of the policy and of the reference."""
    sides = {"policy": label, "reference": plan.reference}
    return {side: title_of(plan.scenarios[name], name, lang) for side, name in sides.items()}


def date_of(month: int, lang: str) -> str:
    """Month and year of the policy; month 1 is January of year 1."""
    text = people_words(lang)
    year, place = divmod(month - 1, 12)
    return str(text["date"]).format(month=text["months"][place], year=year + 1)


def duration(months: int, lang: str) -> str:
    """A time in months, or from two years on in years."""
    if months < 24:
        return count(months, "month", lang)
    return count(round(months / 12.0, 1), "year", lang)


def money(yuan: float, lang: str) -> str:
    """A sum of money, to three digits."""
    value = rounded(yuan, 3)
    if lang == "zh" and abs(value) >= 1e4:
        return f"{value / 1e4:,g}万元"
    return str(people_words(lang)["yuan"]).format(n=f"{value:,.0f}")


def name_in(names: list[str], lang: str) -> str:
    """A name of the county file in the reader's language."""
    return names[lang == "zh"]


def joined(parts: Iterable[str], lang: str) -> str:
    """A list in words."""
    some = list(parts)
    if len(some) < 2:
        return "".join(some)
    return str(words(lang)["comma"]).join(some[:-1]) + people_words(lang)["and"] + some[-1]


def who(life: lives.Life, lang: str) -> str:
    """Who the person was when the policy began."""
    text, p = people_words(lang)["who"], life.person
    form, noun = ("young", f"young_{p['sex']}") if p["enters"] > 0 else ("person", p["sex"])
    about = {"remote": text["remote"] if p["remote"] else "", "age": p["age"], "noun": text[noun]}
    town, school = name_in(p["township"], lang), text["schooling"][p["schooling"]]
    parts = [text[form].format(id=life.worker, township=town, schooling=school, **about)]
    family = [text[name] for name in ("child", "elder") if p[name]]
    parts.append(text["family"].format(what=joined(family, lang)) if family else "")
    if "wage" in p:
        years, sector = count(p["away_years"], "year", lang), name_in(p["city_sector"], lang)
        where, wage = text["outside" if p["out_of_province"] else "inside"], money(p["wage"], lang)
        parts.append(text["away"].format(years=years, sector=sector, where=where, wage=wage))
    parts.append(_at_start(p, lang))
    return str(people_words(lang)["gap"]).join(part for part in parts if part)


def _at_start(p: lives.Detail, lang: str) -> str:
    """What the person did and knew when the policy began."""
    text = people_words(lang)["who"]
    if p["enters"] > 0:
        return ""
    state = text["states"].get(p["state"], "")
    if "firm" in p:
        sector, jobs = name_in(p["firm"]["sector"], lang), count(p["firm"]["jobs"], "job", lang)
        state = text["has_firm"].format(sector=sector, jobs=jobs)
    what = WRITTEN["channels"](p["knows"], lang)
    known = text["knows"].format(what=what) if what else text["knows_nothing"]
    return str(text["at_start"]).format(state=state, known=known)


def with_jobs(jobs: int, lang: str) -> str:
    """How many jobs a firm has, if any."""
    form = str(people_words(lang)["with_jobs"])
    return form.format(n=count(jobs, "job", lang)) if jobs else ""


WRITTEN: dict[str, Callable[[Any, str], str]] = {
    "yuan": money, "means": money, "wanted": money, "months": duration, "jobs": with_jobs,
    "sector": name_in,
    "channels": lambda names, lang: joined((people_words(lang)["channels"][n] for n in names), lang),
    "reason": lambda why, lang: people_words(lang)["reasons"][why.replace(" ", "_")],
}  # fmt: skip
"""How what an event names is written."""


def sentence(event: lives.Event, lang: str) -> str:
    """An event in words."""
    text, d = people_words(lang), event.detail
    fields = {name: write(d[name], lang) for name, write in WRITTEN.items() if name in d}
    for name, key in (("waited", "after_wait"), ("away_months", "after_away")):
        months = d.get(name, 0)
        fields[name] = text[key].format(n=duration(months, lang)) if months > 0 else ""
    return str(text["events"][event.kind]).format(**fields)


def event_lines(life: lives.Life, lang: str) -> list[tuple[str, str]]:
    """Date and words of every month in which something happened."""
    gap, months = people_words(lang)["gap"], groupby(life.events, key=lambda event: event.month)
    return [(date_of(m, lang), gap.join(sentence(e, lang) for e in some)) for m, some in months]


def ending(life: lives.Life, lang: str) -> str:
    """How the life stands at the end."""
    said, end = people_words(lang)["end"], life.end
    state = said["states"].get(end["state"], "")
    if "sector" in end:
        sector, income = name_in(end["sector"], lang), money(end["income"], lang)
        state = said["firm"].format(sector=sector, jobs=with_jobs(end["jobs"], lang), income=income)
    parts = [said["at_end"].format(date=date_of(end["month"], lang), state=state)]
    if end["received"] >= 1.0:
        parts.append(said["received"].format(yuan=money(end["received"], lang)))
    return str(people_words(lang)["gap"]).join(parts)


def signature(event: lives.Event) -> tuple[Any, ...]:
    """What makes two events the same."""
    d = event.detail
    return event.month, event.kind, tuple(d.get("channels", ())), round(d.get("yuan", 0.0))


def parting(plan: Plan, label: str, pair: lives.Pair, lang: str) -> list[str]:
    """Where the two lives first part, and what the record shows of why."""
    text, names = people_words(lang)["parting"], titles(plan, label, lang)
    both = [life.events for life in (pair.policy, pair.reference)]
    one, other = (set(map(signature, events)) for events in both)
    differing = one ^ other
    if not differing:
        return [text["same"]]
    month, gap = min(differing)[0], people_words(lang)["gap"]
    first = [[e for e in some if e.month == month and signature(e) in differing] for some in both]
    ours, theirs = (
        gap.join(sentence(e, lang) for e in some) if some else text["nothing"] for some in first
    )
    lines = [
        text["parts"].format(date=date_of(month, lang), ours=ours, theirs=theirs, **names),
        why({event.kind for some in first for event in some}, lang),
    ]
    if all(event.kind != "registered" for event in pair.reference.events):
        lines.append(because(pair, names["policy"], lang) or before_firm(pair, names, lang))
    return [line for line in lines if line]


def why(kinds: set[str], lang: str) -> str:
    """What kind of thing differed first, and whether the record shows where it came from."""
    text = people_words(lang)["parting"]
    for reason, of in REASONS.items():
        if kinds & set(of):
            heard = ("referred", "registered") if reason == "why_heard" else ()
            sources = [text[f"from_{kind}"] for kind in heard if kind in kinds]
            return str(people_words(lang)["gap"]).join([text[reason], *sources[:1]])
    return str(text["why_unknown"])


def before_firm(pair: lives.Pair, names: dict[str, str], lang: str) -> str:
    """Support that came before the firm was registered under one policy and never under the other."""
    text = people_words(lang)
    until = next((e.month for e in pair.policy.events if e.kind == "registered"), -1)
    theirs = {(e.kind, c) for e in pair.reference.events for c in e.detail.get("channels", [""])}
    came = []
    for event in pair.policy.events:
        if event.month > until or event.kind not in SUPPORT or event.kind in lives.MONTHLY:
            continue
        if any((event.kind, part) not in theirs for part in event.detail.get("channels", [""])):
            what, date = sentence(event, lang).rstrip(".。"), date_of(event.month, lang)
            came.append(text["parting"]["item"].format(what=what, date=date))
    if not came:
        return ""
    return str(text["parting"]["before"]).format(items=words(lang)["list_and"].join(came), **names)


def because(pair: lives.Pair, name: str, lang: str) -> str:
    """That own money fell short of the least a start needs, and a loan closed the gap."""
    for plan in (e for e in pair.policy.events if e.kind == "planned"):
        later = [e for e in pair.policy.events if e.month >= plan.month]
        opened = next((e.month for e in later if e.kind == "registered"), -1)
        kinds = {e.kind for e in later if e.month <= opened}
        # Where a tie lent what was still wanting, the loan alone was not enough.
        short = plan.detail["means"] < plan.detail["least"] and "tie_lent" not in kinds
        if short and kinds & {"loan_granted", "loan_cut"}:
            means, least = (money(plan.detail[key], lang) for key in ("means", "least"))
            form = str(people_words(lang)["parting"]["because_loan"])
            return form.format(means=means, least=least, policy=name)
    return ""
