"""Which measures stand where: in tables, charts, pages and studies."""

from __future__ import annotations

MAIN = "firms_surviving"
"""What a study is about if nothing else is said."""
COST = "public_cost"

# Reports
KEY = (
    "firms_open", "firms_surviving", "jobs", "returns", "return_quality", "rural_income",
    "public_cost",
)  # fmt: skip
OVER_TIME = (
    "firms_open", "returnee_firms_open", "jobs", "returns", "return_quality", "rural_income",
    "public_cost",
)  # fmt: skip
OF_A_RUN = (*OVER_TIME, "owner_income")
BY_YEAR = (
    "away", "returns", "returnee_registrations", "firms_open", "jobs", "return_quality",
    "rural_income", "public_cost",
)  # fmt: skip
INCOMES = ("rural_income", "real_income", "household_income")
PUBLIC_MONEY = (
    "public_cost", "county_cost", "tax", "net_cost", "fund_capital", "fund_cost",
    "loans_written_off",
)  # fmt: skip
"""What support costs whom, and what comes back."""
LOANS = ("loan_growth", "loan_recovery", "loan_wait", "loan_reach")
"""What a loan programme is judged by."""
OVER_AXES = ("firms_surviving", "jobs", "return_quality", "public_cost")
"""Pages of sweeps."""

# Studies
GAINED = {
    "cost_per_firm": "firms_open",
    "cost_per_returnee_firm": "firms_surviving",
    "cost_per_job": "jobs",
}
"""Public cost over the horizon per gain at its end: name of the ratio, and what is gained."""
OBJECTIVES = ("firms_surviving", "jobs", "return_quality")
SENSITIVE = ("firms_surviving", "jobs", "returns", "return_quality")
OF_LINKAGE = (
    "firms_surviving", "firms_open", "jobs", "returns", "return_quality", "rural_income",
)  # fmt: skip
STAGES = (
    "aware_finance", "trained", "referrals", "loans_number", "incubator_places_used",
    "returnee_registrations", "openings", "survival_operating_36", "firms_surviving", "returnee_jobs",
)  # fmt: skip
"""On the way from hearing of support to firms that last and their jobs."""
STEADY = (
    "firms_open", "jobs", "returns", "remigrations", "registrations", "return_quality",
    "rural_income", "loans_granted", "public_cost",
)  # fmt: skip
"""Held alike over samples and seeds."""
DRIFTING = (
    "away", "farming", "employed", "owners", "firms_open", "jobs", "returns", "registrations",
    "closings", "aware_finance", "return_quality", "gini", "loans_outstanding", "guarantee_fund",
    "public_cost",
)  # fmt: skip
"""Watched over thirty years."""

# Dashboard
HEADLINES = ("firms_open", "jobs", "returns", "rural_income", "public_cost")
CHARTS = (
    "firms_open", "jobs", "returns", "rural_income", "return_quality", "aware_finance", "public_cost",
)  # fmt: skip
CONTRASTED = (*KEY, "aware_finance")
MULTIPLES = ("firms_open", "jobs", "returns", "return_quality", "rural_income", "public_cost")
GAINS = ("firms_surviving", "firms_open", "jobs")
"""What is set against public cost."""
