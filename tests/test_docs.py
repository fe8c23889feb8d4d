"""What the README and the guides say can be done, done: their Python blocks and commands."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import shlex

import pytest
from checkout import ROOT
from typer.testing import CliRunner
from without_figures import leave_out

from returnee.experiments.commands.app import app
from returnee.scenarios import levers
from returnee.simulation.fingerprint import fingerprint

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LONG = {
    "compare": ["--replicates", "2", "--sample", "0.005"],
    "run": ["--sample", "0.005"],
    "validate": ["--replicates", "2", "--sample", "0.005"],
    "whom": ["--replicates", "1", "--sample", "0.005"],
}


def blocks(language: str) -> list[tuple[str, str]]:
    """Code blocks of a language, with the page; those of extending.md run on a changed copy."""
    return [
        (page.name, block)
        for page in PAGES
        if page.name != "extending.md"
        for block in re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.S)
    ]


def commands() -> list[str]:
    """Every `returnee ...` command in the README's table of commands."""
    found = re.findall(r"^\| `(returnee [^`]+)`", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert len(found) >= 4
    return found


@pytest.mark.parametrize(("page", "code"), blocks("python"))
def test_python_blocks(page, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page, "exec"), {"__name__": "page"})


@pytest.mark.parametrize("command", commands())
def test_commands(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    leave_out(monkeypatch.setattr)
    words = shlex.split(command)[1:]
    words += LONG.get(words[0], [])
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.stderr


def test_readme_has_its_picture():
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", (ROOT / "README.md").read_text("utf-8")):
        assert (ROOT / picture).is_file()


@pytest.mark.parametrize("package", ["scenarios", "simulation", "experiments"])
def test_doctests(package):
    module = importlib.import_module(f"returnee.{package}")
    tried = 0
    for found in pkgutil.walk_packages(module.__path__, f"{module.__name__}."):
        if not found.name.endswith("__main__"):
            result = doctest.testmod(
                importlib.import_module(found.name), optionflags=doctest.ELLIPSIS
            )
            assert result.failed == 0, found.name
            tried += result.attempted
    assert tried > 0 or package == "scenarios"


def test_the_pins_are_plain():
    for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines():
        assert re.fullmatch(r"[\w.-]+==[\w.+-]+", line), line


def test_the_page_of_parameters_is_current():
    from returnee.experiments.reports.parameters import COMMAND, document

    page = (ROOT / "docs" / "parameters.md").read_text("utf-8")
    assert page == document(), f"run: {COMMAND}"
    for lever in levers:
        assert f"| `{lever.key.rpartition('.')[2]}` |" in page


def test_what_came_out_is_of_the_present_model() -> None:
    stored = {"docs/linkage.md": "returnee linkage --write-doc docs/linkage.md",
              "experiments/data/ensemble.toml": "returnee calibrate"}  # fmt: skip
    for name, command in stored.items():
        assert fingerprint() in (ROOT / name).read_text("utf-8"), f"{name}: run `{command}` again"
