"""Which measures stand where, in tables, charts, pages and studies: see ``data/selections.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path

MAIN, COST = "firms_surviving", "public_cost"
"""What a study is about if nothing else is said, and what it is set against."""
_LISTS = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "selections.toml").read_text(encoding="utf-8")
)
_LISTS["of_a_run"] = [*_LISTS["over_time"], "owner_income"]
_LISTS["contrasted"] = [*_LISTS["key"], "aware_finance"]
GAINED: dict[str, str] = _LISTS["gained"]
"""Public cost over the horizon per gain at its end: name of the ratio, and what is gained."""


def __getattr__(name: str) -> tuple[str, ...]:
    """A list, by its name in capitals."""
    if name.isupper() and name.lower() in _LISTS:
        return tuple(_LISTS[name.lower()])
    raise AttributeError(f"{__name__} has no {name}")
