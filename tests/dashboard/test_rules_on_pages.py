"""A dashboard that was started with rules of one's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from checkout import ROOT

from returnee.dashboard import settings
from returnee.dashboard.app import arrival_of, own_rules
from returnee.dashboard.content.levers import rooms
from returnee.dashboard.visitor import place
from returnee.experiments.keys import BY_KEY
from returnee.scenarios import ScenarioError
from returnee.scenarios.schema.own_rules import read_everywhere_with

COPYING = ROOT / "docs" / "rules" / "copying.py"


@pytest.fixture
def ruled() -> Iterator[None]:
    place._read.cache_clear()
    settings.take_rules(COPYING)
    yield
    read_everywhere_with(None)
    BY_KEY.pop("rules.copying")
    place._read.cache_clear()


def test_its_levers_stand_with_the_assumptions(ruled: None) -> None:
    there = arrival_of("v=1&page=explore&base=linked&rules.copying=0.3")
    assert not there.ignored and there.place.mix.scenario().rules.values == (("copying", 0.3),)
    group = rooms(there.place.mix, "zh")[1]["groups"][0]
    assert group["name"] == "自定义规则 (copying.py)"
    assert [(one["key"], one["base"]) for one in group["levers"]] == [("rules.copying", 1.0)]
    assert there.place.reference().rules.values == (("copying", 0.3),)  # it is no policy
    assert "copying.py: home_pull" in own_rules("en")
    assert arrival_of("v=1&rules.copying=9").ignored


def test_without_there_are_none() -> None:
    assert arrival_of("v=1&rules.copying=0.3").ignored
    assert all(group["key"] != "rules" for group in rooms(place.Mix("linked"), "en")[1]["groups"])
    with pytest.raises(ScenarioError, match="nothere.py"):
        settings.take_rules(ROOT / "nothere.py")
