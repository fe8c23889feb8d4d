"""The dashboard over the ensemble runs what the command line runs, and refuses what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from without_figures import leave_out

from returnee.dashboard.content import drawing
from returnee.dashboard.live import long
from returnee.dashboard.live.answers import MOVED, REFERENCE, answer_of, command, lined_up, sets_of
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.live.runs import Sets, cubes
from returnee.dashboard.visitor.place import ENSEMBLE, Mix, Place, address_of, arrive
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import RunSettings
from returnee.experiments.statistics.spread import drawn_in, spread
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
        ["linked"], "baseline", replicates=1, sample=TINY.sample, months=TINY.months,
        seed=TINY.seed, out=tmp_path / "runs",
    )  # fmt: skip
    theirs = found.values[:, :, 0][..., [NAMES.index("firms_open"), NAMES.index("aware_finance")]]
    ours = levels(sets, len(sets))[::-1]  # the policy comes first on a page
    np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_the_band_over_sets_is_their_spread_without_the_luck_of_a_small_county() -> None:
    rng = np.random.default_rng(3)
    sets = rng.normal(100.0, 30.0, 400)
    luck = rng.normal(0.0, 60.0, (2, 400))
    drawn = drawn_in(sets + luck[0], 5.0 + luck[1])
    assert 24.0 < drawn.std() < 38.0  # that of the sets, not that of single runs
    found = spread((sets + luck[0])[:, None], (5.0 + luck[1])[:, None])
    low, high = np.percentile(sets, (5, 95))
    assert abs(found.low[0] - low) < 15.0 and abs(found.high[0] - high) < 15.0
    assert found.p_higher[0] > 0.98
    only_luck = drawn_in(100.0 + luck[0], luck[1])
    assert only_luck.std() < 15.0


def test_a_page_over_sets_has_one_meaning_of_a_band() -> None:
    lined, sets = lined_up(PLACE), ensemble()
    plan, cube = next(cubes(lined, REFERENCE, Asker(), TINY, (6,), sets=sets))
    _, alone = next(cubes(lined, REFERENCE, Asker(), TINY, (3,)))
    mean, over = answer_of(plan, cube), answer_of(plan, cube, luck=alone)
    charts = [drawing.differences(found, "aware_finance", "en") for found in (mean, over)]
    assert charts[0]["note"] != charts[1]["note"]
    assert charts[0]["series"][0]["low"] != charts[1]["series"][0]["low"]
    rows = [found.by_measure[MOVED]["aware_finance"] for found in (mean, over)]
    assert rows[0]["difference"] == rows[1]["difference"] and rows[0]["low"] != rows[1]["low"]


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
    assert (
        f"--over ensemble --sets {len(ensemble())} --replicates 1" in words
        and "training.places=1500" in words
    )
    assert "--over" not in command(place.but(over=Place().over), plan)


def test_the_report_tells_parameters_from_luck(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long, "SMALL", TINY)
    leave_out(monkeypatch.setattr)  # what is said is the point
    page = long.report(PLACE.but(lang="zh"), Asker())
    assert (
        "<html lang" in page and f"--over ensemble --sets {len(ensemble())} --replicates 2" in page
    )
