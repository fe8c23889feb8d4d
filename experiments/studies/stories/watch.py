"""Lives of persons, read off a run.

The run is lived again a month at a time while the person's row, and the rows of the person's firms,
are looked at; it is not changed by that. Events are what changed between two looks, so nothing is in
a story that is not in the county's record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import RunSettings
from returnee.experiments.studies.stories.life import KINDS, MONTHLY, RECEIVED, Detail, Event, Life
from returnee.scenarios import Scenario
from returnee.simulation.run import Run, start
from returnee.simulation.start.history import advance
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNELS
from returnee.simulation.state.county import County
from returnee.simulation.state.programmes import RECEIPTS

FEN = 100.0
WAITING = (r.AT_DESK, r.IN_PROCESS)
DATES = ("desk_since", "registered", "opened", "stopped", "incubator_until", "mentor_until")
Record = Any  # a row of County.workers or County.firms, copied
Noted = list[tuple[str, Detail]]


def lives_of(
    scenario: Scenario, workers: Iterable[int], replicate: int, settings: RunSettings
) -> dict[int, Life]:
    """Live a run again and tell what happened to some of its people.

    `workers`: ids. `settings`: seed, sample, months and history of the run. Raises UsageError: if
    nobody of that id was in the labour force under the policy.
    """
    s, asked = settings, sorted(set(workers))
    county = start(scenario, replicate, s.seed, s.sample, s.months, s.burn_in)
    watchers = [Watcher(scenario, county, row_of(county, worker, s.months)) for worker in asked]
    for month in range(1, s.months + 1):
        county = advance(county, month, scenario.rules)
        for watcher in watchers:
            watcher.look(county, month)
    return {worker: watcher.life(s.months) for worker, watcher in zip(asked, watchers, strict=True)}


def lives_in(run: Run, workers: Iterable[int]) -> dict[int, Life]:
    """`lives_of` for a run that was made with `simulation.simulate`."""
    burn_in = 1 - int(run.county.clock.first)
    settings = RunSettings(run.seed, run.sample, run.months, burn_in)
    return lives_of(run.scenario, workers, run.replicate, settings)


def row_of(county: County, worker: int, months: int) -> int:
    """Row of a worker who is in the labour force in some month under the policy."""
    known = 0 <= worker < len(county.row_of)
    row = int(county.row_of[worker]) if known else -1
    if row >= 0:
        record = county.workers[row]
        if record.enters <= months and record.retires > 0:
            return row
    raise UsageError(
        f"worker: found {worker}, allowed the id of somebody in the labour force under the policy "
        f"(0 to {len(county.row_of) - 1}; some enter or retire at other times)"
    )


class Watcher:
    """Looks at one person every month and notes what changed.

    `county`: at the end of its history. `row`: of the worker.
    """

    def __init__(self, scenario: Scenario, county: County, row: int) -> None:
        self.row, self.facts = row, scenario.county
        self.events: list[Event] = []
        self.worker = county.workers[row].copy()
        own = np.flatnonzero(county.firms["owner"][: int(county.clock.firms)] == row)
        self.firms = {int(f): _firm(county, int(f)) for f in own}
        self.received = {f: county.receipts[f].copy() for f in self.firms}
        self.first = dict(self.received)
        self.person = self._person()

    def look(self, county: County, month: int) -> None:
        """Note what changed since the last look."""
        before, now = self.worker, county.workers[self.row].copy()
        heard, forgot = now.knows & ~before.knows, before.knows & ~now.knows
        noted = happened(
            ("heard", heard, {"channels": channels_in(int(heard))}),
            ("forgot", forgot, {"channels": channels_in(int(forgot))}),
        )
        noted += self._career(before, now, month)
        noted += self._course(before, now, month)
        if now.firm >= 0 and now.state in (r.FOUNDING, r.OWNER) and int(now.firm) not in self.firms:
            f = int(now.firm)
            noted.append(("planned", self._plan(county, f)))
            self.firms[f] = _blank(county, f)
            self.received[f] = self.first[f] = np.zeros(len(RECEIPTS), np.int64)
        for f, past in self.firms.items():
            present = _firm(county, f)
            noted += self._file(past, present, month)
            noted += self._money(f, county.receipts[f] - self.received[f])
            self.firms[f], self.received[f] = present, county.receipts[f].copy()
        noted.sort(key=lambda one: KINDS.index(one[0]))
        self.events += [Event(month, kind, detail) for kind, detail in noted]
        self.worker = now

    def life(self, months: int) -> Life:
        """The life, when the run is over."""
        now = self.worker
        end: Detail = {"state": r.STATES[now.state], "month": months}
        own = [firm for firm in self.firms.values() if firm["phase"] == r.OPEN]
        if own:
            end |= self._about(own[-1]) | {
                "jobs": int(own[-1]["employees"]),
                "income": float(max(own[-1]["income"], 0.0)),
                "loan": float(own[-1]["loan"]) / FEN,
            }
        paid = sum((self.received[f] - self.first[f]).sum() for f in self.firms)
        end["received"] = float(paid) / FEN
        return Life(int(now.id), self.person, tuple(self.events), end)

    def _person(self) -> Detail:
        w, facts = self.worker, self.facts
        town = facts.townships[w.township]
        found: Detail = {
            "sex": "female" if w.sex == 1 else "male",
            "age": int(-w.birth // 12),
            "schooling": int(w.schooling),
            "township": [town.name, town.name_zh],
            "remote": bool(town.remote),
            "child": bool(w.child),
            "elder": bool(w.elder),
            "state": r.STATES[w.state],
            "enters": int(w.enters) if w.state == r.PRE else 0,
            "knows": channels_in(int(w.knows)),
            "trained": bool(w.certificate != r.NEVER),
        }
        if w.ever_away or w.state == r.AWAY:
            sector = facts.city_sectors[w.city_sector]
            months = int(w.experience) + (max(-int(w.settled), 0) if w.state == r.AWAY else 0)
            found |= {
                "away_years": round(months / 12.0, 1),
                "city_sector": [sector.name, sector.name_zh],
                "wage": float(w.wage),
                "out_of_province": bool(w.destination),
            }
        own = [firm for firm in self.firms.values() if firm["phase"] == r.OPEN]
        if own:
            found["firm"] = self._about(own[-1]) | {
                "years": round(-int(own[-1]["opened"]) / 12.0, 1),
                "jobs": int(own[-1]["employees"]),
            }
        return found

    def _about(self, firm: Record) -> Detail:
        sector = self.facts.sectors[firm["sector"]]
        return {"firm": int(firm["id"]), "sector": [sector.name, sector.name_zh]}

    def _plan(self, county: County, f: int) -> Detail:
        firm = county.firms[f]
        least = county.behaviour.money_minimum_start * firm.capital_wanted
        return self._about(_firm(county, f)) | {
            "means": float(firm.means),
            "wanted": float(firm.capital_wanted),
            "least": float(least),
        }

    def _career(self, before: Record, now: Record, month: int) -> Noted:
        """Moves between city and home, and between jobs."""
        was, state = before.state, now.state
        back, seeks = now.returned == month and before.returned != month, state == r.SEEKING
        away = month - max(int(before.left), int(before.birth) + 18 * 12)
        hired = state == r.EMPLOYED and (was != r.EMPLOYED or before.firm != now.firm)
        return happened(
            ("entered", was == r.PRE and state != r.PRE),
            ("left", now.left == month and before.left != month),
            ("returned", back, {"away_months": int(away)} if before.left > r.NEVER else {}),
            ("offer", now.offer > max(int(before.offer), month) and state == r.AWAY),
            ("job_in_firm" if now.firm >= 0 else "job_elsewhere", hired),
            ("job_lost", was == r.EMPLOYED and seeks),
            ("seeking", was == r.FARMING and seeks),
            ("farming", state == r.FARMING and was != r.FARMING),
            ("retired", state == r.RETIRED and was != r.RETIRED),
        )

    def _course(self, before: Record, now: Record, month: int) -> Noted:
        """Training, and the file handed on."""
        waiting = now.training_since != r.NEVER
        trained = before.certificate != now.certificate
        dropped = before.training_since != r.NEVER and not waiting and not trained
        return happened(
            ("training_asked", waiting and before.training_since != now.training_since),
            ("trained", trained, {"waited": month - int(now.training_since)}),
            ("training_dropped", dropped),
            ("referred", now.referred and not before.referred),
        )

    def _file(self, past: Record, now: Record, month: int) -> Noted:
        """What changed in a venture's file."""
        lasted = {"jobs": int(past["employees"]), "months": month - int(now["opened"])}
        unopened, moved = now["opened"] == r.NEVER, past["phase"] != now["phase"]
        stopped = moved and past["stopped"] == r.NEVER and now["stopped"] != r.NEVER

        def since(name: str) -> bool:
            return bool(past[name] == r.NEVER and now[name] != r.NEVER)

        def lasts(name: str) -> Detail:
            return {"months": int(now[name]) - month}

        return _loan(past, now, month) + happened(
            ("registered", since("registered"), {"yuan": float(now["capital"] + now["cash"])}),
            ("opened", since("opened")),
            ("incubated", since("incubator_until"), lasts("incubator_until")),
            ("mentored", since("mentor_until"), lasts("mentor_until")),
            ("contest_won", past["credit_line"] != now["credit_line"]),
            ("upgraded", past["technology"] != now["technology"]),
            ("gave_up", moved and now["phase"] == r.ABANDONED),
            ("struck_off", moved and now["phase"] == r.CLOSED),
            ("never_opened", stopped and unopened),
            ("stopped", stopped and not unopened, lasted),
        )

    def _money(self, f: int, paid: np.ndarray) -> Noted:
        """Payments; what comes monthly is told when it first comes."""
        before = self.received[f]
        return happened(*(
            (kind, yuan > 0 and not (before[k] > 0 and kind in MONTHLY), {"yuan": float(yuan) / FEN})
            for k, (kind, yuan) in enumerate(zip(RECEIVED, paid))
        ))  # fmt: skip


