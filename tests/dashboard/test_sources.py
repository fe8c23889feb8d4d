"""What the pages say of a parameter's evidence: one of three labels, and an own value as such."""

from __future__ import annotations

import pytest

from returnee.dashboard.content.levers import rooms
from returnee.dashboard.live.stored import evidence
from returnee.dashboard.pages.sources import SHOWS, not_for, parameter_rows
from returnee.dashboard.texts import page, words
from returnee.dashboard.visitor.place import Mix
from returnee.scenarios import levers
from returnee.scenarios.schema.fields import BASES, basis_counts


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("show", SHOWS)
def test_parameters_are_listed_by_what_they_rest_on(show: str, lang: str) -> None:
    found = parameter_rows("all", show, "", lang)
    rows = [row for _, inner in found for row in inner]
    assert {row["key"] for row in rows} == {v.key for v in levers if show in ("all", v.basis)}
    text = page("parameters.html.j2", lang, groups=found)
    assert text.count('class="badge') == len(rows)
    for basis, labels in BASES.items():
        assert (f">{labels[lang == 'zh']}</span>" in text) == (show in ("all", basis))
    assert all(bool(row["cited"]) == (row["basis"] != "assumed") for row in rows)
    assert all(name in evidence() for row in rows for name, *_ in row["cited"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_counts_are_those_of_the_schema(lang: str) -> None:
    said = not_for(lang)
    assert all(str(number) in said for number in basis_counts(levers).values())
    assert str(len(levers)) in said


def test_the_panel_knows_default_and_basis() -> None:
    rows = {
        lever["key"]: lever
        for room in rooms(Mix("credit_push"), "en")
        for group in room["groups"]
        for lever in group["levers"]
    }
    for lever in levers:
        row = rows[lever.key]
        assert row["basis"] == lever.basis and row["default"] == lever.default
        assert row["sources"] == ", ".join(lever.evidence)
    leverage = rows["policy.finance.leverage"]
    assert leverage["base"] != leverage["default"]  # a scenario's own value
    for lang in ("en", "zh"):
        texts = words(lang)["levers"]
        assert set(texts["bases"]) == set(texts["rests"]) == {*BASES, "own"}
