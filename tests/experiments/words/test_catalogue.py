"""The catalogue of words: the same keys and the same gaps to fill in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from checkout import ROOT

from returnee.experiments.words import texts
from returnee.experiments.words.texts import (
    NONE,
    amount,
    basis_of,
    between,
    county_name,
    joined,
    measured,
    measured_range,
    short,
    to,
    words,
)
from returnee.scenarios import levers, load_scenario, walk
from returnee.scenarios.schema.fields import BASES

ONLY_CHINESE = {"units"}  # English units are written as they are defined
EITHER = {"more", "level"}  # words for a change, of which a language takes the one that fits


def flat(table: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and texts."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{above}{key}.")
        else:
            yield above + key, value


def gaps(text: Any) -> list[set[str]]:
    """Names to be filled into a text, or into each of a list."""
    parts = text if isinstance(text, list) else [text]
    return [set(re.findall(r"{(\w+)", str(part))) - EITHER for part in parts]


def test_both_languages_have_the_same_keys_and_gaps() -> None:
    en, zh = (dict(flat({k: v for k, v in words(lang).items() if k not in ONLY_CHINESE})) for lang in ("en", "zh"))  # fmt: skip
    assert en.keys() == zh.keys()
    assert {key for key in en if gaps(en[key]) != gaps(zh[key])} == set()
    assert all(type(en[key]) is type(zh[key]) for key in en)


def test_words_stand_in_two_files_only() -> None:
    there = [p for p in (ROOT / "experiments").rglob("*.toml") if p.parent.name not in ("data",)]
    assert {p.relative_to(ROOT) for p in there} == {
        Path(f"experiments/words/{lang}.toml") for lang in ("en", "zh")
    }


def test_every_table_is_used() -> None:
    """A table that no file of Python names is left over."""
    code = "".join(p.read_text("utf-8") for p in (ROOT / "experiments").rglob("*.py"))
    code += "".join(p.read_text("utf-8") for p in (ROOT / "dashboard").rglob("*") if p.suffix in (".py", ".j2"))  # fmt: skip
    unused = {key for key, value in words("en").items() if isinstance(value, dict) and f'"{key}"' not in code}  # fmt: skip
    assert unused - ONLY_CHINESE == set()


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (short(-1.23456), "−1.23"),
        (short(0.5, "+.2f"), "+0.50"),
        (short(float("nan")), NONE),
        (to("zh", "1", "2"), "1至2"),
        (amount(23456.0, "people", "zh"), "2.35万"),
        (amount(23456.0, "people", "en"), "23,460"),
        (between(-12000.0, 500.0, "jobs", "zh"), "−1.20万至+500"),
        (measured(0.0423, "share/yr", "en"), "4.23 %"),
        (measured(-0.02, "share points", "zh"), "−2个百分点"),
        (measured(127000.0, "yuan", "en"), "127k yuan"),
        (measured_range(2.0, 4.0, "months", "zh"), "2–4个月"),
        (joined("en", "One.", "", "Two."), "One. Two."),
        (joined("zh", "一。", "二。"), "一。二。"),
    ],
)
def test_figures_are_written_alike_everywhere(written: str, text: str) -> None:
    assert written == text


def test_names_of_a_county_in_both_languages() -> None:
    county = load_scenario("baseline").county
    assert [county_name(county, lang) for lang in texts.LANGUAGES] == [county.name, county.name_zh]


def test_every_default_says_what_it_rests_on() -> None:
    for lever in levers:
        for lang, label in zip(("en", "zh"), BASES[lever.basis], strict=True):
            text = basis_of(lever, lang)
            assert text.startswith(label)
            assert all(name in text for name in lever.evidence)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_somebody_set_is_an_own_value(lang: str) -> None:
    changed = load_scenario(
        "baseline", {"policy.finance.loan_cap": 300_000, "county.people.child": 0.5}
    )
    found = dict(walk(changed))
    own = words(lang)["basis"]["own"].partition("{")[0]
    for key in ("policy.finance.loan_cap", "county.people.child"):
        assert basis_of(found[key], lang).startswith(own)
    assert not basis_of(found["policy.training.places"], lang).startswith(own)
