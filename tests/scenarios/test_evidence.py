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
    "policy.training.outcome_months": lambda e: e["P084"].noted("within"),
    "policy.incubation.rent_share": lambda e: 1 if e["P117"].unit == "years free" else math.nan,
    "policy.activities.contests": lambda e: round(
        e["P136"].value / e["P136"].noted("assumption:") / (e["P136"].noted("(Jiangxi, ~") / YEAR)
    ),
    "policy.finance.loan_months": lambda e: e["P012"].noted("individual <=") * YEAR,
    "policy.finance.grant_after_months": lambda e: (e["P069"].noted(">=") + e["P074"].noted(">=")) / 2,
    "policy.finance.grant_needs_certificate": lambda e: "training certificate" in e["P069"].text,
    "behaviour.returning.city_home": lambda e: -math.log(1 + e["BH012"].value / 100),
    "behaviour.closing.grace": lambda e: e["P201"].value / 30,
    "behaviour.support.entrants": lambda e: e["P133"].noted("~"),
    "behaviour.support.winners": lambda e: winners(e["P134"].text),
    "behaviour.money.spending": lambda e: (
        e["H13"].value / 100 * e["N47"].high * YEAR / (e["H14"].value * 10_000)
    ),
    "county.shares.employment": lambda e: e["P138"].noted("share") / e["P138"].value,
    "policy.finance.first_step": lambda e: e["P161"].low / e["P161"].high,
    "policy.finance.second_step": lambda e: e["P161"].noted("DERIVED steps 30 %,") / 100,
    "policy.finance.second_jobs": lambda e: e["P161"].noted("below"),
    "policy.finance.full_jobs": lambda e: e["P161"].noted("3 to 5 /"),
    "policy.finance.young_firm": lambda e: e["P009"].noted("within") * YEAR,
    "policy.finance.years": lambda e: e["P062"].noted("2027-12-31;") / YEAR,
    "county.work.retirement_rise": lambda e: (e["N58"].high - e["N58"].low) * YEAR,
    **{
        f"county.people.{prefix}schooling_{level}": lambda e, row=row, k=k: vector(e[row])[k]
        for prefix, row in (("", "N38"), ("home_", "L45"))
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


def vector(row: Row) -> list[float]:
    """Shares noted as ``full vector 0.8/13.8/52.1``, in per cent."""
    found = re.search(r"full vector ([\d./]+)", row.text)
    assert found
    return [float(share) / 100 for share in found[1].split("/")]


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
    "county.labour_force": lambda e: (1, e["L41"].value),
    "county.away_share": lambda e: (0, 1 - e["L42"].value / e["L41"].value),
    "county.work.retirement_women": lambda e: (
        e["N58"].noted("(white-collar) and"), e["N58"].noted("63, women")
    ),
    "behaviour.money.eligible": lambda e: (e["P149"].value / 100 * (1 - ROUND), 1),
}  # fmt: skip
"""Smallest and largest value that the rows of a bounded default allow."""

SIGNS = {
    "policy.linkage.incubator_waives_guarantee": "such a rule exists",
    "policy.linkage.contest_opens_credit": "such a rule exists",
    "policy.linkage.training_paid_on_opening": "such a rule exists",
    "behaviour.returning.peers_weight": "+",
    "behaviour.careers.leave_women": "+",
    "county.firms.per_1000": "+",
    "behaviour.money.visit_cost": "+",
    "behaviour.money.informal_chance": "+",
    "behaviour.careers.age_of_ideas": "+",
    "behaviour.careers.age_spread": "+",
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
    together = sum(sector.share * sector.wage for sector in county.city_sectors)
    assert together == pytest.approx(EVIDENCE["N47"].value, abs=0.5)
    mean = EVIDENCE["BH042"].value * 10_000
    assert all(sector.capital_median < mean for sector in county.sectors)


def test_the_bundled_pyramid_is_the_census() -> None:
    county, children = load_scenario("baseline").county, EVIDENCE["L43"]
    adults = sum((0.4 if r.age == 15 else 1) * (r.men + r.women) for r in county.residents)
    assert round(adults) == EVIDENCE["L42"].value
    *young, grown = county.children
    assert sum(r.men + r.women for r in young) == children.value
    assert (grown.men, grown.women) == (children.noted("5-9岁"), children.noted("boys and"))
    born = {r.age for r in (*county.residents, *county.children)}
    assert born == {*range(0, 60, 5)}


def test_columns_of_tables_have_the_evidence_that_is_checked() -> None:
    county = load_scenario("baseline").county
    tables = (county.residents, county.townships, county.sectors, county.city_sectors)
    found = {key: lever.basis for rows in tables for key, lever in walk(rows[0]) if lever.evidence}
    assert {key for key, basis in found.items() if basis == "bound"} == {"capital_median"}
    assert found.keys() == {"capital_median", "share", "wage", "age", "men", "women"}


def test_an_own_value_is_not_its_rows() -> None:
    changed = load_scenario("baseline", {"policy.finance.loan_cap": 300_000}).policy
    found = {lever.key for _, lever in walk(changed, "policy.") if lever.own}
    assert found == {"policy.finance.loan_cap"}


@pytest.mark.parametrize("name", ["binhai", "example", "foping", "funan", "xiapu"])
def test_comments_of_shipped_counties_say_the_same(name: str) -> None:
    text = (ROOT / "scenarios" / "counties" / name / "county.toml").read_text("utf-8")
    facts = {lever.key: lever for lever in levers if lever.key.startswith("county.")}
    group, seen = "county.", 0
    for line in text.splitlines():
        if line.startswith("["):
            group = "" if line.startswith("[[") else f"county.{line.strip('[]')}."
        key, _, rest = line.partition(" = ")
        value, _, comment = rest.partition("#")
        if not group or group + key not in facts or "made up" in comment:
            continue
        lever, ids, seen = facts[group + key], set(ID.findall(comment)), seen + 1
        if float(value) != lever.default:
            assert ids or "assumed" in comment or "census" in comment, line
            continue
        if "census" in comment or "as in Binhai" in comment:
            continue
        basis = "bound" if "bound only" in comment else "measured" if ids else "assumed"
        assert basis == lever.basis, line
        assert ids == set(lever.evidence), line
        assert ids or "assumed" in comment, line
    assert seen > 40
