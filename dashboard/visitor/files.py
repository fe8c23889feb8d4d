"""Scenario files up and down. A file from a browser is text: TOML or CSV, small, never a path.

An uploaded file may build on scenarios that ship, and on counties that ship or that the server was
started with, so that it can't make the server read another file. Errors are those of the command line.
"""

from __future__ import annotations

import csv
import io
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from itertools import product
from types import MappingProxyType
from typing import Any

from returnee.dashboard.settings import COUNTIES, USUAL
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import (
    LEVERS,
    LONGEST_QUERY,
    MONTHS,
    MOST_MONTHS,
    MOST_SAVED,
    Mix,
    Place,
    Timed,
    Unusable,
    address_of,
    full_key,
    printable,
    saved_of,
    saved_text,
    written,
)
from returnee.experiments.words.texts import plain_title
from returnee.scenarios import (
    Behaviour,
    ScenarioError,
    load_scenario,
    parse_override,
    scenario_names,
)
from returnee.scenarios.files import editor
from returnee.scenarios.files.loader import HEAD, SHIPPED, TEXTS, files_of
from returnee.scenarios.schema.errors import problem, show
from returnee.scenarios.schema.layers import MODELS, Layers, build, flatten

MOST = 64_000  # bytes of an uploaded file
LONGEST_NAME = 80  # letters of a file's name
WRONG = "\ufffd"  # what a browser puts for bytes that are no UTF-8


def read_upload(name: str, size: int, text: str | None, lang: str, county: str = "") -> Mix:
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
    county : str
        Name of the county that the visitor looks at; a file that names none is for it.

    Raises
    ------
    ScenarioError
        One line: file, key, what was found, what is allowed.
    """
    words_, name = words(lang)["files"], short_name(name)
    if text is None or size > MOST or len(text.encode()) > MOST:
        kb = max(size, 0 if text is None else len(text.encode())) // 1000
        raise ScenarioError(words_["too_large"].format(name=name, size=kb, most=MOST // 1000))
    if not name.lower().endswith((".toml", ".csv")):
        raise ScenarioError(words_["kind"].format(name=name))
    if WRONG in text or "\0" in text:
        raise ScenarioError(words_["encoding"].format(name=name))
    if name.lower().endswith(".toml"):
        mix = _from_toml(name, text, lang, county)
    else:
        mix = _from_csv(name, text, lang, county)
    for key, value in mix.levers.items():
        months = sorted(value) if isinstance(value, Mapping) else []
        if months and (months[0] < 1 or months[-1] > MONTHS or len(months) > MOST_MONTHS):
            found = f"month {months[-1]}" if len(months) <= MOST_MONTHS else f"{len(months)} months"
            allowed = f"at most {MOST_MONTHS} months, each from 1 to {MONTHS}"
            raise problem(name, key, found, allowed)
    if len(address_of(Place(mix=mix))) > LONGEST_QUERY:
        raise ScenarioError(words_["too_many"].format(name=name, found=len(mix.levers)))
    try:
        mix.scenario()
    except ScenarioError as error:  # what was typed is in the file
        raise ScenarioError(re.sub("^override", lambda _: name, str(error))) from None
    return mix


def received(data: Mapping[str, Any], place: Place) -> Mix:
    """A mix out of what a browser sends of a file, see `read_upload`."""
    size, text = data.get("size"), data.get("text")
    return read_upload(
        str(data.get("name")), size if isinstance(size, int) else 0,
        text if isinstance(text, str) else None, place.lang, place.mix.county,
    )  # fmt: skip


def short_name(name: str) -> str:
    """A file's name as it is shown: plain letters, not too many, and its ending.

    Examples
    --------
    >>> short_name("a" * 200 + ".toml")[-7:], len(short_name("a" * 200 + ".toml"))
    ('aa.toml', 80)
    """
    stem, dot, ending = re.sub(r"[^\w.\- ]", "_", name).rpartition(".")
    ending = ending[:8]
    return f"{stem[: LONGEST_NAME - len(ending) - 1]}{dot}{ending}" or "file"


def opened(name: str, mix: Mix, lang: str) -> tuple[str, ...]:
    """What is said of a file that was opened: what it builds on, which a file of levers leaves out."""
    text = words(lang)["files"]
    lines = [text["opened"].format(name=short_name(name))]
    if name.lower().endswith(".csv"):
        lines.append(text["on_usual"].format(base=plain_title(mix.unmoved(), lang)))
    return tuple(lines)


def _from_toml(name: str, text: str, lang: str, own: str) -> Mix:
    try:
        table = tomllib.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        raise problem(name, "", f"a mistake: {error}", "TOML") from None
    words_, shipped = words(lang)["files"], scenario_names()
    parents = table.get("extends", "baseline")
    parents = parents if isinstance(parents, list) and parents else [parents]
    for base in parents:
        if base not in shipped:
            raise ScenarioError(
                words_["extends"].format(name=name, found=show(base), names=", ".join(shipped))
            )
    base, beneath = parents[0], beyond(parents)
    for key in table:
        if key not in HEAD:
            raise problem(name, key, "an unknown key", f"one of {', '.join(HEAD)}")
    county = table.get("county", {})
    county = county.get("extends", "") if isinstance(county, Mapping) else county
    shipped_in = load_scenario(base).county_folder.name  # type: ignore[union-attr]
    known = {
        shipped_in: "",
        **{str(path): key for key, path in COUNTIES.items()},
        **{k: k for k in COUNTIES},
    }
    if county and (not isinstance(county, str) or county not in known):
        names = ", ".join((shipped_in, *COUNTIES))
        raise ScenarioError(words_["county"].format(name=name, found=show(county), names=names))
    own = known[county] if county else own
    moved = _moved(name, [*beneath, table])
    title = next((table[key] for key in (f"title_{lang}", *TEXTS[:2]) if table.get(key)), "")
    title = title if isinstance(title, str) else ""
    title = title_in(title) or title_in(name.rpartition(".")[0])
    return Mix(base, MappingProxyType(moved), 1, title, own)


def title_in(title: str) -> str:
    """A title that an address can hold."""
    return printable(re.sub(r"[~,<>&=]", " ", title))


def beyond(parents: Sequence[str]) -> list[Mapping[str, Any]]:
    """What several scenarios that ship, laid one on another, say beyond the first."""
    first, every = (
        {file.label: file.table for name in names for file in files_of(SHIPPED / f"{name}.toml")}
        for names in (parents[:1], parents)
    )
    return [table for label, table in every.items() if label not in first]


def _moved(name: str, tables: Sequence[Mapping[str, Any]]) -> dict[str, Timed]:
    """Levers of tables laid one on another by full key, each checked as in a scenario file."""
    moved: dict[str, Timed] = {}
    layers = Layers()
    for table, (room, model) in product(tables, MODELS.items()):
        inner = table.get(room, {})
        if room == "county":  # may be a name; what it extends was looked at
            inner = inner if isinstance(inner, Mapping) else {}
            inner = {key: value for key, value in inner.items() if key != "extends"}
        elif not isinstance(inner, Mapping):
            raise problem(name, room, show(inner), "a table")
        layers.add(room, inner, name)
        for key, value in flatten(model, inner, room, name).items():
            full = f"{room}.{key}"
            if full not in LEVERS:
                raise problem(name, full, "a table or text", "levers and parameters")
            if isinstance(value, Mapping):
                value = {month: given.value for month, given in layers.policy[key].items()}
            moved[full] = value
    for month in layers.months():
        layers.policy_in(month)
    build(Behaviour, "behaviour", layers.behaviour)
    return moved


def _from_csv(name: str, text: str, lang: str, own: str) -> Mix:
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
    return Mix(USUAL, MappingProxyType(moved), 1, title_in(name.rpartition(".")[0]), own)


def kept_mixes(texts: Sequence[object]) -> list[Mix]:
    """Scenarios as a browser or an exported file keeps them; what can't be read is left out."""
    found: dict[str, Mix] = {}
    for text in texts[:MOST_SAVED]:
        if isinstance(text, str) and len(text) <= LONGEST_QUERY:
            try:
                mix = saved_of(text)
                mix.scenario()
            except (ValueError, ScenarioError):
                continue
            found[mix.title] = mix
    return list(found.values())


