"""What a run is called: its task and key, and the keys of levers."""

from __future__ import annotations

from dataclasses import dataclass

from returnee.experiments.errors import wrong
from returnee.scenarios import Lever, levers
from returnee.scenarios.schema.errors import guess, nearest
from returnee.scenarios.schema.layers import MODELS

COUNTY = "county"
BY_KEY: dict[str, Lever] = {lever.key: lever for lever in levers}


def check_key(key: str, where: str, label: str) -> None:
    """Refuse what is not a lever, a parameter or ``county``, naming the nearest."""
    if key == COUNTY or key in BY_KEY:
        return
    hint = guess(nearest(key, BY_KEY))
    room = key.rpartition(".")[0]
    beside = [k for k in BY_KEY if k.rpartition(".")[0] == room]
    everything = f"a key of `returnee levers`, beginning with {', '.join(MODELS)}"
    allowed = "one of " + ", ".join(beside) if beside else everything
    raise wrong(label, where, f"an unknown key{hint}", allowed)


@dataclass(frozen=True)
class Task:
    """One run of a plan.

    Attributes
    ----------
    scenario : str
        Label of the scenario in the plan.
    scenario_id : str
        Hash of the scenario's canonical form.
    point : int
        Design point; 0 where nothing is swept.
    replicate : int
    """

    scenario: str
    scenario_id: str
    point: int
    replicate: int

    @property
    def key(self) -> str:
        """What a stored result is found by, in results of one version of the model."""
        return f"{self.scenario_id}-{self.point}-{self.replicate}"
