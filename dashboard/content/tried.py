"""What was tried, in words: what a visitor moved, and the answer that came."""

from __future__ import annotations

from collections.abc import Mapping

from returnee.dashboard.content.facts import HEADLINES, short_name, told
from returnee.dashboard.content.levers import value_text
from returnee.dashboard.live.answers import MOVED, REFERENCE, Answer
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import LANGUAGES, LEVERS, UNMOVED, Mix, Place, Timed
from returnee.dashboard.visitor.session import Tried
from returnee.experiments.studies.ensemble import ensemble
from returnee.experiments.words.texts import label_of, plain_title

Moves = tuple[Mix, str, str]
MOST = 3  # levers that are named


def move(before: Moves | None, now: Moves, lang: str) -> str:
    """What was moved between two policies, in words.

    Parameters
    ----------
    before : (Mix, str, str) or None
        As `Place.moves`; None: nothing was shown before.
    """
    text = words(lang)["tried"]
    mix, against, over = now
    title = plain_title(mix.unmoved(), lang)
    if before is None:
        parts = [text["began"].format(title=title)] if not mix.levers else []
        parts += [_lever(key, value, lang) for key, value in sorted(mix.levers.items())]
        return _some(parts, lang)
    old, old_against, old_over = before
    parts = []
    if (mix.base, mix.county) != (old.base, old.county):
        parts.append(text["scenario"].format(title=title))
    for key in sorted({*mix.levers, *old.levers}):
        if mix.levers.get(key) != old.levers.get(key):
            if key in mix.levers:
                parts.append(_lever(key, mix.levers[key], lang))
            else:
                parts.append(text["reset"].format(name=label_of(LEVERS[key], lang), title=title))
    if against != old_against:
        parts.append(text["against"].format(title=against_title(now, lang)))
    if over != old_over:
        parts.append(text["over"].format(what=_over(over, lang)))
    return _some(parts, lang)


def against_title(moves: Moves, lang: str) -> str:
    """Title of what a policy is compared with."""
    mix, against, _ = moves
    if against == UNMOVED:
        return str(words(lang)["explore"]["unmoved"])
    return plain_title(Mix(against, county=mix.county).scenario(), lang)


def _over(over: str, lang: str) -> str:
    return str(words(lang)["over"][over]).format(n=len(ensemble()))


def _some(parts: list[str], lang: str) -> str:
    text = words(lang)["tried"]
    if len(parts) > MOST:
        parts = [*parts[:MOST], text["more"].format(n=len(parts) - MOST)]
    return str(text["comma"]).join(parts)


def _lever(key: str, value: Timed, lang: str) -> str:
    lever = LEVERS[key]
    if isinstance(value, Mapping):
        said = " → ".join(value_text(lever, one, lang) for _, one in sorted(value.items()))
    else:
        said = value_text(lever, value, lang)
    return str(words(lang)["tried"]["moved"]).format(name=label_of(lever, lang), value=said)


def changed(found: Answer, lang: str) -> str:
    """What is more and less in an answer, in words; that nothing can be told where that is so."""
    text, parts = words(lang)["tried"], []
    for name in HEADLINES:
        said = told(found.plan, name, found.by_measure[MOVED][name], lang)
        if said.known:
            parts.append(text["one"].format(name=short_name(name, lang), much=said.much, sure=said.sure))  # fmt: skip
    return str(text["comma"]).join(parts) or str(text["nothing"])


def tried(place: Place, found: Answer, before: Moves | None, moved: Answer | None) -> Tried:
    """A line for the list of what was tried.

    Parameters
    ----------
    before : (Mix, str, str) or None
        What was shown before.
    moved : Answer or None
        What the last move changed, of `answers.last_move`.
    """
    now = place.moves()
    lines = {}
    for lang in LANGUAGES:
        text = words(lang)["tried"]
        reference = plain_title(found.plan.scenarios[REFERENCE], lang)
        line = text["answer"].format(reference=reference, line=changed(found, lang))
        if moved is not None:
            line = text["both"].format(moved=changed(moved, lang), line=line)
        lines[lang] = line
    return Tried(now, {lang: move(before, now, lang) for lang in LANGUAGES}, lines)
