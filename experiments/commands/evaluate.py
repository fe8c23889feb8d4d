"""The command ``returnee evaluate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from returnee.experiments.commands.options import Shown, spread
from returnee.experiments.commands.shell import console_of, end, print_json, reporting
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import Keep, RunSettings, Where


@dataclass(frozen=True)
class Asked:
    """Which counties, and what is evaluated."""

    table: Path | None = None
    files: Path | None = None
    province: list[str] | None = None
    crowded: bool = False
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
    asked: Asked,
    settings: RunSettings = RunSettings(),
    where: Where = Where(),
    results: Keep = Keep(Path("results/evaluate"), progress=True),
    shown: Shown = Shown(),
) -> None:
    """What difference-in-differences studies of counties would find, beside the true effect in the model."""
    from returnee.experiments.numbers import plain_rows
    from returnee.experiments.reports.document import Text
    from returnee.experiments.reports.evaluation import report, sentences, table_of
    from returnee.experiments.reports.html import write_html
    from returnee.experiments.reports.terminal import show
    from returnee.experiments.studies.region.counties import Source
    from returnee.experiments.studies.region.evaluation import Question, evaluate

    try:
        years = tuple(int(year) for year in asked.adopt) if asked.adopt else Question.years
    except ValueError:
        raise UsageError(f"adopt: found {', '.join(asked.adopt or ())}, allowed years") from None
    question = Question(asked.policy, asked.against, asked.measure, years, asked.never, asked.by)
    source = Source(asked.files, tuple(asked.province or ()), asked.table, asked.crowded)
    found = evaluate(
        source, question, asked.studies, asked.replicates, asked.simulated, settings, where, results
    )
    with reporting(found.folder):
        path = write_html(report(found, shown.lang), found.folder / "report.html")
    if shown.as_json:
        print_json({name: plain_rows(getattr(found, name)) for name in ("table", "path")})
    else:
        show([Text(sentences(found, shown.lang), "answer"), table_of(found, shown.lang)], console_of())  # fmt: skip
    end(path, [found.failures] if found.failures else [])
