"""What a scenario file says, key by key, and how one file lies on top of another.

A file is flattened to dotted keys, each with its source, so that an error found at the end can name
the file it came from. Values of policy levers are timetables: month to value, from month 1.
Overrides are one more layer, on top of files or of a scenario.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from pydantic import ValidationError

from returnee.scenarios.schema.behaviour import Behaviour
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.county_folder import FOLDER, county_label, find_county, read_toml
from returnee.scenarios.schema.errors import (
    allowed_at,
    descend,
    first_problem,
    guess,
    nearest,
    problem,
    show,
    unknown,
)
from returnee.scenarios.schema.fields import Group, is_group, walk
from returnee.scenarios.schema.own_rules import RULES, OwnRules, rules_of
from returnee.scenarios.schema.policy import Policy

MODELS: dict[str, type[Group]] = {"policy": Policy, "behaviour": Behaviour, "county": County}
LAST_MONTH = 1200
OVERRIDE = "override"
HISTORY = "history"
OWN = "own"
"""A history under the scenario's own first policy."""

Model = TypeVar("Model", bound=Group)


@dataclass(frozen=True)
class Given:
    """A value and where it was given."""

    value: Any
    source: str


Timetable = dict[int, Given]


@dataclass
class Layers:
    """Values of all files read so far, later ones on top.

    Attributes
    ----------
    policy : dict
        Dotted key without ``policy.`` to its timetable.
    behaviour, county : dict
        Dotted key to the value given.
    folder : pathlib.Path or None
        Of the county last named.
    history : str or None
        Under whose policy the history runs, as last named.
    rules : OwnRules or None
        As last named.
    own : dict
        Lever of such rules to the value given.
    """

    policy: dict[str, Timetable] = field(default_factory=dict)
    behaviour: dict[str, Given] = field(default_factory=dict)
    county: dict[str, Given] = field(default_factory=dict)

    folder: Path | None = None
    history: str | None = None
    rules: OwnRules | None = None
    own: dict[str, Any] = field(default_factory=dict)

    def lay(self, room: str, value: Any, source: str, start: Path) -> None:
        """Lay what is said of one room ("policy", "behaviour" or "county") on top.

        Parameters
        ----------
        room : str
            Or "history", whose value is a name.
        value : mapping or Group
            A table; ``county`` may also be the name or folder of one, or a table that ``extends`` it.
        source : str
            File, for errors.
        start : pathlib.Path
            Folder from which a county's folder is named.
        """
        if room == HISTORY:
            self.history = history_of(value, source)
            return
        if room == "county" and isinstance(value, Mapping) and "extends" in value:
            self.folder = find_county(value["extends"], source, start)
            value = {name: inner for name, inner in value.items() if name != "extends"}
        elif room == "county" and not isinstance(value, Mapping | Group):
            self.folder = find_county(value, source, start)
            value = {}
        self.add(room, value, source)

    def lay_overrides(self, overrides: Any, start: Path) -> None:
        """Lay dotted keys on top, whose errors name no file; see `Scenario.with_`."""
        if not isinstance(overrides, Mapping):
            raise problem(OVERRIDE, "", show(overrides), "a mapping of dotted keys to values")
        for key, value in overrides.items():
            if key == HISTORY:
                self.lay(HISTORY, value, OVERRIDE, start)
                continue
            if key == RULES:
                self.rules = rules_of(value, OVERRIDE, start)
                continue
            if isinstance(key, str) and key.startswith(f"{RULES}."):
                self.own[key.partition(".")[2]] = value
                continue
            if not isinstance(key, str) or key.partition(".")[0] not in MODELS:
                raise unknown(OVERRIDE, str(key), MODELS, every_key())
            room, *parts = key.split(".")
            for part in reversed(parts):
                value = {part: value}
            self.lay(room, value, OVERRIDE, start)

    def rules_on(self, below: OwnRules | None) -> OwnRules | None:
        """The rules named last, else those below, with the values given to their levers."""
        rules = self.rules or below
        if not self.own:
            return rules
        if rules is None:
            allowed = "none without rules of one's own (rules=FILE, --rules FILE)"
            raise problem(OVERRIDE, f"{RULES}.{next(iter(self.own))}", "a lever", allowed)
        return rules.with_(self.own, OVERRIDE)

    def add(self, room: str, table: Any, source: str) -> None:
        """Lay the table of one room on top."""
        for key, value in flatten(MODELS[room], table, room, source).items():
            if room == "policy":
                earlier = self.policy.get(key, {})
                self.policy[key] = on_top(earlier, timetable_of(key, value, source))
            elif isinstance(value, Mapping):
                raise problem(
                    source,
                    f"{room}.{key}",
                    "a table",
                    f"{allowed_at(MODELS[room], tuple(key.split('.')))}; "
                    "only policy levers may change over time",
                )
            else:
                values = self.behaviour if room == "behaviour" else self.county
                values.pop(key, None)  # so that what was laid on last stands last
                values[key] = Given(value, source)

    def months(self) -> list[int]:
        """List the months at which some lever changes, month 1 first."""
        return sorted({1}.union(*self.policy.values()))

    def policy_in(self, month: int, on: Policy | None = None) -> Policy:
        """Build the policy that holds in a month; what is not given is as in the policy below."""
        values = {}
        for key, timetable in self.policy.items():
            past = [start for start in timetable if start <= month]
            if past:
                values[key] = timetable[max(past)]
        return build(Policy, "policy", values, f" from month {month}" if month > 1 else "", on)

    def county_in(self, folder: Path) -> County:
        """Build the county of a folder, with the facts given here over its own."""
        label = county_label(folder)
        table = read_toml(folder / "county.toml", label)
        flat = flatten(County, table, "county", label)
        given = {key: Given(value, label) for key, value in flat.items()}
        below = {key: value for key, value in given.items() if key not in self.county}
        county = build(County, "county", {**below, **self.county})
        if (
            not {"labour_force", "residents"} & {*self.county}
            and county.adults > county.labour_force
        ):
            raise problem(
                label,
                "county.residents",
                f"{county.adults:.0f} people aged 18 to 59",
                f"at most labour_force, {county.labour_force}",
            )
        return county


