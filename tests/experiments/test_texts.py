"""Units of levers and parameters in the reader's language."""

from __future__ import annotations

import re

from experiments.measures import MEASURES
from experiments.texts import unit_name
from scenarios import levers

INTERNATIONAL = {"km", "sd", "h", "fen"}


def test_every_unit_has_a_chinese_name() -> None:
    units = {item.unit for item in (*levers, *MEASURES)} - INTERNATIONAL
    assert len(units) > 50
    latin = {unit for unit in units if re.search("[A-Za-z]", unit_name(unit, "zh"))}
    assert latin == set()


def test_units_in_english_are_as_they_are_defined() -> None:
    assert all(unit_name(lever.unit, "en") == lever.unit for lever in levers)
