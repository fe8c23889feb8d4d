"""A scenario: a county, a policy that may change over time, and how people behave."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from numbers import Integral
from operator import attrgetter
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from returnee.scenarios.schema.behaviour import Behaviour
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.county_folder import COUNTY_TABLES, Digests, digests_of
from returnee.scenarios.schema.errors import allowed_at, first_problem, problem, show
from returnee.scenarios.schema.fields import Group
from returnee.scenarios.schema.layers import OWN, Given, Layers, build, history_of, on_top
from returnee.scenarios.schema.others import Others
from returnee.scenarios.schema.own_rules import OwnRules, rules_now
from returnee.scenarios.schema.policy import Policy

BASELINE = "baseline"
"""Under whose policy a history runs unless the scenario names another."""


class Change(Group):
    """The whole policy that holds from a month on."""

    month: int = Field(ge=2, strict=True)
    policy: Policy


class Scenario(Group):
    """Everything one run needs besides its seed.

    Attributes
    ----------
    name : str
        Stem of the file it was read from.
    title_en, title_zh, description_en, description_zh : str
        For people; not part of the id.
    county : County
        What is given.
    policy : Policy
        What the government sets, from month 1.
    changes : tuple of Change
        Later policies, in order of their months.
    behaviour : Behaviour
        What is uncertain.
    history : str
        Scenario that ships, under whose first policy the months before ran; "own" for this one's own.
    others : tuple of Others
        What other counties do to this one, a row a year of the policy; the last holds on. Empty where
        counties are taken apart.
    county_folder : pathlib.Path or None
        Where the county came from, absolute; may hold ``workers.csv`` and ``ties.csv``.
    files : tuple of (str, str)
        Name and SHA-256 of each of those two as they were when the scenario was made. A run refuses
        files that are others by then.
    facts_given : tuple of str
        Facts that were laid over those of the county's folder, as ``shock.months``: they stay when
        another county is named. Not part of the id.
    rules : OwnRules or None
        Rules that take the place of the model's own, see ``docs/rules.md``.

    A ``Scenario(**content)`` may be made of what a manifest holds, with ``county_folder=...``
    where the county has people of its own; an ``id`` in it is checked.
    """

    name: str = Field(min_length=1)
    title_en: str = ""
    title_zh: str = ""
    description_en: str = ""
    description_zh: str = ""
    county: County
    policy: Policy = Field(default_factory=Policy)
    changes: tuple[Change, ...] = ()
    behaviour: Behaviour = Field(default_factory=Behaviour)
    history: str = BASELINE
    others: tuple[Others, ...] = ()
    county_folder: Path | None = None
    files: Digests = ()
    facts_given: tuple[str, ...] = ()
    rules: OwnRules | None = None

    def __init__(self, **fields: Any) -> None:
        wanted = fields.pop("id", None)
        try:
            super().__init__(**_with_files(fields))
        except ValidationError as error:
            place, kind, found, reason = first_problem(error)
            key = ".".join(str(part) for part in place)
            if kind == "value_error":
                raise problem("scenario", key, *_found_allowed(reason)) from None
            given = "nothing" if kind == "missing" else show(found)
            given = "an unknown key" if kind == "extra_forbidden" else given
            raise problem("scenario", key, given, allowed_at(type(self), place)) from None
        if wanted is not None and wanted != self.id:
            allowed = f"{self.id}, that of this content (leave it out if the content was changed)"
            raise problem("scenario", "id", show(wanted), allowed)

    def with_(
        self,
        changes: Mapping[str, Any] | None = None,
        /,
        *,
        name: str | None = None,
        title_en: str | None = None,
        title_zh: str | None = None,
    ) -> Self:
        """Make a scenario in which some values are others: what `load_scenario` makes of them.

        Parameters
        ----------
        changes : mapping, optional
            Dotted keys to values. A policy lever may be given months: from the first of them on, what
            held before is gone. A value for good, ``1500``, holds from month 1. ``county`` is the name
            or folder of a county, whose facts and people are taken; facts given over those of the
            county before stay. ``policy``, ``behaviour`` or a group of them may be that of another
            scenario. ``rules`` is a file of rules of one's own, ``rules.copying`` a lever of it.
        name, title_en, title_zh : str, optional
            Others than those of this scenario.

        Returns
        -------
        Scenario
            With ids of its own; this one stays as it is.

        Raises
        ------
        ScenarioError
            One line that names the key, what was found and what is allowed.

        Examples
        --------
        >>> from returnee.scenarios import load_scenario
        >>> more = load_scenario("linked").with_({"policy.training.places": {25: 1500}}, name="more")
        >>> [more.policy_at(month).training.places for month in (24, 25)], more.name
        ([1000.0, 1500.0], 'more')
        """
        fields = {key: getattr(self, key) for key in type(self).model_fields}
        words = {"name": name, "title_en": title_en, "title_zh": title_zh}
        fields |= {key: text for key, text in words.items() if text is not None}
        layers = Layers()
        layers.lay_overrides({} if changes is None else changes, Path())
        if layers.folder is not None:
            kept = {key: Given(attrgetter(key)(self.county), "") for key in self.facts_given}
            layers.county = {**kept, **layers.county}
            fields |= {"county_folder": layers.folder, "files": None}
            fields["county"] = layers.county_in(layers.folder)
        elif layers.county:
            fields["county"] = build(County, "county", layers.county, on=self.county)
        if layers.county:
            fields["facts_given"] = tuple(sorted({*self.facts_given, *layers.county}))
        if layers.history is not None:
            fields["history"] = layers.history
        fields["rules"] = layers.rules_on(self.rules)
        if layers.rules is not None and rules_now() is None:
            fields |= {key: layers.rules.titled(fields[key]) for key in ("title_en", "title_zh")}
        if layers.behaviour:
            fields["behaviour"] = build(Behaviour, "behaviour", layers.behaviour, on=self.behaviour)
        if layers.policy:
            fields |= self._policies_under(layers)
        return type(self)(**fields)

    def _policies_under(self, layers: Layers) -> dict[str, Any]:
        """The policies of this scenario, with levers of others on top."""
        months = {change.month for change in self.changes}
        for key, timetable in layers.policy.items():
            value = attrgetter(key)
            first = {1: Given(value(self.policy), "")}
            later = {change.month: Given(value(change.policy), "") for change in self.changes}
            layers.policy[key] = on_top(first | later, timetable)
        return policies_of(
            lambda month: layers.policy_in(month, self.policy_at(month)),
            sorted(months.union(layers.months())),
        )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Copy the scenario. Other values would be neither checked nor in its ids: see `with_`."""
        if update:
            raise TypeError(f"model_copy: found {', '.join(update)}, allowed none: use with_")
        return super().model_copy(deep=deep)

    @field_validator("history")
    @classmethod
    def _history_there_is(cls, name: str) -> str:
        return history_of(name, "scenario")

    @model_validator(mode="after")
    def _changes_in_order(self) -> Self:
        months = [change.month for change in self.changes]
        if months != sorted(set(months)):
            raise ValueError(f"changes: found months {months}, allowed each once and in order")
        return self

    def policy_at(self, month: int) -> Policy:
        """Give the policy that holds in a month.

        Parameters
        ----------
        month : int
            Month of the run, from 1.
        """
        if isinstance(month, bool) or not isinstance(month, Integral) or month < 1:
            raise ValueError(f"month: found {show(month)}, allowed from 1, a whole number")
        current = self.policy
        for change in self.changes:
            if change.month > month:
                break
            current = change.policy
        return current

    def policies(self, months: int) -> list[Policy]:
        """List the policy of every month from 1 to ``months``."""
        return [self.policy_at(month) for month in range(1, months + 1)]

    def canonical(self) -> dict[str, Any]:
        """Give what is simulated as plain values: county, policy, changes and behaviour.

        Names, titles and descriptions of the scenario are left out, as is the county's folder. The
        county's own tables are there as ``files``: name to SHA-256.
        """
        plain: dict[str, Any] = _without_negative_zero(self._content())
        if self.rules is not None:
            plain["rules"] |= {"file": self.rules.file, "text": self.rules.text}
        return plain

    def _content(self) -> dict[str, Any]:
        """The canonical form, but for zeros with a sign."""
        plain = self.model_dump(
            mode="json", include={"county", "policy", "changes", "behaviour"}, warnings="error"
        )
        if self.files:
            plain["files"] = dict(self.files)
        if self.history != BASELINE:  # an id says no more than there is to say
            plain["history"] = self.history
        if self.others:
            plain["others"] = [row.model_dump(mode="json") for row in self.others]
        if self.rules is not None:
            plain["rules"] = self.rules.told
        return plain

    @cached_property
    def id(self) -> str:
        """Sixteen hex digits of the SHA-256 of the canonical form and the county's tables."""
        return _digest(self._content())

    @cached_property
    def world_id(self) -> str:
        """Id of what the policy meets: the county, its tables, its history and the behaviour."""
        content = self._content()
        kept: dict[str, Any] = {
            k: content[k]
            for k in ("county", "behaviour", "files", "history", "rules")
            if k in content
        }
        if self.history == OWN:
            kept["history"] = content["policy"]
        return _digest(kept)


