"""Scenario discovery: regions that are known, regions that are not there, and bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from returnee import sweep
from returnee.experiments.commands.app import app
from returnee.experiments.errors import UsageError
from returnee.experiments.reports.points.discovery import Regions
from returnee.experiments.studies.points.discovery import (
    Discovery,
    _search,
    discover,
    measured,
    target_of,
)

LUCK, SHOCK = "behaviour.firm.luck_sd", "behaviour.firm.shock_sd"


@pytest.fixture(scope="module", autouse=True)
def quickly() -> None:
    """The library of boxes is imported where it is used, in a moment."""
    import workbench  # noqa: F401


def known(points: int = 600) -> tuple[pd.DataFrame, np.ndarray]:
    """Failures in the corner a > 0.7, b < 0.4, with a few anywhere."""
    rng = np.random.default_rng(5)
    x = pd.DataFrame(rng.random((points, 3)), columns=["a", "b", "c"])
    corner = (x["a"] > 0.7) & (x["b"] < 0.4)
    return x, (corner ^ (rng.random(points) < 0.03)).to_numpy()


@pytest.mark.parametrize("method", ["cart", "prim"])
def test_a_known_corner_is_found(method: str) -> None:
    points, fails = known()
    boxes, importance, held_back = _search(points, fails, method, 1)
    assert held_back
    limits = boxes[0].limits
    assert limits["a"][0] == pytest.approx(0.7, abs=0.06)
    assert limits["b"][1] == pytest.approx(0.4, abs=0.08)
    assert "c" not in limits or method == "prim"
    assert boxes[0].density > 0.8 and boxes[0].coverage > 0.6
    assert list(importance.index[2:]) == ["c"]


def test_scattered_failures_have_no_region() -> None:
    rng = np.random.default_rng(2)
    points = pd.DataFrame(rng.random((400, 4)))
    boxes, _, _ = _search(points, rng.random(400) < 0.3, "cart", 1)
    assert boxes == []


def test_a_few_points_are_no_region() -> None:
    """One failure more than expected, in a region of two points, is told of by nobody."""
    points = pd.DataFrame({"a": np.linspace(0.0, 1.0, 100)})
    fails = np.arange(100) % 3 == 0
    box = measured({"a": (0.0, 0.015)}, points, fails)
    assert (box.points, box.fails, box.density) == (2, 1, 0.5)
    assert box.low < fails.mean() < box.high


def test_density_and_coverage_by_hand() -> None:
    points = pd.DataFrame({"a": [0.0, 1.0, 2.0, 3.0]})
    box = measured({"a": (0.5, np.inf)}, points, np.array([True, True, False, True]))
    assert (box.points, box.fails) == (3, 2)
    assert (box.density, box.coverage) == (2 / 3, 2 / 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    axes = {LUCK: {"low": 0.05, "high": 0.5}, SHOCK: {"low": 0.1, "high": 0.4}}
    design: dict[str, Any] = {
        "scenarios": ["baseline", "no_support"], "method": "latin", "points": 24, "axes": axes,
        "sample": 0.002, "months": 12,
    }  # fmt: skip
    return Path(sweep(design, tmp_path_factory.mktemp("discover") / "a").attrs["folder"])


def test_failures_are_those_of_the_paired_difference(folder: Path) -> None:
    found = discover(folder, "no_support", against="baseline", measure="jobs", target=">= 0")
    wide = pd.read_parquet(folder / "runs.parquet").pivot(
        index="point", columns="scenario", values="jobs"
    )
    expected = wide["no_support"] - wide["baseline"] < 0
    assert found.fails.tolist() == expected.tolist()
    assert list(found.points.columns) == [LUCK, SHOCK]


def told(folder: Path, failed: int, **change: Any) -> list[str]:
    """What is said where so many of 80 points fail, scattered over the parameters."""
    fails = np.zeros(80, bool)
    fails[np.random.default_rng(3).permutation(80)[:failed]] = True
    points = pd.DataFrame(np.random.default_rng(4).random((80, 3)), columns=["a", "b", "c"])
    boxes, importance, held = _search(points, fails, "cart", 1)
    attrs: dict[str, Any] = {"labels": {}, "labels_zh": {}}
    found = Discovery(
        points, fails * 1.0, fails, boxes, importance, held, change.get("missing", 0), "linked",
        "baseline", "jobs", "> 0", attrs,
    )  # fmt: skip
    assert Regions(found, "zh").page()
    return Regions(found).sentences()


@pytest.mark.parametrize(
    ("failed", "says"),
    [
        (0, "meets its target at every point"),
        (2, "So few fail that no region can be told"),
        (15, "The failures lie scattered"),
        (50, "It fails at most points"),
        (78, "It fails nearly everywhere. Points that meet the target: 2, too few"),
        (80, "fails its target at every point"),
    ],
)
def test_how_many_fail_is_said_first_and_then_what_it_means(
    folder: Path, failed: int, says: str
) -> None:
    lines = told(folder, failed)
    assert lines[0].startswith(f"The policy fails its target at {failed} of 80 points (")
    assert len(lines) == 2 and says in lines[1]
    assert "Points without an outcome, which are left out: 7." in told(folder, failed, missing=7)[1]


def test_a_policy_is_named_by_its_label_or_its_file(folder: Path) -> None:
    by_label = discover(folder, "no_support", against="baseline", measure="jobs")
    by_file = discover(folder, "x/no_support.toml", against="baseline.toml", measure="jobs")
    assert (by_file.scenario, by_file.against) == ("no_support", "baseline")
    assert by_file.outcome.tolist() == by_label.outcome.tolist()


def test_another_question_has_another_page(folder: Path) -> None:
    for measure, target in (("jobs", "> 0"), ("returns", ">=1e3"), ("returns", "<= 5")):
        words = ["discover", folder, "--scenario", "no_support", "--against", "baseline"]
        words += ["--measure", measure, "--target", target]
        done = CliRunner().invoke(app, [str(word) for word in words])
        assert done.exit_code == 0, done.stderr
        assert "of 24 points" in done.stdout
    assert {path.name for path in folder.glob("discover-no_support-baseline-*.html")} == {
        f"discover-no_support-baseline-{end}.html"
        for end in ("jobs-above-0", "returns-from-1e3", "returns-up-to-5")
    }


def test_a_measure_that_is_missing_everywhere_is_one_line(folder: Path) -> None:
    with pytest.raises(UsageError) as refusal:
        discover(folder, "baseline", measure="survival_registered_60")
    assert re.search(r"found survival_registered_60 at [01] of 24 points \(24 ", str(refusal.value))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command(folder: Path, lang: str) -> None:
    runs = pd.read_parquet(folder / "runs.parquet")
    middle = runs[runs["scenario"] == "baseline"]["jobs"].median()
    words = ["discover", folder, "--scenario", "baseline", "--measure", "jobs", "--lang", lang]
    done = CliRunner().invoke(app, [str(w) for w in [*words, "--target", f">= {middle}"]])
    assert done.exit_code == 0, done.stderr
    page = (folder / f"discover-baseline-jobs-from-{middle}.html").read_text("utf-8")
    assert "<svg" in page and "nan" not in page
    done = CliRunner().invoke(app, [str(w) for w in [*words, "--target", "> -1", "--json"]])
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"scenario": "linked"}, "scenario: found linked, allowed baseline, no_support"),
        ({"scenario": ""}, "scenario: found none"),
        ({"against": "linked"}, "against: found linked"),
        ({"measure": "job"}, "did you mean jobs"),
        ({"target": "0"}, "target: found 0"),
        ({"target": "> 1.2.3"}, "target: found > 1.2.3"),
        ({"method": "magic"}, "method: found magic"),
    ],
)
def test_bad_input_is_one_line(folder: Path, change: dict[str, str], says: str) -> None:
    with pytest.raises(UsageError) as refusal:
        discover(folder, **{"scenario": "baseline", **change})  # type: ignore[arg-type]
    assert says in str(refusal.value) and "\n" not in str(refusal.value)


def test_a_folder_without_runs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="found no finished runs"):
        discover(tmp_path, "baseline")
    assert target_of("<=2e3")[1] == 2000.0
