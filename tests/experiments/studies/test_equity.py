"""Who gains: groups add up, and policies share the people in them."""

from __future__ import annotations

import numpy as np
import pytest

from returnee import Comparison
from returnee.experiments.measuring.groups import (
    COUNTED,
    DIMENSIONS,
    PEOPLE,
    PEOPLE_AT_END,
    QUALITY,
    _parts,
    figures_by_group,
    groups_of,
    name_of,
)
from returnee.experiments.measuring.measures import derived
from returnee.experiments.reports.sections.equity import Equity
from returnee.simulation import Run, simulate


@pytest.fixture(scope="module")
def run() -> Run:
    return simulate("linked", sample=0.01, months=24)


@pytest.fixture(scope="module")
def totals(run: Run) -> dict[str, float]:
    monthly = run.monthly
    last = monthly.iloc[-1]
    return {
        "returns": monthly["returns"].sum(),
        "returnee_registrations": monthly["returnee_registrations"].sum(),
        "firms_surviving": derived(run)["firms_surviving"],
        "jobs": last["jobs"],
        "aware_finance": last["aware_finance"] * last["labour_force"],
        PEOPLE: monthly["labour_force"].mean(),
        PEOPLE_AT_END: last["labour_force"],
    }


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_counts_add_up_over_groups(run: Run, totals: dict[str, float], dimension: str) -> None:
    figures = figures_by_group(run)
    for counted, total in totals.items():
        groups = groups_of(run.scenario.county)[dimension]
        parts = [figures[name_of(counted, dimension, group)] for group in groups]
        assert min(parts) >= 0.0 and total > 0.0
        assert sum(parts) == pytest.approx(total, rel=1e-12), counted


def test_survivors_are_some_of_those_who_registered(run: Run) -> None:
    figures = figures_by_group(run)
    for dimension, groups in groups_of(run.scenario.county).items():
        for group in groups:
            alive, registered = (
                figures[name_of(name, dimension, group)]
                for name in ("firms_surviving", "returnee_registrations")
            )
            assert alive <= registered


@pytest.mark.parametrize("months", [12, 24])
def test_quality_is_that_of_the_monthly_index(months: int) -> None:
    run = simulate("baseline", sample=0.01, months=months)
    rows = run.county.recent[: int(run.county.clock.recent)]
    parts, asked = _parts(run, rows)
    means = parts.mean(axis=0)
    means[QUALITY.index("staying")] = parts[:, QUALITY.index("staying")].sum() / asked.sum()
    weights = [getattr(run.scenario.behaviour.quality, name) for name in QUALITY]
    last = run.monthly.iloc[-1]
    for name, mean in zip(QUALITY, means):
        assert mean == pytest.approx(last[f"quality_{name}"], abs=1e-12)
    index = 100.0 * np.dot(weights, means) / sum(weights)
    assert index == pytest.approx(last["return_quality"], abs=1e-9)


def test_policies_share_the_people_of_a_group(run: Run) -> None:
    other = figures_by_group(simulate("no_support", sample=0.01, months=24))
    ours = figures_by_group(run)
    same = [name for name in ours if name.startswith("people")]
    assert len(same) > 20
    assert [ours[name] for name in same] == [other[name] for name in same]


def test_the_table_holds_rates_of_the_counts(small: Comparison) -> None:
    frame = small.equity
    assert set(frame["scenario"]) == {"linked", "no_support"}
    years = small.plan.settings.months / 12.0
    rows = frame[(frame["measure"] == "returns") & (frame["scenario"] == "no_support")]
    place = rows[rows["dimension"] == "place"]  # nearly as many people in every replicate
    rates = 1000.0 * place["count"] / place["people"] / years
    assert place["level"].to_numpy() == pytest.approx(rates.to_numpy(), rel=0.02)
    by_dimension = rows.groupby("dimension")["count"].sum()
    total = small.effect("no_support", "returns")["level"]
    assert by_dimension.to_numpy() == pytest.approx(total)
    assert frame.attrs["units"]["count"] == "full county"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_group_and_measure_has_a_name(small: Comparison, lang: str) -> None:
    section = Equity(small, lang)
    tables = section.tables()
    assert [key for key, _, _ in tables] == list(DIMENSIONS)
    for _, _, blocks in tables:
        assert len(blocks) == len(COUNTED)
        for _, lines in blocks:
            assert all(len(cells) == len(section.labels) for _, cells in lines)
    assert "<svg" in section.chart()