def happened(*rows: Any) -> Noted:
    """Those of some events that happened: kind, whether, and what there is to say."""
    return [(kind, dict(*detail)) for kind, did, *detail in rows if did]


def _firm(county: County, f: int) -> Record:
    return np.asarray(county.firms)[f].copy()


def _blank(county: County, f: int) -> Record:
    """A file of which nothing has happened yet."""
    firm = _firm(county, f)
    for name in DATES:
        firm[name] = r.NEVER
    firm["loan_stage"], firm["phase"], firm["credit_line"] = r.NO_LOAN, r.PLANNED, 0
    firm["loan"] = firm["loan_granted"] = firm["informal_granted"] = 0
    return firm


def channels_in(bits: int) -> list[str]:
    """Names of the channels whose bits are set."""
    return [name for k, name in enumerate(CHANNELS) if bits >> k & 1]


def _loan(past: Record, now: Record, month: int) -> Noted:
    """Events of loans: files for a start, for an open firm, or for more; other loans; what becomes of them."""
    noted: Noted = []
    raising, stage = past["loan"] > 0, int(now["loan_stage"])
    asked = past["desk_since"] != now["desk_since"]
    if asked:
        kind = "loan_asked" if now["opened"] == r.NEVER else "loan_asked_open"
        yuan = float(now["loan_wanted"]) / FEN
        noted.append(("raise_asked" if raising else kind, {"yuan": yuan}))
    amount = int(now["loan_granted"]) - int(past["loan_granted"])
    if amount > 0:
        kinds = ("loan_raised", "loan_raised_less") if raising else ("loan_granted", "loan_cut")
        detail = {"yuan": amount / FEN, "waited": month - int(now["desk_since"])}
        noted.append((kinds[int(now["loan_reason"] == r.NO_GUARANTOR)], detail))
    elif (asked or past["loan_stage"] in WAITING) and stage in (r.REFUSED, r.GRANTED):
        noted.append(_not_had(past, now, "raise" if raising else "loan"))
    for kind, name in (("tie_lent", "informal_granted"), ("bank_lent", "commercial_granted")):
        lent = int(now[name]) - int(past[name])
        if lent > 0:
            noted.append((kind, {"yuan": lent / FEN}))
    if raising and now["renewals"] > past["renewals"]:
        noted.append(("loan_renewed", {}))
    ends = {r.REPAID: "repaid", r.OVERDUE: "overdue", r.COMPENSATED: "compensated"}
    if past["loan_stage"] != stage and stage in ends:
        noted.append((f"loan_{ends[stage]}", {}))
    return noted


def _not_had(past: Record, now: Record, what: str) -> tuple[str, Detail]:
    """How a file at the desk ended without money."""
    reason = int(now["loan_reason"])
    if reason != r.GAVE_UP:
        return f"{what}_refused", {"reason": r.REASONS[reason]}
    # A file is also taken back when its firm stops or the plan is dropped, whatever the wait.
    if past["stopped"] != now["stopped"] or now["phase"] == r.ABANDONED:
        return "loan_withdrawn", {}
    return f"{what}_given_up", {"reason": r.REASONS[reason]}
