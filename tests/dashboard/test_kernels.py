"""Pages that are closed or cut off are forgotten by a server as it is started."""

from __future__ import annotations

from pathlib import Path

from processes import Nursery

PROGRAM = Path(__file__).with_name("lost_pages.py")


def test_pages_that_went_away_are_forgotten_and_others_pages_are_refused(
    libraries: Nursery,
) -> None:
    assert libraries.run(PROGRAM).startswith("well")
