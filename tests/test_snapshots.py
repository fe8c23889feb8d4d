"""Exact outputs of tiny studies: tables, what commands print, and pages as text, in both languages.

They are to stay as they are while code is moved. After a change that is meant, renew them and read what
differs: ``python tests/test_snapshots.py``, with the names of some to renew only those.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from contextlib import nullcontext
from html.parser import HTMLParser
from pathlib import Path
from unittest.mock import patch

import pandas as pd
import pytest
from matplotlib.layout_engine import ConstrainedLayoutEngine
from typer.testing import CliRunner

KEPT = Path(__file__).with_name("snapshots")
RENEW = "python tests/test_snapshots.py"
LANGUAGES = ("en", "zh")
TINY = "--sample 0.002 --months 12 --workers 1"
PLACES = "policy.training.places"
DESIGN = f"""
scenarios = ["baseline", "linked"]
replicates = 2
sample = 0.002
months = 12
[axes]
{PLACES} = [0, 1000]
"behaviour.firm.luck_sd" = [0.1, 0.2, 0.3, 0.4]
"""
TARGETS = "indicator,low,high\npersons_self_employed,2.5,3\nnet_margin,0.03,0.06\nreturn_rate,0.015,0.06\n"
MOVED = "--over behaviour.firm.luck_sd --over behaviour.firm.shock_sd"
COMMANDS = {  # each is given in both languages; the second finds the runs of the first
    "run": f"run baseline {TINY[:27]} --out FOLDER/run",
    "compare": f"compare linked no_support --against siloed {TINY} --replicates 3 --people 2 "
    "--out FOLDER/compare",
    "whom": "whom linked --against siloed --sample 0.006 --months 36 --workers 1 --replicates 2 "
    "--out FOLDER/whom",
    "over": f"compare linked --over ensemble --sets 2 {TINY} --replicates 1 --out FOLDER/over",
    "linkage": f"linkage {TINY} --replicates 2 --out FOLDER/linkage",
    "robust": f"linkage --robust 2 --over free {TINY} --replicates 2 --out FOLDER/robust",
    "gates": f"linkage --gates {TINY} --replicates 1 --out FOLDER/gates",
    "validate": "validate --sample 0.002 --replicates 2 --workers 1 --out FOLDER/validate",
    "sweep": "sweep FOLDER/design.toml --workers 1 --out FOLDER/sweep",
    "discover": "discover FOLDER/sweep --scenario linked --against baseline --measure jobs "
    "--out FOLDER/discover/page.html",
    "sensitivity": f"sensitivity baseline --method both {MOVED} --measure jobs --trajectories 3 "
    f"--base 4 --top 2 --replicates 1 {TINY} --out FOLDER/sensitivity",
    "regions": "discover FOLDER/sensitivity/sobol --measure jobs --target >=37000 "
    "--out FOLDER/regions/page.html",
    "calibrate": "calibrate --targets FOLDER/targets.csv --free behaviour.firm.luck_sd "
    f"--free behaviour.returning.constant --sets 12 --waves 1 --members 0 {TINY} --workers 1 "
    "--out FOLDER/calibrate",
    "budget": f"budget --per-year 9000000 --lever {PLACES} --trials 4 --population 4 --keep 2 "
    f"--worlds 2 --replicates 2 {TINY} --out FOLDER/budget",
}
NEEDS = {"discover": "sweep", "regions": "sensitivity"}  # whose results a command reads
LAID_OUT = (
    "compare",
    "en",
)  # charts of the others are drawn without a layout: the letters are the same
TABLES = {"compare": "effects.parquet", "sweep": "runs.parquet"}
VARYING = (  # what differs between machines, days and versions
    (r"\b[0-9a-f]{16}\b", "HASH"),
    (r"python 3\.\d[^`\n]*?returnee [\w.]+", "VERSIONS"),
    (r"Python 3\.\d+\.\w+", "VERSIONS"),
    (r"20\d\d-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[+]00:00)?)?", "DATE"),
    (r"\b\d+(?:\.\d+)? ?(?:ms|s|min)\b(?! ?/)", "DURATION"),
    (r"\d+(?:\.\d+)? ?(?:毫秒|秒)", "DURATION"),
)


class Text(HTMLParser):
    """The words of a page, a line for each piece."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self._skip = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skip += tag in ("style", "script")

    def handle_endtag(self, tag: str) -> None:
        self._skip -= tag in ("style", "script")

    def handle_data(self, data: str) -> None:
        if not self._skip and data.strip():
            self.lines.append(" ".join(data.split()))


def text_of(page: str) -> str:
    """A page without its marks; of charts the letters."""
    parser = Text()
    parser.feed(page)
    return "\n".join(parser.lines)


def plain(text: str, folder: Path) -> str:
    """A text without what varies."""
    for name in {str(folder), folder.as_posix(), str(folder.resolve())}:
        text = text.replace(name, "FOLDER")
    for pattern, instead in VARYING:
        text = re.sub(pattern, instead, text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def prepare(folder: Path) -> None:
    """Write what commands are given."""
    (folder / "design.toml").write_text(DESIGN, "utf-8")
    (folder / "targets.csv").write_text(TARGETS, "utf-8")


def say(words: str, folder: Path) -> str:
    """Give a command; what it prints."""
    from returnee.experiments.commands.app import app

    given = CliRunner().invoke(app, [word.replace("FOLDER", str(folder)) for word in words.split()])
    assert given.exit_code == 0, given.output + str(given.exception)
    return given.stdout


def taken(name: str, folder: Path) -> dict[str, str]:
    """Files of a snapshot: what a command prints and writes."""
    if name in NEEDS:
        with patch.object(ConstrainedLayoutEngine, "execute"):
            provide(NEEDS[name], folder)
    return printed_and_written(name, folder)


def provide(name: str, folder: Path) -> None:
    """Give a command, unless its results are there."""
    if not (folder / name).exists():
        say(COMMANDS[name], folder)


def printed_and_written(name: str, folder: Path) -> dict[str, str]:
    """What a command prints and writes, in each language."""
    found = {}
    out = folder / name
    for lang in LANGUAGES:
        is_plain = (name, lang) != LAID_OUT
        with patch.object(ConstrainedLayoutEngine, "execute") if is_plain else nullcontext():
            printed = say(f"{COMMANDS[name]} --lang {lang}", folder)
        pages = sorted(out.glob("*.html"))
        parts = [
            printed,
            *(f"== {page.name}\n{text_of(page.read_text('utf-8'))}" for page in pages),
        ]
        found[f"{name}.{lang}.txt"] = plain("\n".join(parts), folder)
    if name in TABLES:
        table = pd.read_parquet(out / TABLES[name])
        found[f"{name}.csv"] = plain(table.to_csv(float_format="%.9g", lineterminator="\n"), folder)
    return found


@pytest.mark.parametrize("name", COMMANDS)
def test_what_comes_out_is_what_came_out(
    name: str, told: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    for file, text in taken(name, told).items():
        kept = (KEPT / file).read_text("utf-8")
        assert text.splitlines() == kept.splitlines(), f"{file}: if that is meant: {RENEW} {name}"


def write_kept(*names: str) -> None:
    """Renew snapshots."""
    os.environ["COLUMNS"] = "120"
    folder = Path(tempfile.mkdtemp())
    prepare(folder)
    for name in names or COMMANDS:
        for file, text in taken(name, folder).items():
            (KEPT / file).write_text(text, "utf-8")
    shutil.rmtree(folder)


if __name__ == "__main__":
    sys.path.pop(0)  # folders of tests are named as those they test
    write_kept(*sys.argv[1:])
