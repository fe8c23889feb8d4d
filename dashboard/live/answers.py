"""What a policy changes, out of runs in memory, and the command that repeats it.

Over the ensemble, replicate k lives with parameter set k: the interval of a difference is then its spread
over sets, without the luck of a small county (`returnee.experiments.statistics.spread`). Else it is that of the
mean, where the full county's answer lies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from returnee.dashboard.live.pool import Asker
from returnee.dashboard.live.runs import STAGES, Figures, Sets, are_kept, cubes, kept_of
from returnee.dashboard.texts import words
from returnee.dashboard.visitor.place import ENSEMBLE, LEVERS, Mix, Place
from returnee.experiments.errors import UsageError
from returnee.experiments.measuring.measures import BY_NAME, smoothed
from returnee.experiments.measuring.selections import HEADLINES, INCOMES, KEY, PUBLIC_MONEY
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import INDEX, Cube, effect_columns
from returnee.experiments.statistics.persons import STEPS, waterfall
from returnee.experiments.statistics.samples import made_wider
from returnee.experiments.studies.compare import Comparison, command_of
from returnee.experiments.studies.compare_ensemble import SHIPPED
from returnee.experiments.studies.ensemble import ensemble
from returnee.experiments.words.texts import label_of, plain_title
from returnee.scenarios import Scenario
from returnee.simulation.start.own_county import sample_of

WAITING = {
    "queue_training": "training.places", "trained_wait": "training.places",
    "queue_desk": "finance.guarantee_fund", "desk_wait": "finance.guarantee_fund",
    "queue_incubation": "incubation.places", "incubator_places_used": "incubation.places",
    "mentored": "services.mentors", "refused_no_guarantor": "finance.guarantee_fund",
    "refused_fund": "finance.guarantee_fund", "refused_banks": "finance.guarantee_fund",
    "refused_not_approved": "finance.guarantee_fund",
}  # fmt: skip
"""Queues and waits, and the lever without which there is nothing to wait for or be refused."""

SHOWN = tuple(dict.fromkeys((*HEADLINES, *KEY, *WAITING, *PUBLIC_MONEY, *INCOMES, "aware_finance")))
BASE = {
    "measure": list(SHOWN), "label_en": [BY_NAME[m].en for m in SHOWN],
    "label_zh": [BY_NAME[m].zh for m in SHOWN],
    **{name: [getattr(BY_NAME[m], name) for m in SHOWN] for name in ("unit", "kind", "better")},
}  # fmt: skip
MOVED, REFERENCE = "policy", "reference"
LUCK = 12  # replicates with one set of parameters, from which the luck of a small county is known
WHOM = ("supported", "anyway", "own", "displaced", "net")
"""Founders who were paid or served, of them those who found under the reference too; firms that the
supported gain, less those that others lose by it, and the net change."""


@dataclass(frozen=True)
class Answer(Comparison):
    """A comparison whose runs are in memory, without a table of them.

    Attributes
    ----------
    made : Cube
    kept : list of list of Figures
        What is kept of every run, by scenario and replicate; none where a page does not ask, or not yet.
    luck : Cube or None
        Over the ensemble: the same scenarios with one set of parameters in all replicates.
    """

    made: Cube = field(kw_only=True, repr=False)
    kept: list[list[Figures]] = field(kw_only=True, repr=False, default_factory=list)
    luck: Cube | None = field(kw_only=True, repr=False, default=None)

    @cached_property
    def cube(self) -> Cube:
        """The runs as an array."""
        return self.made

    @cached_property
    def effects(self) -> pd.DataFrame:
        """Effects on the measures that pages show, as `effects.effects_of` gives them for all."""
        return pd.DataFrame([row for rows in self.by_measure.values() for row in rows.values()])

    @property
    def sample(self) -> float:
        """Share of the county that a run lives."""
        return sample_of(self.plan.scenarios[self.plan.reference], self.plan.settings.sample)

    @cached_property
    def chains(self) -> np.ndarray:
        """Counts by step of support, shape (scenarios, replicates, names of `chains.NAMES`)."""
        return np.array([[run.chains for run in of_one] for of_one in self.kept])

    @cached_property
    def by_person(self) -> np.ndarray:
        """Figures of `WHOM` by replicate: the policy against the reference, person by person."""
        ours, theirs = (self.kept[self.made.labels.index(k)] for k in (MOVED, REFERENCE))
        found = [whom_of(a.persons, b.persons) for a, b in zip(ours, theirs, strict=True)]
        return np.array(found, float) / sample_of(
            self.plan.scenarios[REFERENCE], self.plan.settings.sample
        )

    @cached_property
    def by_measure(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Effects of each scenario by measure."""
        luck = None if self.luck is None else shown_of(self.luck)
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for label, effect in effect_columns(shown_of(self.made), BASE, self.plan, luck).items():
            if luck is None:
                effect |= made_wider(BASE | effect, self.sample)
            columns = BASE | {name: values.tolist() for name, values in effect.items()}
            rows = zip(*columns.values(), strict=True)
            told = [{"scenario": label, **dict(zip(columns, row, strict=True))} for row in rows]
            found[label] = {row["measure"]: row for row in told}
        return found

    def yearly(self, label: str, measure: str) -> float:
        """Mean over replicates of a flow of a scenario, by year."""
        levels = self.made.levels[self.made.labels.index(label), :, INDEX[measure]]
        return float(levels.mean()) * 12.0 / self.plan.settings.months


