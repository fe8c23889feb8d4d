"""Records of the model: what is stored about a worker, a firm, a service, and a month.

Money that passes through a public pot or a loan is whole fen (1/100 yuan, ``i8``), so that accounts
close to the cent and no sum depends on the order of its parts. Savings, cash and means are yuan
(``f8``) that change by whole fen only (`state.cents`), and each change is booked by kind.
Months are counted from the start of the policy: month 1 is the first under policy, months up to 0
are the history before it. ``NEVER`` stands for a month that has not come.
"""

from __future__ import annotations

import numpy as np

from returnee.simulation.engine.lines import whole_lines

NEVER = -9999

# Career states of a worker.
PRE, AWAY, SEEKING, FARMING, EMPLOYED, FOUNDING, OWNER, RETIRED = range(8)
STATES = ("PRE", "AWAY", "SEEKING", "FARMING", "EMPLOYED", "FOUNDING", "OWNER", "RETIRED")

# Phases of a firm. A venture file exists from the plan on; it is a firm once registered.
PLANNED, REGISTERED, OPEN, DORMANT, CLOSED, ABANDONED = range(6)
PHASES = ("PLANNED", "REGISTERED", "OPEN", "DORMANT", "CLOSED", "ABANDONED")

# Where a firm works.
OWN, INCUBATOR_PLACE, COUNTY_SITE = range(3)
VENUES = ("own", "incubator", "county site")

# Layers of the social graph.
HOUSEHOLD, KIN, FRIEND, FELLOW = range(4)
LAYERS = ("household", "kin", "friend", "fellow")

# Where a loan file stands.
NO_LOAN, AT_DESK, IN_PROCESS, GRANTED, REFUSED, REPAID, OVERDUE, COMPENSATED = range(8)
LOAN_STAGES = (
    "none",
    "at the desk",
    "in process",
    "granted",
    "refused",
    "repaid",
    "overdue",
    "compensated",
)
# Why a loan was refused or cut.
NO_REASON, NO_GUARANTOR, FUND_EXHAUSTED, BANKS_WITHDRAWN, GAVE_UP, NOT_APPROVED = range(6)
REASONS = (
    "",
    "no guarantor",
    "fund exhausted",
    "banks withdrawn",
    "gave up waiting",
    "not approved",
)

# What banks know of a worker as a borrower.
CLEAN, IN_ARREARS, DEFAULTED = range(3)
CREDIT_RECORDS = ("clean", "in arrears", "defaulted")

# Why a firm stopped: cash was gone, the owner had something better, retired, or it never opened.
NO_STOP, STOP_FAILED, STOP_GAVE_UP, STOP_RETIRED, STOP_NEVER_OPENED = range(5)
STOP_REASONS = ("", "failed", "gave up for better", "retired", "never opened")

# Who has looked at a project: bits of a firm's `signals`, see `returnee.simulation.firms.projects`.
OFFICES = ("bank", "trainer", "mentor", "incubator", "jury")

# Money that passes between sectors: name, who pays, who receives, and what for. Households are the
# workers' savings, firms the cash of firms and the money put aside for ventures; "others" are customers,
# suppliers, landlords, staff and everybody's current income and spending.
HOUSEHOLDS, FIRMS, BANKS, GOVERNMENT, OTHERS = SECTORS = (
    "households",
    "firms",
    "banks",
    "government",
    "others",
)
TRANSACTIONS = (
    ("saving", OTHERS, HOUSEHOLDS, "income less spending; negative where more is spent"),
    ("investment", HOUSEHOLDS, FIRMS, "own and family money put into ventures"),
    ("cover", HOUSEHOLDS, FIRMS, "owners make up for an empty till"),
    ("withdrawal", FIRMS, HOUSEHOLDS, "profits saved, and what is left when a firm ends"),
    ("value_added", OTHERS, FIRMS, "sales less intermediate inputs"),
    ("wages", FIRMS, OTHERS, "wages of staff"),
    ("rent", FIRMS, OTHERS, "rent before relief"),
    ("interest", FIRMS, BANKS, "interest before subsidy"),
    ("tax", FIRMS, GOVERNMENT, "tax before relief"),
    ("support", GOVERNMENT, FIRMS, "all that programmes pay into firms, relief included"),
    ("loans", BANKS, FIRMS, "guaranteed loans granted"),
    ("repaid_by_firms", FIRMS, BANKS, "principal, from cash"),
    ("repaid_from_savings", HOUSEHOLDS, BANKS, "principal, from savings of owners and guarantors"),
    ("repaid_from_wages", OTHERS, BANKS, "principal, from wages of owners and guarantors"),
    ("equipment", FIRMS, OTHERS, "capital bought, and steps in technology"),
    ("salvage", OTHERS, FIRMS, "capital sold"),
    ("living", FIRMS, OTHERS, "owners' living, and what they draw and spend"),
    ("bills", OTHERS, FIRMS, "bills left unpaid when a firm ends"),
    ("compensation", GOVERNMENT, BANKS, "paid by the guarantee fund"),
    ("informal_loans", HOUSEHOLDS, FIRMS, "lent by ties, for interest"),
    ("informal_repaid", FIRMS, HOUSEHOLDS, "principal paid back to ties"),
    ("informal_interest", FIRMS, HOUSEHOLDS, "interest paid to ties"),
    ("commercial_loans", BANKS, FIRMS, "lent by banks at their own risk"),
)
(
    T_SAVING,
    T_INVESTMENT,
    T_COVER,
    T_WITHDRAWAL,
    T_VALUE_ADDED,
    T_WAGES,
    T_RENT,
    T_INTEREST,
    T_TAX,
    T_SUPPORT,
    T_LOANS,
    T_REPAID_BY_FIRMS,
    T_REPAID_FROM_SAVINGS,
    T_REPAID_FROM_WAGES,
    T_EQUIPMENT,
    T_SALVAGE,
    T_LIVING,
    T_BILLS,
    T_COMPENSATION,
    T_INFORMAL_LOANS,
    T_INFORMAL_REPAID,
    T_INFORMAL_INTEREST,
    T_COMMERCIAL_LOANS,
) = range(len(TRANSACTIONS))

