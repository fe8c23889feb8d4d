"""Options that several commands share.

Apart from what does the work, so that the command line answers without loading the model.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Language(StrEnum):
    """Language of tables and reports."""

    en = "en"
    zh = "zh"


LangOption = Annotated[Language, typer.Option(help="Language.")]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print JSON, and nothing else, to standard output.")
]
SampleOption = Annotated[float, typer.Option(help="Share of the county that is simulated.")]
MonthsOption = Annotated[int, typer.Option(help="Months under the policy.")]
SeedOption = Annotated[int, typer.Option(help="Seed of all draws.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a lever or parameter; may be given more than once. `returnee levers` lists them.",
    ),
]
WorkersOption = Annotated[
    int | None, typer.Option(help="Runs at a time; all processors if left out.")
]
ProcessesOption = Annotated[bool, typer.Option("--processes", help="Use processes, not threads.")]
SchedulerOption = Annotated[
    str, typer.Option(metavar="ADDRESS", help="Use the Dask cluster of this scheduler.")
]
LocalOption = Annotated[
    int, typer.Option("--local-cluster", metavar="N", help="Start a Dask cluster of N processes.")
]
AsNewOption = Annotated[
    bool, typer.Option("--as-new", help="Write to a new folder beside one of another plan.")
]