def policies_of(policy_in: Callable[[int], Policy], months: Sequence[int]) -> dict[str, Any]:
    """Give the first policy and its changes, leaving out months in which nothing changes.

    Parameters
    ----------
    policy_in : callable
        Builds the policy of a month.
    months : sequence of int
        In which there may be another, month 1 first.
    """
    first, *later = months
    current = policy = policy_in(first)
    changes = []
    for month in later:
        following = policy_in(month)
        if following != current:
            changes.append(Change(month=month, policy=following))
            current = following
    return {"policy": policy, "changes": tuple(changes)}


def _with_files(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields with an absolute folder, and with the digests of its tables where none are given."""
    fields = dict(fields)
    folder, files = fields.get("county_folder"), fields.get("files")
    if isinstance(folder, str | Path):
        folder = fields["county_folder"] = Path(folder).absolute()
        if files is None:
            files = digests_of(folder)
    fields["files"] = tuple(sorted(files.items())) if isinstance(files, Mapping) else files or ()
    if fields["files"] and folder is None:
        names = ", ".join(COUNTY_TABLES)
        raise problem("scenario", "county_folder", "none", f"the folder of the county's {names}")
    return fields


def _found_allowed(reason: str) -> tuple[str, str]:
    """Split the words of a check across fields: "key: found this, allowed that"."""
    found, _, allowed = reason.rpartition("found ")[2].partition(", allowed ")
    return found, allowed


_NEGATIVE_ZERO = re.compile(r"-0\.0(?!\d)")


def _digest(content: dict[str, Any]) -> str:
    text = _written(content)
    if _NEGATIVE_ZERO.search(text):  # seldom, and looking at each value takes most of the time
        text = _written(_without_negative_zero(content))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _written(content: dict[str, Any]) -> str:
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _without_negative_zero(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_negative_zero(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_negative_zero(inner) for inner in value]
    return value + 0.0 if isinstance(value, float) else value
