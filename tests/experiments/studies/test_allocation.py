"""Where a budget goes: ways of choosing, judged in other luck."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from returnee.experiments.commands.app import app
from returnee.experiments.studies.region import allocation as a
from returnee.scenarios.schema.county_folder import SHIPPED_COUNTIES


def best_of_all(gains: np.ndarray, costs: np.ndarray, cap: float) -> float:
    """What the best choice gains, by trying all."""
    options = range(a.NOTHING, gains.shape[1])
    found = [np.array(one) for one in product(options, repeat=len(gains))]
    return max(a.at(gains[None], o).sum() for o in found if a.at(costs[None], o).sum() <= cap)


@pytest.mark.parametrize("seed", range(5))
def test_no_way_exceeds_the_budget_and_the_search_misses_the_best_by_a_county_at_most(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    costs = np.cumsum(rng.uniform(1.0, 3.0, (4, 3)), axis=1)
    gains = np.sqrt(costs) * rng.uniform(0.5, 2.0, (4, 1)) + rng.normal(0.0, 0.1, (4, 3))
    cap = 9.0
    best = best_of_all(gains, costs, cap)
    for way in (a.greedy, a.search, a.alike):
        chosen = way(gains, costs, cap)
        assert a.at(costs[None], chosen).sum() <= cap + 1e-9
        assert a.at(gains[None], chosen).sum() <= best + 1e-9
    assert a.at(gains[None], a.search(gains, costs, cap)).sum() >= best - gains.max()


def test_an_option_that_harms_is_given_to_nobody() -> None:
    gains, costs = np.array([[-1.0], [-2.0]]), np.array([[1.0], [1.0]])
    for way in (a.greedy, a.search, a.alike):
        assert (way(gains, costs, 10.0) == a.NOTHING).all()


def test_what_saves_money_and_gains_is_taken_first() -> None:
    gains, costs = np.array([[2.0, 3.0], [1.0, 5.0]]), np.array([[-1.0, 2.0], [1.0, 4.0]])
    assert a.greedy(gains, costs, 3.0)[0] == 0


def test_gains_that_differ_by_luck_only_are_drawn_together() -> None:
    rng = np.random.default_rng(1)
    luck = 1.0 + rng.normal(size=(2, 300, 1))
    need = luck + 5.0 * rng.normal(size=(300, 1))
    assert a.drawn_together(luck).std() < 0.3 * luck.mean(axis=0).std()
    assert a.drawn_together(need).std() > 0.95 * need.mean(axis=0).std()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--per-year", "0"], "per-year: found 0, allowed above 0"),
        (["--per-year", "1e6", "--factor", "x"], "factor: found x, allowed numbers"),
        (["--per-year", "1e6", "--factor", "-1"], "factor: found -1, allowed above 0"),
        (["--per-year", "1e6", "--maximise", "job"], "did you mean jobs"),
        (["--per-year", "1e6", "--maximise", "return_quality"], "allowed one that counts"),
        (["--per-year", "1e6", "--replicates", "3"], "allowed an even number"),
        (["--per-year", "1e6", "--policy", "linkd"], "did you mean linked"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(tmp_path: Path, words: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["allocate", str(table(tmp_path, 1)), *words, "--out", str(tmp_path / "out")])  # fmt: skip
    assert done.exit_code == 2 and said in done.stderr and not (tmp_path / "out").exists()


def table(folder: Path, number: int) -> Path:
    """Counties of one's own, alike but for their names."""
    for k in range(number):
        place = folder / f"county-{k}"
        place.mkdir()
        (place / "county.toml").write_bytes(
            (SHIPPED_COUNTIES / "example" / "county.toml").read_bytes()
        )
    path = folder / "counties.csv"
    path.write_text("folder\n" + "".join(f"county-{k}\n" for k in range(number)), "utf-8")
    return path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command_writes_a_page_and_tables(tmp_path: Path, lang: str) -> None:
    words = [
        "allocate", str(table(tmp_path, 3)), "--per-year", "200000", "--policy", "linked", "--factor", "0.5",
        "--factor", "2", "--simulated", "150", "--months", "6", "--lang", lang, "--json", "--out", str(tmp_path / "out"),
    ]  # fmt: skip
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    told = json.loads(done.stdout)
    assert [row["way"] for row in told["table"]] == ["greedy", "search", "alike"]
    assert min(row["regret"] for row in told["table"]) == 0.0
    assert len(told["counties"]) == 3
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert ("Where a provincial budget should go" if lang == "en" else "省级预算投向哪里") in page
    assert {"table.csv", "counties.csv", "curve.csv"} <= {
        p.name for p in (tmp_path / "out").iterdir()
    }