def exported(mixes: Sequence[Mix]) -> str:
    """Scenarios as a file that `imported` reads."""
    return json.dumps({"returnee": 1, "scenarios": [saved_text(mix) for mix in mixes]}, indent=1)


def imported(data: Mapping[str, Any], lang: str) -> list[Mix]:
    """Scenarios out of a file that `exported` wrote.

    Raises
    ------
    ScenarioError
        One line.
    """
    text, name = data.get("text"), short_name(str(data.get("name")))
    try:
        found = json.loads(text) if isinstance(text, str) and len(text) <= MOST else None
        listed = found["scenarios"] if isinstance(found, dict) else []
    except (ValueError, KeyError, RecursionError):
        listed = []
    mixes = kept_mixes(listed) if isinstance(listed, list) else []
    if not mixes:
        raise ScenarioError(words(lang)["files"]["no_scenarios"].format(name=name))
    return mixes


def toml_of(mix: Mix, lang: str) -> str:
    """A mix as a scenario file, which `returnee run` and `returnee compare` read."""
    values: dict[str, Any] = {"extends": mix.base}
    if title := title_in(mix.title):
        values |= {"title_en": title, "title_zh": title}
    moved = mix.overrides()
    if folder := moved.pop("county", None):
        values["county.extends"] = folder
    values |= {key: _rounded(moved[key]) for key in sorted(moved)}
    notes = {key: f"{getattr(LEVERS[key], lang)}, {LEVERS[key].unit}" for key in moved}
    return editor.toml_of(values, notes)


def _rounded(value: Timed) -> Timed:
    """A value with the digits that an address holds."""
    if isinstance(value, Mapping):
        return {month: _rounded(inner) for month, inner in sorted(value.items())}  # type: ignore[misc]
    return float(written(value)) if isinstance(value, float) else value
