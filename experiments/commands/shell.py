"""How the command answers: errors a user can mend are one line, and exit codes say what happened.

Exit codes: 0 done; 1 done, but some runs failed; 2 something in the command, a file or a folder is wrong;
130 interrupted.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, NoReturn

import typer
from rich.console import Console
from typer.core import TyperGroup

from returnee import experiments
from returnee.experiments.commands.encodings import any_encoding
from returnee.experiments.errors import Interrupted, ShareDone, StoreError, UsageError, reason_of
from returnee.experiments.running.progress import Bar
from returnee.scenarios import ScenarioError, parse_override
from returnee.scenarios.schema.own_rules import rules_now

SOME_FAILED, WRONG, INTERRUPTED = 1, 2, 130
NO_REPORT = "without report"
# Errors of the command line's parser; its package is not the same in all versions of typer.
PARSER_ERRORS: Any = typer.BadParameter.__mro__[2]


class OneLine(TyperGroup):
    """The command, with every error of a user on one line of standard error."""

    def invoke(self, ctx: Any) -> Any:
        """Do what is asked; stopped, say what is kept."""
        try:
            return super().invoke(ctx)
        except Interrupted as interrupt:
            stop(str(interrupt), INTERRUPTED)

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command and exit."""
        with any_encoding():
            self._run(*args, **options)

    def _run(self, *args: Any, **options: Any) -> NoReturn:
        options["standalone_mode"] = False
        options["prog_name"] = "returnee"
        try:
            code = super().main(*args, **options)
        except PARSER_ERRORS as error:
            text = error.format_message()
            stop(f"{text.rstrip('.')}; see returnee --help")
        except (ScenarioError, UsageError) as error:
            stop(str(error))
        except typer.Abort:
            stop("interrupted", INTERRUPTED)
        except BrokenPipeError:  # the reader, such as `head`, has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except OSError as error:
            stop(
                f"{error.filename or 'output'}: found {reason_of(error)}, allowed a file that can be used"
            )
        if code == INTERRUPTED:  # by Ctrl-C, where the command itself had nothing to say
            stop("interrupted: what was not finished was not written", INTERRUPTED)
        sys.exit(code if isinstance(code, int) else 0)


def stop(text: str, code: int = WRONG) -> NoReturn:
    """Say one line on standard error, or one for each rule that cannot be used, and exit."""
    for line in text.splitlines():
        print(f"returnee: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(code)


@contextmanager
def reporting(folder: Path) -> Iterator[None]:
    """Write a report; where that fails, the runs stay, and the folder doesn't say it is finished."""
    try:
        yield
    except Exception as error:
        with suppress(StoreError, OSError):
            manifest = experiments.read_manifest(folder) | {"status": NO_REPORT}
            experiments.write_json(folder / experiments.MANIFEST, manifest)
        if isinstance(error, ScenarioError | UsageError | OSError):
            raise
        found = f"{type(error).__name__} ({' '.join(str(error).split())})"
        stop(
            f"report: found {found}, allowed one that can be written; "
            f"the runs are kept in {folder}; give the same command again to try once more",
            SOME_FAILED,
        )


def answer(
    told: Any, path: Path, as_json: bool, failures: Sequence[Any] = (),
    beside: Callable[[], Iterable[Path]] = tuple, own: bool = True,
) -> None:  # fmt: skip
    """Write the page of what was found, print it or its JSON, and leave with 1 if some runs failed.

    `told`: a `returnee.experiments.reports.told.Told`. `path`: of the page. `beside`: writes papers
    beside the page. `own`: whether the page lies in the folder of its own runs.
    """
    with reporting(path.parent) if own else nullcontext():
        report = experiments.write_html(told.report(), path)
        for paper in beside():
            Bar().say(f"paper: {paper}")
    say(told.printed, told.as_json, as_json)
    Bar().say(f"report: {report}")
    leave(len(failures))


def say(blocks: Callable[[], Iterable[Any]], content: Callable[[], Any], as_json: bool) -> None:
    """Print blocks of a report, or what a program needs instead."""
    print_json(content()) if as_json else experiments.show(blocks(), console_of())


def leave(failed: int) -> None:
    """Leave with 1 if some runs failed."""
    if failed:
        raise typer.Exit(SOME_FAILED)


def end_share(share: ShareDone, as_json: bool) -> None:
    """Say how far a share is and how shares are merged; leave with 1 if some runs failed."""
    failed = say_status(share.folders, as_json)
    Bar().say(str(share))
    leave(failed)


def say_status(folders: Sequence[Path], as_json: bool) -> int:
    """Print how far folders are; how many runs failed."""
    found = [experiments.status_of(folder) for folder in folders]
    if as_json:
        print_json(found if len(found) > 1 else found[0])
    else:
        say_plainly("\n".join(map(experiments.status_text, found)))
    return sum(int(one["failed"]) for one in found)


def say_plainly(text: str) -> None:
    """Print lines as they are."""
    console_of().print(text, highlight=False)


def warn_of(scenarios: Iterable[Any], lang: str) -> None:
    """Say, each once, which amounts fit another county, and which facts a county leaves out."""
    for notice in (experiments.size_warning, experiments.left_out_notice):
        told = filter(None, (notice(scenario, lang) for scenario in scenarios))
        if line := next(told, ""):
            Bar().say(line)


def overrides_of(given: list[str] | None) -> dict[str, Any]:
    """Keys and values of repeated ``--set``; the last one counts."""
    return dict(parse_override(text) for text in given or ())


def print_json(content: Any) -> None:
    """Print JSON to standard output, in ASCII, so that any pipe and file takes it.

    It names the rules of one's own that are in force.
    """
    if rules_now() is not None and isinstance(content, dict):
        content = {**content, **experiments.rules_told()}
    print(json.dumps(content, allow_nan=False, indent=1), flush=True)


def console_of() -> Console:
    """Standard output, wide enough for a table where it is not a terminal.

    Text is text: brackets and colons in titles and names are neither markup nor emoji.
    """
    console = Console(markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, 110)
    return console
