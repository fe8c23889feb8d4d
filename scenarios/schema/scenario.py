"""A scenario: a county, a policy that may change over time, and how people behave."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from numbers import Integral
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from returnee.scenarios.schema.behaviour import Behaviour
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.county_folder import COUNTY_TABLES, Digests, digests_of
from returnee.scenarios.schema.errors import allowed_at, first_problem, problem, show
from returnee.scenarios.schema.fields import Group
from returnee.scenarios.schema.policy import Policy


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
        Where the county came from, absolute; may hold ``workers.csv`` and ``ties.csv``.
    files : tuple of (str, str)
        Name and SHA-256 of each of those two as they were when the scenario was made. A run refuses
        files that are others by then.

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
    county_folder: Path | None = None
    files: Digests = ()

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

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Make a scenario with other fields; its ids are those of the new content.

        Another ``county_folder`` brings that folder's tables.
        """
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        fields.update(update or {})
        if "county_folder" in (update or {}) and "files" not in (update or {}):
            del fields["files"]
        return type(self)(**fields)

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
        dumped = self.model_dump(
            mode="json", include={"county", "policy", "changes", "behaviour"}, warnings="error"
        )
        plain: dict[str, Any] = _without_negative_zero(dumped)
        if self.files:
            plain["files"] = dict(self.files)
        return plain

    @cached_property
    def id(self) -> str:
        """Sixteen hex digits of the SHA-256 of the canonical form and the county's tables."""
        return _digest(self.canonical())

    @cached_property
    def world_id(self) -> str:
        """Id of what the policy meets: the county, its tables and the behaviour."""
        content = self.canonical()
        return _digest({k: content[k] for k in ("county", "behaviour", "files") if k in content})


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


def _digest(content: dict[str, Any]) -> str:
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _without_negative_zero(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_negative_zero(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_without_negative_zero(inner) for inner in value]
    return value + 0.0 if isinstance(value, float) else value
