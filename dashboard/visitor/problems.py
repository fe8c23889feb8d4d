"""What could not be done, as one line in the visitor's language.

Scenarios say it in English, "place: key: found this, allowed that"; levers are given their names here.
"""

from __future__ import annotations

import re

from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import LEVERS
from returnee.experiments.words.texts import label_of

SCHOOLING = tuple(key for key in LEVERS if key.startswith("county.people.schooling_"))
"""Shares that add up to 1."""

LINE = re.compile(r"(?P<where>.+?): found (?P<found>.+), allowed (?P<allowed>.+)", re.DOTALL)
OVERRIDE = re.compile(r"^override: ")


def say(error: Exception, lang: str) -> str:
    """One line for a visitor."""
    line = OVERRIDE.sub("", " ".join(str(error).split()))
    parts = LINE.fullmatch(line)
    if parts is None:
        return line
    text = words(lang)["problems"]
    where = _named(parts["where"], lang)
    found, allowed = _told(parts["found"], lang), _told(parts["allowed"], lang)
    line = str(text["line"]).format(where=where, found=found, allowed=allowed)
    if "schooling_*" in parts["where"]:
        names = text["comma"].join(label_of(LEVERS[key], lang) for key in SCHOOLING)
        line += str(text["schooling"]).format(names=names)
    return line


def _named(where: str, lang: str) -> str:
    """The place of a mistake, with the name of the lever that stands there."""
    text, key = words(lang)["problems"], where.rpartition(": ")[2]
    if key in LEVERS:
        return str(text["where"]).format(name=label_of(LEVERS[key], lang), where=where)
    return where


def _told(phrase: str, lang: str) -> str:
    """What was found or is allowed, in the visitor's language as far as it is known there."""
    for pattern, told in words(lang)["problems"]["phrases"]:
        phrase = re.sub(pattern, told, phrase)
    for key in re.findall(r"work\.\w+", phrase):
        if f"county.{key}" in LEVERS:
            phrase = phrase.replace(key, label_of(LEVERS[f"county.{key}"], lang))
    return phrase
