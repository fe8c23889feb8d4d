"""The command: what it prints, writes and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from checkout import ROOT
from processes import Command
from typer.testing import CliRunner
from waiting import LIMIT

from returnee.experiments.commands.app import app
from returnee.scenarios import levers, scenario_names

SMALL = ("--sample", "0.002", "--months", "12")


def call(*words: object) -> Any:
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("words", [(), ("run",), ("compare",), ("levers",), ("county", "show")])
def test_help_is_given(words: tuple[str, ...]) -> None:
    result = call(*words, "--help")
    assert result.exit_code == 0
    if words in ((), ("run",), ("compare",)):
        assert "Examples:" in result.stdout


def test_the_command_line_answers_without_the_model() -> None:
    """Help comes at once: neither the compiler nor tables are loaded for it."""
    loaded = "sorted({'numba', 'pandas', 'pyarrow', 'scipy'} & set(sys.modules))"
    code = f"import sys, returnee.command; print({loaded})"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert found.stdout == "[]\n", found.stderr


def test_run_keeps_everything(here: Path) -> None:
    result = call("run", "baseline", *SMALL)
    assert result.exit_code == 0, result.stderr
    assert "firms open" in result.stdout
    folder = here / "results/run-baseline"
    names = {path.name for path in folder.iterdir()}
    assert names >= {
        "monthly.parquet", "monthly.csv", "workers.parquet", "firms.parquet", "ledger.parquet",
        "paths.parquet", "chart.png", "manifest.json",
    }  # fmt: skip
    assert len(pd.read_parquet(folder / "monthly.parquet")) == 12
    assert call("run", "baseline", *SMALL, "--lang", "zh", "--json").exit_code == 0


@pytest.mark.usefixtures("unreported")
def test_compare_prints_json_and_nothing_else(here: Path) -> None:
    result = call("compare", "linked", "--replicates", 2, *SMALL, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["reference"] == "baseline"
    assert [scenario["name"] for scenario in found["scenarios"]] == ["linked"]
    assert {"measure", "difference", "low", "high"} <= found["scenarios"][0]["effects"][0].keys()
    assert (here / "results/compare/report.html").exists()


@pytest.mark.usefixtures("unreported")
def test_compare_says_what_it_means(here: Path) -> None:
    result = call("compare", "no_support", "--replicates", 3, *SMALL)
    assert result.exit_code == 0, result.stderr
    assert "No support, against Baseline:" in result.stdout
    assert "public cost" in result.stdout and "lower" in result.stdout
    zh = call("compare", "no_support", "--replicates", 3, *SMALL, "--lang", "zh")
    assert "无扶持与现行政策相比" in zh.stdout


@pytest.mark.usefixtures("unreported")
def test_one_replicate_has_no_interval(here: Path) -> None:
    result = call("compare", "no_support", "--replicates", 1, *SMALL)
    assert result.exit_code == 0, result.stderr
    assert "no interval" in result.stdout and "nan" not in result.stdout


def test_lists(here: Path) -> None:
    listed = json.loads(call("levers", "--json").stdout)
    assert [row["basis"] for row in listed] == [lever.basis for lever in levers]
    assert "培训名额" in call("levers", "--lang", "zh").stdout
    assert [s["name"] for s in json.loads(call("scenarios", "--json").stdout)] == scenario_names()
    assert "Linked" in call("scenarios").stdout
    assert "Binhai" in call("county", "show").stdout
    assert "滨海县" in call("county", "show", "--lang", "zh").stdout


BAD: list[tuple[Any, ...]] = [
    ("run", "nowhere"),
    ("run",),
    ("run", "missing.toml"),
    ("run", "wrong.toml"),
    ("run", "baseline", "--months", "many"),
    ("run", "baseline", "--months", "0"),
    ("run", "baseline", "--sample", "nan"),
    ("run", "baseline", "--set", "policy.training.places"),
    ("run", "baseline", "--set", "policy.training.plaices=3"),
    ("run", "baseline", *SMALL, "--out", "wrong.toml/deeper"),
    ("run", "baseline", *SMALL, "--out", "."),
    ("compare", "linked", "--against", "nowhere"),
    ("compare", "linked", "--replicates", "0"),
    ("compare", "linked", "--workers", "0"),
    ("compare", "baseline"),
    ("compare", "linked", "--set", "policy.training.places=99999"),
    ("compare", "linked", "--set", "behaviour.nothing=1"),
    ("compare", "linked", "--lang", "fr"),
    ("compare", "linked", "--out", "wrong.toml"),
    ("compare", "linked", "--unknown"),
    ("nothing",),
]


def test_version() -> None:
    assert call("--version").stdout == f"returnee {metadata.version('returnee')}\n"


@pytest.mark.parametrize("words", BAD, ids=" ".join)
def test_what_is_wrong_is_one_line(here: Path, words: tuple[str, ...]) -> None:
    (here / "wrong.toml").write_text("extends = 'baseline'\n[policy.training]\nplaces = -1\n")
    result = call(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("returnee: ")
    assert [path.name for path in here.iterdir()] == ["wrong.toml"]


def test_the_command_as_a_process(tmp_path: Path, command: Command) -> None:
    words = ("compare", "linked", "--replicates", 2, *SMALL, "--out", tmp_path / "a")
    process = command(*words, "--json")
    out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0, err
    assert json.loads(out)["replicates"] == 2
    refused = call(*words, "--seed", 7)
    assert refused.exit_code == 2 and refused.stdout == ""
    assert "seed: found 1, allowed 7" in refused.stderr
