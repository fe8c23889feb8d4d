"""The changes in docs/extending.md: each is made in a copy of the package, and tried there.

Rules run in plain Python, so that nothing is compiled, in counties of a few hundred people.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from checkout import ROOT
from processes import PLAINLY, Nursery

PAGE = ROOT / "docs" / "extending.md"
HELPERS = (ROOT / "tests", ROOT / "tests" / "simulation")
ROOMS = ("simulation", "scenarios", "experiments", "dashboard")
MOST_FILES = {
    "A lever with a cost and a mechanism": 4,
    "An indicator": 2,
    "A kind of service": 5,
    "A channel of support": 2,
    "A study": 3,
    "A page": 4,
}
BLOCK = re.compile(r"(?:^`([\w/.]+)`\n\n)?^```(diff|python)\n(.*?)^```$", re.M | re.S)
# Records are looked up quickly and figures left out; runs of a study neither wait for a compiler nor
# try first what the model does.
PLAIN = """
import plain_rules, sys, without_figures
plain_rules.look_up_quickly()
sys.meta_path.insert(0, without_figures.LeftOut())
from returnee.simulation import fingerprint
fingerprint.fingerprint = lambda: 16 * "0"
from returnee.experiments.running import executors
executors.is_compiled = lambda: True
"""
# What is looked at besides.
MORE = {
    "A lever with a cost and a mechanism": """
from typer.testing import CliRunner
from returnee.dashboard.content.levers import rooms
from returnee.dashboard.visitor.place import Mix
from returnee.experiments.commands.app import app
from returnee.scenarios.files.editor import json_schema

assert "policy.services.nurseries" in CliRunner().invoke(app, ["levers", "--json"]).stdout
schema = json_schema()["properties"]["policy"]["properties"]["services"]["properties"]
assert "乡村托育" in schema["nurseries"]["title"]
groups = [group for room in rooms(Mix(), "zh") for group in room["groups"]]
sliders = {slider["key"]: slider["label"] for group in groups for slider in group["levers"]}
assert sliders["policy.services.nurseries"] == "乡村托育"
""",
    "An indicator": """
from typer.testing import CliRunner
from returnee.dashboard.live.runs import monthly_of
from returnee.experiments.commands.app import app
from returnee.experiments.measuring.measures import BY_NAME
from returnee.experiments.statistics.effects import INDEX
from returnee.simulation import simulate

assert "women_owners" in CliRunner().invoke(app, ["measures", "--json"]).stdout
run = simulate("linked", sample=0.001, months=6, burn_in=12)
live = monthly_of(run)[INDEX["women_owners"], -1]
assert abs(live - BY_NAME["women_owners"].of(run)) < 1e-6
""",
    "A study": """
from typer.testing import CliRunner
from returnee.experiments.commands.app import app

told = CliRunner().invoke(app, ["doubling", "--help"])
assert told.exit_code == 0 and "--scheduler" in told.stdout and "--lever" in told.stdout
told = CliRunner().invoke(app, ["doubling", "baseline", "--lever", "policy.budget.arrears"])
assert told.exit_code == 2 and told.stderr.count(chr(10)) == 1, told.output
assert "policy.budget.arrears: found 1.8, allowed a number from 0 to 1" in told.stderr
""",
}


def sections() -> dict[str, str]:
    """Text of each section of the page that shows a change."""
    parts = re.split(r"^## (.*)\n", PAGE.read_text("utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def changed(text: str, diff: str) -> str:
    """A text with the hunks of a diff applied, whose context must occur once.

    Nothing, as of a file that is not there, becomes what is added.
    """
    for hunk in diff.split("@@\n"):
        lines = hunk.splitlines()
        before, after = (
            "\n".join(line[1:] for line in lines if line[:1] != left_out) for left_out in "+-"
        )
        if not text:
            assert not before, f"no file, and {before!r} should stand there"
            return f"{after}\n"
        assert text.count(f"\n{before}") == 1, f"{before!r} stands there {text.count(before)} times"
        text = text.replace(f"\n{before}", f"\n{after}")
    return text


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package as it would be installed from this checkout, with what is compiled of it."""
    there = tmp_path / "returnee"
    left_out = shutil.ignore_patterns("*.egg-info")
    shutil.copytree(ROOT / "src" / "returnee", there, ignore=left_out)
    for room in ROOMS:
        shutil.copytree(ROOT / room, there / room, ignore=left_out)
    return there


def test_every_section_is_tried() -> None:
    assert set(sections()) == set(MOST_FILES)


@pytest.mark.parametrize("name", MOST_FILES)
def test_a_change_is_complete_as_it_stands(
    package: Path, tmp_path: Path, name: str, libraries: Nursery
) -> None:
    touched, script = set(), ""
    for path, language, body in BLOCK.findall(sections()[name]):
        if language == "python":
            script += body
            continue
        touched.add(path)
        file = package / path
        text = file.read_text("utf-8") if file.is_file() else ""
        file.write_text(changed(text, body), "utf-8")
    assert 0 < len(touched) <= MOST_FILES[name] and "assert" in script
    code, path = PLAIN + script + MORE.get(name, ""), (tmp_path, *HELPERS)
    libraries.run(code=code, folder=tmp_path, path=path, environment=PLAINLY)
