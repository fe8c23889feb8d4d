"""The fingerprint: the same compiled and in plain Python, changed by a rule and by nothing else."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path

import pandas as pd
import pytest

from returnee.simulation import fingerprint as f
from returnee.simulation.fingerprint import (
    Case,
    digest_of,
    fingerprint,
    run_of,
    table_digests,
    whole,
)

KEPT = Path(__file__).with_name("fingerprint.json")
PROBE = Path(__file__).with_name("plain_rules.py")
RENEW = "python tests/simulation/test_fingerprint.py"
TINIEST = Case({"county.labour_force": 1000}, months=4)

# Statements that the runs do not reach, by rule and first line, and when they would be: what never happens, or
# is too rare for a few hundred people over three years.
UNREACHED = {
    ("begin_venture", "return"): "a seventeenth venture; rows are there, as `live_until` sees to it",
    ("city_hires_since", "return int(worker.returned)"): "all who wait for the city came home in a shock",
    ("commercial_in_sight", "amount = left / asked"): "few firms live to ask a bank for more than their income serves",
    ("commercial_in_sight", "return 0.0"): "few firms live to ask a bank that would refuse",
    ("cost_of_contest", "return 0.0"): "asked for in months of a contest",
    ("cost_of_prizes", "return 0.0"): "asked for in months of a contest",
    ("credit_in_sight", "return 0.0"): "a founder who lacks less than the least loan",
    ("draw_history", "u, _, _, _ = draws(clock, D_START, 0, worker.id, I_KNOWN_FURTHER + channel)"): "a sixth channel: see tests/extending",
    ("drawn_firms", "cut *= 4.0"): "the first draw finds too few firms once in very many",
    ("earnings_of", "return c.behaviour.money_pension"): "a borrower or guarantor who retires while a loan is overdue",
    ("farm_or_seek", "if c.towns[worker.township].log_job + worker.log_home > clock.log_farm:"): "farmers of the small counties have a review every other year",
    ("farm_or_seek", "return TO_SEEK"): "farmers of the small counties have a review every other year",
    ("gini_at_home", "return 0.0"): "a county without people",
    ("go_on_with_plan", "withdraw_file(firm)"): "trained with a file at the desk, and dropping out between the two",
    ("is_bankable", "return True"): "asked where there is a credit market",
    ("is_renewed", "return False"): "banks that withdraw in the month in which a loan is due",
    ("is_worth_applying", "return True"): "asked where there is a credit market",
    ("months_to_loss", "return 10000"): "a loss is drawn where it has a chance",
    ("prepare", "give_up(c, f)"): "no site for a year, or out between bank and register",
    ("price_index", "return 1.0"): "a county in which nothing is sold",
    ("reach", "return -1"): "a township in which nobody is left",
    ("review_offers", "continue"): "a township without people",
    ("settle_sites", "firm.venue = r.OWN"): "a firm that stops has left its site before",
    ("stop", "firm.cash += firm.owed / 100.0"): "interest money owed as a firm ends while the pot can pay",
    ("stop", "firm.owed = 0"): "interest money owed as a firm ends while the pot can pay",
    ("take_over", "firm.guarantor = -1"): "an heir who stood guarantor",
    ("take_stock", "u, _, _, _ = draws(clock, D_HEAR, month, worker.id, I_HEARD_FURTHER + channel)"): "a sixth channel: see tests/extending",
    ("tell", "item = I_TOLD_FURTHER + attempt * CHANNELS_MOST + channel"): "a sixth channel: see tests/extending",
    ("tell", "u, _, _, _ = draws(clock, D_FOUNDING, 0, worker.id, item)"): "a sixth channel: see tests/extending",
    ("turn_into_company", "if amount <= 0 or not receive(c, f, R_UPGRADE, amount):"): "a certified owner whose business grows into a company: test_firms.py",
    ("turn_into_company", "return 0.0"): "a certified owner whose business grows into a company: test_firms.py",
    ("turn_into_company", "return amount / 100.0"): "a certified owner whose business grows into a company: test_firms.py",
}  # fmt: skip


@lru_cache(maxsize=1)
def compiled() -> dict[str, dict[str, str]]:
    """Digests of the runs as users make them."""
    return dict(f.digests())


def write_kept() -> None:
    """Renew the digests after a change that is meant: python tests/simulation/test_fingerprint.py."""
    found = {"fingerprint": whole(compiled()), "runs": compiled()}
    KEPT.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


@pytest.fixture
def plainly(libraries):
    """What the rules do in plain Python, in a process of its own; see `plain_rules`."""
    environment = {"NUMBA_DISABLE_JIT": "1"}
    return lambda *words: json.loads(libraries.run(PROBE, *words, environment=environment))


def test_the_model_does_what_it_did():
    kept = json.loads(KEPT.read_text("utf-8"))
    for name, tables in compiled().items():
        for table, digest in tables.items():
            assert kept["runs"].get(name, {}).get(table) == digest, (
                f"run {name!r}: table {table!r} is the first to differ: a rule, an equation or a default "
                f"has changed; if that is meant: {RENEW}"
            )
    assert kept["runs"] == compiled()
    assert kept["fingerprint"] == whole(compiled()) == fingerprint()


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="already plain Python")
def test_compiled_equals_plain_python_and_every_rule_is_entered(plainly):
    found = plainly("cover")
    assert found["digests"] == compiled()
    assert found["rules"] > 200
    assert found["never entered"] == []
    missed = sorted({(rule, text) for rule, text in found["missed"]})
    assert missed == sorted(UNREACHED), "statements that no run of the fingerprint reaches"


def test_a_comment_changes_nothing_and_a_rule_does(plainly):
    rule = "c.clock.month += 1"
    now = table_digests(run_of(TINIEST))
    assert plainly("change", rule, f"{rule}  # a month goes by") == now
    assert plainly("change", rule, f"{rule}; c.workers.savings[:] += 1.0") != now


def test_what_counts_in_a_table():
    table = pd.DataFrame(
        {"a": [1, 2], "b": [0.1, -0.0], "c": ["x", "y"]}, index=pd.Index([5, 6], name="id")
    )
    same = digest_of(table)
    assert digest_of(table[["c", "b", "a"]]) == same
    assert digest_of(table.assign(b=[0.1 * (1 + 1e-12), 0.0])) == same
    for other in (
        table.assign(b=[0.1 * (1 + 1e-8), 0.0]),
        table.assign(a=[1, 3]),
        table.assign(c=["x", "z"]),
        table.rename(columns={"a": "A"}),
        table.rename(index={6: 7}),
        table[:1],
    ):
        assert digest_of(other) != same


def test_a_month_that_has_not_come_counts():
    months = pd.DataFrame({"closed": pd.array([1, None], "Int32")})
    assert digest_of(months) != digest_of(months.fillna(0))


def test_it_is_kept_beside_the_compiled_model(tmp_path, monkeypatch):
    monkeypatch.setattr(f, "_place", lambda: tmp_path / "kept")
    made = []
    monkeypatch.setattr(
        f, "digests", lambda: made.append(1) or [("run", {"table": str(len(made))})]
    )
    look_up = f.own_fingerprint.__wrapped__
    first = look_up()
    assert look_up() == first and made == [1] and [p.name for p in tmp_path.iterdir()] == ["kept"]
    (tmp_path / "kept").write_text("cut o", "ascii")
    assert look_up() != first and made == [1, 1]
    monkeypatch.setattr(f, "_place", lambda: tmp_path / "missing" / "kept")
    assert look_up() and made == [1, 1, 1]
    monkeypatch.setattr(f, "_place", lambda: None)
    assert look_up() and made == [1, 1, 1, 1]


def test_it_is_kept_by_what_the_runs_are_read_from(tmp_path, monkeypatch):
    place = f._place()
    assert place is not None and place.parent.is_dir()
    for name in f.FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((f.ROOT / name).read_bytes())
    monkeypatch.setattr(f, "ROOT", tmp_path)
    assert f._place() == place
    (tmp_path / f.FILES[0]).write_text("other", "utf-8")
    assert f._place() != place


def test_help_does_not_wait_for_it(libraries):
    script = (
        "import returnee.dashboard.command, returnee.experiments.studies.compare, returnee.experiments.running.folders, returnee.experiments.studies.points.sweep\n"
        "from returnee.simulation.fingerprint import own_fingerprint\nprint(own_fingerprint.cache_info().misses)"
    )
    assert libraries.run(code=script) == "0\n"


if __name__ == "__main__":
    write_kept()
