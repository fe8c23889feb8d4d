"""Catalogues of programmes, channels, providers and draws: everything else is read off them."""

from __future__ import annotations

from typing import Any

import pytest

from returnee.scenarios import Policy, load_scenario
from returnee.scenarios.schema.fields import groups
from returnee.simulation.engine.compiler import by_code
from returnee.simulation.run import start
from returnee.simulation.state import channels, draws, programmes, providers
from returnee.simulation.state.programmes import POT_OF, POTS, PROGRAMMES, RECEIPTS


def test_every_programme_belongs_to_a_pillar_that_is_a_group_of_levers() -> None:
    listed = [key for keys in programmes.PILLARS.values() for key in keys]
    assert sorted(listed) == sorted(PROGRAMMES) and set(programmes.PILLARS) <= set(groups(Policy))
    assert set(channels.CHANNELS) <= set(programmes.PILLARS) == set(programmes.COLOURS)
    assert len(set(programmes.COLOURS.values())) == len(programmes.COLOURS)


def test_codes_are_places_in_the_tables() -> None:
    assert PROGRAMMES[programmes.G_TRACKING] == "case_tracking"
    assert POTS[POT_OF[programmes.G_ROADS]] == "works"
    assert PROGRAMMES[RECEIPTS[programmes.R_PRIZE]] == "contests"
    assert channels.CHANNELS[channels.AFTER[channels.TRAINING]] == "services"
    assert channels.TOLD_OF[channels.SERVICES] == channels.FINANCE
    county = start(load_scenario("baseline"), 0, 1, 0.002, 1, 12)
    for group in providers.PROVIDERS:
        rows = county.services[group.first : group.first + group.most]
        assert set(rows.kind) == {group.kind} and set(rows.pot) == {group.pot}
    assert len(county.services) == providers.N_SERVICES
    assert len(county.aware) == channels.N_CHANNELS and len(county.funded) == len(PROGRAMMES)


def test_names_are_there_in_both_languages() -> None:
    for table in (programmes.POT_TABLE, programmes.PROGRAMME_TABLE, providers.KIND_TABLE):
        rows: tuple[Any, ...] = table
        assert len({row.key for row in rows}) == len(rows)
        assert all(row.en.isascii() and not row.zh.isascii() for row in rows)


def test_every_price_is_used_by_a_cost() -> None:
    prices = {f"costs_{name}" for name in Policy.model_fields["costs"].annotation.model_fields}
    used = {
        name
        for row in programmes.PROGRAMME_TABLE
        for cost in row.costs
        for name in getattr(cost, "py_func", cost).__code__.co_names
    }
    assert prices <= used


@pytest.mark.parametrize("number", [1, 23, 33])
def test_two_decisions_cannot_share_a_number(number: int) -> None:
    with pytest.raises(ValueError, match=f"decision {number}: found 'mine', taken by"):
        draws.decision(number, "mine")


@pytest.mark.parametrize(
    ("decision", "numbers"),
    [
        (draws.D_QUEUE, range(3, 4)),
        (draws.D_FOUNDING, range(60, 70)),
        (draws.D_HIRE, range(10**6, 10**6 + 17)),
        (draws.D_MESSAGE, range(14, 100, 3)),
    ],
)
def test_two_draws_of_a_decision_cannot_share_an_item(decision: int, numbers: range) -> None:
    with pytest.raises(ValueError, match="found 'mine', taken by"):
        draws.items(decision, numbers, "mine")


def test_new_decisions_and_items_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draws, "_decisions", dict(draws._decisions))
    monkeypatch.setattr(draws, "_items", {k: list(v) for k, v in draws._items.items()})
    new = draws.decision(900, "mine")
    assert draws.item(new, 3, "first") == 3 and draws.items(new, range(4, 10), "more") == 4
    with pytest.raises(ValueError, match="mine: found 'again', taken by 'more'"):
        draws.item(new, 9, "again")


def test_a_rule_is_chosen_by_code() -> None:
    def double(x: int) -> int:
        return 2 * x

    def square(x: int) -> int:
        return x * x

    def minus(x: int) -> int:
        return -x

    rules = [programmes.kernel(rule) for rule in (double, square, minus)]
    chosen = by_code("chosen_in_a_test", rules, "x")
    assert [chosen(code, 5) for code in range(3)] == [10, 25, -5]
