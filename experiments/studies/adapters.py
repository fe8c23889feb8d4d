"""The model for other workbenches: Mesa's batch_run, and the EMA workbench.

Dots of a key are written as two underscores there: ``policy__training__places``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.errors import UsageError
from returnee.experiments.keys import check_key, lever_of
from returnee.experiments.measuring import measures
from returnee.experiments.running.design.design import Design, design_of
from returnee.experiments.running.design.points import levels_in_grid
from returnee.experiments.running.options import RunSettings
from returnee.scenarios import load_scenario
from returnee.scenarios.schema.own_rules import reading_with, rules_now
from returnee.simulation import simulate


def keyword(key: str) -> str:
    """A key as a keyword.

    >>> keyword("policy.training.places")
    'policy__training__places'
    """
    return key.replace(".", "__")


@checked_arguments
def mesa_parameters(design: Design | Mapping[str, Any]) -> dict[str, Any]:
    """Parameters with which ``mesa.batch_run(CountyModel, ...)`` runs a grid.

    Replicates are a parameter, so that they are paired whichever Mesa is installed.

    Raises
    ------
    UsageError
        If the design is no grid.
    """
    design = design if isinstance(design, Design) else design_of(design)
    if design.method != "grid":
        raise UsageError(f"{design.label}: method: found {design.method}, allowed grid")
    s = design.settings
    return {
        "scenario": list(design.scenarios), "replicate": list(range(design.replicates)),
        "seed_key": s.seed, "sample": s.sample, "months": s.months, "burn_in": s.burn_in,
        **{keyword(axis.key): levels_in_grid(axis) for axis in design.axes},
        **{keyword(key): value for key, value in design.fixed.items()},
    }  # fmt: skip


@checked_arguments
def ema_model(
    name: str = "returnee",
    scenario: str = "baseline",
    uncertainties: Sequence[str] = (),
    levers: Sequence[str] = (),
    outcomes: Sequence[str] = ("firms_surviving", "jobs"),
    replicates: int = 1,
    settings: RunSettings = RunSettings(sample=0.005),
) -> Any:
    """The county as a ``Model`` of the EMA workbench.

    Parameters
    ----------
    name : str
        Letters and digits.
    scenario : str
        What uncertainties and levers are laid on.
    uncertainties, levers : sequence of str
        Dotted keys; their ranges are the schema's.
    outcomes : sequence of str
        Measures; means over replicates.
    replicates : int

    Returns
    -------
    ema_workbench.Model

    Raises
    ------
    UsageError
    """
    try:
        import ema_workbench as ema
    except ImportError:
        raise UsageError(
            "ema_workbench: found none, allowed after pip install ema_workbench"
        ) from None
    measures.check_measures(outcomes, settings.months, "outcome")
    places = [measures.NAMES.index(measure) for measure in outcomes]

    s, rules = settings, rules_now()

    def function(**given: Any) -> dict[str, float]:
        at = {key.replace("__", "."): value for key, value in given.items()}
        with reading_with(rules):
            setting = load_scenario(scenario, at)
        runs = [
            simulate(setting, k, s.seed, s.sample, s.months, s.burn_in) for k in range(replicates)
        ]
        means = np.mean([measures.levels_of(run)[places] for run in runs], axis=0)
        return dict(zip(outcomes, means.tolist()))

    model = ema.Model(name, function=function)
    model.uncertainties = [_parameter(ema, key) for key in uncertainties]
    model.levers = [_parameter(ema, key) for key in levers]
    outcome = ema.ScalarOutcome
    kinds = {1: outcome.MAXIMIZE, -1: outcome.MINIMIZE, 0: outcome.INFO}
    model.outcomes = [outcome(m, kind=kinds[measures.BY_NAME[m].better]) for m in outcomes]
    return model


def _parameter(ema: Any, key: str) -> Any:
    check_key(key, key, "ema_model")
    lever = lever_of(key)
    assert lever is not None
    if lever.type is bool:
        return ema.BooleanParameter(keyword(key))
    if lever.type is int:
        return ema.IntegerParameter(keyword(key), int(lever.low or 0), int(lever.high or 0))
    return ema.RealParameter(keyword(key), float(lever.low or 0), float(lever.high or 0))
