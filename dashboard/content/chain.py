"""Why a policy does what it does: the chain of support, what binds, what would be there anyway, who pays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from returnee.dashboard.content.facts import told, unpaid_a_year
from returnee.dashboard.content.levers import value_text
from returnee.dashboard.live.answers import MOVED, REFERENCE, WHOM, Answer, lined_up
from returnee.dashboard.live.pool import Asker, gather
from returnee.dashboard.live.runs import SMALL, elsewhere, reduced
from returnee.dashboard.live.stored import evidence
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import LEVERS, Place
from returnee.experiments.measuring.chains import (
    CHAINS,
    INDEX,
    OTHER,
    REASONS,
    WAITED,
    Chain,
    chains_of,
    reason_name,
    step_name,
    waited_name,
)
from returnee.experiments.statistics.intervals import estimate, mean_of, ratio_interval
from returnee.experiments.studies.stories.life import Life, Pair
from returnee.experiments.studies.stories.watch import lives_of
from returnee.experiments.studies.stories.words import story_lines
from returnee.experiments.words.texts import amount, basis_of, label_of, percent
from returnee.experiments.words.texts import words as report_words
from returnee.scenarios import Lever, Scenario, walk
from returnee.simulation.state.programmes import POTS

PILLARS = tuple(CHAINS)
STEPS = tuple(dict.fromkeys(step for steps in CHAINS.values() for step in steps))
SMALLEST = 10_000.0  # yuan a year that are worth a word
NARROW = 0.98  # share of a step that is lost for no reason worth a word
RULES: dict[str, tuple[str, ...]] = {
    "planned": ("behaviour.careers.idea_rate", "behaviour.money.minimum_start"),
    "heard": (
        "behaviour.information.tie_rate", "behaviour.information.session_uptake",
        "behaviour.information.message_uptake", "behaviour.information.forget_rate",
        "policy.activities.outreach_sessions", "policy.services.mass_messages",
    ),
    "opened": ("behaviour.firm.opening_rate", "behaviour.firm.optimism"),
    "alive": ("behaviour.closing.outlook_margin", "behaviour.firm.shock_sd"),
    "training.asked": ("behaviour.support.ask_founder", "behaviour.support.training_patience"),
    "training.granted": ("policy.training.places", "policy.training.class_size", "policy.training.fee"),
    "finance.eligible": ("behaviour.money.eligible", "policy.finance.loans_allowed"),
    "finance.asked": (
        "behaviour.money.visit_cost", "behaviour.money.smallest_loan", "policy.services.desk_days",
        "policy.services.township_posts",
    ),
    "finance.granted": (
        "behaviour.money.cover", "behaviour.money.guarantor_share", "behaviour.money.giveup",
        "policy.finance.counter_guarantee_waiver", "policy.finance.guarantee_fund",
        "policy.finance.leverage",
    ),
    "incubation.granted": ("policy.incubation.places", "behaviour.support.place_patience"),
    "services.granted": (
        "policy.services.mentors", "behaviour.support.mentees", "behaviour.support.mentor_age",
    ),
    "activities.asked": (
        "policy.activities.contests", "behaviour.support.entrants", "behaviour.support.contest_age",
    ),
    "activities.granted": ("behaviour.support.winners", "policy.activities.prize_pot"),
    "grant.certified": ("policy.finance.grant_needs_certificate",),
    "grant.granted": (
        "policy.finance.startup_grant", "policy.finance.grant_after_months",
        "policy.finance.grant_wait", "policy.budget.startup",
    ),
}  # fmt: skip
"""Parameters that a step hangs on, by chain and step, or by step where all chains share the rule."""


def rule_key(pillar: str, step: str) -> str:
    """Key of a step's rule: its own, or the one that all chains share."""
    return f"{pillar}.{step}" if f"{pillar}_{step}" in words("en")["rules"] else step


class Means:
    """Mean counts of a chain in both scenarios."""

    def __init__(self, found: Answer) -> None:
        self.places = [found.made.labels.index(k) for k in (MOVED, REFERENCE)]
        self.each = [found.chains[k].astype(float) for k in self.places]
        self.means = [mean_of(values) for values in self.each]

    def of(self, name: str) -> tuple[float, float]:
        """Under the policy, and under the reference."""
        ours, theirs = (float(mean[INDEX[name]]) for mean in self.means)
        return ours, theirs

    def told(self, name: str) -> int:
        """1 for more under the policy, -1 for fewer, 0 if it can't be told."""
        _, low, high, _, _ = estimate(self.each[0][:, INDEX[name]] - self.each[1][:, INDEX[name]])
        return 1 if low > 0.0 else -1 if high < 0.0 else 0


