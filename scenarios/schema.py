"""A scenario: a county, a policy that may change over time, and how people behave."""

from __future__ import annotations

import hashlib
import json
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from scenarios.behaviour import Behaviour
from scenarios.county import County
from scenarios.fields import Group
from scenarios.policy import Policy

COUNTY_TABLES = ("workers.csv", "ties.csv")
"""Files a county folder may hold beside ``county.toml``; their content is part of the id."""


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
    county_folder : pathlib.Path or None
        Where the county came from; may hold ``workers.csv`` and ``ties.csv``.
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
    county_folder: Path | None = None

    @model_validator(mode="after")
    def _changes_in_order(self) -> Self:
        months = [change.month for change in self.changes]
        if months != sorted(set(months)):
            raise ValueError(f"changes at months {months}, allowed each month once and in order")
        return self

    def policy_at(self, month: int) -> Policy:
        """Give the policy that holds in a month.

        Parameters
        ----------
        month : int
            Month of the run, from 1.
        """
        if month < 1:
            raise ValueError(f"month {month}, allowed from 1")
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

        Names, titles and descriptions of the scenario are left out, as is the county's folder.
        """
        dumped = self.model_dump(
            mode="json", include={"county", "policy", "changes", "behaviour"}, warnings="error"
        )
        plain: dict[str, Any] = _without_negative_zero(dumped)
        return plain

    @cached_property
    def id(self) -> str:
        """Sixteen hex digits of the SHA-256 of the canonical form and the county's tables."""
        return self._digest(self.canonical())

    @cached_property
    def world_id(self) -> str:
        """Id of what the policy meets: the county, its tables and the behaviour."""
        content = self.canonical()
        return self._digest({key: content[key] for key in ("county", "behaviour")})

    def _digest(self, content: dict[str, Any]) -> str:
        tables = self._table_digests()
        if tables:
            content["files"] = tables
        text = json.dumps(
            content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _table_digests(self) -> dict[str, str]:
        if self.county_folder is None:
            return {}
        paths = [self.county_folder / name for name in COUNTY_TABLES]
        return {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in paths
            if path.is_file()
        }


def _without_negative_zero(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_negative_zero(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_negative_zero(inner) for inner in value]
    return value + 0.0 if isinstance(value, float) else value
