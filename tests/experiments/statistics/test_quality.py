"""Quality of return: re-weighting is exact, and ranks over weightings are shares."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from returnee import Comparison, compare
from returnee.experiments.reports.sections.quality import Quality
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import INDEX
from returnee.experiments.statistics.quality import (
    GRID,
    PARTS,
    POINTS,
    Weighed,
    default_weights,
    parts_of,
    rank_shares,
    weightings,
)
from returnee.scenarios import load_scenario


def of(parts: list[list[float]]) -> Weighed:
    """Scenarios with the same parts in two replicates."""
    values = np.repeat(np.array(parts)[:, None, :], 2, axis=1)
    labels = tuple(f"s{k}" for k in range(len(parts)))
    return Weighed(values, labels, np.full((len(parts), 5), 0.2))


def test_the_scenarios_own_weights_give_back_the_index(small: Comparison) -> None:
    weighed = small.weighed
    index = 100.0 * (weighed.parts * weighed.own[:, None]).sum(axis=-1)
    levels = small.cube.levels[:, :, INDEX["return_quality"]]
    assert np.abs(index - levels).max() < 1e-9


def test_other_weights_give_what_a_run_with_them_would() -> None:
    weights = {"productive": 0.5, "income": 0.3, "staying": 1.0, "skill": 0.0, "enterprise": 0.7}
    keys = {f"behaviour.quality.{name}": value for name, value in weights.items()}
    options = {"replicates": 2, "sample": 0.002, "months": 12}
    plain = compare(["linked"], **options)  # type: ignore[arg-type]
    moved = compare(["linked"], overrides=keys, **options)  # type: ignore[arg-type]
    points = default_weights(moved.plan)[:1]
    expected = np.nanmean(moved.cube.levels[:, :, INDEX["return_quality"]], axis=1)
    assert plain.weighed.index(points)[0] == pytest.approx(expected, abs=1e-9)


def test_a_further_part_counts_once_a_scenario_gives_it_a_weight() -> None:
    plain = load_scenario("baseline")
    other = load_scenario("baseline", {"behaviour.quality.debt": 0.2})
    settings = RunSettings(sample=0.002, months=12)
    assert parts_of(Plan({"a": plain}, "a", 1, settings)) == PARTS
    plan = Plan({"a": plain, "b": other}, "a", 1, settings)
    assert parts_of(plan) == (*PARTS, "quality_debt")
    own = default_weights(plan)
    assert own.tolist() == [[pytest.approx(0.2)] * 5 + [0.0], [pytest.approx(1 / 6)] * 6]
    names = parts_of(plan)
    weighed = Weighed(np.full((2, 2, 6), 0.5), ("a", "b"), own, names)
    assert weighed.ranks.shape == (2, 2) and weighed.winners[5].shape == (len(GRID), 2)


def test_ranks_are_shares() -> None:
    rng = np.random.default_rng(1)
    shares = rank_shares(rng.normal(size=(500, 4)))
    assert shares.sum(axis=0) == pytest.approx(np.ones(4))
    assert shares.sum(axis=1) == pytest.approx(np.ones(4))


def test_who_is_best_in_every_part_is_first_under_every_weighting() -> None:
    weighed = of([[0.2] * 5, [0.3] * 5, [0.1] * 5])
    assert weighed.ranks.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    assert weighed.default_winner == 1 and weighed.told == 1.0


def test_two_parts_against_each_other_are_a_matter_of_weight() -> None:
    weighed = of([[0.6, 0.5, 0.5, 0.5, 0.5], [0.5, 0.6, 0.5, 0.5, 0.5]])
    assert weighed.ranks[:, 0] == pytest.approx([0.5, 0.5], abs=0.03)
    shares = weighed.winners[0]
    assert shares[-1].tolist() == [1.0, 0.0]  # all weight on the part in which it is better
    assert shares[0].tolist() == [0.0, 1.0]
    assert (np.diff(shares[:, 0]) >= 0.0).all()


def test_the_winner_at_full_weight_is_the_best_in_that_part(small: Comparison) -> None:
    for k in range(len(PARTS)):
        shares = small.weighed.winners[k]
        assert shares.shape == (len(GRID), 3)
        assert shares.sum(axis=1) == pytest.approx(np.ones(len(GRID)))
        best = small.weighed.means[:, k] == small.weighed.means[:, k].max()
        assert shares[-1][best].sum() == pytest.approx(1.0)


def test_weightings_are_keyed_and_uniform() -> None:
    points = weightings()
    assert points.shape == (POINTS, 5) and np.array_equal(points, weightings())
    assert points.sum(axis=1) == pytest.approx(np.ones(POINTS))
    # Moments of a Dirichlet distribution with all parameters 1: 1/5 and 4/150.
    assert points.mean(axis=0) == pytest.approx(np.full(5, 0.2), abs=0.01)
    assert points.var(axis=0) == pytest.approx(np.full(5, 4 / 150), rel=0.1)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_section_says_which_weight_changes_the_winner(small: Comparison, lang: str) -> None:
    parts = [[0.5] * 5, [0.6, 0.45, 0.5, 0.5, 0.5], [0.4] * 5]
    found = dataclasses.replace(small)
    found.__dict__["weighed"] = of(parts)
    section = Quality(found, lang)
    assert section.found.weighed.default_winner == 1
    said = section.sentences()
    text = section.text["parts"]
    below = [s for s in said if text["quality_productive"] in s]
    above = [s for s in said if text["quality_income"] in s]
    assert len(below) == len(above) == 1
    assert section.titles[0] in below[0] and section.titles[0] in above[0]
    assert "0.00" in below[0] and "1.00" in above[0]
    for part, sentence in ((0, below[0]), (1, above[0])):
        bounds = [float(number) for number in re.findall(r"\d\.\d\d", sentence)]
        within = (bounds[0] - 1e-9 <= GRID) & (bounds[1] + 1e-9 >= GRID)
        ahead = section.found.weighed.winners[part]
        assert ((ahead[:, 0] > ahead[:, 1]) == within).all()
    assert "<svg" in section.ranks_chart() and "<svg" in section.winner_chart()


def test_the_table_lists_every_rank(small: Comparison) -> None:
    frame = small.quality_ranks
    assert list(frame["scenario"]) == list(small.plan.scenarios)
    assert frame[["rank_1", "rank_2", "rank_3"]].sum(axis=1).to_numpy() == pytest.approx(np.ones(3))
    assert frame.attrs["units"]["rank_1"] == "share"
