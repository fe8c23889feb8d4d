"""What is shown while runs are made.

A bar on a terminal, a line that changes in a notebook, plain lines elsewhere, or nothing.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

OFTEN = 0.2  # seconds between changes of a notebook's line


class Reporter:
    """Says nothing; the base of reporters."""

    def say(self, text: str) -> None:
        """Say one line."""

    def begin(self, total: int, done: int) -> None:
        """Runs begin: `done` of `total` are there already."""

    def advance(self) -> None:
        """One more run is done."""

    def end(self) -> None:
        """No more runs."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.end()


class Together(Reporter):
    """Several sweeps that follow each other, as one.

    `total`, `done`: runs of all of them, and how many are there already.
    """

    def __init__(self, outer: Reporter, total: int, done: int) -> None:
        self.outer, self._total, self._done, self._begun = outer, total, done, False

    def say(self, text: str) -> None:
        """Say one line."""
        self.outer.say(text)

    def begin(self, total: int, done: int) -> None:
        """One of the sweeps begins."""
        if not self._begun:
            self.outer.begin(self._total, self._done + done)
            self._begun = True
            return
        for _ in range(done):
            self.outer.advance()

    def advance(self) -> None:
        """One more run is done."""
        self.outer.advance()

    def close(self) -> None:
        """All are done, or given up."""
        if self._begun:
            self.outer.end()


class Bar(Reporter):
    """A progress bar on standard error; plain lines where that is not a terminal.

    Some studies know only about how many runs they take: beyond that, runs are counted.
    """

    def __init__(self) -> None:
        self.console = Console(stderr=True, markup=False, emoji=False)
        self._bar: Progress | None = None
        self._line: Any = None  # one output of a notebook, which changes
        self._total = self._done = 0
        self._shown = 0.0  # when the line last changed

    def say(self, text: str) -> None:
        """Say one line on standard error."""
        if self.console.is_jupyter:  # where rich would make an output of every line
            print(text, file=sys.stderr)
        else:
            self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def begin(self, total: int, done: int) -> None:
        """Show how many runs there are, and how many are there already."""
        self._total, self._done = total, done
        if done:
            self.say(f"{done} of {total} runs are there already")
        if done == total:
            return
        if self.console.is_jupyter:
            from IPython.display import display

            self._line = display(self._text(), raw=True, display_id=True)
        elif self.console.is_terminal:
            columns = (
                TextColumn("runs"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                TextColumn("time left"), TimeRemainingColumn(),
            )  # fmt: skip
            self._bar = Progress(*columns, console=self.console)
            self._bar.add_task("runs", total=total, completed=done)
            self._bar.start()

    def advance(self) -> None:
        """Move the bar on; elsewhere say a line every tenth of the way."""
        self._done += 1
        if self._line is not None:
            if self._done == self._total or time.monotonic() - self._shown >= OFTEN:
                self._shown = time.monotonic()
                self._line.update(self._text(), raw=True)
        elif self._bar is not None:
            task = self._bar.task_ids[0]
            if self._done > self._total:
                self._bar.update(task, total=None)
            self._bar.advance(task)
        elif _tenths(self._done, self._total) > _tenths(self._done - 1, self._total):
            self.say(counted(self._done, self._total))

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        if self._line is not None:
            self._line.update(self._text(), raw=True)
            self._line = None

    def _text(self) -> dict[str, str]:
        return {"text/plain": counted(self._done, self._total)}


def _tenths(done: int, total: int) -> int:
    return done * 10 // max(total, 1)


def counted(done: int, total: int) -> str:
    """How many runs are done; beyond what was expected there is no total to tell.

    >>> counted(5, 10), counted(11, 10)
    ('5 of 10 runs', '11 runs, more than the 10 expected')
    """
    if done > total:
        return f"{done} runs, more than the {total} expected"
    return f"{done} of {total} runs"
