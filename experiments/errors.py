"""Errors that a user can mend; each is one line: place, key, what was found, what is allowed."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from returnee.scenarios.schema.errors import show


class UsageError(ValueError):
    """An argument, file or folder that cannot be used; the message is one line."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.split()))


class Interrupted(KeyboardInterrupt):
    """Work that was stopped; the message says what is kept and how to go on."""


class ShareDone(Exception):
    """A share of the runs is made; what all of them show can be told when they are merged.

    `out`: what is to be merged. `folders`: what was written.
    """

    def __init__(self, out: Path, *folders: Path) -> None:
        self.out, self.folders = out, folders
        super().__init__(f"when all shares are done: returnee merge {out}")


class StoreError(UsageError):
    """A result folder that cannot be used or written."""


def reason_of(error: OSError) -> str:
    """What the operating system says, in lower case, without paths."""
    if error.errno == errno.ENOSPC:
        return "no space left on the disk"
    return (error.strerror or str(error) or type(error).__name__).lower()


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn what the operating system refuses into a StoreError that names the folder."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{folder}: found {reason_of(error)}, allowed a place that can be written to; "
            "finished runs are kept"
        ) from error


def shown(value: Any) -> str:
    """A value as a file would write it; ``nothing`` for none."""
    return "nothing" if value is None else show(value)


def check_range(label: str, found: float, low: float, high: float, what: str = "") -> None:
    """Refuse a number outside a range.

    >>> check_range("replicates", 0, 1, 100)
    Traceback (most recent call last):
    returnee.experiments.errors.UsageError: replicates: found 0, allowed 1 to 100
    """
    if not low <= found <= high:
        raise UsageError(f"{label}: found {found}, allowed {low} to {high}{what}")


def wrong(label: str, key: str, found: str, allowed: str) -> UsageError:
    """The error of one key of a design."""
    return UsageError(f"{label}: {key}: found {found}, allowed {allowed}")
