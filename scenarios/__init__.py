"""What is simulated: counties, policies and behaviour, read from scenario files."""

from returnee.scenarios.files.loader import load_scenario, parse_override, scenario_names
from returnee.scenarios.schema.behaviour import Behaviour
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.errors import ScenarioError
from returnee.scenarios.schema.fields import Lever, walk
from returnee.scenarios.schema.policy import Policy
from returnee.scenarios.schema.record import dtype_of, record_of
from returnee.scenarios.schema.scenario import Scenario

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
