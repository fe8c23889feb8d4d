"""Scenario files up and down, without a browser: what is ignored nowhere, and any title."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from returnee.dashboard.visitor.files import read_upload, title_in, toml_of
from returnee.dashboard.visitor.place import Mix
from returnee.scenarios import ScenarioError, load_scenario


def refused(name: str, text: str) -> str:
    with pytest.raises(ScenarioError) as caught:
        read_upload(name, len(text), text, "en")
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[policy]\nextends = "/etc/passwd"\n', "policy.extends: found an unknown key"),
        ('behaviour = "other.toml"\n', "behaviour: found 'other.toml', allowed a table"),
        ("policy = 3\n", "policy: found 3, allowed a table"),
        ('[behaviour]\nextends = "x"\n', "behaviour.extends: found an unknown key"),
        (
            "[policy.training]\nplaces = {999 = 5}\n",
            "found month 999, allowed at most 40 months, each",
        ),
        ("title_zh = '\N{REPLACEMENT CHARACTER}'\n", "found text that is not UTF-8"),
    ],
)
def test_nothing_is_passed_over(text: str, expected: str) -> None:
    assert expected in refused("mine.toml", text)


def test_months_of_a_table() -> None:
    text = "policy.training.places,999,5\n"
    assert "found month 999, allowed at most 40 months, each from 1 to 120" in refused(
        "mine.csv", text
    )
    assert read_upload("mine.csv", 9, "policy.training.places,120,5\n", "en").levers


def test_a_county_may_be_named() -> None:
    for text in ('county = "binhai"\n', '[county]\nextends = "binhai"\n'):
        assert not read_upload("mine.toml", len(text), text, "en").levers


@pytest.mark.parametrize("title", ["two\n[policy]\nx = 1", 'a "b" \\ c', "\x00\x7f\t", "返乡"])
def test_any_title_is_written_as_one(title: str) -> None:
    levers: dict[str, Any] = {"policy.training.places": 7.0}
    read = tomllib.loads(toml_of(Mix("linked", levers, 1, title), "en"))
    text = toml_of(Mix("linked", {"policy.training.places": {1: 7.0, 25: 9.0}}), "zh")
    assert "[policy.training.places]  # 培训名额, people/yr\n1 = 7.0\n25 = 9.0\n" in text
    plain = title_in(title)  # one line, printable
    assert read.get("title_en", "") == read.get("title_zh", "") == plain
    assert read["extends"] == "linked" and read["policy"] == {"training": {"places": 7.0}}


def test_several_parents_come_to_what_they_come_to_elsewhere(tmp_path: Path) -> None:
    text = (
        'extends = ["linked", "coastal_shock"]\n[policy.budget]\ncap = {1 = 13e6}\n'
        "[policy.finance]\ninterest_subsidy = {13 = 1}\n"
    )
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    mix = read_upload("mine.toml", len(text), text, "en")
    assert mix.base == "linked"
    assert mix.levers["policy.finance.interest_subsidy"] == {1: 0.25, 13: 1}
    assert mix.scenario().id == load_scenario(tmp_path / "mine.toml").id
    (tmp_path / "down.toml").write_text(toml_of(mix, "en"), encoding="utf-8")
    assert load_scenario(tmp_path / "down.toml").id == mix.scenario().id
    assert "found '/etc/passwd', allowed a scenario that ships" in refused(
        "mine.toml", 'extends = ["linked", "/etc/passwd"]\n'
    )
    assert "extends: found [], allowed" in refused("mine.toml", "extends = []\n")
