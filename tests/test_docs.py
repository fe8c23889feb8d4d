"""What the README and the guides say can be done, done: their Python blocks and commands."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import shlex
import shutil

import click.testing
import pytest
import typer
from checkout import ROOT
from typer.testing import CliRunner
from without_figures import leave_out

from returnee.command import app
from returnee.experiments.running.design.design import read_design
from returnee.scenarios import levers, load_scenario
from returnee.simulation.fingerprint import fingerprint

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
OWN_RULES = ROOT / "docs" / "rules" / "copying.py"  # what a page has its reader save
LONG = {
    "compare": ["--replicates", "2", "--sample", "0.002", "--months", "12"],
    "run": ["--sample", "0.002", "--months", "12"],
    "validate": ["--replicates", "2", "--sample", "0.002"],
    "whom": ["--replicates", "1", "--sample", "0.002", "--months", "12"],
}


def blocks(language: str) -> list[tuple[str, str]]:
    """Code blocks of a language, with the page; those of extending.md run on a changed copy, lessons' as notebooks."""
    return [
        (page.name, block)
        for page in PAGES
        if page.name != "extending.md" and page.parent.name != "course"
        for block in re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.S)
    ]


def commands() -> list[str]:
    """Every `returnee ...` command in the README's table of commands."""
    found = re.findall(r"^\| `(returnee [^`]+)`", (ROOT / "README.md").read_text("utf-8"), re.M)
    assert len(found) >= 4
    return found


def said() -> list[str]:
    """Every `returnee ...` that a page names, in its text or in a block of the shell."""
    found = []
    for page in PAGES:
        text = page.read_text("utf-8") if page.name != "extending.md" else ""
        found += re.findall(r"`(returnee [^`\n]+)`", text)
        for block in re.findall(r"```sh\n(.*?)```", text, re.S):
            found += re.findall(r"^(?:.*&& )?(returnee .*)$", block, re.M)
    return sorted(set(found))


@pytest.fixture(scope="module")
def parser():
    """The command line, whose commands take their words and do nothing."""
    group = typer.main.get_command(app)
    todo = [group]
    while todo:
        command = todo.pop()
        todo += getattr(command, "commands", {}).values()
        command.callback = lambda **_: None
    return group


@pytest.mark.parametrize("command", said())
def test_every_command_that_is_named_can_be_given(command, parser):
    """Command, options and values are known, of several the first; files need not be there."""
    command = re.sub(r" #.*|\|[^] ]+|[][]| …", "", command).replace("$SLURM_ARRAY_TASK_ID", "3")
    done = click.testing.CliRunner().invoke(parser, shlex.split(command)[1:])
    assert done.exit_code == 0 or "Missing" in done.output, done.output


@pytest.mark.parametrize(("page", "code"), blocks("python"))
def test_python_blocks(page, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(OWN_RULES, "my_rules.py")
    exec(compile(code, page, "exec"), {"__name__": "page"})


def scripts() -> list[str]:
    """Blocks of the shell that only call the command line and name no data of the user."""
    return [
        block
        for _, block in blocks("sh")
        if not re.search(r"^(pip|dask) |&&|--files|returnee dashboard|--write-doc", block, re.M)
    ]


@pytest.mark.parametrize("script", scripts())
def test_scripts(script, tmp_path, monkeypatch):
    """Two shares of a study, if it is made in shares, and what follows."""
    monkeypatch.chdir(tmp_path)
    leave_out(monkeypatch.setattr)
    shutil.copyfile(OWN_RULES, "my_rules.py")
    (tmp_path / "design.toml").write_text(
        'scenarios = ["baseline"]\nreplicates = 2\nsample = 0.001\nmonths = 6\n'
        "[axes]\npolicy.training.places = [0, 1000]\n",
        encoding="utf-8",
    )
    for line in script.splitlines():
        for share in range(1, 3) if "$SLURM_ARRAY_TASK_ID" in line else [1]:
            words = shlex.split(
                line.replace("$SLURM_ARRAY_TASK_ID/8", f"{share}/2"), comments=True
            )[1:]
            if words[0] == "compare":
                words += ["--replicates", "2", "--sample", "0.001", "--months", "6"]
            done = CliRunner().invoke(app, words)
            assert done.exit_code == 0, done.stderr


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


@pytest.mark.parametrize(("page", "text"), blocks("toml"))
def test_files_that_are_shown_are_taken(page, text, tmp_path):
    """Scenarios and designs; the county that one names is the reader's own."""
    file = tmp_path / "shown.toml"
    file.write_text(text.replace('county = "my-county"\n', ""), encoding="utf-8")
    if "[axes]" in text:
        assert read_design(file).points > 0
    else:
        assert load_scenario(file)


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


def test_the_paper_says_what_came_out():
    paper = (ROOT / "paper" / "paper.md").read_text("utf-8")
    came = {name: (ROOT / "docs" / name).read_text("utf-8") for name in ("linkage.md", "speed.md")}
    section = paper.partition("# What came out\n\n")[2]
    for sentence in section.split("\n")[:2]:
        assert sentence.rstrip(".") in came["linkage.md"], (
            "run `returnee linkage` and take its words"
        )
    for ratio in re.findall(r"a (\d+)(?:nd|th)|a ([\d.]+)th of Starsim", paper):
        assert f"{''.join(ratio)} ×" in came["speed.md"]
