"""What is uncertain in an answer: the luck of the runs, the parameters, the structure of the model.

Luck is the interval of the mean over the runs shown. Parameters: the difference under sets of the ensemble, two
runs each, of which luck is taken out (`returnee.experiments.statistics.ensemble.split`). Structure: the difference with
each mechanism of the model turned off in turn, in the same luck.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from returnee.dashboard.content import drawing
from returnee.dashboard.live.answers import MOVED, REFERENCE, lined_up, sets_of
from returnee.dashboard.live.pool import Asker, gather
from returnee.dashboard.live.runs import FIGURES, SMALL, STAGES, Lived, kept_figures
from returnee.dashboard.texts import measure_name, words
from returnee.dashboard.visitor.place import ENSEMBLE, LEVERS, Place
from returnee.experiments.measuring.measures import BY_NAME, levels_over, years_of
from returnee.experiments.statistics.effects import INDEX
from returnee.experiments.statistics.ensemble import split
from returnee.experiments.statistics.intervals import interval, moments_of
from returnee.experiments.studies.ensemble import Sets, ensemble
from returnee.experiments.words.texts import label_of
from returnee.scenarios import Scenario

SETS, RUNS_A_SET = 12, 2
RUNS_A_MECHANISM = 6
REACH = 1.645  # standard deviations that half of a 90 % range is wide
URGENCY = len(STAGES)
SWITCHES = tuple(key for key in LEVERS if key.startswith("behaviour.structure."))
SPREADS = ("parameters", "structure")
"""What is unknown beside luck: spreads of which luck is taken out."""
Lined = Mapping[str, Scenario]


@dataclass(frozen=True, eq=False)
class Split:
    """Differences of the policy from the reference; the last axis are measures, flows by year.

    Attributes
    ----------
    luck : ndarray, shape (runs, measures)
    sets : ndarray, shape (sets, runs, measures)
    weights : ndarray, shape (sets,)
    mechanisms : dict of str to ndarray
        With a mechanism turned off, shape (runs, measures).
    """

    luck: np.ndarray
    sets: np.ndarray
    weights: np.ndarray
    mechanisms: dict[str, np.ndarray]


def sets_used() -> Sets:
    """Sets of the ensemble that are far from each other."""
    found = ensemble()
    return found.some(min(SETS, len(found)))


def split_of(place: Place, asker: Asker) -> Split:
    """Run what it takes, as far as it is not kept.

    Raises
    ------
    UsageError
        If a parameter is moved that the sets move too.
    """
    sets_of(place.but(over=ENSEMBLE), [place.mix])
    lined, sets = lined_up(place), sets_used()
    varied = [{k: s.with_(dict(values)) for k, s in lined.items()} for values in sets]
    # A mechanism that is off already makes no difference when it is turned off.
    off = {key: {k: s.with_({key: False}) for k, s in lined.items()} for key in SWITCHES}
    jobs: list[tuple[Lined, int]] = [(lined, k) for k in range(STAGES[-1])]
    jobs += [(of, RUNS_A_SET * k + j) for k, of in enumerate(varied) for j in range(RUNS_A_SET)]
    jobs += [(of, k) for of in off.values() for k in range(RUNS_A_MECHANISM)]
    missing = {
        (scenario.id, k): Lived(scenario, k, SMALL)
        for of, k in jobs
        for scenario in of.values()
        if FIGURES.get((scenario.id, k, SMALL)) is None
    }
    gather(list(missing.values()), URGENCY, asker)
    each = np.array([_difference(of, k) for of, k in jobs])
    first = STAGES[-1]
    then = first + len(varied) * RUNS_A_SET
    return Split(
        each[:first],
        each[first:then].reshape(len(varied), RUNS_A_SET, -1),
        sets.weights,
        dict(zip(off, each[then:].reshape(len(off), RUNS_A_MECHANISM, -1), strict=True)),
    )


def _difference(of: Lined, replicate: int) -> np.ndarray:
    ours, theirs = (
        levels_over(kept_figures(of[k], replicate, SMALL).monthly.astype(float))
        for k in (MOVED, REFERENCE)
    )
    return np.asarray(ours - theirs)


def ranges(found: Split, measure: str) -> dict[str, tuple[float, float, float]]:
    """Mean and 90 % range by what is unknown: luck, parameters, structure, and each mechanism."""
    m, years = INDEX[measure], years_of(BY_NAME[measure].kind, SMALL.months)
    luck = found.luck[:, m] / years
    mean = float(luck.mean())
    rows = {"luck": (mean, *interval(luck).tolist())}
    parts = split(found.sets[..., m] / years, found.weights)
    reach = REACH * math.sqrt(max(parts.parameters * parts.variance, 0.0))
    rows["parameters"] = (parts.difference, parts.difference - reach, parts.difference + reach)
    offs = {key: values[:, m] / years for key, values in found.mechanisms.items()}
    changes = np.array([v - luck[: len(v)] for v in offs.values()])
    moments = [moments_of(change) for change in changes]
    noise = float(np.mean([np.nan_to_num(error) ** 2 for _, error, _ in moments]))
    apart = float(np.mean([change**2 for change, _, _ in moments]))
    reach = REACH * math.sqrt(max(apart - noise, 0.0))
    rows["structure"] = (mean, mean - reach, mean + reach)
    for key, values in offs.items():
        rows[key] = (float(values.mean()), *interval(values).tolist())
    return rows


def line(found: Split, measure: str, lang: str) -> str:
    """Of what kind most of the uncertainty is."""
    text, rows = words(lang)["uncertain"], ranges(found, measure)
    widest = max(("luck", "parameters", "structure"), key=lambda k: rows[k][2] - rows[k][1])
    return str(text["line"]).format(what=text["of_line"][widest])


def drawn(found: Split, measure: str, lang: str) -> drawing.Spec:
    """The ranges as a chart; a spread that luck alone would show has no mark."""
    text, rows, measured = words(lang)["uncertain"], ranges(found, measure), BY_NAME[measure]
    names: list[str] = []
    data: list[list[float] | None] = []
    for key, row in rows.items():
        name = (
            text[key] if key in text else text["without"].format(name=label_of(LEVERS[key], lang))
        )
        hidden = key in SPREADS and row[1] == row[2]
        names.append(text["within_luck"].format(name=name) if hidden else name)
        data.append(None if hidden else [float(f"{v:.5g}") for v in row])
    title = text["title"].format(measure=measure_name(measured, lang))
    return drawing.intervals(
        title, names, [drawing.line(text["range"], "policy", data)], lang, f"{measure}-uncertainty",
        measured.unit, note=text["chart_note"],
    )  # fmt: skip
