"""What the model does, in sixteen digits: a hash of what comes out of a few tiny runs.

Stored results, pages and the ensemble carry it, so that they are told from those of a model that
does something else. It changes with a rule, an equation or a default, and with nothing else: not with a
comment, the name of a file or the order of columns. Between them the runs enter every rule, and nearly
every line of it (``tests/simulation/test_fingerprint.py``).

Integers, words and codes count exactly; floats to nine digits, and those of single precision to six, so
that the last bit of another machine's ``exp`` does not matter.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from returnee import scenarios
from returnee.scenarios import load_scenario
from returnee.scenarios.schema.behaviour import Structure
from returnee.scenarios.schema.own_rules import reading_with_none, rules_now
from returnee.simulation.engine.cache import kernel_folder
from returnee.simulation.engine.compiler import SOURCE_HASH
from returnee.simulation.run import Run, simulate
from returnee.simulation.start.own_county import NAMES

DIGITS, DIGITS_SINGLE = 9, 6  # significant digits of floats that count
TABLES = (
    "monthly", "ledger", "unpaid", "transactions", "firms", "files", "services", "workers", "paths",
)  # fmt: skip
NAME = "fingerprint"
ROOT = Path(scenarios.__file__).parent
SOURCE = "baseline"  # of every history too
FILES = (  # what the runs are read from
    f"shipped/{SOURCE}.toml",
    "counties/binhai/county.toml",
    *(f"counties/example/{name}" for name in NAMES),
)


class Case(NamedTuple):
    """A tiny run that is pushed to where rules are that seldom act."""

    overrides: Mapping[str, Any]
    replicate: int = 0
    sample: float = 0.1
    months: int = 30


BURN_IN = 12
EVENTFUL: dict[str, Any] = {  # many found a firm, and many of those fail
    "county.labour_force": 3000,
    "county.residents": (),  # the census counts more people than that
    "county.children": (),
    "county.firms.per_1000": 100,
    "county.firms.incubator_places": 20,
    "behaviour.information.tie_rate": 0.05,
    "behaviour.careers.idea_rate": 0.8,
    "behaviour.careers.intention_constant": 3,
    "behaviour.money.giveup": 0.2,
    "behaviour.firm.luck_sd": 0.6,
    "behaviour.support.ask_rate": 0.5,
    "behaviour.support.ask_away": 0.8,
    "behaviour.closing.grace": 3,
    "behaviour.closing.succession": 0.9,
    "behaviour.money.smallest_loan": 20_000,
    "behaviour.money.eligible": 0.9,
    "behaviour.money.cover": 0.3,
    "behaviour.money.commercial_age": 12,
    "behaviour.money.guarantor_share": 0.5,
    "behaviour.closing.dormant_months": 3,
    "behaviour.closing.come_back": 0.045,
    "policy.finance.loan_months": 12,
    "policy.services.desk_days": 10,
}
GENEROUS: dict[str, Any] = {  # every programme is offered, linked and paid; then demand breaks down
    **EVENTFUL,
    "county.shock.start_month": 16,
    "county.shock.months": 8,
    "county.shock.local_demand": 0.02,
    "county.people.age_home": 58,
    "county.firms.hall_files": 12,
    "county.firms.post_files": 0,
    "behaviour.closing.withdraw": 0.01,
    "behaviour.closing.come_back": 0.05,
    "behaviour.money.cover": 0.45,
    "behaviour.information.station_contacts": 1000,
    "behaviour.information.station_uptake": 1,
    "policy.linkage.officers": 100,
    "county.firms.company_capital": 300_000,
    "behaviour.support.jobs_kept": 1,
    "behaviour.support.offer_chance": 1,
    "policy.training.places": 600,
    "policy.training.outcome_pay_share": 0.5,
    "policy.training.during_migration_share": 0.5,
    "policy.services.mentors": 10,
    "policy.services.destination_stations": 3,
    "policy.services.mass_messages": 10_000,
    "policy.incubation.places": {1: 30, 13: 0, 20: 60},
    "policy.activities.contests": 4,
    "policy.activities.prize_pot": 100_000,
    "policy.activities.outreach_sessions": 24,
    "policy.finance.guarantee_fund": 60e6,
    "policy.finance.startup_grant": 10_000,
    "policy.finance.grant_after_months": 3,
    "policy.finance.job_subsidy": 3000,
    "policy.technology.extension_visits": 600,
    "policy.technology.upgrade_grant": {1: 20_000, 24: 0},
    "policy.venue.sites_land": {1: 40, 6: 0, 12: 40},
    "policy.venue.road_quality": {1: 0.5, 3: 1},
    "policy.linkage.referral": 0.9,
    "policy.linkage.certificate_speeds_loan": True,
    "policy.linkage.incubator_waives_guarantee": True,
    "policy.linkage.contest_opens_credit": True,
    "policy.linkage.training_paid_on_opening": True,
    "policy.targeting.women": 2,
    "policy.targeting.under_35": 2,
    "policy.targeting.low_schooling": 2,
    "policy.targeting.remote": 2,
    "policy.targeting.failed_founders": 2,
    "policy.budget.startup": 1e8,
    "policy.budget.employment": 1e8,
    "policy.budget.interest": {1: 0, 25: 1e8},
    "policy.budget.arrears": 0.5,
    "policy.finance.interest_subsidy": 1,
    "policy.budget.works": 1e8,
}
SHORT: dict[
    str, Any
] = {  # money is short everywhere, and loans come late; city jobs break down first
    **EVENTFUL,
    "county.people.savings_mean": 40_000,
    "county.people.age_home": 54,
    "county.firms.company_capital": 60_000,
    "county.shock.start_month": 3,
    "county.shock.city_loss": 0.6,
    "county.shock.city_wage": 0.5,
    "county.firms.pay": 1.3,
    "behaviour.firm.drift_sd": 0.1,
    "behaviour.firm.living": 4000,
    "behaviour.money.cover": 0,
    "behaviour.closing.outlook_margin": 2,
    "policy.finance.instalment_share": 0,
    "policy.finance.renewals": {1: 0, 24: 3},
    "policy.finance.interest_subsidy": 1,
    "behaviour.money.minimum_start": 0.1,
    "policy.training.places": 600,
    "policy.services.mentors": 1,
    "policy.technology.upgrade_grant": {1: 20_000, 32: 0},
    "policy.finance.loan_months": 36,
    "behaviour.money.guarantor_share": 0.1,
    "behaviour.firm.most_employees": 10,
    "behaviour.information.station_contacts": 1000,
    "behaviour.information.station_uptake": 1,
    "policy.services.destination_stations": {1: 15, 12: 0},
    "behaviour.support.jobs_kept": 1,
    "behaviour.support.offer_chance": 1,
    "policy.budget.startup": {1: 1e8, 25: 0},
    "policy.budget.employment": {1: 1e8, 13: 0},
    "policy.technology.extension_visits": 2000,
    "policy.activities.contests": 4,
    "policy.finance.guarantee_fund": {1: 1e6, 6: 0, 13: 6e7},
    "policy.finance.leverage": 5,
    "policy.finance.counter_guarantee_waiver": {1: 0, 13: 50_000},
    "policy.finance.startup_grant": 10_000,
    "policy.linkage.incubator_waives_guarantee": {1: False, 15: True},
    "policy.linkage.contest_opens_credit": {1: False, 20: True},
    "policy.budget.arrears": 0.5,
    "policy.budget.cap": {1: 3e6, 25: 2e5},
}
WITHOUT: dict[str, Any] = {  # each mechanism that can be turned off is
    **GENEROUS,
    **{f"behaviour.structure.{key}": False for key in Structure.model_fields},
    "behaviour.firm.shock_sd": 0,
}
OWN: dict[str, Any] = {  # a county that brings its people and ties
    "county": "example",
    "county.work.city_loss": 0,
    "county.work.farm_income": 500,
    "policy.finance.guarantee_fund": {1: 1e7, 3: 1e6},
}
CASES: dict[str, Case] = {
    "generous": Case(GENEROUS, replicate=1),
    "short": Case(SHORT, replicate=1, months=36),
    "without": Case(WITHOUT, replicate=2, months=18),
    "own people": Case(OWN, replicate=1, sample=1.0, months=4),
}


def fingerprint() -> str:
    """Fingerprint of the model: sixteen hex digits that stand for what it does.

    While scenarios are read with rules of one's own, a plus and eight digits of their content follow.
    """
    rules = rules_now()
    return own_fingerprint() if rules is None else f"{own_fingerprint()}+{rules.mark}"


@lru_cache(maxsize=1)
def own_fingerprint() -> str:
    """Fingerprint of the model as it is.

    Read from the folder of the compiled model if it is there; else computed, which takes some tenths
    of a second once the model is compiled, and kept there.
    """
    path = _place()
    if path is not None:
        with suppress(OSError, ValueError):
            found = path.read_text("ascii")
            if re.fullmatch("[0-9a-f]{16}", found):
                return found
    with reading_with_none():
        made = whole(dict(digests()))
    if path is not None:
        with suppress(OSError):  # somebody else's folder: computed again next time
            new = path.with_name(f"{path.name}.{os.getpid()}.new")
            new.write_text(made, "ascii")
            new.replace(path)
    return made


def _place() -> Path | None:
    """File that keeps the fingerprint of these sources and of what the runs are read from."""
    folder = kernel_folder(SOURCE_HASH)
    if folder is None:
        return None
    read = hashlib.sha256()
    for name in FILES:
        read.update((ROOT / name).read_bytes())
    return folder / f"{NAME}-{read.hexdigest()[:16]}"


def run_of(case: Case) -> Run:
    """Let a case live."""
    scenario = load_scenario(SOURCE, case.overrides)
    return simulate(scenario, case.replicate, 1, case.sample, case.months, BURN_IN)


def table_digests(run: Run) -> dict[str, str]:
    """A digest of each table of a run."""
    return {name: digest_of(getattr(run, name)) for name in TABLES}


def digest_of(table: pd.DataFrame) -> str:
    """Sixteen hex digits of a table's index and columns, whatever their order."""
    digest = hashlib.sha256()
    flat = table.reset_index() if table.index.name else table
    for name in sorted(flat.columns):
        digest.update(f"{name} {len(flat)}\n".encode())
        digest.update(_exactly(flat[name]))
    return digest.hexdigest()[:16]


def _exactly(column: pd.Series) -> bytes:
    """What counts of a column's values."""
    kind = column.dtype
    if pd.api.types.is_float_dtype(kind):
        digits = DIGITS_SINGLE if kind == np.float32 else DIGITS
        values = column.to_numpy(np.float64) + 0.0  # no negative zero
        return "\n".join(f"{value:.{digits}g}" for value in values.tolist()).encode()
    if pd.api.types.is_integer_dtype(kind) or pd.api.types.is_bool_dtype(kind):
        missing = column.isna().to_numpy()
        values = column.fillna(0).to_numpy("<i8") if missing.any() else column.to_numpy("<i8")
        return missing.tobytes() + values.tobytes()
    return "\n".join(str(value) for value in column.tolist()).encode()


def digests() -> Iterator[tuple[str, dict[str, str]]]:
    """Each case's name, and the digests of its tables."""
    for name, case in CASES.items():
        yield name, table_digests(run_of(case))


def whole(found: Mapping[str, Mapping[str, str]]) -> str:
    """One digest of all."""
    rows = sorted(f"{case} {table} {d}" for case, of in found.items() for table, d in of.items())
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]
