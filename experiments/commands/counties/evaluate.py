"""The command ``returnee evaluate``."""

from __future__ import annotations

from dataclasses import dataclass

from returnee.experiments.commands.options import Counties, How, spread, usual
from returnee.experiments.commands.shell import answer
from returnee.experiments.errors import UsageError


@dataclass(frozen=True)
class Asked:
    """What is evaluated."""

    policy: str = "linked"
    against: str = "no_support"
    measure: str = "returnee_registrations"
    adopt: list[str] | None = None
    never: float = 0.4
    by: str = "random"
    studies: int = 100
    replicates: int = 4
    simulated: int = 3000


@spread("evaluate")
def evaluate_command(
    counties: Counties,
    asked: Asked,
    how: How = usual("results/evaluate"),
) -> None:
    """What difference-in-differences studies of counties would find, beside the true effect in the model."""
    from returnee.experiments.reports.counties.evaluation import Studies
    from returnee.experiments.studies.region.evaluation import Question, evaluate

    try:
        years = tuple(int(year) for year in asked.adopt) if asked.adopt else Question.years
    except ValueError:
        raise UsageError(f"adopt: found {', '.join(asked.adopt or ())}, allowed years") from None
    question = Question(asked.policy, asked.against, asked.measure, years, asked.never, asked.by)
    size = asked.studies, asked.replicates, asked.simulated
    found = evaluate(counties.source(), question, *size, **how.options)
    told = Studies(found, how.lang)
    answer(told, found.folder / "report.html", how.as_json, range(found.failures))
