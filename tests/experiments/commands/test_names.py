"""Names that users give, and terminals that lack characters: nothing is lost, nothing ends."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from typer.testing import CliRunner

from returnee import compare
from returnee.experiments.commands.app import app
from returnee.experiments.commands.encodings import any_encoding
from returnee.experiments.reports import compare as comparison
from returnee.experiments.reports.figures import settings, svg_of
from returnee.experiments.running.status import status_of
from returnee.experiments.words.texts import in_lines, one_line

SMALL = ("--sample", "0.002", "--months", "12", "--workers", "1")
COMPARE = (*SMALL, "--replicates", "2", "--people", "1")
NAMES = {
    "brackets": "Plan B [/2 of the draft] [bold] and [red]",
    "dollars": "Cost $\\alpha{ from $500 & <b>50 %</b> \"x\" ^_",
    "lines": "two\nlines\tand\u0007 bell",
    "spaces": "   ",
    "emoji": "_:smile: 🎉 مرحبا",
    "long": "more " * 80,
}  # fmt: skip


def scenario(folder: Path, title: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(
        f'extends = "linked"\ntitle_en = {json.dumps(title, ensure_ascii=False)}\n',
        encoding="utf-8",
    )
    return path


def call(*words: object, charset: str = "utf-8") -> Any:
    return CliRunner(charset=charset).invoke(app, [str(word) for word in words])


@pytest.mark.usefixtures("drawn")
def test_any_title_can_be_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "OVER_TIME", comparison.OVER_TIME[:1])  # one chart of them all
    given = [scenario(tmp_path, title, name) for name, title in NAMES.items()]
    found = call("compare", *given, *COMPARE, "--out", tmp_path / "out")
    assert found.exit_code == 0, found.exception
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert "<b>50" not in page and "mathdefault" not in page
    printed = "".join(found.stdout.split())
    for name, title in NAMES.items():
        assert "".join((one_line(title) or name).split())[:20] in printed


def test_any_title_can_be_run(tmp_path: Path) -> None:
    title = NAMES["brackets"]
    given = scenario(tmp_path, title)
    found = call("run", given, *SMALL[:4], "--out", tmp_path / "out")
    assert found.exit_code == 0, found.exception
    assert title in found.stdout


def test_any_title_has_its_people_and_its_sweep(tmp_path: Path) -> None:
    given = scenario(tmp_path, NAMES["brackets"] + NAMES["dollars"])
    found = call("whom", given, *SMALL, "--replicates", "2", "--out", tmp_path / "whom")
    assert found.exit_code == 0, found.exception
    design = tmp_path / "design.toml"
    design.write_text(
        f"scenarios = ['baseline', '{given}']\nsample = 0.002\nmonths = 12\nreplicates = 2\n"
        "[axes]\npolicy.training.places = [0, 1000]\n"
    )
    found = call("sweep", design, "--out", tmp_path / "sweep", "--workers", "1")
    assert found.exit_code == 0, found.exception
    assert "[/2 of the draft]" in (tmp_path / "sweep" / "report.html").read_text("utf-8")


def test_a_county_of_any_name_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "own"
    assert call("county", "export", folder, "--sample", "0.002").exit_code == 0
    facts = folder / "county.toml"
    text = facts.read_text("utf-8").replace('name = "Binhai"', 'name = "Binhai [/x] [red]"')
    facts.write_text(text, "utf-8")
    found = call("county", "show", "--set", f"county={folder}")
    assert found.exit_code == 0, found.exception
    assert "Binhai [/x] [red]" in found.stdout


@pytest.mark.usefixtures("drawn")
def test_dollars_stay_dollars_in_a_chart() -> None:
    import matplotlib as mpl

    with mpl.rc_context(settings("test")):
        figure = Figure()
        figure.subplots().set_title("from $500 to $1,000")
        assert "from $500 to $1,000" in svg_of(figure, "test")


def test_long_names_are_cut_and_wide_ones_count_twice() -> None:
    assert in_lines("更多导师更多名额", 8) == "更多导师\n更多名额"
    assert len(in_lines("x" * 500, 30).split("\n")) == 3
    assert in_lines("_hidden", 30) == " _hidden"


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compared") / "out"
    compare(["no_support"], replicates=2, sample=0.002, months=12, workers=1, people=1, out=folder)
    return folder


@pytest.mark.usefixtures("unreported")  # pages are written in UTF-8 anyway
@pytest.mark.parametrize(
    ("charset", "words"),
    [("gbk", ("--lang", "zh")), ("gbk", ("--lang", "en")), ("cp1252", ("--lang", "zh")),
     ("cp1252", ("--json",)), ("latin-1", ("--lang", "en")), ("ascii", ("--lang", "en"))],
)  # fmt: skip
def test_a_comparison_is_printed_in_any_encoding(
    compared: Path, charset: str, words: tuple[str, ...]
) -> None:
    found = call("compare", "no_support", *COMPARE, "--out", compared, *words, charset=charset)
    assert found.exit_code == 0, found.exception
    if words == ("--json",):
        assert json.loads(found.stdout)["scenarios"][0]["name"] == "no_support"
        assert found.stdout.isascii()
    elif words[1] == "en":
        assert "-" in found.stdout and "\ufffd" not in found.stdout and "?" not in found.stdout
    lost = words == ("--lang", "zh") and charset != "gbk"
    assert ("has no Chinese characters" in found.stderr) == lost


@pytest.mark.parametrize("charset", ["gbk", "cp1252", "ascii"])
@pytest.mark.parametrize(
    "words", [("levers",), ("scenarios",), ("county", "show"), ("--help",), ("run", "nosuch−−县")]
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_list_is_printed_in_any_encoding(
    charset: str, words: tuple[str, ...], lang: str
) -> None:
    lang_of = () if words[0] in ("--help", "run") else ("--lang", lang)
    found = call(*words, *lang_of, charset=charset)
    assert found.exit_code == (2 if words[0] == "run" else 0), found.exception


def test_progress_is_printed_in_any_encoding(monkeypatch: pytest.MonkeyPatch) -> None:
    from returnee.experiments.running.progress import Bar

    file = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    monkeypatch.setattr(sys, "stderr", file)
    with any_encoding():
        Bar().say("−1 [red] 县")
    file.flush()
    lines = file.buffer.getvalue().decode("cp1252").splitlines()
    assert lines[0] == "-1 [red] ?" and "PYTHONUTF8" in lines[1]


def test_a_report_that_fails_keeps_the_runs(
    compared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> str:
        raise ValueError("no such\nletter")

    words = ("compare", "no_support", *COMPARE, "--out", compared)
    with monkeypatch.context() as patch:
        patch.setattr("returnee.experiments.reports.html.html", broken)
        found = call(*words)
    assert found.exit_code == 1
    assert "ValueError (no such letter)" in found.stderr and "are kept" in found.stderr
    assert status_of(compared)["status"] == "without report"
    monkeypatch.setattr("returnee.experiments.reports.html.html", lambda *_: "")
    assert call(*words).exit_code == 0
    assert status_of(compared)["status"] == "finished"
