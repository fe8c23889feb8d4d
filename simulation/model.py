"""The county as a Mesa model: one step is one month.

Agents are views onto rows (``returnee.simulation.agents``) and are made when somebody asks for them; a run
that nobody inspects makes none. Mesa's generators (``model.random``, ``model.rng``) serve only what
is done to agent sets, such as a shuffle: the county's own draws are keyed (``returnee.simulation.state.draws``).

Everything here uses what Mesa 3.3 and 3.5 both have.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import mesa
import mesa.batchrunner
import networkx as nx
import numpy as np
import pandas as pd
from mesa.agent import AgentSet

from returnee.scenarios import Scenario, load_scenario
from returnee.scenarios.schema.own_rules import OwnRules
from returnee.simulation.agents import Firm, MigrantWorker, SupportService, View
from returnee.simulation.indicators import BY_NAME
from returnee.simulation.run import Run, start
from returnee.simulation.start.arguments import LARGEST_KEY, check_arguments
from returnee.simulation.start.history import BURN_IN, advance
from returnee.simulation.start.own_county import population_of
from returnee.simulation.start.ties import ties_of
from returnee.simulation.state import records as r
from returnee.simulation.state.county import County

V = TypeVar("V", bound=View)
KINDS: tuple[type[View], ...] = (MigrantWorker, Firm, SupportService)


class CountyModel(mesa.Model):
    """One county that lives month by month under a scenario.

    Every keyword can be swept by ``mesa.batch_run``. A parameter of the scenario is a keyword too,
    with its dots written as two underscores: ``policy__training__places=1500``. A plain key without
    its room is looked for and refused with the nearest key, as everywhere.

    Parameters
    ----------
    scenario : str, Path or Scenario
        A scenario's name, file, or the scenario itself. In ``batch_run`` a Scenario must stand in a
        list, since Mesa takes whatever can be iterated over for values to sweep.
    replicate : int, optional
        Which of the paired runs; by default ``rng`` or ``seed`` if that is a whole number, else the
        iteration in ``batch_run``, else 0.
    seed_key : int
        Seed of all draws of the county (``seed`` of ``simulate``; to Mesa that is another word for
        ``rng``).
    sample : float
        Share of the county that is simulated, at least 50 people; figures are scaled by those.
    months : int
        Months under the policy, after which ``running`` is False.
    burn_in : int
        Months of history before it.
    rng, seed : int, generator or None
        What Mesa passes on, one of the two: a whole number is the replicate. It also seeds
        ``model.random`` and ``model.rng``, which no rule of the county uses.
    rules : str or Path, optional
        File of rules that take the place of the model's own, see ``docs/rules.md``.
    **kwargs
        Parameters of the scenario, laid on top of its file; ``county="binhai"`` names a county.

    Attributes
    ----------
    setting : Scenario
        What the county lives under.
    county : County
        The arrays of the county now.
    replicate, seed_key, sample, months
        As given; ``sample`` is the share of the people there are.
    datacollector : mesa.DataCollector
        Collects after every month what the class attributes ``model_reporters`` (every indicator,
        full county), ``agent_reporters`` and ``agenttype_reporters`` (none) say; subclasses may
        set them.

    Examples
    --------
    >>> model = CountyModel("baseline", sample=0.002, months=12)
    >>> model.step()
    >>> model.month, model.running
    (1, True)
    >>> len(model.agents) > 500
    True
    """

    model_reporters: ClassVar[Mapping[str, Any]] = {name: name for name in BY_NAME}
    agent_reporters: ClassVar[Mapping[str, Any]] = {}
    agenttype_reporters: ClassVar[Mapping[type, Mapping[str, Any]]] = {}

    def __init__(
        self,
        scenario: str | Path | Scenario = "baseline",
        replicate: int | None = None,
        seed_key: int = 1,
        sample: float = 0.005,
        months: int = 120,
        burn_in: int = BURN_IN,
        rng: Any = None,
        seed: Any = None,
        rules: str | Path | OwnRules | None = None,
        **kwargs: Any,
    ) -> None:
        if rng is not None and seed is not None:
            raise ValueError("seed: found both rng and seed, allowed one of them")
        rng = seed if rng is None else rng
        if replicate is None:
            replicate = iteration_now() if rng is None else replicate_of(rng)
        self.setting = with_overrides(scenario, kwargs)
        if rules is not None:
            self.setting = self.setting.with_({"rules": rules})
        asked = check_arguments(self.setting, replicate, seed_key, sample, months, burn_in)
        super().__init__(rng=rng)
        self.replicate, self.seed_key, _, self.months, _ = asked
        self.county: County = start(self.setting, *asked)
        self.sample = float(self.county.clock.sample)
        self._first_states = self.county.workers.state.copy()
        self._views: dict[tuple[type[View], int], View] = {}
        self._sets: dict[type, AgentSet] = {}
        self._sets_month: int | None = None
        self.datacollector = mesa.DataCollector(
            model_reporters=dict(self.model_reporters),
            agent_reporters=dict(self.agent_reporters),
            agenttype_reporters=dict(self.agenttype_reporters),
        )

    def __getstate__(self) -> dict[str, Any]:
        # Sets of agents are made anew; views that somebody holds come along.
        return {**self.__dict__, "_sets": {}, "_sets_month": None}

    def __copy__(self) -> CountyModel:
        """A model that lives on by itself, as ``copy.deepcopy`` makes it."""
        return deepcopy(self)

    @property
    def month(self) -> int:
        """Month that was lived last; 0 at the end of the history."""
        return int(self.county.clock.month)

    def step(self) -> None:
        """One month (``returnee.simulation.month.live``); nothing once the last month was lived."""
        if self.month >= self.months:
            self.running = False
            return
        self.county = advance(self.county, self.month + 1, self.setting.rules)
        self.running = self.month < self.months
        self.datacollector.collect(self)

    def run(self) -> Run:
        """Live to the last month; the same result as ``simulate``."""
        while self.running:
            self.step()
        return self._result()

    def _result(self) -> Run:
        return Run(
            self.setting, self.county, self.replicate, self.seed_key, self.sample, self.months,
            self._first_states,
        )  # fmt: skip

    @property
    def monthly(self) -> pd.DataFrame:
        """Indicators of the months lived so far, full county; units in ``attrs["units"]``."""
        table = self._result().monthly
        lived = table.loc[: self.month]
        lived.attrs = table.attrs
        return lived

    def __getattr__(self, name: str) -> float:
        """An indicator of the month lived last, by its name, for the full county."""
        if name not in BY_NAME:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        scale = 1.0 / self.sample if BY_NAME[name].counts else 1.0
        return float(self.county.months[max(self.month, 0)][name]) * scale

    @property
    def scenario(self) -> Any:
        """Not here: Mesa 3.5 means its own kind of scenario by it; see ``setting``."""
        raise AttributeError("the scenario of a CountyModel is model.setting")

    @scenario.setter
    def scenario(self, value: Any) -> None:
        pass  # Mesa 3.5 sets one that only repeats the seed

    def view(self, kind: type[V], row: int) -> V:
        """The agent that shows a row of a table, always the same object.

        Parameters
        ----------
        kind : type
            MigrantWorker, Firm or SupportService.
        row : int
            Row in the kind's table.
        """
        found = self._views.get((kind, row))
        if found is None:
            found = self._views[kind, row] = kind(self, row)
        return found  # type: ignore[return-value]

    def forget(self, view: View) -> None:
        """Drop a view; it is made anew in the next month, or when somebody asks for its row."""
        self._views.pop((type(view), view.row), None)
        for agents in self._sets.values():
            agents.discard(view)

    def rows(self, kind: type[View]) -> np.ndarray:
        """Rows that are agents now: labour force, firms on the register, services at work."""
        county = self.county
        if kind is MigrantWorker:
            state = county.workers.state
            return np.flatnonzero((state != r.PRE) & (state != r.RETIRED))
        if kind is Firm:
            phase = county.firms.phase[: int(county.clock.firms)]
            return np.flatnonzero((phase >= r.REGISTERED) & (phase <= r.DORMANT))
        services = county.services
        return np.flatnonzero(
            (services.capacity > 0) | (services.funded > 0) | (services.served > 0)
        )

    @property
    def agents_by_type(self) -> dict[type, AgentSet]:
        """Agents of this month by type, and agents of other types that were added to the model."""
        if self._sets_month != self.month:
            self._sets = {
                kind: AgentSet(
                    [self.view(kind, row) for row in self.rows(kind).tolist()], random=self.random
                )
                for kind in KINDS
            }
            self._sets_month = self.month
        return {**self._sets, **super().agents_by_type}

    @property
    def agents(self) -> AgentSet:
        """Everybody of this month: workers in the labour force, firms, services."""
        sets = self.agents_by_type.values()
        return AgentSet([agent for agents in sets for agent in agents], random=self.random)

    @property
    def agent_types(self) -> list[type]:
        """Types of the agents."""
        return list(self.agents_by_type)

    def network(self) -> nx.Graph:
        """The social graph of everybody in the labour force now.

        Returns
        -------
        networkx.Graph
            Nodes are workers' ids, with ``state`` and ``township``. An edge has its closest
            ``layer`` (household before kin, friend and fellow) and all its ``layers``, a text with
            spaces between them. Can be written as GraphML and GEXF.
        """
        county, graph = self.county, nx.Graph()
        towns = [town.name for town in self.setting.county.townships]
        rows = self.rows(MigrantWorker)
        for row in rows.tolist():
            worker = county.workers[row]
            graph.add_node(
                int(worker.id), state=r.STATES[worker.state], township=towns[worker.township]
            )
        active = np.zeros(len(county.workers), bool)
        active[rows] = True
        ends = np.repeat(np.arange(len(county.workers)), np.diff(county.indptr))
        kept = (ends < county.ties) & active[ends] & active[county.ties]
        ids, names = county.workers.id, np.array(r.LAYERS)
        layers: dict[tuple[int, int], list[int]] = {}
        for a, b, layer in zip(
            ids[ends[kept]].tolist(),
            ids[county.ties[kept]].tolist(),
            layers_of(self)[kept].tolist(),
        ):
            layers.setdefault((a, b), []).append(layer)
        for (a, b), found in layers.items():
            between = names[sorted(set(found))].tolist()
            graph.add_edge(a, b, layer=between[0], layers=" ".join(between))
        return graph


def replicate_of(rng: Any) -> int:
    """The replicate that a seed of Mesa's stands for: 0 for what is no whole number."""
    whole = isinstance(rng, int | np.integer) and not isinstance(rng, bool)
    return int(rng) % LARGEST_KEY if whole else 0