def shown_of(cube: Cube) -> np.ndarray:
    """Levels of the measures that pages show, shape (scenarios, replicates, measures)."""
    return cube.levels[..., [INDEX[name] for name in SHOWN]].astype(float)


def whom_of(policy: np.ndarray, reference: np.ndarray) -> list[float]:
    """Figures of `WHOM` in one pair of runs; NaN where they are not of the same persons.

    `policy`, `reference`: records of `runs.PERSON`.
    """
    if not np.array_equal(policy["worker"], reference["worker"]):
        return [np.nan] * len(WHOM)
    supported = (policy["support"] > 0) & (policy["founded"] > 0)
    anyway = supported & (reference["founded"] > 0)
    sides = [
        {**{name: side[name] for name in ("support", "incumbent", "returnee", "jobs")},
         "owner": side["owner"] > 0}
        for side in (policy, reference)
    ]  # fmt: skip
    steps, _ = waterfall(*[{**s, "incumbent": s["incumbent"] > 0, "returnee": s["returnee"] > 0} for s in sides])  # fmt: skip
    at = dict(zip(STEPS, steps[0], strict=True))  # in firms
    own = at["gross"] - at["deadweight"] - at["lost_supported"]
    return [supported.sum(), anyway.sum(), own, at["lost_others"] - at["gained_others"], at["net"]]


def answer_of(
    plan: Plan,
    cube: Cube,
    runs: pd.DataFrame | None = None,
    kept: list[list[Figures]] | None = None,
    luck: Cube | None = None,
) -> Answer:
    """An answer out of a cube; with counts by group (`runs.group_runs`) if `equity` is wanted."""
    table = pd.DataFrame() if runs is None else runs
    return Answer(plan, table, [], None, "", made=cube, kept=kept or [], luck=luck)


def luck_of(
    scenarios: Mapping[str, Scenario], reference: str, asker: Asker, sets: Sets
) -> Cube | None:
    """Runs with one set of parameters, which tell the luck of the small county from the sets."""
    if not sets:
        return None
    *_, (_, cube) = cubes(scenarios, reference, asker, stages=(LUCK,))
    return cube


def lined_up(place: Place) -> dict[str, Scenario]:
    """The policy of Explore and what it is compared with.

    Raises
    ------
    ScenarioError
        One line, as on the command line.
    """
    moved = place.mix.scenario().with_(name=MOVED, **_titles(place))
    return {MOVED: moved, REFERENCE: place.reference().with_(name=REFERENCE)}


