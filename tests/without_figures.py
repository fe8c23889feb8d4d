"""Figures that are left out, in tests and in commands that run as processes of their own."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from matplotlib.figure import Figure


def blank(figure: Figure, file: Path | IO[str], **options: Any) -> None:
    """Stand for ``Figure.savefig``: drawing takes longer than everything else of a tiny study."""
    if isinstance(file, Path):
        file.write_bytes(b"")
    else:
        file.write("<svg></svg>")


def main() -> None:
    """The command, with blank figures."""
    Figure.savefig = blank  # type: ignore[assignment,method-assign]
    from returnee.experiments.commands.app import main

    main()


if __name__ == "__main__":
    main()
