"""What a run is called: its task, settings and key, and the keys of levers."""

from __future__ import annotations

from dataclasses import dataclass

from returnee.experiments.errors import UsageError, wrong
from returnee.scenarios import Lever, Scenario, levers
from returnee.scenarios.schema.errors import guess, nearest
from returnee.scenarios.schema.layers import MODELS
from returnee.simulation.fingerprint import fingerprint
from returnee.simulation.start.arguments import check_arguments
from returnee.simulation.start.history import BURN_IN

COUNTY = "county"
BY_KEY: dict[str, Lever] = {lever.key: lever for lever in levers}


def check_key(key: str, where: str, label: str) -> None:
    """Refuse what is not a lever, a parameter or ``county``, naming the nearest.

    Raises
    ------
    UsageError
    """
    if key == COUNTY or key in BY_KEY:
        return
    hint = guess(nearest(key, BY_KEY))
    room = key.rpartition(".")[0]
    beside = [k for k in BY_KEY if k.rpartition(".")[0] == room]
    everything = f"a key of `returnee levers`, beginning with {', '.join(MODELS)}"
    allowed = "one of " + ", ".join(beside) if beside else everything
    raise wrong(label, where, f"an unknown key{hint}", allowed)


Key = tuple[str, int, int, str]


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
    def key(self) -> Key:
        """What a stored result is found by: scenario, point, replicate and the model's fingerprint."""
        return self.scenario_id, self.point, self.replicate, fingerprint()


@dataclass(frozen=True)
class Settings:
    """What every run of a plan is called with.

    Attributes
    ----------
    seed : int
    sample : float
        Share of the county that is simulated.
    months : int
        Months under the policy.
    burn_in : int
        Months of history before it.
    people : int
        Replicates of which every person's outcome is kept, see `whom_people`.
    """

    seed: int = 1
    sample: float = 0.05
    months: int = 120
    burn_in: int = BURN_IN
    people: int = 0


def check(scenario: Scenario, replicate: int, settings: Settings) -> None:
    """Refuse arguments that no run can have, as one line (see `Plan.check`)."""
    s = settings
    try:
        check_arguments(scenario, replicate, s.seed, s.sample, s.months, s.burn_in)
    except UsageError:
        raise
    except ValueError as error:
        # A ScenarioError names its own place and passes as it is.
        raise error if type(error) is not ValueError else UsageError(str(error)) from None
