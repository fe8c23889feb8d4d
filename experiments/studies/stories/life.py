"""Life stories: what happened to a person, month by month, under one policy and under another.

Events are what changed in the county's record, see `stories_watch`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from returnee.experiments.words.texts import words
from returnee.simulation.state.programmes import PROGRAMMES, RECEIPTS

Detail = dict[str, Any]  # numbers, words of catalogues, or names in English and Chinese


@dataclass(frozen=True)
class Event:
    """Something that happened to a person."""

    month: int  # from 1, under the policy
    kind: str  # key of ``[events]`` in the catalogues
    # what the sentence names: numbers (yuan, months, jobs), words, names in both languages
    detail: Detail


@dataclass(frozen=True)
class Life:
    """A person's life under one policy."""

    worker: int
    person: Detail  # who she or he was when the policy began
    events: tuple[Event, ...]  # in order
    end: Detail  # state, firm, jobs, public money received and loan left at the end


LIFE = TypeAdapter(Life)
"""Reads a life back from plain values."""


@dataclass(frozen=True)
class Pair:
    """One person's lives under a reference and under a policy, as an example of a kind."""

    kind: str  # key of ``[kinds]`` in the catalogues; empty for a person asked for by id
    candidates: int  # of how many people this one is the example
    reference: Life
    policy: Life


RECEIVED = tuple(f"got_{PROGRAMMES[programme]}" for programme in RECEIPTS)
LOAN = (
    "loan_asked", "loan_asked_open", "loan_granted", "loan_cut", "loan_refused", "loan_given_up",
    "raise_asked", "loan_raised", "loan_raised_less", "raise_refused", "raise_given_up",
    "loan_withdrawn",
)  # fmt: skip
OTHER_LOANS = ("tie_lent", "bank_lent")  # which no policy gives
MONTHLY = ("got_interest_subsidy", "got_tax_relief", "got_rent")
KINDS = tuple(words("en")["people"]["events"])
"""Kinds of events, in the order in which those of one month are told."""