# Two lines of the cache: what most reviews read or write, then the rest.
WORKER = whole_lines(
    [
        ("savings", "f8"),  # yuan, as of month `settled`
        ("wage", "f8"),  # monthly city wage, yuan
        ("id", "i4"),
        ("log_wage", "f4"),
        ("log_home", "f4"),  # log of own pay in a job at home, relative to the township's wage
        ("thrift", "f4"),  # saving rate relative to the mean
        ("firm", "i4"),  # row of own firm or of the employer; -1: none, or another employer
        ("birth", "i2"),  # month of birth
        ("settled", "i2"),  # month to which savings and experience are brought forward
        ("heard", "i2"),  # month to which what ties pass on is brought forward
        ("experience", "i2"),  # months worked in cities, as of `settled`
        ("since", "i2"),  # month in which the state was entered
        ("left", "i2"),  # month of the last departure
        ("idea", "i2"),  # month in which the venture idea in hand came
        ("state", "u1"),
        ("knows", "u1"),  # bits by channel
        ("township", "u1"),
        ("sex", "u1"),  # 0 male, 1 female
        ("saves", "u1"),  # saves up for a venture
        ("waits", "u1"),  # came home only because the city job was lost
        ("jobless", "u1"),  # lost the city job since the last review
        ("listed", "u1"),  # among County.seekers
        ("destination", "u1"),  # 0 in the province, 1 outside
        ("city_home", "u1"),
        ("child", "u1"),  # a child left behind
        ("elder", "u1"),  # an elder who needs care
        ("ever_away", "u1"),
        ("married", "u1"),
        # the second line
        ("trained", "f8"),  # skill gained in training
        ("ability", "f4"),  # latent entrepreneurial ability, sd
        ("risk", "f4"),  # risk tolerance, sd
        ("attachment", "f4"),  # attachment to home, sd
        ("household", "i4"),
        ("fee_withheld", "i4"),  # part of the training fee that is due on opening, fen
        ("parent", "i4"),  # row of the parent of someone who turns 18 later; -1: unknown
        ("mate", "i4"),  # next employee of the same firm; -1: last
        ("enters", "i2"),  # month in which the worker turns 18, or NEVER if before the history
        ("retires", "i2"),  # month of retirement
        ("village", "i2"),
        ("returned", "i2"),  # month of the last return
        ("offer", "i2"),  # month to which a job offer from home holds
        ("certificate", "i2"),  # month in which training was finished
        ("training_since", "i2"),  # month in which training was asked for
        ("case_since", "i2"),  # month in which a case officer took the file
        ("schooling", "u1"),  # 0 none, 1 primary, 2 junior, 3 senior, 4 college
        ("city_sector", "u1"),
        ("attempts", "u1"),  # ventures planned
        ("failed", "u1"),  # firms stopped for want of money
        ("founded", "u1"),  # firms registered
        ("referred", "u1"),  # 1 a case officer has the file, 2 one had it
        ("eligible", "u1"),  # banks deal with the person at all
        ("record", "u1"),  # as a borrower: CLEAN, IN_ARREARS, DEFAULTED
        ("loans_had", "u1"),  # guaranteed loans so far
        ("course", "u1"),  # effort of the course taken, hundredths; 0: none
    ]
)

