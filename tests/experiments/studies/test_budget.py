"""Budget search: fronts, regret, spending, resuming, and what bad input gets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from returnee.experiments.commands.app import app
from returnee.experiments.errors import StoreError, UsageError
from returnee.experiments.reports.points.budget import Mixes
from returnee.experiments.running import jobs
from returnee.experiments.running.options import Keep
from returnee.experiments.running.status import status_of
from returnee.experiments.running.store import Store
from returnee.experiments.studies.ensemble import FILE, ensemble
from returnee.experiments.studies.points.budget import (
    OTHER_LUCK,
    STORED,
    Budget,
    budget,
    worlds_of,
    write_plain,
)
from returnee.experiments.studies.points.budget_search import folder_of, undominated
from returnee.scenarios import load_scenario
from returnee.simulation import simulate

LEVERS = [
    "policy.training.places",
    "policy.services.mentors",
    "policy.linkage.contest_opens_credit",
]
SMALL: dict[str, Any] = {
    "over": "free", "levers": LEVERS, "trials": 10, "population": 4, "keep": 3, "worlds": 2, "replicates": 2,
    "sample": 0.002, "months": 12,
}  # fmt: skip
CAP, MEASURES = 8e6, ["firms_surviving", "jobs"]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Budget:
    return budget(CAP, MEASURES, out=tmp_path_factory.mktemp("budget") / "a", **SMALL)


def test_the_search_tries_what_it_is_asked_to(found: Budget) -> None:
    assert found.tried == 10
    assert list(found.mixes.columns) == LEVERS
    assert found.mixes.iloc[-1].tolist() == [1000.0, 40, False]
    assert found.mixes["policy.services.mentors"].dtype == int
    assert not found.mixes.iloc[:-1].duplicated().any()


def test_a_mix_is_what_a_run_gives(found: Budget) -> None:
    """The figures of a mix in a world are those of a run by hand, spending as in its ledger."""
    world = found.worlds.iloc[1].to_dict()
    mix = {key: found.mixes[key].iloc[-1].item() for key in LEVERS}
    run = simulate(
        load_scenario("baseline", {**world, **mix, "policy.budget.cap": CAP}),
        1,
        1 ^ OTHER_LUCK,
        0.002,
        12,
    )
    assert found.values[-1, 1, 1, 1] == pytest.approx(run.monthly["jobs"].mean())
    assert found.spent[-1, 1, 1].sum() == pytest.approx(run.ledger.to_numpy().sum())
    assert found.table.loc["baseline", "spent"] == pytest.approx(found.spent[-1].sum() / 4)


def test_regret_is_nought_for_the_best_in_every_world(found: Budget) -> None:
    assert (found.regret >= 0.0).all() and (found.regret <= 1.0).all()
    assert (found.regret.min(axis=0) == 0.0).all()
    assert found.table["front"].any()


def test_gains_are_over_the_baseline_in_the_same_world_and_replicate(found: Budget) -> None:
    paired = found.values - found.values[-1:]
    for k, name in enumerate(found.search.objectives):
        means = np.nanmean(paired[..., k], axis=(1, 2))
        assert np.allclose(found.gains[name], means)
        assert (found.gains[f"{name}_low"] <= found.gains[f"{name}_high"]).all()
    assert (found.gains.iloc[-1] == 0.0).all()


def test_undominated_rows_by_definition() -> None:
    rows = np.random.default_rng(1).integers(0, 4, (40, 3)).astype(float)
    for k, kept in enumerate(undominated(rows)):
        beaten = any((other >= rows[k]).all() and (other > rows[k]).any() for other in rows)
        assert kept == (not beaten)


def test_a_finished_search_is_read_and_not_run_again(
    found: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "simulate", None)
    again = budget(CAP, MEASURES, out=found.folder, **SMALL)
    assert again.table.equals(found.table)


class Killed(BaseException):
    """The end of a process, as far as a test can have it."""


def files_of(found: Budget) -> dict[str, bytes]:
    write_plain(found.folder / STORED, found)
    return {name: (found.folder / name).read_bytes() for name in ("front.parquet", STORED)}


@pytest.mark.parametrize("kept", [[3, 0, 12], [23], [17, 8]], ids=str)
def test_a_search_that_was_killed_finds_the_same(
    found: Budget, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: list[int]
) -> None:
    """After so many finished jobs: in the first generation, in later ones, while mixes are judged."""
    write = Store.add
    for number in kept:
        left = [None] * number

        def add(store: Store, *what: Any, left: list[None] = left) -> None:
            if not left:
                raise Killed
            left.pop()
            write(store, *what)

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(Store, "add", add)
            budget(CAP, MEASURES, out=tmp_path / "a", **SMALL)
    resumed = budget(CAP, MEASURES, out=tmp_path / "a", **SMALL)
    assert files_of(resumed) == files_of(found)
    assert status_of(resumed.folder)["status"] == "finished"


def test_more_trials_go_on_from_fewer(found: Budget, tmp_path: Path) -> None:
    budget(CAP, MEASURES, out=tmp_path / "few", **{**SMALL, "trials": 6})
    more = budget(CAP, MEASURES, out=tmp_path / "few", **SMALL)
    assert files_of(more) == files_of(found)


def test_two_searches_at_once_are_refused(found: Budget) -> None:
    with (
        folder_of(found.search, Keep(found.folder)),
        pytest.raises(StoreError, match="found process .* at work in it") as refusal,
    ):
        budget(CAP, MEASURES, out=found.folder, **SMALL)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page(found: Budget, lang: str) -> None:
    page = Mixes(found, lang).page()
    assert page.count("<svg") == 2 and "{" not in "".join(Mixes(found, lang).sentences())
    assert "nan" not in page.lower().replace("finance", "")


def test_another_search_is_refused(found: Budget) -> None:
    with pytest.raises(StoreError, match="cap: found 8000000.0, allowed 9000000.0"):
        budget(9e6, MEASURES, out=found.folder, **SMALL)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--per-year", "0"], "per-year: found 0"),
        (["--per-year", "nan"], "per-year: found nan"),
        (["--per-year", "8e6", "--maximise", "job"], "did you mean jobs"),
        (["--per-year", "8e6", "--lever", "policy.training.place"], "lever: found policy.training"),
        (["--per-year", "8e6", "--trials", "0"], "trials: found 0"),
        (["--per-year", "8e6", "--set", "behaviour.firm.luck=1"], "unknown key"),
    ],
)
def test_bad_input_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["budget", *words])
    assert done.exit_code == 2 and says in done.stderr and len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_no_ensemble_or_one_world_too_many() -> None:
    with pytest.raises(UsageError, match="over: found all, allowed ensemble, free, or a .csv file"):
        budget(CAP, MEASURES, **{**SMALL, "over": "all"})
    with pytest.raises(UsageError, match="worlds: found 9000, allowed 1 to .* over ensemble"):
        budget(CAP, MEASURES, **{**SMALL, "over": "ensemble", "worlds": 9000})
    with pytest.raises(UsageError, match="worlds: found 0"):
        budget(CAP, MEASURES, **{**SMALL, "worlds": 0})


def test_assumptions_of_the_ensemble_are_those_that_fit(found: Budget) -> None:
    sets = ensemble()
    chosen = list(worlds_of("ensemble", 5, found.search))
    assert len(chosen) == 5 and all(one in sets for one in chosen)
    assert list(worlds_of("ensemble", 1, found.search)) == [sets[0]]
    assert list(worlds_of(str(FILE), 5, found.search)) == chosen
