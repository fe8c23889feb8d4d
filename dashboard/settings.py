"""What the server was started with: language, results, counties of the owner's own, limits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from returnee.experiments.errors import UsageError
from returnee.experiments.keys import BY_KEY
from returnee.scenarios import Scenario, ScenarioError, load_scenario
from returnee.scenarios.schema.own_rules import (
    OwnRules,
    levers_now,
    read_everywhere_with,
    rules_of,
)

LOCAL_NAMES = ("127.0.0.1", "localhost", "::1")
USUAL = "baseline"
TIES = ("kin", "friends", "fellows")
LARGEST = 1_200_000  # people: four times the county that ships
MEMORY = 3000  # MB that the process may hold before old runs are dropped
PAGES = 60  # that one address may have open; a class behind one router is one address
MOST_TIES = 40  # of one person in the largest county: about twice those of the county that ships

FIRST = {"lang": "en"}
"""Language of visitors who come without an address."""

RESULTS: dict[str, Path] = {}
"""Folder of stored results under ``folder``, if one was given."""

REGION: dict[str, Path] = {}
"""Folder that `returnee region` made under ``folder``, and of shapes under ``shapes``, if they were given."""

LIMITS = {"labour_force": LARGEST, "memory": MEMORY, "pages": PAGES}
"""The largest county that a visitor may ask for; memory in MB; pages of one address."""

COUNTIES: dict[str, Path] = {}
"""Counties of the owner's own, by the name of their folder."""


def offer_counties(folders: Iterable[Path]) -> None:
    """Let visitors choose counties, the first of which they meet first.

    Raises
    ------
    UsageError
        If two folders have the same name.
    ScenarioError
        If a folder holds no county.
    """
    for folder in folders:
        name = folder.resolve().name
        if name in COUNTIES:
            raise UsageError(f"county: found two folders named {name}, allowed each name once")
        found = load_scenario(USUAL, {"county": str(folder)})
        COUNTIES[name] = folder
        # Whoever runs the server wants this county on it.
        LIMITS["labour_force"] = max(LIMITS["labour_force"], found.county.labour_force)


def take_rules(file: Path | OwnRules) -> None:
    """Have every scenario run with the rules of a file, and its levers stand with the others.

    Raises
    ------
    ScenarioError
        If the file cannot be used.
    """
    from returnee.simulation.own_rules import check_rules

    rules = rules_of(file)
    check_rules(rules)
    read_everywhere_with(file)
    BY_KEY.update(levers_now())


def first_county() -> str:
    """The county that a visitor meets who asks for none: a name, or empty for what ships."""
    return next(iter(COUNTIES), "")


def ties_of(scenario: Scenario) -> float:
    """Ties of one person, on average, that a scenario asks for."""
    return float(sum(getattr(scenario.county.ties, name) for name in TIES))


def check_size(scenario: Scenario) -> None:
    """Refuse a county that would take the server from its other visitors.

    Raises
    ------
    ScenarioError
        One line: what was asked for, and what is allowed.
    """
    people, most = scenario.county.labour_force, LIMITS["labour_force"]
    if people > most:
        raise ScenarioError(
            f"county.labour_force: found {people} people, allowed at most {most} on this server"
        )
    ties, room = ties_of(scenario), LIMITS["labour_force"] * MOST_TIES
    if people * ties > room:
        keys = " + ".join(TIES)
        raise ScenarioError(
            f"county.ties: found {keys} = {ties:g}, allowed a sum of at most {room / people:g} "
            f"for {people} people on this server"
        )


def name_in(authority: str) -> str:
    """The host's name or number in ``name:port``, small; empty if it is none.

    Examples
    --------
    >>> name_in("[::1]:8765"), name_in("County.example"), name_in("a b")
    ('::1', 'county.example', '')
    """
    try:
        parts = urlsplit(f"//{authority}")
        parts.port  # noqa: B018  - raises if it is no number
    except ValueError:
        return ""
    plain = parts.netloc == authority and re.fullmatch(r"[\w.\-:\[\]]+", authority, re.ASCII)
    return (parts.hostname or "") if plain else ""