def histories() -> list[str]:
    """List what a scenario may name as the policy of its history."""
    return [*sorted(path.stem for path in (FOLDER / "shipped").glob("*.toml")), OWN]


def history_of(value: Any, source: str) -> str:
    """Check the name of the policy under which a history runs."""
    names = histories()
    if isinstance(value, str) and value in names:
        return value
    hint = guess(nearest(value, names)) if isinstance(value, str) else ""
    raise problem(source, HISTORY, show(value) + hint, "one of " + ", ".join(names))


def flatten(model: type[Group], table: Any, prefix: str, source: str) -> dict[str, Any]:
    """Flatten nested tables to dotted keys, refusing keys that the model does not have.

    Parameters
    ----------
    model : type
        Class that says what may stand in the table.
    table : mapping or Group
        As read from TOML, or all values of such a model.
    prefix : str
        Where the table stands, for errors: ``"policy"`` or ``"policy.training"``.
    source : str
        File, for errors.
    """
    if isinstance(table, model):
        table = dict(table)
    if not isinstance(table, Mapping):
        raise problem(source, prefix, show(table), "a table")
    flat: dict[str, Any] = {}
    for name, value in table.items():
        key = f"{prefix}.{name}"
        info = model.model_fields.get(name) if isinstance(name, str) else None
        if info is None:
            room = prefix.partition(".")[0]
            everything = [inner for inner, _ in walk(MODELS[room], f"{room}.")]
            raise unknown(source, key, (f"{prefix}.{n}" for n in model.model_fields), everything)
        if is_group(info):
            inner = flatten(info.annotation, value, key, source)  # type: ignore[arg-type]
            flat.update({f"{name}.{rest}": found for rest, found in inner.items()})
        else:
            flat[name] = value
    return flat


def every_key() -> list[str]:
    """List the full keys of all parameters."""
    return [key for room, model in MODELS.items() for key, _ in walk(model, f"{room}.")]


def timetable_of(key: str, value: Any, source: str) -> Timetable:
    """Read a policy lever's value: one for good, or a table of months."""
    if not isinstance(value, Mapping):
        return {1: Given(_plain(value), source)}
    months: Timetable = {}
    for raw, inner in value.items():
        text = str(raw)
        month = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else 0
        if isinstance(raw, bool) or not 1 <= month <= LAST_MONTH or month in months:
            raise problem(
                source,
                f"policy.{key}",
                f"month {show(raw)}",
                f"each month once, from 1 to {LAST_MONTH}, as in {{1 = 1000, 25 = 1500}}",
            )
        months[month] = Given(_plain(inner), source)
    if not months:
        raise problem(source, f"policy.{key}", "a table without months", "a value, or months")
    return months


def on_top(earlier: Timetable, later: Timetable) -> Timetable:
    """Keep the earlier timetable until the later one begins."""
    kept = {month: given for month, given in earlier.items() if month < min(later)}
    return {**kept, **later}


def _plain(value: Any) -> Any:
    """Turn a numpy number, as sweeps draw them, into a Python one."""
    return value.item() if isinstance(value, np.generic) else value


def build(
    model: type[Model],
    room: str,
    values: Mapping[str, Given],
    note: str = "",
    on: Model | None = None,
) -> Model:
    """Build a model from flat values; what is not given is as below, or keeps its default.

    Parameters
    ----------
    model : type
        Class to build.
    room : str
        Put before keys in errors: ``"policy"``.
    values : mapping
        Dotted keys to values with their sources, those laid on later at the end.
    note : str
        Put behind keys in errors.
    on : Group, optional
        Model below. Groups in which nothing is given are taken from it as they are.

    Raises
    ------
    ScenarioError
        Names the source of the offending value.
    """
    nested: dict[str, Any] = {} if on is None else dict(on)
    for key, given in values.items():
        *path, last = key.split(".")
        table = nested
        for part in path:
            inner = table.setdefault(part, {})
            if isinstance(inner, Group):
                inner = table[part] = dict(inner)
            table = inner
        table[last] = _plain(given.value)
    try:
        return model.model_validate(nested)
    except ValidationError as error:
        place, kind, found, reason = first_problem(error)
    if kind == "value_error":  # a check across fields: "key: found this, allowed that"
        name, _, reason = reason.partition(": found ")
        place = (*place, name)
    key = ".".join(str(part) for part in place)
    dotted = f"{room}.{key}{note}"
    source = _source_of(key, values)
    if kind == "extra_forbidden":
        siblings = [
            f"{dotted.rpartition('.')[0]}.{n}" for n in descend(model, place)[0].model_fields
        ]
        raise unknown(source, dotted, siblings, [])
    if kind == "value_error":
        found, _, allowed = reason.partition(", allowed ")
        raise problem(source, dotted, found, allowed)
    found_text = "nothing" if kind == "missing" else show(found)
    raise problem(source, dotted, found_text, allowed_at(model, place))


def _source_of(key: str, values: Mapping[str, Given]) -> str:
    """Name the file that gave a key, the list it stands in, or else any of the values."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        given = values.get(".".join(parts[:length]))
        if given is not None:
            return given.source
    stem = key.partition("*")[0]
    inside = [given.source for name, given in values.items() if name.startswith(stem)]
    return (inside or [given.source for given in values.values()] or [""])[-1]
