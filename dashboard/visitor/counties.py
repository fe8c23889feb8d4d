"""Counties of the owner's own, beside those that ship, and how large a county may be."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from returnee.dashboard.settings import COUNTIES, LIMITS, MOST_TIES
from returnee.experiments.errors import UsageError
from returnee.scenarios import Scenario, ScenarioError, load_scenario

USUAL = "baseline"
TIES = ("kin", "friends", "fellows")


def offer(folders: Iterable[Path]) -> None:
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


def first() -> str:
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