def view(found: Answer, pillar: str, step: str, lang: str, titles: Sequence[str]) -> dict[str, Any]:
    """What ``vue/chain.vue`` draws: the steps of a chain under the policy and the reference."""
    text, means = words(lang)["chain"], Means(found)
    steps: list[dict[str, Any]] = []
    before: tuple[float, float] | None = None
    for key in CHAINS[pillar]:
        count = means.of(step_name(pillar, key))
        shares = [
            None if before is None or not b else c / b for c, b in zip(count, before or (0, 0))
        ]
        sign = means.told(step_name(pillar, key))
        steps.append({
            "key": key, "label": label(pillar, key, lang), "count": number(count[0], lang),
            "reference": number(count[1], lang), "share": shares[0], "share_reference": shares[1],
            "share_text": "" if shares[0] is None
            else text["of_before"].format(share=percent(shares[0], lang)),
            "sign": sign, "sign_text": text["signs"][sign + 1],
        })  # fmt: skip
        before = count
    tabs = [{"key": key, "name": text["pillars"][key]} for key in PILLARS]
    return {
        "title": text["title"], "tabs": tabs, "pillar": pillar, "step": step, "steps": steps,
        "binds": binds(found, means, pillar, lang), "titles": list(titles),
        "label": text["label"],
    }  # fmt: skip


def label(pillar: str, step: str, lang: str) -> str:
    """What a step is called in a chain."""
    names = words(lang)["chain"]["steps"]
    return str(names.get(f"{pillar}_{step}", names[step]))


def number(value: float, lang: str) -> str:
    """A count as written."""
    return amount(value, "people", lang)


def binds(found: Answer, means: Means, pillar: str, lang: str) -> str:
    """What holds a chain back under the policy, in a sentence."""
    text = words(lang)["chain"]["binds"]
    lost = [
        (means.of(reason_name(pillar, "granted", reason))[0], reason)
        for reason in REASONS[pillar].get("granted", ())
    ]
    steps = CHAINS[pillar]
    asked = means.of(step_name(pillar, steps[max(steps.index("granted") - 1, 0)]))[0]
    parts = []
    if lost and asked > 0.0 and max(lost)[0] > (1.0 - NARROW) * asked:
        n, reason = max(lost)
        key = f"{pillar}_{reason}" if f"{pillar}_{reason}" in text else reason
        parts.append(text[key].format(n=number(n, lang), asked=number(asked, lang)))
    elif asked > 0.0:
        shares = [
            (means.of(step_name(pillar, b))[0] / max(means.of(step_name(pillar, a))[0], 1e-9), b)
            for a, b in zip(steps, steps[1:])
            if means.of(step_name(pillar, a))[0] > 0.0 and b not in ("opened", "alive")
        ]
        if shares:
            share, step = min(shares)
            parts.append(
                text["narrow"].format(step=label(pillar, step, lang), share=percent(share, lang))
            )
    else:
        parts.append(text["nobody"])
    waited = means.of(waited_name(pillar))[0] if pillar in WAITED else np.nan
    if np.isfinite(waited) and waited >= 0.5:
        parts.append(text["waited"].format(months=f"{waited:.1f}"))
    if pillar in ("any", "grant"):
        parts += money(found, lang)
    return str(text["gap"]).join(parts)


def money(found: Answer, lang: str) -> list[str]:
    """What was due and not paid, and whether the cap or a pot was the reason."""
    text, unpaid = words(lang)["chain"]["binds"], unpaid_a_year(found)
    parts = []
    if (by_cap := float(unpaid[:, 0].sum())) > SMALLEST:
        parts.append(text["cap"].format(yuan=amount(by_cap, "yuan", lang)))
    for pot, by_pot in zip(POTS, unpaid[:, 1]):
        if by_pot > SMALLEST:
            name = report_words(lang)["pots"][pot]
            parts.append(text["pot"].format(pot=name, yuan=amount(float(by_pot), "yuan", lang)))
    return parts


def reasons(found: Answer, pillar: str, step: str, lang: str) -> list[tuple[str, str, str]]:
    """Why those of the step before did not take a step: reason, under the policy, the reference."""
    text, means, steps = words(lang)["chain"], Means(found), CHAINS[pillar]
    k = steps.index(step)
    if k == 0:
        return []
    lost = np.subtract(means.of(step_name(pillar, steps[k - 1])), means.of(step_name(pillar, step)))
    rows = []
    for reason in REASONS[pillar].get(step, ()):
        counts = means.of(reason_name(pillar, step, reason))
        lost = lost - np.array(counts)
        if max(counts) > 0.0:
            rows.append((text["reasons"][reason], *(number(n, lang) for n in counts)))
    if max(lost) > 0.5:
        key = f"{pillar}_{step}" if f"{pillar}_{step}" in text["rest"] else OTHER
        rows.append((text["rest"][key], *(number(max(n, 0.0), lang) for n in lost)))
    return rows


@dataclass(frozen=True)
class Ruled:
    """A parameter that a step hangs on, as written: value, unit, what it rests on, and sources."""

    name: str
    value: str
    basis: str
    kind: str
    sources: list[tuple[str, str, str]]


def rule(found: Answer, pillar: str, step: str, lang: str) -> tuple[str, list[Ruled]]:
    """The rule of a step in words, and the parameters it hangs on, as the policy has them."""
    key = rule_key(pillar, step)
    scenario = found.plan.scenarios[MOVED]
    now = dict(walk(scenario.policy, "policy.")) | dict(walk(scenario.behaviour, "behaviour."))
    rows = [ruled(now.get(name, LEVERS[name]), lang) for name in RULES.get(key, ())]
    return str(words(lang)["rules"][key.replace(".", "_")]), rows


