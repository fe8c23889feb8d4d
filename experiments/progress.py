"""What is shown while runs are made: a bar on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)


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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()


class Together(Reporter):
    """Several sweeps that follow each other, as one.

    Parameters
    ----------
    outer : Reporter
    total, done : int
        Runs of all of them, and how many are there already.
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
    """A progress bar on standard error; plain lines where that is not a terminal."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, markup=False, emoji=False)
        self._bar: Progress | None = None
        self._total = self._done = 0

    def say(self, text: str) -> None:
        """Say one line on standard error."""
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def begin(self, total: int, done: int) -> None:
        """Show how many runs there are, and how many are there already."""
        self._total, self._done = total, done
        if done:
            self.say(f"{done} of {total} runs are there already")
        if not self.console.is_terminal or done == total:
            return
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
        self._total = max(self._total, self._done)  # some plans know only about how many
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0])
        elif self._done * 10 // self._total > (self._done - 1) * 10 // self._total:
            self.say(f"{self._done} of {self._total} runs")

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