def answer(place: Place, asker: Asker) -> Answer:
    """What Explore's policy changes; shown again and again with more replicates."""
    lined = lined_up(place)
    sets = sets_of(place, [place.mix])
    luck = luck_of(lined, REFERENCE, asker, sets)

    def answered(plan: Plan, cube: Cube) -> Answer:
        soon = plan.replicates <= STAGES[0] and not are_kept(plan, sets)
        return answer_of(plan, cube, kept=[] if soon else kept_of(plan, sets), luck=luck)

    return grown(cubes(lined, REFERENCE, asker, sets=sets, soon=True), asker, answered)


def last_move(found: Answer, before: Answer) -> Answer:
    """What the last move changed: the policy as it is against the policy as it was, pair by pair.

    Over the replicates that both answers have; the plan of the answer before may be of another world.
    """
    n = min(found.plan.replicates, before.plan.replicates)
    sides = [(REFERENCE, before), (MOVED, found)]
    values = np.array([of.made.values[of.made.labels.index(MOVED), :n] for _, of in sides])
    plan = Plan({k: of.plan.scenarios[MOVED] for k, of in sides}, REFERENCE, n, found.plan.settings)
    both = found.luck is not None and before.luck is not None
    luck = [of.luck.values[of.luck.labels.index(MOVED)] for _, of in sides if of.luck is not None]
    return answer_of(
        plan, Cube(values, (REFERENCE, MOVED)),
        luck=Cube(np.array(luck), (REFERENCE, MOVED)) if both else None,
    )  # fmt: skip


def grown(
    stages: Iterable[tuple[Plan, Cube]], asker: Asker, answered: Callable[[Plan, Cube], Answer]
) -> Answer:
    """The answer after the last stage; those before are shown as they come."""
    for plan, cube in stages:
        found = answered(plan, cube)
        if plan.replicates < STAGES[-1]:
            asker.show(found)
    return found


def sets_of(place: Place, mixes: Iterable[Mix]) -> Sets:
    """Parameter sets by replicate; none if the page does not run over the ensemble.

    Raises
    ------
    UsageError
        If a mix moves a parameter that the sets move too.
    """
    if place.over != ENSEMBLE:
        return ()
    sets = ensemble()
    for key in (key for mix in mixes for key in mix.world()):
        if key in sets[0]:
            text = words(place.lang)["over"]["moved"]
            raise UsageError(text.format(name=label_of(LEVERS[key], place.lang)))
    return sets.by_weight(STAGES[-1])


def _titles(place: Place) -> dict[str, str]:
    base = place.mix.scenario()
    titles: dict[str, str] = {}
    if not place.mix.levers:
        return titles
    for lang in ("en", "zh"):
        many = words(lang)["explore"]["moved_title" if len(place.mix.levers) > 1 else "moved_one"]
        given = place.mix.title or many.format(
            base=plain_title(base, lang), n=len(place.mix.levers)
        )
        titles[f"title_{lang}"] = given
    return titles


def command(place: Place, plan: Plan, replicates: int = 1) -> str:
    """The command line that repeats what Explore shows; `replicates` are those of each set."""
    names, moved = [place.mix.base], place.mix.overrides()
    if place.over == ENSEMBLE:
        plan = replace(plan, replicates=replicates)
        sets = {"over": SHIPPED, "sets": len(ensemble())}
        return command_of(names, place.named(), plan, moved, sets=sets)
    return command_of(names, place.named(), plan, moved)


def series(cube: Cube, label: str, measure: str) -> np.ndarray:
    """One measure of a scenario by month; flows as sums over the 12 months before.

    Returns
    -------
    ndarray of float, shape (replicates, months)
    """
    return smoothed(
        cube.values[cube.labels.index(label), :, INDEX[measure]].astype(float),
        BY_NAME[measure].kind,
    )
