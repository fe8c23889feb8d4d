"""Errors that say, in one line, which file, which key, what was found and what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any, get_args

from pydantic import ValidationError

from returnee.scenarios.schema.fields import Group, is_group, walk


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


def problem(source: str, key: str, found: str, allowed: str) -> ScenarioError:
    """Make the error of one key.

    Parameters
    ----------
    source : str
        File, or where else the value came from.
    key : str
        Dotted key; may be empty where the file as a whole is meant.
    found, allowed : str
        In words.
    """
    where = ": ".join(part for part in (source, key) if part)
    return ScenarioError(f"{where}: found {found}, allowed {allowed}")


def show(value: Any) -> str:
    """Show a value as a scenario file would write it, cut to 60 characters."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a table"
    try:
        text = repr(value)
    except ValueError:  # a whole number too long to print
        text = f"a value of type {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


def unknown(
    source: str, key: str, siblings: Iterable[str], everything: Iterable[str]
) -> ScenarioError:
    """Make the error of a key that does not exist, naming the nearest that do.

    Parameters
    ----------
    source, key : str
        File and dotted key.
    siblings : iterable of str
        Dotted keys allowed at this place.
    everything : iterable of str
        All dotted keys, searched when nothing at this place is near.
    """
    siblings = list(siblings)
    hint = guess(nearest(key, siblings) or nearest(key, everything))
    names = ", ".join(sibling.rpartition(".")[2] for sibling in siblings)
    return problem(source, key, "an unknown key" + hint, f"one of {names}")


def guess(near: list[str]) -> str:
    """Ask whether a near word was meant; empty if there is none."""
    return f" (did you mean {' or '.join(near)}?)" if near else ""


def nearest(word: str, known: Iterable[str]) -> list[str]:
    """Give up to two known words near a word, comparing whole keys, then last parts."""
    known = list(known)
    near = difflib.get_close_matches(word, known, n=2, cutoff=0.85)
    if near:
        return near
    last = word.rpartition(".")[2]
    ends = [key for key in known if key.rpartition(".")[2] == last]
    if ends:
        return ends[:2]
    tails = {key.rpartition(".")[2]: key for key in known}
    return [tails[tail] for tail in difflib.get_close_matches(last, tails, n=2, cutoff=0.6)]


def first_problem(error: ValidationError) -> tuple[tuple[int | str, ...], str, Any, str]:
    """Take the first problem out of a pydantic error: place, kind, input and reason."""
    first = error.errors(include_url=False)[0]
    reason = first["msg"].removeprefix("Value error, ")
    return first["loc"], first["type"], first["input"], reason


def allowed_at(model: type[Group], place: tuple[int | str, ...]) -> str:
    """Say what a model allows at a place: a lever's range, a table, a text."""
    inner, name = descend(model, place)
    if name is None:
        return "a table"
    for key, lever in walk(inner):
        if key == name:
            return lever.allowed
    info = inner.model_fields.get(name)
    if info is None:
        return "one of " + ", ".join(inner.model_fields)
    if info.annotation is str:
        return "a name in a-z, 0-9 and _" if name == "key" else "a text of 1 to 100 characters"
    return "a table" if is_group(info) else "one or more tables"


def descend(model: type[Group], place: tuple[int | str, ...]) -> tuple[type[Group], str | None]:
    """Follow a place into nested models.

    Returns
    -------
    model : type
        Class that holds the last named part.
    name : str or None
        That part; None where the place is a model (a row of a table, or the whole) itself.
    """
    name: str | None = None
    for part in place:
        if name is not None:
            annotation: Any = model.model_fields[name].annotation
            row = get_args(annotation)
            model, name = (row[0] if row else annotation), None
        if isinstance(part, str):
            name = part
            if name not in model.model_fields:
                break
    return model, name
