"""Scenario files up and down. A file from a browser is text: TOML or CSV, small, never a path.

An uploaded file may build on scenarios and counties that ship only, so that it can't make the server
read a file of its own. Errors are those of the command line.
"""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from dashboard.place import LEVERS, LONGEST_TITLE, Mix, Timed, Unusable, full_key, written
from dashboard.texts import words
from scenarios import Behaviour, ScenarioError, load_scenario, parse_override, scenario_names
from scenarios.editor import toml_text
from scenarios.errors import problem, show
from scenarios.layers import MODELS, Layers, build, flatten
from scenarios.loader import FOLDER, HEAD, TEXTS

MOST = 64_000  # bytes of an uploaded file
LAST_MONTH = 120  # that the pages look ahead


def read_upload(name: str, size: int, text: str | None, lang: str) -> Mix:
    """A mix out of an uploaded file.

    Parameters
    ----------
    name : str
        Of the file; says what kind it is.
    size : int
        Bytes, as the browser says.
    text : str or None
        Content; None if the browser found it too large.
    lang : {"en", "zh"}
        Language of what is said about the file itself.

    Raises
    ------
    ScenarioError
        One line: file, key, what was found, what is allowed.
    """
    words_, name = words(lang)["files"], re.sub(r"[^\w.\- ]", "_", name)[:80] or "file"
    if text is None or size > MOST or len(text.encode()) > MOST:
        kb = max(size, 0 if text is None else len(text.encode())) // 1000
        raise ScenarioError(words_["too_large"].format(name=name, size=kb, most=MOST // 1000))
    if "\N{REPLACEMENT CHARACTER}" in text:  # put there by the browser
        raise problem(name, "", "text that is not UTF-8", "a file in UTF-8")
    if name.lower().endswith(".toml"):
        mix = _from_toml(name, text, lang)
    elif name.lower().endswith(".csv"):
        mix = _from_csv(name, text, lang)
    else:
        raise ScenarioError(words_["kind"].format(name=name))
    for key, value in mix.levers.items():
        if isinstance(value, Mapping) and max(value) > LAST_MONTH:
            raise problem(
                name, key, f"month {max(value)}", f"months 1 to {LAST_MONTH} on the pages"
            )
    try:
        mix.scenario()
    except ScenarioError as error:  # what was typed is in the file
        raise ScenarioError(re.sub("^override", lambda _: name, str(error))) from None
    return mix


def _from_toml(name: str, text: str, lang: str) -> Mix:
    try:
        table = tomllib.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise problem(name, "", f"a mistake: {error}", "TOML") from None
    words_, shipped = words(lang)["files"], scenario_names()
    base = table.get("extends", "baseline")
    if base not in shipped:
        raise ScenarioError(
            words_["extends"].format(name=name, found=show(base), names=", ".join(shipped))
        )
    for key in table:
        if key not in HEAD:
            raise problem(name, key, "an unknown key", f"one of {', '.join(HEAD)}")
    county = table.get("county", {})
    county = county.get("extends", "") if isinstance(county, Mapping) else county
    counties = sorted(path.parent.name for path in FOLDER.glob("counties/*/county.toml"))
    if county and county != load_scenario(base).county_folder.name:  # type: ignore[union-attr]
        raise ScenarioError(
            words_["county"].format(name=name, found=show(county), names=", ".join(counties[:1]))
        )
    moved = _moved(name, table)
    title = next((table[key] for key in (f"title_{lang}", *TEXTS[:2]) if table.get(key)), "")
    title = title if isinstance(title, str) else ""
    return Mix(base, MappingProxyType(moved), 1, plain_title(title or name.rpartition(".")[0]))


def plain_title(title: str) -> str:
    """A title that an address can hold."""
    return " ".join(re.sub(r"[~,<>&=]", " ", title).split())[:LONGEST_TITLE]


def _moved(name: str, table: Mapping[str, Any]) -> dict[str, Timed]:
    """Levers of a file by full key, each checked as in a scenario file."""
    moved: dict[str, Timed] = {}
    layers = Layers()
    for room, model in MODELS.items():
        inner = table.get(room, {})
        if room == "county":  # a name, or a table that may extend one: looked at before
            inner = inner if isinstance(inner, Mapping) else {}
            inner = {key: value for key, value in inner.items() if key != "extends"}
        layers.add(room, inner, name)
        for key, value in flatten(model, inner, room, name).items():
            full = f"{room}.{key}"
            if full not in LEVERS:
                raise problem(name, full, "a table or text", "levers and parameters")
            moved[full] = (
                {int(m): v for m, v in value.items()} if isinstance(value, Mapping) else value
            )
    for month in layers.months():
        layers.policy_in(month)
    build(Behaviour, "behaviour", layers.behaviour)
    return moved


def _from_csv(name: str, text: str, lang: str) -> Mix:
    moved: dict[str, Any] = {}
    for line, row in enumerate(csv.reader(io.StringIO(text.lstrip("\ufeff"))), start=1):
        cells = [cell.strip() for cell in row]
        if not any(cells) or (line == 1 and cells[0].lower() in ("key", "键")):
            continue
        wrong = words(lang)["files"]["row"].format(
            name=name, line=line, found=show(",".join(cells)[:60])
        )
        try:
            if len(cells) not in (2, 3):
                raise Unusable(line)
            key = full_key(cells[0])
            value = parse_override(f"{key}={cells[-1]}")[1]
            if isinstance(value, Mapping) or (len(cells) == 3 and not cells[1].isdigit()):
                raise Unusable(line)
        except (Unusable, ScenarioError):
            raise ScenarioError(wrong) from None
        if len(cells) == 3:
            earlier = moved.get(key)
            earlier = earlier if isinstance(earlier, dict) else {}
            moved[key] = {**earlier, int(cells[1]): value}
        else:
            moved[key] = value
    return Mix("baseline", MappingProxyType(moved), 1, plain_title(name.rpartition(".")[0]))


def toml_of(mix: Mix, lang: str) -> str:
    """A mix as a scenario file, which `returnee run` and `returnee compare` read."""
    lines = [f"extends = {toml_text(mix.base)}"]
    if mix.title:
        lines += [f"title_{code} = {toml_text(mix.title)}" for code in ("en", "zh")]
    rooms: dict[str, list[str]] = {}
    for key, value in sorted(mix.overrides().items()):
        table, _, last = key.rpartition(".")
        label = getattr(LEVERS[key], lang)
        rooms.setdefault(table, []).append(
            f"{last} = {_toml(value)}  # {label}, {LEVERS[key].unit}"
        )
    for table, inner in rooms.items():
        lines += ["", f"[{table}]", *inner]
    return "\n".join(lines) + "\n"


def _toml(value: Timed) -> str:
    if isinstance(value, Mapping):
        return (
            "{ " + ", ".join(f"{month} = {_toml(v)}" for month, v in sorted(value.items())) + " }"
        )
    return written(value)
