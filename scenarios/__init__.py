"""What is simulated: counties, policies and behaviour, read from scenario files."""

from scenarios.behaviour import Behaviour
from scenarios.county import County
from scenarios.errors import ScenarioError
from scenarios.fields import Lever, walk
from scenarios.loader import load_scenario, parse_override, scenario_names
from scenarios.policy import Policy
from scenarios.record import dtype_of, record_of
from scenarios.schema import Scenario

levers: list[Lever] = [lever for _, lever in walk(Scenario)]
"""Every parameter, with its full key: ``policy.training.places``, ``county.shock.months``."""

__all__ = [
    "Behaviour",
    "County",
    "Lever",
    "Policy",
    "Scenario",
    "ScenarioError",
    "dtype_of",
    "levers",
    "load_scenario",
    "parse_override",
    "record_of",
    "scenario_names",
]
