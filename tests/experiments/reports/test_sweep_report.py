"""The page of a sweep: figures by hand, kinds of axes, and the command that writes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from returnee import sweep
from returnee.experiments.commands.app import app
from returnee.experiments.reports.points.sweep import (
    BINS,
    Lines,
    binned,
    read_sweep,
    sweep_page,
)

PLACES, LUCK = "policy.training.places", "behaviour.firm.luck_sd"
SWITCH = "policy.linkage.contest_opens_credit"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    axes: dict[str, Any] = {PLACES: [0, 1500, 3000], SWITCH: [False, True], LUCK: [0.2, 0.4]}
    design = {
        "scenarios": ["baseline", "linked"], "replicates": 2, "axes": axes, "sample": 0.002,
        "months": 12,
    }  # fmt: skip
    return Path(sweep(design, tmp_path_factory.mktemp("report") / "a").attrs["folder"])


def test_differences_are_paired_at_the_point(folder: Path) -> None:
    found = read_sweep(folder)
    runs = pd.read_parquet(folder / "runs.parquet")
    wide = runs.pivot(index=["point", "replicate"], columns="scenario", values="jobs")
    apart = (wide["linked"] - wide["baseline"]).groupby("point").mean()
    (row,) = [row for row in Lines(found).differences().rows if row[0] == "jobs in firms"]
    assert row[1] == "Linked"
    assert float(row[2].replace(",", "").replace("−", "-")) == pytest.approx(
        apart.mean(), rel=0.01, abs=0.5
    )
    assert row[5] == f"{100 * (apart > 0).mean():.0f} %"
    assert len(Lines(found).levels().rows) == 2 * len(found.measures)


def test_rank_correlation_by_hand(folder: Path) -> None:
    found = read_sweep(folder)
    here = found.means[found.means["scenario"] == "linked"]
    expected = here[PLACES].rank().corr(here["public_cost"].rank())
    assert found.ranks["linked", PLACES, "public_cost"] == pytest.approx(expected)
    keys = found.by_strength("public_cost")
    strength = [
        max(abs(found.ranks[name, key, "public_cost"]) for name in found.titles) for key in keys
    ]
    assert set(keys) == {PLACES, LUCK, SWITCH} and strength == sorted(strength, reverse=True)
    assert {row[1] for row in Lines(found).correlations().rows} >= {"Training places (Training)"}


def test_values_of_a_list_stand_by_themselves_and_a_range_is_cut() -> None:
    few = binned(pd.Series([1.0, 1.0, 2.0]), pd.Series([4.0, 6.0, 9.0]))
    assert few["x"].tolist() == [1.0, 2.0] and few["mean"].tolist() == [5.0, 9.0]
    assert few["low"].iloc[0] < 5.0 < few["high"].iloc[0]
    many = pd.Series(np.linspace(0.0, 1.0, 80))
    line = binned(many, 2.0 * many)
    assert len(line) == BINS
    assert np.allclose(line["mean"], 2.0 * line["x"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_has_figures_and_tables(folder: Path, lang: str) -> None:
    page = sweep_page(folder, lang)
    assert page.count("<svg") == 4 and page.count("<table") == 4
    assert "nan" not in page and "http" not in page


def test_the_command_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("d.toml").write_text(
        f"sample = 0.002\nmonths = 12\n[axes]\n{PLACES} = [0, 3000]\n", "utf-8"
    )
    run = CliRunner().invoke
    done = run(app, ["sweep", "d.toml", "--lang", "zh", "--measure", "returns"])
    assert done.exit_code == 0 and "report: results/sweep-d/report.html" in done.stderr
    page = Path("results/sweep-d/report.html").read_text("utf-8")
    assert '<html lang="zh' in page and page.count("<svg") == 1
    for i in (1, 2):
        done = run(app, ["sweep", "d.toml", "--out", "s", "--shard", f"{i}/2"])
        assert done.exit_code == 0 and "report" not in done.stderr
    assert run(app, ["merge", "s"]).exit_code == 0
    assert Path("s/report.html").exists()
    refused = run(app, ["sweep", "d.toml", "--out", "t", "--measure", "job"])
    assert refused.exit_code == 2 and "did you mean jobs" in refused.stderr
    assert not Path("t").exists()


def test_one_point_has_nothing_to_be_drawn(tmp_path: Path) -> None:
    one = {"axes": {PLACES: 1000}, "sample": 0.002, "months": 12}
    alone = sweep(one, tmp_path / "one").attrs["folder"]
    page = sweep_page(Path(alone))
    assert "nothing to compare" in page and "<svg" not in page


def test_a_run_without_its_pair_is_left_out_of_the_difference(folder: Path) -> None:
    found = read_sweep(folder)
    runs = found.runs
    gone = (runs["scenario"] == "linked") & (runs["point"] == 0) & (runs["replicate"] == 0)
    wide = runs.pivot(index=["point", "replicate"], columns="scenario", values="jobs")
    pairs = (wide["linked"] - wide["baseline"]).drop(index=(0, 0))
    expected = pairs.groupby("point").mean().mean()
    fewer = replace(found, runs=runs[~gone])
    (row,) = [row for row in Lines(fewer).differences().rows if row[0] == "jobs in firms"]
    assert float(row[2].replace(",", "").replace("−", "-")) == pytest.approx(
        expected, rel=0.01, abs=0.5
    )
