"""Options as objects: given whole or field by field, in Python and on the command line."""

from __future__ import annotations

import ast
import inspect
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
from checkout import ROOT
from typer.testing import CliRunner

from returnee import Keep, RunSettings, Where, compare
from returnee.experiments.commands.app import app
from returnee.simulation.start.history import BURN_IN

MOST = 8  # parameters
ROOMS = ("running", "studies", "statistics", "commands")
COMMANDS = ("compare", "linkage", "validate", "whom", "calibrate", "sweep", "sensitivity", "budget")


def test_the_history_is_as_long_as_the_model_says() -> None:
    assert RunSettings().burn_in == BURN_IN


def test_objects_and_their_fields_are_the_same(tmp_path: Path) -> None:
    short = RunSettings(sample=0.002, months=12)
    whole = compare(
        ["linked"], replicates=1, settings=short, where=Where(1), results=Keep(tmp_path / "a")
    )
    fields_ = compare(
        ["linked"], replicates=1, sample=0.002, months=12, workers=1, out=tmp_path / "b"
    )
    mixed = compare(["linked"], replicates=1, settings=short, workers=2)
    assert whole.plan.settings == fields_.plan.settings == mixed.plan.settings == short
    assert whole.folder == tmp_path / "a" and mixed.folder is None
    pd.testing.assert_frame_equal(whole.effects, fields_.effects)
    pd.testing.assert_frame_equal(whole.effects, mixed.effects)


def test_a_signature_names_every_field() -> None:
    named = inspect.signature(compare).parameters
    assert {f.name for kind in (RunSettings, Where, Keep) for f in fields(kind)} <= named.keys()
    with pytest.raises(TypeError, match="moths"):
        compare(["linked"], moths=12)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_study_says_where_its_runs_are_made(name: str) -> None:
    said = CliRunner().invoke(app, [name, "--help"]).output
    for option in ("--workers", "--processes", "--scheduler", "--local-cluster", "--as-new"):
        assert option in said


def test_no_function_takes_more_than_eight_parameters() -> None:
    many = []
    for room in ROOMS:
        for path in (ROOT / "experiments" / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.FunctionDef):
                    a = node.args
                    given = [p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs)]
                    if len([name for name in given if name not in ("self", "cls")]) > MOST:
                        many.append(f"{path.name}: {node.name}")
    assert many == []
