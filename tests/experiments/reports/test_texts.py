"""Units of levers and parameters in the reader's language."""

from __future__ import annotations

import re

import pytest

from returnee import compare
from returnee.experiments.measuring.measures import MEASURES
from returnee.experiments.reports.compare import Page
from returnee.experiments.statistics.effects import UNCLEAR
from returnee.experiments.words.texts import counted, few_pairs, percent, span, unit_name
from returnee.scenarios import levers

INTERNATIONAL = {"km", "sd", "h", "fen"}


def test_every_unit_has_a_chinese_name() -> None:
    units = {item.unit for item in (*levers, *MEASURES)} - INTERNATIONAL
    assert len(units) > 50
    latin = {unit for unit in units if re.search("[A-Za-z]", unit_name(unit, "zh"))}
    assert latin == set()


def test_units_in_english_are_as_they_are_defined() -> None:
    assert all(unit_name(lever.unit, "en") == lever.unit for lever in levers)


def test_one_is_singular() -> None:
    assert counted(1.0, "year", "en") == "1 year" and counted(10.0, "year", "en") == "10 years"
    assert counted(1.5, "year", "en") == "1.5 years" and counted(1.0, "year", "zh") == "1年"
    assert counted(1, "pair", "en") == "1 paired run"


def test_few_pairs_are_said_to_be_few() -> None:
    assert "4 pairs" in few_pairs(4, "en") and "4次" in few_pairs(4, "zh")
    assert few_pairs(1, "en") == few_pairs(5, "en") == ""


def test_chinese_ranges_and_percentages_have_no_spaces() -> None:
    assert span(1.0, 2.0, "firms", "zh") == "+1至+2"
    assert span(1.0, 2.0, "firms", "en") == "+1 to +2"
    assert percent(0.9, "zh") == "90%"


@pytest.mark.parametrize(("pairs", "said"), [(1, False), (2, True)])
def test_sentences_of_one_and_of_two_pairs(pairs: int, said: bool) -> None:
    found = compare(["no_support"], replicates=pairs, sample=0.002, months=12)
    text = Page(found).reading()
    assert ("One in ten" in text or "one in ten" in text) == said
    assert ("2 pairs the intervals are wide" in text) == said
    assert f"Means over {pairs} paired run" in text
    words_ = Page(found).sentence("no_support")
    assert ("fewer than two pairs" in words_) != said
    assert "1 years" not in words_
    effects = found.effects
    assert effects["low"].isna().all() != said and ((effects["verdict"] == UNCLEAR).all() or said)
