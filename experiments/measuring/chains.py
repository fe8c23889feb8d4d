"""From hearing of support to a firm that lives: how many get how far, and why the others do not.

A *chain* is a row of steps, each within the one before. Chains of firms begin with the ventures planned
under the policy, that of training with everybody in the labour force at the end. What a worker knows is
as of the end of the run; who used a programme is taken to have heard of it. Whoever waited for training and
gave up leaves no mark, so *asked* counts those trained and those still waiting.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from returnee.experiments.measuring.files import files_of
from returnee.simulation.firms.projects import JURY
from returnee.simulation.run import Run
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNEL_TABLE, CHANNELS
from returnee.simulation.state.programmes import R_GRANT

OTHER = "other"
CHAINS: dict[str, tuple[str, ...]] = {
    "any": ("planned", "heard", "asked", "granted", "opened", "alive"),
    "training": ("people", "heard", "asked", "granted", "planned", "opened", "alive"),
    "finance": ("planned", "heard", "eligible", "asked", "granted", "opened", "alive"),
    "incubation": ("planned", "heard", "eligible", "asked", "granted", "opened", "alive"),
    "services": ("opened", "heard", "asked", "granted", "alive"),
    "activities": ("planned", "heard", "asked", "granted", "opened", "alive"),
    "grant": ("opened", "eligible", "certified", "granted", "alive"),
}
"""Steps of each chain: of all support together, of each channel, and of the start-up grant."""
_OPENING = ("gave_up", "never_opened")
_LIVING = ("failed", "better", "retired")
REASONS: dict[str, dict[str, tuple[str, ...]]] = {
    "any": {"opened": _OPENING, "alive": _LIVING},
    "training": {"granted": ("waits",), "opened": _OPENING, "alive": _LIVING},
    "finance": {
        "granted": ("not_approved", "no_guarantor", "fund", "banks", "gave_up_waiting", "waits"),
        "opened": _OPENING, "alive": _LIVING,
    },
    "incubation": {"granted": ("waits", "gave_up"), "opened": _OPENING, "alive": _LIVING},
    "services": {"granted": ("waits",), "alive": _LIVING},
    "activities": {"opened": _OPENING, "alive": _LIVING},
    "grant": {"alive": _LIVING},
}  # fmt: skip
"""Why those of the step before did not take a step, as far as records tell; the rest is `OTHER`."""
WAITED = ("training", "finance", "incubation", "services")
"""Chains in which those granted have waited a known time."""

Masks = dict[str, np.ndarray]


class Chain(NamedTuple):
    """Who is at each step of a chain, in one run."""

    workers: np.ndarray  # shape (members,); ids of the persons
    steps: Masks  # each of shape (members,), within the one before
    reasons: Mapping[str, Masks]  # by step: why members of the step before did not take it
    waited: np.ndarray  # shape (members,); months from asking to having it; NaN: unknown


def step_name(chain: str, step: str) -> str:
    """Name under which the members of a step are counted."""
    return f"chain_{chain}_{step}"


def reason_name(chain: str, step: str, reason: str) -> str:
    """Name under which those are counted who did not take a step for a reason."""
    return f"chain_{chain}_{step}_{reason}"


def waited_name(chain: str) -> str:
    """Name of the mean wait of those granted, months."""
    return f"chain_{chain}_waited"


NAMES = (
    *(step_name(chain, step) for chain, steps in CHAINS.items() for step in steps),
    *(
        reason_name(chain, step, reason)
        for chain, steps in REASONS.items()
        for step, reasons in steps.items()
        for reason in reasons
    ),
    *(waited_name(chain) for chain in WAITED),
)
INDEX = {name: k for k, name in enumerate(NAMES)}


def chains_of(run: Run) -> dict[str, Chain]:
    """Every chain of a run, by name."""
    county = run.county
    firms, receipts = files_of(run)
    workers = county.workers.view(np.ndarray)
    founders = county.row_of[firms["id"] >> 4]
    names = ("knows", "certificate", "training_since", "eligible", "founded")
    owner = {name: workers[name][founders] for name in names}  # a whole row has fifty fields
    knows = {name: owner["knows"] >> k & 1 == 1 for k, name in enumerate(CHANNELS)}
    trained, queued = owner["certificate"] != r.NEVER, owner["training_since"] != r.NEVER
    asked = {
        "training": trained | queued,
        "finance": firms["desk_since"] != r.NEVER,
        "incubation": (firms["incubation_since"] != r.NEVER)
        | (firms["incubator_until"] != r.NEVER),
        "services": (firms["mentor_since"] != r.NEVER) | (firms["mentor_until"] != r.NEVER),
        "activities": (firms["signals"] >> JURY & 1 == 1) | (firms["credit_line"] == 1),
    }
    granted = {
        "training": trained,
        "finance": firms["loan_month"] != r.NEVER,
        "incubation": firms["incubator_until"] != r.NEVER,
        "services": firms["mentor_until"] != r.NEVER,
        "activities": firms["credit_line"] == 1,
        "grant": receipts[:, R_GRANT] > 0,
    }
    opened, alive = firms["opened"] != r.NEVER, firms["phase"] == r.OPEN
    gone = firms["phase"] == r.ABANDONED
    ends = {
        "gave_up": gone & (firms["registered"] == r.NEVER),
        "never_opened": firms["stop_reason"] == r.STOP_NEVER_OPENED,
        "failed": firms["stop_reason"] == r.STOP_FAILED,
        "better": firms["stop_reason"] == r.STOP_GAVE_UP,
        "retired": firms["stop_reason"] == r.STOP_RETIRED,
    }
    everybody: np.ndarray = np.ones(len(firms), bool)
    never: np.ndarray = np.full(len(firms), np.nan)
    refused, why = firms["loan_stage"] == r.REFUSED, firms["loan_reason"]
    loan = {
        "not_approved": refused & (why == r.NOT_APPROVED),
        "no_guarantor": refused & (why == r.NO_GUARANTOR),
        "fund": refused & (why == r.FUND_EXHAUSTED),
        "banks": refused & (why == r.BANKS_WITHDRAWN),
        "gave_up_waiting": refused & (why == r.GAVE_UP),
        "waits": (firms["loan_stage"] == r.AT_DESK) | (firms["loan_stage"] == r.IN_PROCESS),
    }
    needs_site = np.asarray(county.markets["needs_site"])[firms["sector"]] == 1
    needed = bool(np.asarray(county.policies["finance_grant_needs_certificate"])[-1])
    working = np.isin(firms["phase"], (r.PLANNED, r.REGISTERED, r.OPEN))
    policies = county.policies
    spans = {
        "finance": _span(firms["desk_since"], firms["loan_month"]),
        "incubation": _span(
            firms["incubation_since"],
            firms["incubator_until"] - int(np.asarray(policies["incubation_months"])[-1]),
        ),
        "services": _span(
            firms["mentor_since"],
            firms["mentor_until"] - int(run.scenario.behaviour.support.mentoring_months),
        ),
    }
    steps = {
        "heard": {name: knows[name] | asked[name] for name in asked}, "asked": asked,
        "granted": granted,
    }  # fmt: skip
    more: dict[str, Masks] = {
        "any": {
            "heard": _any(knows) | _any(asked) | granted["grant"],
            "asked": _any(asked) | granted["grant"], "granted": _any(granted),
        },
        "finance": {"eligible": (owner["eligible"] == 1) | asked["finance"]},
        "incubation": {"eligible": ~needs_site},
        "grant": {"eligible": owner["founded"] <= 1, "certified": trained | (not needed)},
    }  # fmt: skip
    lost = {
        "finance": loan, "incubation": {"waits": working, "gave_up": ~working},
        "services": {"waits": alive},
    }  # fmt: skip
    found = {}
    for name in CHAINS.keys() - {"training"}:
        masks: Masks = {"planned": everybody, "opened": opened, "alive": alive}
        masks |= {step: by_chain[name] for step, by_chain in steps.items() if name in by_chain}
        reasons = {"granted": lost.get(name, {}), "opened": ends, "alive": ends}
        chain = masks | more.get(name, {}), reasons, spans.get(name, never)
        found[name] = _nested(name, founders, workers, *chain)
    return found | {"training": _training(run, workers, founders, firms, ends)}


def _any(masks: Masks) -> np.ndarray:
    return np.logical_or.reduce(list(masks.values()))


def _span(since: np.ndarray, until: np.ndarray) -> np.ndarray:
    """Months between two dates, NaN where there are none, or one was overwritten by a later one."""
    since, until = since.astype(float), until.astype(float)
    months = until - since
    known = (since > r.NEVER) & (until > r.NEVER / 2) & (months >= 0.0)
    return np.where(known, months, np.nan)


def _nested(
    name: str,
    rows: np.ndarray,
    workers: np.ndarray,
    steps: Masks,
    reasons: Mapping[str, Masks],
    waited: np.ndarray,
) -> Chain:
    """A chain whose steps are within each other, and whose reasons count each member once."""
    within: np.ndarray = np.ones(len(rows), bool)
    inside: Masks = {}
    lost: dict[str, Masks] = {}
    for step in CHAINS[name]:
        inside[step] = within & steps[step]
        left, told = within & ~inside[step], {}
        for reason in REASONS[name].get(step, ()):
            told[reason] = left & reasons[step][reason]
            left = left & ~told[reason]
        lost[step] = told | {OTHER: left}
        within = inside[step]
    return Chain(workers["id"][rows], inside, lost, waited)


def _training(
    run: Run, workers: np.ndarray, founders: np.ndarray, firms: np.ndarray, ends: Masks
) -> Chain:
    """The chain of training: people of the labour force at the end, and the last venture of each."""
    rows = np.flatnonzero((workers["state"] != r.PRE) & (workers["state"] != r.RETIRED))
    people = {n: workers[n][rows] for n in ("certificate", "training_since", "knows")}
    last = np.full(len(workers), -1)
    last[founders] = np.arange(len(founders))
    own = last[rows]
    has = own >= 0

    def of_firm(values: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.zeros(len(rows), bool)
        found[has] = values[own[has]]
        return found

    certificate: np.ndarray = people["certificate"].astype(int)
    trained = certificate >= 1
    waits = (people["training_since"] != r.NEVER) & (certificate == r.NEVER)
    knows = people["knows"] >> CHANNELS.index("training") & 1 == 1
    steps = {
        "people": np.ones(len(rows), bool),
        "heard": knows | trained | waits,
        "asked": trained | waits,
        "granted": trained,
        "planned": has,
        "opened": of_firm(firms["opened"] != r.NEVER),
        "alive": of_firm(firms["phase"] == r.OPEN),
    }
    of_people = {name: of_firm(values) for name, values in ends.items()}
    reasons = {"granted": {"waits": waits}, "opened": of_people, "alive": of_people}
    waited = np.where(trained, _span(people["training_since"], certificate), np.nan)
    return _nested("training", rows, workers, steps, reasons, waited)


def counts_of(run: Run) -> np.ndarray:
    """Members of every step and reason, full county, and mean waits; in the order of `NAMES`."""
    counts = np.full(len(NAMES), np.nan)
    for name, chain in chains_of(run).items():
        for step, members in chain.steps.items():
            counts[INDEX[step_name(name, step)]] = members.sum() / run.sample
            for reason in REASONS[name].get(step, ()):
                lost = chain.reasons[step][reason].sum() / run.sample
                counts[INDEX[reason_name(name, step, reason)]] = lost
        if name in WAITED:
            waited = chain.waited[chain.steps["granted"]]
            waited = waited[np.isfinite(waited)]
            counts[INDEX[waited_name(name)]] = waited.mean() if len(waited) else np.nan
    return counts


assert {row.key for row in CHANNEL_TABLE} == set(CHAINS) - {"any", "grant"}
