"""Scenario files written: their JSON schema, for editors that complete and check TOML; TOML itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import tomli_w

from returnee.scenarios.schema.behaviour import Behaviour
from returnee.scenarios.schema.county import AgeGroup, CitySector, County, Sector, Township
from returnee.scenarios.schema.county_folder import written_whole
from returnee.scenarios.schema.fields import BASES, Group, Lever, groups, walk
from returnee.scenarios.schema.layers import histories
from returnee.scenarios.schema.policy import Policy

_KINDS = {bool: "boolean", int: "integer", float: "number"}
_TEXT = {"type": "string"}
_PARENTS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1, "uniqueItems": True}]}


def json_schema() -> dict[str, Any]:
    """Make the JSON schema (draft 2020-12) of a scenario file."""
    county = _room(County, dated=False)
    county["properties"] |= {"extends": _TEXT, "name": _TEXT, "name_zh": _TEXT}
    for name, row in (("townships", Township), ("sectors", Sector), ("city_sectors", CitySector)):
        county["properties"][name] = {"type": "array", "minItems": 1, "items": _row(row)}
    for name in ("residents", "children"):
        county["properties"][name] = {"type": "array", "items": _row(AgeGroup)}
    texts = ("title_en", "title_zh", "description_en", "description_zh")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Returnee scenario",
        **_table(
            {"extends": _PARENTS}
            | dict.fromkeys(texts, _TEXT)
            | {
                "history": {"enum": histories()},
                "county": {"anyOf": [_TEXT, county]},
                "policy": _room(Policy, dated=True),
                "behaviour": _room(Behaviour, dated=False),
            }
        ),
    }


def write_json_schema(path: str | Path) -> None:
    """Write the JSON schema of a scenario file."""
    with written_whole(Path(path)) as file:
        file.write(json.dumps(json_schema(), ensure_ascii=False, indent=1) + "\n")


def toml_of(
    values: Mapping[str, Any], notes: Mapping[str, str] | None = None, head: Sequence[str] = ()
) -> str:
    r"""Write TOML with comments.

    Parameters
    ----------
    values : mapping
        By dotted key, as ``policy.training.places``; months and other tables are mappings.
    notes : mapping, optional
        Dotted key to the comment behind it: a unit, a source.
    head : sequence of str, optional
        Lines of comment at the top.

    Examples
    --------
    >>> text = toml_of({"extends": "linked", "policy.training.places": 7.0}, head=["Mine"],
    ...                notes={"policy.training.places": "people a year"})
    >>> print(text, end="")
    # Mine
    extends = "linked"
    <BLANKLINE>
    [policy.training]
    places = 7.0  # people a year
    """
    lines, room = [f"# {line}" for line in head], ""
    for line in tomli_w.dumps(_nested(values)).splitlines():
        if line.startswith("["):
            room = key = line.strip("[]")
        else:
            name = line.partition(" = ")[0]
            key = f"{room}.{name}" if room else name
        note = (notes or {}).get(key)
        lines.append(f"{line}  # {note}" if note else line)
    return "\n".join(lines) + "\n"


def _nested(values: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in values.items():
        *path, last = key.split(".")
        table = nested
        for part in path:
            table = table.setdefault(part, {})
        months = isinstance(value, Mapping)
        table[last] = {str(month): inner for month, inner in value.items()} if months else value
    return nested


def county_toml(county: County) -> str:
    """Write a county as its ``county.toml``.

    Tables of ages that a smaller labour force was laid over are scaled to it, so that the file agrees
    with itself; what is simulated is the same.
    """
    content = county.model_dump(mode="json")
    if county.adults > county.labour_force:
        size = county.labour_force * (1 - county.away_share) / county.adults
        for row in (*content["residents"], *content["children"]):
            row["men"], row["women"] = (round(size * row[sex], 3) for sex in ("men", "women"))
    return tomli_w.dumps(content)


def _table(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _room(model: type[Group], *, dated: bool) -> dict[str, Any]:
    """Describe a model: one table a group, and for policy levers months as well as a value."""
    room: dict[str, Any] = {
        name: _table({}) | {"title": f"{en} {zh}"} for name, (en, zh) in groups(model).items()
    }
    for key, lever in walk(model):
        group, _, name = key.rpartition(".")
        table = room[group]["properties"] if group else room
        table[name] = _months_or(_value(lever)) if dated else _value(lever)
    return _table(room)


def _value(lever: Lever) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": _KINDS[lever.type],
        "title": f"{lever.en} {lever.zh} ({lever.unit})",
        "description": f"{lever.help_en} {lever.help_zh} ({_basis(lever)})",
    }
    bounds = {"minimum": lever.low, "maximum": lever.high, "default": lever.default}
    return schema | {name: bound for name, bound in bounds.items() if bound is not None}


def _basis(lever: Lever) -> str:
    """What the default rests on, in both languages, with the ids of its rows."""
    ids = f": {', '.join(lever.evidence)}" if lever.evidence else ""
    return " ".join(BASES[lever.basis]) + ids


def _months_or(value: dict[str, Any]) -> dict[str, Any]:
    months = {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "patternProperties": {"^[1-9][0-9]{0,3}$": value},
    }
    return {"anyOf": [value, months], "title": value["title"], "description": value["description"]}


def _row(model: type[Group]) -> dict[str, Any]:
    schema = model.model_json_schema()
    schema["required"] = [name for name in schema["required"] if name != "remote"]
    return schema
