"""Every column of a run's tables: unit and meaning. Units in ``attrs`` come from here.

The page `docs/columns.md` is made from these rows by `returnee.experiments.reports.columns`; a test holds them against
the tables.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

from returnee.simulation.indicators import INDICATORS
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNELS
from returnee.simulation.state.programmes import POTS, PROGRAMMES, RECEIPTS
from returnee.simulation.state.providers import SERVICE_KINDS


class Column(NamedTuple):
    """One column of a table.

    Attributes
    ----------
    name : str
    unit : str
        Unit of a figure; else what kind of value it is: "yes/no", "id", "name", "number" (a count).
    meaning : str
        In words; ``{programme}`` stands for the name of the programme that the column is called after.
    """

    name: str
    unit: str
    meaning: str


class Labels(dict[str, str]):
    """Units or labels by column, as they stand in ``attrs``; not to be changed.

    pandas copies what stands there with every row and column that it hands out, which would take
    longer than the rows and columns.
    """

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self


MONTH = Column("month", "month", "month under the policy, from 1")
WORKERS = (
    Column("worker", "id", "id of the person, the same in every run of the seed and replicate"),
    Column("state", "name", "career state at the end: " + ", ".join(r.STATES[1:])),
    Column("since", "month", "when that state was entered; below 1 in the history"),
    Column("sex", "name", "male or female"),
    Column("age", "years", "at the end"),
    Column("schooling", "level 0-4", "0 none, 1 primary, 2 junior, 3 senior, 4 college"),
    Column("township", "name", "home township"),
    Column("remote", "yes/no", "the township is remote"),
    Column("village", "id", "home village within the township"),
    Column("household", "id", "people with the same number share a household"),
    Column("married", "yes/no", "married"),
    Column("child", "yes/no", "has a child left behind"),
    Column("elder", "yes/no", "has an elder who needs care"),
    Column("city_home", "yes/no", "owns a home in a city"),
    Column("out_of_province", "yes/no", "works away outside the province"),
    Column("ability", "sd", "entrepreneurial ability, standard deviations from the mean"),
    Column("risk", "sd", "tolerance of risk, standard deviations from the mean"),
    Column("city_sector", "name", "sector of the city job, present or last"),
    Column("city_wage", "yuan/month", "wage that the person has or would have in the city"),
    Column("home_pay", "yuan/month", "what a job with another employer at home pays the person"),
    Column("savings", "yuan", "savings"),
    Column("saves", "yes/no", "saves up for a venture"),
    Column("idea", "month", "the venture idea in hand came; missing: none"),
    Column("experience", "months", "worked in cities so far"),
    Column("ever_away", "yes/no", "has ever worked away"),
    Column("returned", "month", "last return; missing: never"),
    Column("certificate", "month", "training was finished; missing: never"),
    Column("attempts", "number", "ventures planned so far"),
    Column("registered", "number", "firms registered so far"),
    Column("failed", "number", "firms stopped so far"),
    Column("eligible", "yes/no", "banks deal with the person at all"),
    Column("credit_record", "name", "as a borrower: " + ", ".join(r.CREDIT_RECORDS)),
    Column("loans_had", "number", "guaranteed loans so far"),
    Column("firm", "id", "own firm or, of employees, the employer; missing: none"),
    *(Column(f"knows_{name}", "yes/no", f"knows of support by {name}") for name in CHANNELS),
)
LOAN = (
    Column(
        "loan_stage", "name", "where the loan file stands at the end: " + ", ".join(r.LOAN_STAGES)
    ),
    Column("loan_reason", "name", "why the loan was refused or cut: " + ", ".join(r.REASONS[1:])),
)
PHASE = Column("phase", "name", "at the end: " + ", ".join(r.PHASES))
FIRMS = (
    Column("firm", "id", "id of the firm"),
    Column("owner", "id", "worker who owns it"),
    Column("founder", "id", "worker who founded it; another than the owner once it is handed on"),
    Column("attempt", "number", "which venture of the founder it is, from 0"),
    Column("sector", "name", "key of the sector"),
    Column("township", "name", "where it works"),
    Column("returnee", "yes/no", "the owner had worked away"),
    Column("company", "yes/no", "a company; else an individual business"),
    Column("planned", "month", "the plan began; below 1 in the history"),
    Column("registered", "month", "registration; below 1 in the history"),
    Column("opened", "month", "opening; missing: not opened"),
    Column("stopped", "month", "work stopped; missing: not stopped"),
    Column("stop_reason", "name", "why it stopped: " + ", ".join(r.STOP_REASONS[1:])),
    Column("closed", "month", "struck off the register; missing: on it"),
    PHASE,
    Column("persons", "persons incl. owner", "who work in it, the owner counted"),
    Column("customers", "share", "of the demand that a settled firm meets"),
    Column("sales", "yuan", "sales over the last 12 months"),
    Column("profit", "yuan", "profit over the last 12 months"),
    Column("capital", "yuan", "capital"),
    Column("cash", "yuan", "cash"),
    Column("owner_income", "yuan/month", "owner's income, smoothed over a year"),
    Column("venue", "name", "where it has its place: " + ", ".join(r.VENUES)),
    Column("technology", "number", "steps of technology taken"),
    Column("partners", "number", "partners in trade"),
    Column("loan", "yuan", "guaranteed loan granted"),
    Column("loan_outstanding", "yuan", "of it not paid back"),
    Column("renewals", "number", "times that the loan outstanding was renewed"),
    Column("informal", "yuan", "lent by a tie"),
    Column("informal_outstanding", "yuan", "of it not paid back"),
    Column("commercial", "yuan", "lent by banks at their own risk"),
    Column("commercial_outstanding", "yuan", "of it not paid back"),
    *LOAN,
    *(
        Column(PROGRAMMES[k], "yuan", "received so far, the history included: {programme}")
        for k in RECEIPTS
    ),
)
FILES = (
    Column("firm", "id", "id of the venture, and of the firm that it became"),
    Column("owner", "id", "worker who founds"),
    Column("returnee", "yes/no", "the founder had worked away"),
    Column("referred", "yes/no", "the founder was ever handed on from one service to another"),
    Column("planned", "month", "the venture began"),
    Column("trained", "month", "the founder finished training; missing: never"),
    Column("loan_asked", "month", "a loan was applied for; missing: never"),
    Column(
        "loan_taken_up", "month", "the desk's work on the file ends or ended; missing: not begun"
    ),
    Column("loan_granted", "month", "the loan was granted; missing: none"),
    Column("registered", "month", "registration; missing: not registered"),
    Column("incubation_asked", "month", "an incubator place was asked for; missing: never"),
    Column("opened", "month", "opening; missing: not opened"),
    Column("mentor_asked", "month", "a mentor was asked for; missing: never"),
    Column("mentored_until", "month", "mentoring ends or ended; missing: no mentor"),
    Column("stopped", "month", "work stopped; missing: not stopped"),
    Column("closed", "month", "struck off the register; missing: on it"),
    Column("incubated", "yes/no", "ever had an incubator place"),
    Column("contest_won", "yes/no", "a contest won opened credit"),
    *LOAN,
    Column("signals", "name", "who has looked at the project: " + ", ".join(r.OFFICES)),
    Column("dropped_out", "yes/no", "the founder gave up asking for support at a hand-over"),
    Column("granted", "yes/no", "received the start-up grant"),
    PHASE,
)
SERVICES = (
    Column("service", "id", "number of the provider"),
    Column("kind", "name", ", ".join(SERVICE_KINDS)),
    Column("place", "name", 'township, or "in the cities"'),
    Column("pot", "name", "pot of public money that pays it: " + ", ".join(POTS)),
    Column("capacity", "a month", "people, files or visits that it can serve, full county"),
    Column("funded", "share", "of the last month's running cost that was paid"),
    Column("queue", "number", "who wait at the end, full county"),
    Column("places_used", "number", "incubator places in use at the end, full county"),
    Column("served", "number", "served so far, the history included, full county"),
    Column("refused", "number", "refused so far, the history included, full county"),
    Column("mean_wait", "months", "mean wait of those served"),
    Column("spent", "yuan", "spent so far, the history included, full county"),
    Column("quality", "1 is the mean", "quality against the mean of the county's providers"),
    Column("months_open", "number", "months of the year in which it is open"),
)
TRANSACTIONS = (
    MONTH,
    *(
        Column(name, "yuan", f"{payer} to {receiver}: {meaning}, full county")
        for name, payer, receiver, meaning in r.TRANSACTIONS
    ),
)
PATHS = (
    Column("worker", "id", "id of the person"),
    Column("state", "name", "career state of the spell: " + ", ".join(r.STATES[1:])),
    Column("from", "month", "when it begins; 0: it began in the history"),
    Column("to", "month", "when it ends; the last month of the run if it goes on"),
)
TABLES: dict[str, tuple[Column, ...]] = {
    "monthly": (MONTH, *(Column(i.name, i.unit, i.en) for i in INDICATORS)),
    "workers": WORKERS,
    "firms": FIRMS,
    "files": FILES,
    "services": SERVICES,
    "ledger": (MONTH, *(Column(k, "yuan", "spent: {programme}") for k in PROGRAMMES)),
    "unpaid": (MONTH, *(Column(k, "yuan", "due and not paid: {programme}") for k in PROGRAMMES)),
    "transactions": TRANSACTIONS,
    "paths": PATHS,
}
UNITS = {name: {c.name: c.unit for c in columns} for name, columns in TABLES.items()}