def ruled(lever: Lever, lang: str) -> Ruled:
    """A parameter as written, with its sources."""
    known = evidence()
    sources = [
        (i, str(known[i].get("source_title", "")), known[i].get("url", ""))
        for i in lever.evidence
        if i in known
    ]
    safe = [(i, title, url if url.startswith(("https://", "http://")) else "") for i, title, url in sources]  # fmt: skip
    return Ruled(
        label_of(lever, lang),
        value_text(lever, lever.value, lang),
        basis_of(lever, lang),
        lever.basis,
        safe,
    )


def worth(found: Answer, lang: str) -> list[tuple[str, str]]:
    """Deadweight, displacement and who pays: what is asked, and the answer in words."""
    text = words(lang)["worth"]
    at = {name: found.by_person[:, k] for k, name in enumerate(WHOM)}
    rows = [(text["anyway"], _anyway(at, text, lang)), (text["others"], _others(at, text))]
    return [*rows, (text["pays"], _payers(found, text, lang))]


def _anyway(at: dict[str, np.ndarray], text: dict[str, Any], lang: str) -> str:
    supported, anyway = mean_of(at["supported"]), mean_of(at["anyway"])
    if not np.isfinite(supported) or supported <= 0.0:
        return str(text["nobody" if supported == 0.0 else "other_people"])
    low, high = np.clip(ratio_interval(at["anyway"], at["supported"]), 0.0, 1.0)
    return str(text["anyway_share"]).format(
        n=number(float(supported), lang), share=percent(float(anyway / supported), lang),
        low=percent(float(low), lang), high=percent(float(high), lang),
    )  # fmt: skip


def _others(at: dict[str, np.ndarray], text: dict[str, Any]) -> str:
    own, low, _, _, _ = estimate(at["own"])
    if not np.isfinite(own) or low <= 0.0:
        return str(text["no_gain"])
    lost = estimate(at["displaced"])
    if lost.low <= 0.0 <= lost.high:
        return str(text["cant"])
    return str(text["lost" if lost.mean > 0 else "won"]).format(
        n=f"{100 * abs(float(lost.mean)) / float(own):.0f}"
    )


def _payers(found: Answer, text: dict[str, Any], lang: str) -> str:
    rows = found.by_measure[MOVED]
    years = found.plan.settings.months / 12.0
    spent, county = (float(rows[name]["level"]) / years for name in ("public_cost", "county_cost"))
    banks = told(found.plan, "loans_written_off", rows["loans_written_off"], lang)
    tax = told(found.plan, "tax", rows["tax"], lang)
    line = str(text["payers"]).format(
        county=amount(county, "yuan", lang), above=amount(max(spent - county, 0.0), "yuan", lang),
        banks=banks.level,
    )  # fmt: skip
    return line + (str(text["taxes"]).format(tax=tax.much) if tax.known else str(text["no_taxes"]))


@dataclass(frozen=True, eq=False)
class People:
    """Two people at a step of a chain, in the first replicate, under both scenarios.

    Attributes
    ----------
    took, left : Pair or None
        Somebody who took the step under the policy, and somebody who was at the step before and
        did not.
    """

    took: Pair | None
    left: Pair | None


def people(place: Place, pillar: str, step: str, asker: Asker) -> People:
    """Lives of two people at a step; runs are lived again to watch them."""
    lined = lined_up(place)
    chain: Chain = gather([partial(_chains, lined[MOVED])], 1, asker)[0][pillar]
    steps = CHAINS[pillar]
    inside = chain.steps[step]
    before = chain.steps[steps[steps.index(step) - 1]] if steps.index(step) else inside
    chosen = [_one(chain.workers[inside]), _one(chain.workers[before & ~inside])]
    ids = sorted({worker for worker, _ in chosen if worker >= 0})
    calls = [partial(elsewhere, lives_of, scenario, ids, 0, SMALL) for scenario in lined.values()]
    told_ = gather(calls, 1, asker) if ids else [{}, {}]
    lives: dict[str, dict[int, Life]] = dict(zip(lined, told_, strict=True))
    pairs = [
        Pair("", n, lives[REFERENCE][worker], lives[MOVED][worker]) if worker >= 0 else None
        for worker, n in chosen
    ]
    return People(*pairs)


def _chains(scenario: Scenario) -> dict[str, Chain]:
    return reduced("chains", scenario, 0, SMALL, chains_of)


def _one(workers: np.ndarray) -> tuple[int, int]:
    """The one in the middle, by id, and of how many; -1 if there is none."""
    known = np.unique(workers)
    return (int(known[len(known) // 2]), len(known)) if len(known) else (-1, 0)


def stories(found: Answer, seen: People, lang: str) -> list[tuple[str, list[str]]]:
    """Who is told of, and the sentences."""
    text = words(lang)["chain"]
    return [
        (text[kind], story_lines(found.plan, MOVED, pair, lang))
        for kind, pair in (("took", seen.took), ("left", seen.left))
        if pair is not None
    ]
