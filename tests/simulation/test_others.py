"""What other counties do to one: factors by year on rules that are there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT
from processes import PLAINLY, Nursery

from returnee.scenarios import Scenario, ScenarioError, load_scenario
from returnee.scenarios.schema.others import Others
from returnee.simulation import simulate
from returnee.simulation.firms.ventures import log_city_share
from returnee.simulation.people.returning import months_to_find
from returnee.simulation.run import Run
from returnee.simulation.start.assemble import others_records

NAMES = list(Others.model_fields)


def under(*rows: Others) -> Scenario:
    linked = load_scenario("linked")
    fields = {key: getattr(linked, key) for key in type(linked).model_fields}
    return Scenario(**fields | {"others": rows})


def lived(*rows: Others) -> Run:
    return simulate(under(*rows), sample=0.004, months=12, burn_in=12)


@pytest.fixture(scope="module")
def apart() -> Run:
    return lived()


def test_counties_apart_have_the_id_they_had_and_any_have_one_history() -> None:
    linked, pressed = load_scenario("linked"), under(Others(price=0.9))
    assert under().id == linked.id and "others" not in linked.canonical()
    assert pressed.id != linked.id and pressed.world_id == linked.world_id
    assert Scenario(**pressed.canonical(), name="again", id=pressed.id).others == pressed.others
    with pytest.raises(
        ScenarioError, match=r"others\.0\.price: found 0.0, allowed a number from 0\.1"
    ):
        under(Others.model_construct(price=0.0).model_dump() | {"city_wage": 1.0})  # type: ignore[arg-type]


def test_factors_hold_from_their_year_on_and_never_in_the_history() -> None:
    table = others_records(under(Others(price=0.9), Others(price=0.8)), 30)
    assert table.price[[0, 1, 12, 13, 30]].tolist() == [1.0, 0.9, 0.9, 0.8, 0.8]


def test_factors_of_one_change_nothing(apart: Run) -> None:
    assert lived(Others()).monthly.equals(apart.monthly)


@pytest.mark.parametrize(
    ("name", "value", "figure", "sign"),
    [
        ("price", 0.5, "value_added", -1),
        ("city_wage", 2.0, "away", 1),
        ("returning", 0.1, "returns", -1),
        ("returning", 3.0, "returns", 1),
    ],
)
def test_each_factor_moves_what_it_multiplies(
    apart: Run, name: str, value: float, figure: str, sign: int
) -> None:
    moved = lived(Others(**{name: value})).monthly[figure].sum() - apart.monthly[figure].sum()
    assert np.sign(moved) == sign


def test_jobs_and_wages_in_the_city(apart: Run) -> None:
    county, behaviour = apart.county, apart.county.behaviour
    usual = months_to_find(county.facts, behaviour, 5, 1.0)
    assert months_to_find(county.facts, behaviour, 5, 2.0) == usual / 2.0
    rich = lived(Others(city_wage=2.0)).county
    assert log_city_share(rich) == pytest.approx(log_city_share(county) + np.log(2.0))


PLAIN = """
from test_others import digest
print(digest())
"""


def digest() -> str:
    """Figures of a tiny run under all factors, to the last bit."""
    rows = Others(price=0.9, city_wage=1.1, city_jobs=0.8, returning=1.3)
    run = simulate(under(rows), sample=0.0001, months=6, burn_in=12)
    return " ".join(float(v).hex() for v in run.monthly[["value_added", "away", "returns", "rural_income"]].to_numpy().ravel())  # fmt: skip


def test_compiled_and_plain_rules_agree_under_factors(libraries: Nursery) -> None:
    path = (ROOT / "tests", Path(__file__).parent)
    plain = libraries.run(code=PLAIN, path=path, environment=PLAINLY)
    assert plain.strip() == digest()
