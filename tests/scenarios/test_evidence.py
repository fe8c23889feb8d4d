"""The evidence, and every default held against the rows that it cites.

A measured default is its rows' value, in round figures, or follows from them by arithmetic that
its help or the row's note states (``STATED``). A default with a bound keeps it (``BOUNDS``), or has
the sign that the rows give (``SIGNS``).
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from checkout import ROOT

from returnee.scenarios import levers, load_scenario, walk
from returnee.scenarios.schema.fields import BASES, Lever

ID = re.compile(r"\b(?:BH|[NLEHWPC])\d{2,3}\b")
COLUMNS = "id topic quantity value low high unit year place source_title url confidence note"
ROUND = 0.025
"""By how much a default may differ from its row for being in round figures, share."""
UNITS = {
    "%": 0.01, "万元": 10_000, "10k yuan": 10_000, "10k RMB": 10_000, "万人": 10_000, "万户": 10_000,
    "年": 12, "years": 12,
}  # fmt: skip
"""Factor to the unit of a default, by how the unit of a row begins."""


@dataclass(frozen=True)
class Row:
    """A row of the evidence; numbers are NaN where the cell has none."""

    id: str
    value: float
    low: float
    high: float
    unit: str
    text: str

    def noted(self, *before: str) -> float:
        """The first number after some words of the quantity and the note."""
        found = re.search(
            r"[^0-9]*".join(map(re.escape, before)) + r"[^0-9.]*([\d.,]*\d)", self.text
        )
        assert found, f"{self.id}: {before} isn't in {self.text!r}"
        return float(found[1].replace(",", ""))

    def given(self) -> Iterator[float]:
        """Its numbers in the units of a default."""
        factors = {1.0, *(f for unit, f in UNITS.items() if self.unit.startswith(unit))}
        for number in (self.value, self.low, self.high):
            yield from (number * factor for factor in factors)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def cells() -> list[dict[str, str]]:
    with (ROOT / "scenarios" / "evidence.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


EVIDENCE = {
    c["id"]: Row(
        c["id"], _number(c["value"]), _number(c["low"]), _number(c["high"]), c["unit"],
        f"{c['quantity']} {c['note']}",
    )
    for c in cells()
}  # fmt: skip


class Cited(dict[str, Row]):
    """The evidence, remembering which rows were read."""

    def __init__(self) -> None:
        super().__init__(EVIDENCE)
        self.read: set[str] = set()

    def __getitem__(self, key: str) -> Row:
        self.read.add(key)
        return super().__getitem__(key)


Sum = Callable[[Cited], float]
YEAR = 12

STATED: dict[str, Sum] = {
    "policy.training.class_size": lambda e: (
        e["P087"].noted("DERIVED") + e["P090"].noted("DERIVED") + e["P091"].noted("DERIVED")
    ) / 3,
    "policy.services.township_posts": lambda e: round(e["P122"].value / e["P122"].noted("(Huanggang,") * 14, -1),
    "policy.services.mentors": lambda e: e["P124"].noted("DERIVED ~"),
    "policy.incubation.rent_share": lambda e: 0.5 if "50% of rent" in e["P073"].text else math.nan,
    "policy.activities.contests": lambda e: round(
        e["P136"].value / e["P136"].noted("assumption:") / (e["P136"].noted("(Jiangxi, ~") / YEAR)
    ),
    "policy.finance.loan_months": lambda e: e["P012"].noted("individual <=") * YEAR,
    "policy.finance.grant_after_months": lambda e: (e["P069"].noted(">=") + e["P074"].noted(">=")) / 2,
    "policy.finance.grant_needs_certificate": lambda e: "training certificate" in e["P069"].text,
    "behaviour.returning.city_home": lambda e: -math.log(1 + e["BH012"].value / 100),
    "behaviour.support.entrants": lambda e: e["P133"].noted("~"),
    "behaviour.support.winners": lambda e: winners(e["P134"].text),
    "behaviour.money.spending": lambda e: (
        e["H13"].value / 100 * e["N47"].high * YEAR / (e["H14"].value * 10_000)
    ),
    "county.shares.employment": lambda e: e["P138"].noted("share") / e["P138"].value,
    **{
        f"county.people.schooling_{level}": lambda e, k=k: schooling(e)[k]
        for k, level in enumerate(("none", "primary", "junior", "senior", "college"))
    },
}  # fmt: skip
"""Arithmetic by which a measured default follows from its rows."""


def winners(text: str) -> int:
    """How many share a pot of ``5+2x3+3x2+2x1``: one first prize, two second, and so on."""
    prizes = re.search(r"\(([\dx+]+)\)", text)
    assert prizes
    return sum(
        int(few) if of else 1 for few, of, _ in (p.partition("x") for p in prizes[1].split("+"))
    )


def schooling(e: Cited) -> list[float]:
    vector = re.search(r"full vector ([\d./]+)", e["N38"].text)
    assert vector
    return [float(share) / 100 for share in vector[1].split("/")]


BOUNDS: dict[str, Callable[[Cited], tuple[float, float]]] = {
    "policy.training.places": lambda e: (e["P087"].value, e["P096"].noted("~95 counties ~")),
    "policy.activities.prize_pot": lambda e: (
        e["P135"].noted("DERIVED") * 10_000, e["P134"].noted("total prize") * 10_000
    ),
    "policy.activities.outreach_sessions": lambda e: (
        1, e["P058"].value / e["P058"].noted("DERIVED") * 2
    ),
    "policy.finance.guarantee_fund": lambda e: (1, e["P030"].value * 10_000),
    "policy.budget.startup": lambda e: (e["P068"].value * 10_000, math.inf),
    "behaviour.information.session_reach": lambda e: (
        e["P058"].noted("DERIVED"), e["P122"].noted("DERIVED")
    ),
    "behaviour.returning.child_pull": lambda e: (0 if "family care" in e["BH022"].text else math.nan, math.log(e["BH011"].value)),
    "behaviour.returning.elder_pull": lambda e: (0 if "family care" in e["BH022"].text else math.nan, math.log(e["BH011"].value)),
    "behaviour.careers.referral_hiring": lambda e: (0, e["BH057"].value / 100),
    "behaviour.support.ask_founder": lambda e: (0, e["P100"].value / 100),
    "county.work.remittance": lambda e: (
        e["H16"].value / 100 * (1 - e["H13"].value / 100 - e["H15"].value / 100) * (1 - ROUND), 1
    ),
}  # fmt: skip
"""Smallest and largest value that the rows of a bounded default allow."""

SIGNS = {
    "policy.linkage.incubator_waives_guarantee": "such a rule exists",
    "policy.linkage.contest_opens_credit": "such a rule exists",
    "policy.linkage.training_paid_on_opening": "such a rule exists",
    "behaviour.returning.peers_weight": "+",
    "behaviour.careers.leave_women": "+",
    "behaviour.firm.ability_gain": "+",
    "behaviour.firm.ability_convexity": "+",
    "behaviour.support.training_gain": "+",
    "behaviour.support.mentoring_gain": "+",
    "behaviour.support.mentoring_after": "below 1",
    "behaviour.support.forms_again": "+",
    "behaviour.closing.withdraw": "+",
    "behaviour.closing.retry": "+",
}
"""What the rows of a default say where they give no number for it."""

MEASURED = [lever for lever in levers if lever.basis == "measured"]
BOUNDED = [lever for lever in levers if lever.basis == "bound"]


def test_rows_are_complete() -> None:
    rows = cells()
    assert list(rows[0]) == COLUMNS.split()
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert ID.fullmatch(row["id"]), row
        for column in (
            "topic",
            "quantity",
            "value",
            "unit",
            "year",
            "place",
            "source_title",
            "url",
        ):
            assert row[column].strip() == row[column] != "", (row["id"], column)
        assert row["confidence"] in {"high", "medium", "low"}, row["id"]
        assert all(not row[end] or math.isfinite(float(row[end])) for end in ("low", "high")), row[
            "id"
        ]


def test_low_and_high_hold_the_value() -> None:
    for row in EVIDENCE.values():
        assert not row.low > row.high, row
        assert not (row.value < row.low or row.value > row.high), row


@pytest.mark.parametrize("lever", MEASURED, ids=lambda lever: lever.key)
def test_a_measured_default_is_what_its_rows_say(lever: Lever) -> None:
    assert lever.default is not None
    if lever.key in STATED:
        cited = Cited()
        wanted = STATED[lever.key](cited)
        assert cited.read == set(lever.evidence)
        assert lever.default == pytest.approx(wanted, rel=ROUND)
        return
    for name in lever.evidence:
        row = EVIDENCE[name]
        assert any(math.isclose(lever.default, x, rel_tol=ROUND) for x in row.given()), row


@pytest.mark.parametrize("lever", BOUNDED, ids=lambda lever: lever.key)
def test_a_bounded_default_keeps_its_bound(lever: Lever) -> None:
    assert lever.default is not None
    assert (lever.key in BOUNDS) != (lever.key in SIGNS), "say what its rows allow"
    if lever.key in BOUNDS:
        cited = Cited()
        low, high = BOUNDS[lever.key](cited)
        assert cited.read == set(lever.evidence)
        assert low <= lever.default <= high
    elif SIGNS[lever.key] != "such a rule exists":
        assert lever.default > 0
        assert SIGNS[lever.key] == "+" or lever.default < 1


def test_nothing_is_stated_of_what_is_not_there() -> None:
    assert set(STATED) <= {lever.key for lever in MEASURED}
    assert set(BOUNDS) | set(SIGNS) == {lever.key for lever in BOUNDED}


def test_switches_and_weights_have_no_row() -> None:
    chosen = ("behaviour.structure.", "behaviour.quality.", "policy.targeting.")
    assert {lever.basis for lever in levers if lever.key.startswith(chosen)} == {"assumed"}
    assert {lever.basis for lever in levers} == set(BASES)


def test_cells_of_the_bundled_tables_are_what_their_rows_say() -> None:
    """Shares and wages of the cities' sectors; start-up capital below the mean of a skewed spread."""
    county, shares, wages = load_scenario("baseline").county, EVIDENCE["N51"], EVIDENCE["N49"]
    *named, other = county.city_sectors
    words = {
        "manufacturing": ("manufacturing", "manufacturing"),
        "construction": ("construction", "construction"),
        "wholesale and retail": ("wholesale-retail", "wholesale/retail"),
        "transport": ("transport", "transport"),
        "hotels and catering": ("catering", "hotel/catering"),
        "resident services": ("resident services", "resident services"),
    }
    assert [sector.name for sector in named] == list(words)
    for sector in named:
        share, wage = words[sector.name]
        first = sector.name == "manufacturing"
        assert sector.share == pytest.approx((shares.value if first else shares.noted(share)) / 100)
        assert sector.wage == (wages.value if first else wages.noted(wage))
    assert other.share == pytest.approx(1 - sum(sector.share for sector in named))
    mean = EVIDENCE["BH042"].value * 10_000
    assert all(sector.capital_median < mean for sector in county.sectors)


def test_columns_of_tables_have_the_evidence_that_is_checked() -> None:
    county = load_scenario("baseline").county
    tables = (county.townships, county.sectors, county.city_sectors)
    found = {key: lever.basis for rows in tables for key, lever in walk(rows[0]) if lever.evidence}
    assert found == {"capital_median": "bound", "share": "measured", "wage": "measured"}


def test_an_own_value_is_not_its_rows() -> None:
    changed = load_scenario("baseline", {"policy.finance.loan_cap": 300_000}).policy
    found = {lever.key for _, lever in walk(changed, "policy.") if lever.own}
    assert found == {"policy.finance.loan_cap"}