FIRM = np.dtype(
    [
        ("id", "i8"),  # founder's id * 16 + attempt
        ("capital_wanted", "f8"),  # money wanted for the start, cushion included, yuan
        ("capital", "f8"),  # yuan
        ("cash", "f8"),  # yuan
        ("means", "f8"),  # money put aside for the start, a loan included, until it is spent; yuan
        ("known", "f8"),  # log productivity that the owner knows
        ("luck", "f8"),  # log productivity that the owner does not know
        ("drift", "f8"),  # what has drifted away from it since the start, unknown too
        ("customers", "f8"),  # customer base: share of the demand that a settled firm meets
        ("belief", "f8"),  # owner's mean belief about luck and drift
        ("variance", "f8"),  # of that belief
        ("wanted", "f8"),  # persons the owner wants, incl. owner
        ("accepted", "f8"),  # log of the outlook over the alternative at opening, at most 0
        ("outlook", "f8"),  # income the owner expects, yuan a month
        ("income", "f8"),  # owner's income, smoothed over a year, yuan a month
        ("taxes", "f8"),  # taxes paid so far, yuan
        ("loan", "i8"),  # principal outstanding, fen
        ("loan_granted", "i8"),  # principal, fen
        ("loan_wanted", "i8"),  # fen
        ("loan_rate", "f8"),  # a year
        ("payroll", "i8"),  # own pay of the employees relative to the township's, thousandths
        ("owed", "i8"),  # interest subsidy in arrears, fen
        ("loan_base", "i8"),  # principal at the start of the present term, fen
        ("informal", "i8"),  # owed to a tie, fen
        ("informal_granted", "i8"),  # lent by the tie, fen
        ("commercial", "i8"),  # owed to a bank without a guarantee, fen
        ("commercial_granted", "i8"),  # lent by banks at their own risk so far, fen
        ("commercial_base", "i8"),  # the last of these loans, fen
        ("owner", "i4"),  # row of the owner
        ("head", "i4"),  # row of the employee hired last; -1: none
        ("guarantor", "i4"),  # row of the guarantor; -1: none
        ("lender", "i4"),  # row of the tie who lent; -1: none
        ("employees", "i2"),
        ("posts_paid", "i2"),  # posts for which the job subsidy was paid
        ("posts_last_year", "i2"),  # employees at the last anniversary
        ("planned", "i2"),
        ("registered", "i2"),
        ("opened", "i2"),
        ("stopped", "i2"),
        ("closed", "i2"),
        ("loan_month", "i2"),
        ("loan_due", "i2"),
        ("loan_start", "i2"),  # month in which the present term began
        ("desk_since", "i2"),
        ("desk_done", "i2"),
        ("incubation_since", "i2"),  # month in which a place was asked for
        ("incubator_until", "i2"),
        ("mentor_since", "i2"),
        ("mentor_until", "i2"),
        ("phase", "u1"),
        ("sector", "u1"),
        ("township", "u1"),
        ("attempt", "u1"),
        ("company", "u1"),
        ("returnee", "u1"),
        ("venue", "u1"),
        ("site", "u1"),  # incubator site, of those in and after incubation
        ("technology", "u1"),
        ("partners", "u1"),
        ("good", "u1"),
        ("loan_stage", "u1"),
        ("loan_reason", "u1"),
        ("renewals", "u1"),  # of the loan outstanding
        ("credit_line", "u1"),
        ("grant_paid", "u1"),
        ("tax_eligible", "u1"),
        ("signals", "u1"),  # who has looked at the project, bits of projects.BANK and so on
        ("left_support", "u1"),  # the founder dropped out and asks offices for nothing more
        ("course", "u1"),  # effort of the course whose trainer looked at it, hundredths
        ("stop_reason", "u1"),
    ],
    align=True,
)

SERVICE = np.dtype(
    [
        ("capacity", "f8"),  # people, files or visits a month
        ("credit", "f8"),  # capacity carried over
        ("quality", "f8"),  # 1 is the mean of the county's providers
        ("funded", "f8"),  # share of this month's running cost that was paid
        ("waited", "f8"),  # months waited by all who were served
        ("kind", "u1"),
        ("township", "u1"),
        ("pot", "u1"),
        ("places", "i4"),  # places in use (incubator)
        ("queue", "i4"),
        ("served", "i8"),
        ("refused", "i8"),
        ("spent", "i8"),  # fen
        ("opening", "u2"),  # bit m: open in month of the year m + 1
    ],
    align=True,
)

EVENT = np.dtype([("worker", "i4"), ("month", "i2"), ("state", "u1"), ("before", "u1")], align=True)

