"""Print the figures of the project, with the reach and the stretch of each.

``python -m benchmarks`` measures all, ``python -m benchmarks full plain`` some, and ``python -m benchmarks
against FOLDER_OR_COMMIT`` how much faster than another checkout it is. Nothing is asserted: a figure depends
on the machine, whose processor and probe are printed to compare by.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from pathlib import Path

from benchmarks import floor, ratio, sweeps
from benchmarks.figures import FIGURES as OF_RUNS
from benchmarks.figures import Row, probe

FIGURES = {
    **OF_RUNS,
    "floor": floor.floor,
    "sweep": sweeps.sweep,
    "efficiency": sweeps.efficiency,
    "flat": sweeps.flat,
}
HEAD = Row("figure", "measured", "reach", "stretch", "")


def processor() -> str:
    """Name of the processor, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def show(row: Row) -> str:
    """One line of the table."""
    return f"{row.what:<50}{row.measured:>10}{row.reach:>14}{row.stretch:>9}   {row.note}".rstrip()


def main(arguments: list[str]) -> int:
    """Measure and print the figures named, or all."""
    text = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        "python -m benchmarks", description=__doc__, formatter_class=text
    )
    parser.add_argument("figure", nargs="*", help=", ".join((*FIGURES, "against")))
    names = parser.parse_args(arguments).figure
    comparing = names[:1] == ["against"]
    unknown = [name for name in names if name not in FIGURES]
    if comparing and len(names) != 2:
        print("against: found no single folder or commit, allowed one", file=sys.stderr)
        return 2
    if unknown and not comparing:
        print(f"found {unknown[0]!r}, allowed {', '.join(FIGURES)}, against", file=sys.stderr)
        return 2
    print(f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"probe: {probe():.1f} ns a Philox block\n")
    print(show(HEAD), flush=True)
    try:
        for name in names[:1] if comparing else names or FIGURES:
            for row in ratio.against(names[1]) if comparing else FIGURES[name]():
                print(show(row), flush=True)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
