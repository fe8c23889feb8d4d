"""The lessons of Learn: which levers each sets, and which figure it points at. Words stand in the catalogues."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from returnee.dashboard.visitor.place import UNMOVED, Mix, Timed

THREE_YEARS = 37  # first month after three years


@dataclass(frozen=True)
class Lesson:
    """One lesson.

    Attributes
    ----------
    key : str
        Of its words in the catalogues.
    mix : Mix
        The policy.
    against : str
        What it is compared with.
    chart : str
        Measure that is shown.
    page : str
        Where one looks further: "explore" or "network".
    """

    key: str
    mix: Mix
    against: str
    chart: str
    page: str = "explore"


def _mix(base: str, **levers: Timed) -> Mix:
    moved = {f"policy.{key.replace('__', '.')}": value for key, value in levers.items()}
    return Mix(base, MappingProxyType(moved))


LESSONS = (
    Lesson("peers", Mix("awareness"), "baseline", "aware_finance", "network"),
    Lesson(
        "credit",
        _mix(
            "baseline", finance__counter_guarantee_waiver=300_000.0,
            finance__guarantee_fund=60_000_000.0, finance__leverage=16.0,
        ),
        UNMOVED, "firms_open",
    ),
    Lesson("waiting", _mix("baseline", services__desk_days=3.0, training__places=2000.0), UNMOVED, "firms_open"),
    Lesson("linkage", Mix("linked"), "siloed", "public_cost"),
    Lesson("crisis", Mix("coastal_shock"), "baseline", "returns"),
    Lesson(
        "fading",
        _mix(
            "baseline", finance__startup_grant={1: 12_000.0, THREE_YEARS: 0.0},
            finance__job_subsidy={1: 3000.0, THREE_YEARS: 0.0}, finance__grant_needs_certificate=False,
        ),
        UNMOVED, "firms_open",
    ),
)  # fmt: skip
BY_KEY = {lesson.key: lesson for lesson in LESSONS}
