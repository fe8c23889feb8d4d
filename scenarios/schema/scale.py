"""What a county may lack: amounts of a policy of its own size, facts that its file leaves out."""

from __future__ import annotations

from operator import attrgetter

from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.county_folder import county_label, read_toml
from returnee.scenarios.schema.fields import Number, walk
from returnee.scenarios.schema.layers import flatten
from returnee.scenarios.schema.policy import Policy
from returnee.scenarios.schema.scenario import Scenario

AMOUNTS = (
    "training.places", "services.township_posts", "services.destination_stations",
    "services.mass_messages", "services.mentors", "incubation.places", "activities.contests",
    "activities.outreach_sessions", "technology.extension_visits", "venue.sites_land",
    "finance.guarantee_fund", "budget.startup", "budget.employment", "budget.interest",
    "budget.works", "budget.cap", "linkage.officers",
)  # fmt: skip
"""Levers for the county as a whole. The shipped policies set them for `SHIPPED` workers."""

SHIPPED = 685_000
FAR = 2.0
"""A labour force this many times as large or as small calls for other amounts."""


def at_size(policy: Policy, labour_force: float) -> Policy:
    """A policy whose amounts per worker are those of `policy` in a county of `SHIPPED` workers.

    Whole numbers are rounded, and nothing leaves its range; a fund still backs a loan.
    """
    if labour_force == SHIPPED:
        return policy
    found: dict[str, dict[str, Number]] = {}
    for key, lever in walk(policy):
        if key in AMOUNTS:
            group, name = key.split(".")
            value = float(attrgetter(key)(policy)) * labour_force / SHIPPED
            value = min(max(value, lever.low or 0.0), lever.high or value)
            found.setdefault(group, {})[name] = lever.type(
                round(value) if lever.type is int else value
            )
    backs = policy.finance.loan_cap / policy.finance.leverage  # the least fund that backs a loan
    fund = found["finance"]["guarantee_fund"]
    found["finance"]["guarantee_fund"] = max(fund, backs) if fund else fund
    groups = {group: {**dict(getattr(policy, group)), **values} for group, values in found.items()}
    return Policy.model_validate({**dict(policy), **groups})


def amounts_of_another_size(scenario: Scenario) -> list[str]:
    """List the amounts of a policy that are still those of a county of quite another size.

    Parameters
    ----------
    scenario : Scenario
        Its first policy is looked at.

    Returns
    -------
    list of str
        Full keys; empty where the labour force is within a factor `FAR` of `SHIPPED`. An amount
        counts if it is the default of its lever, and above zero. Pots that pay for nothing don't.
    """
    if 1 / FAR <= scenario.county.labour_force / SHIPPED <= FAR:
        return []
    levers = {key: lever.default for key, lever in walk(scenario.policy)}
    values = {key: attrgetter(key)(scenario.policy) for key in AMOUNTS}
    if not scenario.policy.linkage.referral:
        values["linkage.officers"] = 0  # nobody is handed on
    if not any(value for key, value in values.items() if not key.startswith("budget.")):
        return []
    return [f"policy.{key}" for key, value in values.items() if value and value == levers[key]]


def facts_left_out(scenario: Scenario) -> list[str]:
    """List the facts that a county's file does not give, as one of an earlier version may not.

    Returns
    -------
    list of str
        Full keys and what is assumed: the default, and ages and children from the means of the file
        where it has no table of them. Shocks are left out, as none is usual.
    """
    folder = scenario.county_folder
    if folder is None:
        return []
    label = county_label(folder)
    given = {*flatten(County, read_toml(folder / "county.toml", label), "county", label)}
    given |= {*scenario.facts_given}
    found = [
        f"county.{key} = {lever.value:.10g}"
        for key, lever in walk(scenario.county)
        if key not in given and not key.startswith("shock.")
    ]
    return found + [
        f"county.{name} = []" for name in ("residents", "children") if name not in given
    ]
