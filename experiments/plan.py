"""What is to be run: scenarios, each in the same replicates, in an order that never changes.

All scenarios of a replicate meet the same people and the same luck, and share the history before
the policy, so they are run together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from experiments.errors import UsageError
from scenarios import Scenario
from simulation.fingerprint import fingerprint
from simulation.history import BURN_IN
from simulation.run import check_arguments

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


@dataclass(frozen=True)
class Plan:
    """Scenarios, replicates and settings of a comparison.

    Attributes
    ----------
    scenarios : mapping of str to Scenario
        By label; the reference is one of them.
    reference : str
        Label of the scenario that the others are compared with.
    replicates : int
    settings : Settings
    """

    scenarios: Mapping[str, Scenario]
    reference: str
    replicates: int
    settings: Settings

    @property
    def compared(self) -> list[str]:
        """Labels of the scenarios other than the reference."""
        return [label for label in self.scenarios if label != self.reference]

    @property
    def other_worlds(self) -> list[str]:
        """Labels of scenarios whose county or behaviour is not the reference's."""
        world = self.scenarios[self.reference].world_id
        return [label for label in self.compared if self.scenarios[label].world_id != world]

    def check(self) -> None:
        """Refuse what no run can have, before anything is run or written.

        Raises
        ------
        UsageError
            If an argument is out of range.
        ScenarioError
            If a scenario does not fit the horizon.
        """
        if not 1 <= self.replicates <= 100_000:
            raise UsageError(f"replicates: found {self.replicates}, allowed 1 to 100000")
        s = self.settings
        if not 0 <= s.people <= self.replicates:
            raise UsageError(f"people: found {s.people}, allowed 0 to {self.replicates} replicates")
        for scenario in self.scenarios.values():
            check(scenario, self.replicates - 1, s)

    def tasks(self) -> list[Task]:
        """List every run, replicate by replicate; scenarios that are the same are run once."""
        first: dict[str, str] = {}
        for label, scenario in self.scenarios.items():
            first.setdefault(scenario.id, label)
        labels = sorted(first.items(), key=lambda item: self.scenarios[item[1]].world_id)
        return [
            Task(label, scenario_id, 0, replicate)
            for replicate in range(self.replicates)
            for scenario_id, label in labels
        ]


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


def jobs(tasks: Iterable[Task], workers: int) -> list[tuple[Task, ...]]:
    """Group runs that share a history, unless that would leave workers idle.

    Parameters
    ----------
    tasks : iterable of Task
        In the order of `Plan.tasks`.
    workers : int
        Runs at a time.
    """
    together = [tuple(group) for _, group in groupby(tasks, key=lambda task: task.replicate)]
    if len(together) >= 2 * workers:
        return together
    return [(task,) for group in together for task in group]