CLOCK = np.dtype(
    [
        ("seed", "i8"),
        ("replicate", "i8"),
        ("month", "i8"),
        ("first", "i8"),  # first month of the history
        ("sample", "f8"),
        ("firms", "i8"),  # firm rows in use
        ("active", "i8"),  # firms that are not closed
        ("events", "i8"),
        ("decided", "i8"),  # 1 while decisions of this month are still to be carried out
        ("decisions", "i8"),  # that were taken this month, rows of `moves`
        ("present", "i8"),  # workers who have turned 18
        ("initial", "i8"),  # workers at the start of the history
        ("training_queue", "i8"),
        ("pending", "i8"),
        ("cases", "i8"),  # files that case officers have
        ("requests", "i8"),  # files that are to be handed on this month
        ("scale", "f8"),  # factor on all volumes and payments of this year, for the cap
        ("claims", "i8"),  # under programmes that follow demand this year, before that factor, fen
        ("claims_last", "i8"),  # last year
        ("winner_credit", "f8"),  # prizes carried over to the next contest
        ("offers", "i8"),  # jobs kept for people who are away
        ("recent", "i8"),
        ("seekers", "i8"),  # rows in `seekers`, some of which seek no more
        ("outstanding", "i8"),  # loans outstanding, fen
        ("granted", "i8"),  # all loans ever, fen
        ("repaid", "i8"),
        ("compensated", "i8"),  # paid by the fund to banks
        ("written_off", "i8"),  # borne by banks
        ("commercial", "i8"),  # loans of banks at their own risk outstanding, fen
        ("spent", "i8"),  # by all programmes this year, fen
        ("fund_capital", "i8"),  # paid into the guarantee fund, fen
        ("compensated_year", "f8"),  # compensation of the last year, fading, fen
        ("withdrawn", "i8"),  # 1 while banks lend nothing
        ("away_wages", "i8"),  # sum of city wages of all who are away, yuan
        ("dependants", "f8"),  # people not in the labour force; they stay when a worker leaves
        ("transfers", "i8"),  # support paid this month to who has no open firm, fen
        ("lasting", "f8"),  # of returnee firms three years old, who are open and pay tax
        ("second", "f8"),  # of those at home whose firm failed, who found or own a firm again
        ("gini", "f8"),
        ("spending", "f8"),  # of residents last month: home incomes less saving, remittances; yuan
        ("peak_of_ideas", "f8"),  # ideas a year at the best age
        ("log_farm", "f8"),  # log of the income from farming
        ("log_city", "f8"),  # log of the share of the usual city wage that work there brings
        ("messages_credit", "f8"),
        ("contest_credit", "f8"),
        ("places_built", "f8"),  # incubator places built beyond the county's stock
        ("road", "f8"),  # road quality in force, index 0-1
        ("spending_then", "f8"),  # that spending at the end of the history
        ("site_stock", "f8"),  # sites for them without those that the county builds
        ("sites", "f8"),  # county sites in use at most
        ("places_used", "i8"),
        ("mentored", "i8"),
    ],
    align=True,
)

TOWN = np.dtype(
    [
        ("wage", "f8"),  # yuan a month
        ("distance", "f8"),  # km to the county seat
        ("log_wage", "f8"),
        ("pay", "f8"),  # of employees of firms, yuan a month
        ("log_pay", "f8"),
        ("log_job", "f8"),  # log of the wage times the chance to find a job
        ("reach", "f8"),  # share of the outside price that is left after transport
        ("job_chance", "f8"),  # chance that a seeker finds a job in three months
        ("seeking", "f8"),  # share of those at home who seek a job, smoothed
        ("sought", "f8"),  # seekers of a month, smoothed
        ("found", "f8"),  # of them, who found a job, smoothed
        ("best", "i8"),  # sector with the highest income for a typical founder
        ("slots", "i8"),  # jobs with other employers
        ("usual_slots", "f8"),  # those at the end of the history
        ("filled", "i8"),
        ("present", "i8"),  # members who have turned 18
        ("remote", "u1"),
        ("seekers", "i8"),
        ("hired", "i8"),
        ("kept", "i8"),  # jobs with other employers that are kept for who returns
        ("to_keep", "i8"),  # at most
        ("employed_pay", "i8"),  # sum of own pay of all employed, thousandths of the wage
    ],
    align=True,
)

MARKET = np.dtype(
    [
        ("labour", "f8"),
        ("log_labour", "f8"),
        ("capital", "f8"),
        ("capital_median", "f8"),
        ("capital_sigma", "f8"),
        ("intermediate", "f8"),
        ("local", "f8"),
        ("demand", "f8"),  # yuan a month
        ("rent", "f8"),
        ("appeal", "f8"),
        ("needs_site", "u1"),
        ("price", "f8"),  # county price, 1 at balance
        ("supply", "i8"),  # yuan of value added sold in the county this month at price 1
        ("log_scale", "f8"),  # log value added of one person with 10,000 yuan of capital
        ("firms", "i8"),
        ("site_chance", "f8"),  # chance a month that a founder in the sector finds a site
        ("site_worth", "f8"),  # log of the chance to find one within a year
    ],
    align=True,
)
