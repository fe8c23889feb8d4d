"""The fingerprint: the same compiled and in plain Python, changed by a rule and by nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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

# Statements that the runs need not reach, by rule and first line: what never happens, or only in far
# larger counties.
UNREACHED = {
    ("banks_decide", "clock.withdrawn = 0"): "banks lend or have withdrawn for good",
    ("begin_venture", "return"): "a seventeenth venture",
    ("cost_of_contest", "return 0.0"): "asked for in months of a contest",
    ("cost_of_prizes", "return 0.0"): "asked for in months of a contest",
    ("decide_loan", "refuse(c, f, r.BANKS_WITHDRAWN)"): "banks lend or have withdrawn for good",
    ("decide_loan", "return"): "banks lend or have withdrawn for good",
    ("drawn_firms", "cut *= 4.0"): "the first draw seldom finds too few firms",
    ("earnings_of", "return c.behaviour.money_pension"): "few loans are overdue",
    ("earnings_of", "return c.firms[worker.firm].income"): "few loans are overdue",
    ("earnings_of", "return worker.wage"): "few loans are overdue",
    ("error_of", "return behaviour.support_mentor_error"): "mentors look at open firms, whose files banks seldom see",
    ("gini_at_home", "return 0.0"): "a county without people has no inequality",
    ("go_on_with_plan", "withdraw_file(firm)"): "few plans are let go after a course",
    ("pass_to_heir", "return False"): "somebody is found",
    ("serve_referrals", "continue"): "files have an officer",
    ("handle_files", "break"): "the desk keeps up",
    ("hold_contest", "return"): "contests are paid, and have entrants",
    ("is_bankable", "return True"): "asked where there is a credit market",
    ("is_worth_applying", "return True"): "asked where there is a credit market",
    ("list_vacancies", "continue"): "a firm with as many staff as are counted",
    ("list_vacancies", "rows, keys = np.append(rows, np.empty_like(rows)), np.append(keys, np.empty_like(keys))"): "more posts in a month than there is room for",
    ("live_until", "return False"): "there is room",
    ("months_to_loss", "return 10000"): "a loss that is drawn has a chance",
    ("owner_may_apply", "return knows(owner, FINANCE) and is_bankable(c, owner)"): "few loans are raised",
    ("pay_loan", "owner.record = r.CLEAN"): "few arrears are made up",
    ("pay_off", "firm.cash -= pay_loan(c, f, min(part, firm.cash), r.T_REPAID_BY_FIRMS)"): "few loans are overdue",
    ("pay_off", "part += collected_from(c, firm.guarantor)"): "few loans are overdue",
    ("pay_off", "part = behaviour.closing_debt_share * max(firm.income, firm.cash)"): "few loans are overdue",
    ("prepare", "give_up(c, f)"): "sites are found in time in so small a county",
    ("prepare", "if clock.month - firm.planned >= behaviour.firm_site_patience:"): "sites are found in time in so small a county",
    ("price_index", "return 1.0"): "something is sold from the first month",
    ("reach", "return -1"): "a township in which nobody is left",
    ("receive_grant", "return 0.0"): "grants are wanted and paid",
    ("receive_job_subsidy", "return 0.0"): "the pot pays",
    ("refuse", "month.refused_banks += 1"): "banks lend or have withdrawn for good",
    ("review_offers", "continue"): "offers hold",
    ("set_fund", "clock.fund_capital += change + min(-change, free)  # what was lost is gone"): "the fund lost nothing before it is made smaller",
    ("settle_sites", "firm.venue = r.OWN"): "a firm that stops has left its site before",
    ("take_kept_jobs", "enter(c, i, r.EMPLOYED)"): "kept jobs are taken within the month",
    ("take_kept_jobs", "town.filled += 1"): "kept jobs are taken within the month",
    ("take_kept_jobs", "town.hired += 1"): "kept jobs are taken within the month",
    ("take_kept_jobs", "town.kept -= 1"): "kept jobs are taken within the month",
    ("take_kept_jobs", "worker.firm = -1"): "kept jobs are taken within the month",
    ("take_kept_jobs", "worker.offer = r.NEVER"): "kept jobs are taken within the month",
    ("take_over", "firm.guarantor = -1"): "few firms with a guarantor are handed on",
    ("take_prize", "firm.means += amount / 100.0"): "winners are open",
    ("train", "return False"): "the pot pays",
    ("train", "service.refused += 1"): "the pot pays",
    ("turn_into_company", "if amount <= 0 or not receive(c, f, R_UPGRADE, amount):"): "few firms turn into companies",
    ("turn_into_company", "return 0.0"): "few firms turn into companies",
    ("turn_into_company", "return amount / 100.0"): "few firms turn into companies",
    ("update_belief", "return"): "sales have shocks",
}  # fmt: skip


@lru_cache(maxsize=1)
def compiled() -> dict[str, dict[str, str]]:
    """Digests of the runs as users make them."""
    return dict(f.digests())


def write_kept() -> None:
    """Renew the digests after a change that is meant: python tests/simulation/test_fingerprint.py."""
    found = {"fingerprint": whole(compiled()), "runs": compiled()}
    KEPT.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


def plainly(*arguments: str) -> dict:
    """What the rules do in plain Python, in a process of its own; see `plain_rules`."""
    from waiting import LIMIT  # not needed to renew

    done = subprocess.run(
        [sys.executable, str(PROBE), *arguments],
        capture_output=True,
        text=True,
        timeout=LIMIT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


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
def test_compiled_equals_plain_python_and_every_rule_is_entered():
    found = plainly("cover")
    assert found["digests"] == compiled()
    assert found["rules"] > 200
    assert found["never entered"] == []
    missed = sorted({(rule, text) for rule, text in found["missed"]})
    assert missed == sorted(UNREACHED), "statements that no run of the fingerprint reaches"


def test_a_comment_changes_nothing_and_a_rule_does():
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
    look_up = fingerprint.__wrapped__
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


def test_help_does_not_wait_for_it():
    from waiting import LIMIT

    script = (
        "import returnee.dashboard.command, returnee.experiments.studies.compare, returnee.experiments.running.folders, returnee.experiments.studies.sweep\n"
        "from returnee.simulation.fingerprint import fingerprint\nprint(fingerprint.cache_info().misses)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=LIMIT
    )
    assert (done.stdout, done.returncode) == ("0\n", 0), done.stderr


if __name__ == "__main__":
    write_kept()
