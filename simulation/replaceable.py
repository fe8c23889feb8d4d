"""The rules that a file of one's own may replace: small, without effects, and with arguments that explain themselves.

A rule that is replaced keeps its name, its arguments and the kind of number that it returns. Where the model
spares itself a rule by a bound that only its own rule keeps to, the bound is named here, and left out.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from returnee.simulation.accounts import finish
from returnee.simulation.engine.variants import called_by, plain
from returnee.simulation.firms import (
    closing,
    finance,
    founding,
    hiring,
    markets,
    projects,
    succession,
    trading,
    ventures,
)
from returnee.simulation.month import decide, live
from returnee.simulation.people import careers, ideas, information, returning
from returnee.simulation.state import changes
from returnee.simulation.support import desk, training

# What stands for what, by the names that arguments have.
ARGUMENTS = {
    "c": "the county: c.clock, c.facts, c.behaviour, c.policy, and rows of c.workers, c.firms, c.towns, c.markets",
    "i": "row of a worker, as in c.workers[i]",
    "j": "row of a tie of that worker",
    "f": "row of a firm",
    "t": "row of a township, as in c.towns[t]",
    "s": "row of a sector, as in c.markets[s]",
    "worker": "a row of c.workers: age by birth, sex, child, elder, ability, risk, attachment, savings, …",
    "firm": "a row of c.firms",
    "market": "a row of c.markets",
    "town": "a row of c.towns",
    "behaviour": "parameters of behaviour, as behaviour.returning_child_pull",
    "facts": "facts of the county, as facts.work_city_loss",
    "policy": "the policy in force, as policy.training_hours",
    "month": "month; 1 is the first under the policy",
    "months": "how many months",
    "share": "share of the ties that are at home; of demand_factor the part that follows spending",
    "share_home": "share of the ties that are at home",
    "u": "uniform draw",
    "jobs": "how fast a job is found in the city, 1 as usual, for what other counties do",
    "jobless": "whether the city job was lost",
    "home": "utility of what can be done at home",
    "months_away": "months since the last departure",
    "log_job": "log of the income of a job, yuan a month",
    "log_farm": "log of the income from farming, yuan a month",
    "log_venture": "log of the income of the venture that would be begun; -1e9: none",
    "knowing": "ties that know the channel",
    "share_same": "share of the ties at the same place, home or away",
    "same": "months of contact with ties at the same place",
    "across": "contact with ties elsewhere",
    "attitude": "log of what a firm brings over what else could be done",
    "spare": "savings of the tie above its buffer, yuan",
    "log_one": "log value added of one person, yuan a month",
    "value": "value added, yuan a month",
    "other": "income of the best alternative, yuan a month",
    "ratio": "demand over supply",
    "most": "largest loan that cap and fund allow, yuan",
}


@dataclass(frozen=True)
class Replaceable:
    """A rule that may be replaced.

    Attributes
    ----------
    rule : function
        The model's own.
    equation : str
        What it computes, in a line.
    bounds : tuple of functions
        Shortcuts that hold for the model's own rule only; with another one they say no.
    """

    rule: Any
    equation: str
    bounds: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self.function.__name__)

    @property
    def function(self) -> Any:
        """As written in Python."""
        return plain(self.rule)

    @property
    def arguments(self) -> tuple[str, ...]:
        """Names of its arguments."""
        return tuple(inspect.signature(self.function).parameters)

    @property
    def module(self) -> str:
        """Where it stands."""
        return str(self.function.__module__)

    @property
    def says(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def lever_from(self) -> str:
        """Through which argument it gets the values of levers; empty: it cannot."""
        names = self.arguments
        return "c.behaviour" if "c" in names else "behaviour" if "behaviour" in names else ""

    def used_in(self) -> list[str]:
        """Rules that call it."""
        return callers().get(self.function, [])


BOUNDS_OF_RETURNING = (returning.surely_stays,)
BOUNDS_OF_LEAVING = (careers.surely_does_not_leave,)
BOUNDS_OF_IDEAS = (ideas.surely_no_idea,)
REPLACEABLE: tuple[Replaceable, ...] = (
    # Moving.
    Replaceable(
        careers.hazard_of_leaving,
        "exp(min(score of leaving, 3)), in half a year",
        BOUNDS_OF_LEAVING,
    ),
    Replaceable(
        careers.score_of_leaving,
        "constant + city - home - pull - a·(age - 30) + b·(30 - age) - women + experience",
        BOUNDS_OF_LEAVING,
    ),
    Replaceable(
        returning.chance_of_returning, "1 / (1 + exp(-score of returning))", BOUNDS_OF_RETURNING
    ),
    Replaceable(returning.score_of_returning, "constant + home + pull - city", BOUNDS_OF_RETURNING),
    Replaceable(
        returning.home_pull,
        "peers·share + attachment + a·(age - 40) + child + elder - city home; log odds",
    ),
    Replaceable(
        returning.utility_of_city, "w·log(city pay) - distance + settled·log(1 + years away)"
    ),
    Replaceable(
        returning.utility_of_home,
        "s·log(sum of exp(w·log(income) / s)) over job, farm and venture",
        BOUNDS_OF_RETURNING,
    ),
    Replaceable(
        returning.months_to_find, "usual / (hiring·jobs), at most the months that are looked ahead"
    ),
    # Knowing of support.
    Replaceable(
        information.hazard_of_hearing, "rate·knowing·(share_same·same + (1 - share_same)·across)"
    ),
    Replaceable(information.hazard_of_forgetting, "rate·months"),
    # Ideas and intentions.
    Replaceable(
        ideas.ideas_a_year, "peak·exp(-(age - best age)^2 / (2·spread^2))", BOUNDS_OF_IDEAS
    ),
    Replaceable(
        ideas.intention, "1 / (1 + exp(-(constant + a·attitude + n·norm + k·control + retry)))"
    ),
    Replaceable(ideas.norm, "share of the ties whose firm does well"),
    Replaceable(ideas.control, "channels known / all channels + certificate"),
    Replaceable(ideas.caution, "aversion·(1 - tolerance·risk); log points"),
    Replaceable(ideas.freedom_to_act, "exp(-burden) for women who care for somebody, else 1"),
    # Money.
    Replaceable(changes.share_saved, "rate·thrift"),
    Replaceable(changes.share_spent, "rate / 12·months, less while saving up"),
    Replaceable(finance.gift_of_tie, "share·spare; yuan"),
    Replaceable(finance.loan_of_tie, "share·spare; yuan"),
    Replaceable(
        finance.cost_of_applying, "cost of a visit·visits a day·days, less near a post; yuan"
    ),
    Replaceable(finance.income_without, "max(wage job's, farming's); yuan a month"),
    Replaceable(founding.start_money, "median·exp(sigma·z) / (1 - cushion); yuan"),
    # Firms.
    Replaceable(ventures.known_productivity, "scale + g·ability + h·ability·|ability| + s·skill"),
    Replaceable(ventures.optimism_of, "optimism, less after a course"),
    Replaceable(changes.skill_of, "g·log(1 + years in cities) + trained"),
    Replaceable(trading.productivity, "known + technology + partners + mentor"),
    Replaceable(ventures.best_persons, "(g·P·Z·K^a / w)^(1 / (1 - g))"),
    Replaceable(ventures.tax_rate, "rate above or below the VAT threshold"),
    Replaceable(closing.alternative, "max(income at home without the firm, worth of the city)"),
    Replaceable(closing.least_to_go_on, "other·exp(accepted - margin); yuan a month"),
    Replaceable(succession.chance_of_handing_on, "a chance"),
    # Markets.
    Replaceable(hiring.wage_of_town, "max(usual wage·(seeking / usual seekers)^(-curve), floor)"),
    Replaceable(markets.price_of, "ratio^(1 / elasticity), within bounds"),
    Replaceable(markets.demand_factor, "1 + share·(spending / spending then - 1)"),
    # Offices.
    Replaceable(desk.loan_served, "largest loan that the income expected covers; yuan"),
    Replaceable(desk.chance_of_giving_up, "a chance a month, less near a post"),
    Replaceable(projects.hazard_of_dropping_out, "hazard·forms asked again·days"),
    Replaceable(training.skill_from_training, "gain·(hours / 70)^a·(30 / class)^b"),
    Replaceable(careers.hazard_of_losing_job, "rate·months"),
)


def never(name: str, arguments: tuple[str, ...], module: str) -> Callable[..., bool]:
    """A shortcut that is never taken, with the arguments of one of the model's."""
    found: dict[str, Any] = {"__name__": module}
    exec(f"def {name}({', '.join(arguments)}): return False", found)  # noqa: S102
    made: Callable[..., bool] = found[name]
    return made


@lru_cache(maxsize=1)
def by_name() -> dict[str, Replaceable]:
    """Rules by their names."""
    return {one.name: one for one in REPLACEABLE}


@lru_cache(maxsize=1)
def callers() -> dict[Any, list[str]]:
    """Names of the rules that call each rule, as far as a month of the county uses them."""
    found: dict[Any, list[str]] = {}
    for function in _reached():
        for called in called_by(function).values():
            found.setdefault(plain(called), []).append(function.__name__)
    return found


def _reached() -> Iterator[Any]:
    waiting = [plain(rule) for rule in (decide, live, finish)]
    seen = set(waiting)
    while waiting:
        function = waiting.pop()
        yield function
        for called in map(plain, called_by(function).values()):
            if called not in seen:
                seen.add(called)
                waiting.append(called)