def iteration_now() -> int:
    """Number of the iteration of ``mesa.batch_run`` that makes this model; 0 outside of it.

    Mesa counts iterations, but tells a model nothing of them, so it is read where it is counted.
    """
    counting = getattr(mesa.batchrunner, "_model_run_func", None)
    frame = sys._getframe(1)
    while counting is not None and frame.f_back is not None:
        frame = frame.f_back
        if frame.f_code is counting.__code__:
            return int(frame.f_locals["run"][1])
    return 0


def layers_of(model: CountyModel) -> np.ndarray:
    """Layer of each tie of a model's county, uint8; found again, since no rule needs it."""
    county, clock = model.county, model.county.clock.copy()
    own = population_of(model.setting, county.facts, clock, model.months)
    return (ties_of(county.workers, county.facts, clock) if own is None else own[1])[2]


def with_overrides(scenario: str | Path | Scenario, keywords: Mapping[str, Any]) -> Scenario:
    """The scenario with parameters given as keywords laid on top.

    Parameters
    ----------
    scenario : str, Path or Scenario
        A scenario's name, file, or the scenario itself.
    keywords : mapping
        ``policy__training__places`` stands for ``policy.training.places``; numpy's numbers are
        taken as plain ones.

    Raises
    ------
    ScenarioError
        If a key or a value is not allowed.
    TypeError
        If parameters are given for a Scenario, which is complete.
    """
    plain = {
        key.replace("__", "."): value.item() if isinstance(value, np.generic) else value
        for key, value in keywords.items()
    }
    if not isinstance(scenario, Scenario):
        return load_scenario(scenario, plain)
    if plain:
        raise TypeError(
            f"{', '.join(plain)}: give the scenario's name or file to change parameters"
        )
    return scenario
