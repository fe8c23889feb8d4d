"""The report: whole, self-contained, in both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from returnee import Comparison
from returnee.experiments.reports import figures as charts
from returnee.experiments.reports.compare import OVER_TIME, Page, lever_changes
from returnee.experiments.words.texts import figure, words
from returnee.scenarios import load_scenario

SECTION_CHARTS = 6  # spending, queues, files, groups, ranks, winners
VOID = {"meta", "link", "br", "img", "hr", "input"}


class Balance(HTMLParser):
    """Checks that every element that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_whole_has_contents_and_asks_for_nothing(small: Comparison, lang: str) -> None:
    page = Page(small, lang).page()
    assert not re.search(r"https?://", page)
    assert not re.search(r"(?:src|href)=\"(?!#|data:,)", page) and "@import" not in page
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    assert len(parser.ids) == len(set(parser.ids))
    assert page.count("<svg") == page.count("</svg>") >= len(OVER_TIME) + SECTION_CHARTS
    assert small.command in page.replace("&#39;", "'")
    assert not re.search(r"\bnan\b", re.sub(r"<svg.*?</svg>", "", page, flags=re.S), re.I)
    assert words(lang)["report"]["not_for_items"][0] in page
    contents = page.split('<nav class="contents"')[1].split("</nav>")[0]
    for number, title in re.findall(r'<h2 id="part-(\d+)">(.*?)</h2>', page):
        assert f'<a href="#part-{number}">{title}</a>' in contents
    assert "<h2>" not in page


@pytest.mark.usefixtures("drawn")
def test_letters_in_charts_stay_letters(small: Comparison) -> None:
    drawn = Page(small).over_time("returns")
    assert "<text" in drawn and ">returned (people a year)</text>" in drawn


def test_chinese_charts_need_a_font(small: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("returnee.experiments.reports.compare.OVER_TIME", ())
    monkeypatch.setattr(charts, "chinese_fonts", list)
    assert words("en")["report"]["charts_english"] not in Page(small, "en").page()
    assert words("zh")["report"]["charts_english"] in Page(small, "zh").page()
    monkeypatch.setattr(charts, "chinese_fonts", lambda: ["DejaVu Sans"])
    assert charts.chart_language("zh") == "zh"


def test_levers_that_differ_are_listed_with_their_months() -> None:
    base = load_scenario("baseline")
    other = load_scenario(
        "baseline", {"policy.training.places": {1: 1000, 25: 1500}, "county.away_share": 0.5}
    )
    found = [
        (month, lever.key, theirs, ours)
        for month, lever, theirs, ours in lever_changes(other, base)
    ]
    assert found == [
        (1, "county.away_share", base.county.away_share, 0.5),
        (25, "policy.training.places", 1000, 1500),
    ]


@pytest.mark.parametrize(
    ("value", "unit", "lang", "signed", "text"),
    [
        (27431.0, "firms", "en", False, "27,430"),
        (-1234567.0, "yuan", "en", True, "−1.23 m"),
        (1234567.0, "yuan", "zh", False, "123.5万"),
        (0.0123, "share", "en", True, "+1.23 pp"),
        (0.452, "share", "zh", False, "45.20%"),
        (float("nan"), "jobs", "en", False, "–"),
        (0.0, "jobs", "en", True, "+0"),
    ],
)  # fmt: skip
def test_figures_are_written_as_a_reader_would(
    value: float, unit: str, lang: str, signed: bool, text: str
) -> None:
    assert figure(value, unit, lang, signed) == text
