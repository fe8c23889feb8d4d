"""What a run is called: its task and key, and the keys of levers."""

from __future__ import annotations

from dataclasses import dataclass

from returnee.experiments.errors import wrong
from returnee.scenarios import Lever, levers
from returnee.scenarios.schema.errors import guess, nearest
from returnee.scenarios.schema.layers import MODELS
from returnee.scenarios.schema.own_rules import levers_now

COUNTY = "county"
BY_KEY: dict[str, Lever] = {lever.key: lever for lever in levers}


def lever_of(key: str) -> Lever | None:
    """A lever or parameter by its key, those of the rules in force too; None for another key."""
    return BY_KEY.get(key) or levers_now().get(key)


def check_key(key: str, where: str, label: str) -> None:
    """Refuse what is not a lever, a parameter or ``county``, naming the nearest."""
    if key == COUNTY or lever_of(key) is not None:
        return
    known = [*BY_KEY, *levers_now()]
    hint = guess(nearest(key, known))
    room = key.rpartition(".")[0]
    beside = [k for k in known if k.rpartition(".")[0] == room]
    everything = f"a key of `returnee levers`, beginning with {', '.join(MODELS)}"
    allowed = "one of " + ", ".join(beside) if beside else everything
    raise wrong(label, where, f"an unknown key{hint}", allowed)


@dataclass(frozen=True)
class Task:
    """One run of a plan."""

    scenario: str  # label of the scenario in the plan
    scenario_id: str  # hash of the scenario's canonical form
    point: int  # design point; 0 where nothing is swept
    replicate: int

    @property
    def key(self) -> str:
        """What a stored result is found by, in results of one version of the model."""
        return f"{self.scenario_id}-{self.point}-{self.replicate}"
