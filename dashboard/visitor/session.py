"""What one visitor sees and has asked for; nothing of it is shared."""

from __future__ import annotations

import itertools
from typing import Any

import solara

from returnee.dashboard.visitor.place import Arrival, Mix, Place


class Session:
    """One visitor's page.

    Attributes
    ----------
    place : Reactive of Place
        What is shown; the address follows it.
    notices : Reactive of tuple of str
        Lines shown above the page until it is changed.
    file, copy : Reactive of dict or None
        What the browser is to download, and to copy.
    """

    def __init__(self, arrival: Arrival, notice: str = "") -> None:
        self.place: solara.Reactive[Place] = solara.reactive(arrival.place)
        self.notices: solara.Reactive[tuple[str, ...]] = solara.reactive(
            (notice,) if notice else ()
        )
        self.file: solara.Reactive[dict[str, Any] | None] = solara.reactive(None)
        self.copy: solara.Reactive[dict[str, Any] | None] = solara.reactive(None)
        self._number = itertools.count()

    def go(self, **changes: Any) -> None:
        """Change the place."""
        self.place.value = self.place.peek().but(**changes)

    def choose(self, **options: str) -> None:
        """Change a page's own choices."""
        self.place.value = self.place.peek().choosing(**options)

    def set_mix(self, mix: Mix) -> None:
        """Change the policy that is explored."""
        self.go(mix=mix)

    def tell(self, *lines: str) -> None:
        """Show lines above the page, in place of those before."""
        self.notices.value = lines

    def download(self, name: str, text: str, type_: str) -> None:
        """Hand a file to the browser."""
        self.file.value = {"name": name, "text": text, "type": type_, "n": next(self._number)}

    def copy_link(self, done: str) -> None:
        """Copy the address; the browser says `done`."""
        self.copy.value = {"done": done, "n": next(self._number)}
