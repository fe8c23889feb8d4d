"""The dashboard over the ensemble runs what the command line runs, and refuses what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from without_figures import leave_out

from returnee.dashboard.content import drawing
from returnee.dashboard.content.facts import facts
from returnee.dashboard.live import long
from returnee.dashboard.live.answers import REFERENCE, answer_of, command, lined_up, sets_of
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.live.runs import Sets, cubes
from returnee.dashboard.visitor.place import ENSEMBLE, Mix, Place, address_of, arrive
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import RunSettings
from returnee.experiments.studies.compare_ensemble import NAMES, compare_ensemble
from returnee.experiments.studies.ensemble import ensemble

TINY = RunSettings(seed=1, sample=0.002, months=6)
PLACE = Place(over=ENSEMBLE)


def levels(sets: Sets, replicates: int) -> np.ndarray:
    """Open firms and awareness of policy and reference, by replicate."""
    plan, cube = next(cubes(lined_up(PLACE), REFERENCE, Asker(), TINY, (replicates,), sets=sets))
    assert plan.replicates == replicates
    return cube.levels[..., [NAMES.index("firms_open"), NAMES.index("aware_finance")]]


def test_there_is_a_set_for_every_replicate() -> None:
    assert len(sets_of(PLACE, [])) > 30  # replicates beyond them begin again with the first
    assert sets_of(Place(), [Mix("linked")]) == ()


def test_runs_are_those_of_the_command_line(tmp_path: Path) -> None:
    sets = ensemble()
    found = compare_ensemble(
        ["linked"], "no_support", replicates=1, sample=TINY.sample, months=TINY.months,
        seed=TINY.seed, out=tmp_path / "runs",
    )  # fmt: skip
    theirs = found.values[:, :, 0][..., [NAMES.index("firms_open"), NAMES.index("aware_finance")]]
    ours = levels(sets, len(sets))[::-1]  # the policy comes first on a page
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_spread_of_single_sets_stands_beside_the_interval_of_the_mean(lang: str) -> None:
    plan, cube = next(cubes(lined_up(PLACE), REFERENCE, Asker(), TINY, (6,), sets=ensemble()))
    found = answer_of(plan, cube)
    said = {"en": "middle 90 % of single sets: ", "zh": "90%的单组结果："}[lang]
    for alone, both in zip(facts(found, lang), facts(found, lang, sets=True)):
        assert both.interval.startswith(f"{alone.interval}; {said}")
        assert said not in alone.interval
    charts = [
        drawing.differences(found, "aware_finance", lang, sets=sets) for sets in (False, True)
    ]
    assert charts[0]["note"] != charts[1]["note"]
    assert charts[0]["series"][0]["low"] != charts[1]["series"][0]["low"]


def test_sets_matter_each_in_its_own_replicate() -> None:
    sets = ensemble()
    one, many, turned = (levels(s, 3) for s in ((), sets, (sets[1], sets[0], sets[2])))
    assert not np.allclose(one, many)
    np.testing.assert_array_equal(many[:, 2], turned[:, 2])
    assert not np.allclose(many[:, :2], turned[:, :2])


def test_the_address_holds_the_choice() -> None:
    pages, charts = ("explore", "compare"), (PLACE.chart,)
    assert arrive(address_of(PLACE), pages, charts).place.over == ENSEMBLE
    arrival = arrive("v=1&over=some", pages, charts)
    assert arrival.place.over == Place().over and arrival.ignored == ("over=some",)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_parameter_that_the_sets_move_is_refused(lang: str) -> None:
    place = PLACE.but(lang=lang)
    mix = Mix().moved("behaviour.firm.luck_sd", 0.3)
    with pytest.raises(UsageError):
        sets_of(place, [Mix(), mix])
    assert sets_of(place, [Mix().moved("county.away_share", 0.5)])


def test_the_command_names_the_ensemble_and_the_levers() -> None:
    place = PLACE.but(mix=Mix().moved("policy.training.places", 1500))
    plan, _ = next(cubes(lined_up(place), REFERENCE, Asker(), TINY, (1,)))
    words = command(place, plan)
    assert "--over ensemble --sets 40 --replicates 1" in words and "training.places=1500" in words
    assert "--over" not in command(place.but(over=Place().over), plan)


def test_the_report_tells_parameters_from_luck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long, "SMALL", TINY)
    leave_out(monkeypatch.setattr)  # what is said is the point
    page = long.report(PLACE.but(lang="zh"), Asker())
    assert "<html lang" in page and "--over ensemble --sets 40 --replicates 2" in page
