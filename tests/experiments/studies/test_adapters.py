"""Other workbenches run the same model and get the same figures."""

from __future__ import annotations

import mesa
import pytest

from returnee import sweep
from returnee.experiments.errors import UsageError
from returnee.experiments.studies.adapters import ema_model, mesa_parameters
from returnee.scenarios import load_scenario
from returnee.simulation import simulate
from returnee.simulation.model import CountyModel

PLACES, LUCK = "policy.training.places", "behaviour.firm.luck_sd"
DESIGN = {
    "scenarios": ["baseline", "linked"], "axes": {PLACES: [0, 3000], LUCK: 0.3}, "replicates": 2,
    "sample": 0.002, "months": 12,
}  # fmt: skip


def test_mesa_runs_a_design() -> None:
    rows = mesa.batch_run(
        CountyModel, mesa_parameters(DESIGN), number_processes=1, display_progress=False,
        data_collection_period=-1,
    )  # fmt: skip
    assert len(rows) == 8
    swept = sweep(DESIGN)
    swept = swept[(swept["scenario"] == "linked") & (swept[PLACES] == 3000)]
    mine = [r for r in rows if r["scenario"] == "linked" and r["policy__training__places"] == 3000]
    assert len(mine) == len(swept) == 2
    setting = load_scenario("linked", {PLACES: 3000, LUCK: 0.3})
    for row in mine:
        monthly = simulate(setting, row["replicate"], 1, 0.002, 12).monthly
        assert row["jobs"] == monthly["jobs"].iloc[-1]
    assert {row["replicate"] for row in mine} == {0, 1}
    with pytest.raises(UsageError, match="found latin, allowed grid"):
        mesa_parameters({"axes": {LUCK: {"low": 0.1, "high": 0.2}}, "points": 3})


@pytest.mark.filterwarnings("ignore")
def test_the_ema_workbench_runs_experiments() -> None:
    from workbench import ema_workbench

    model = ema_model(
        uncertainties=[LUCK], levers=[PLACES, "policy.services.mentors"],
        outcomes=["jobs", "public_cost"], sample=0.002, months=12,
    )  # fmt: skip
    experiments, outcomes = ema_workbench.perform_experiments(model, scenarios=2, policies=2)
    assert len(experiments) == 4 and outcomes["jobs"].shape == (4,)
    row = experiments.iloc[3]
    at = {key: row[key.replace(".", "__")] for key in (LUCK, PLACES)}
    at["policy.services.mentors"] = int(row["policy__services__mentors"])
    told = simulate(load_scenario("baseline", at), 0, 1, 0.002, 12).monthly
    assert outcomes["jobs"][3] == pytest.approx(told["jobs"].mean())
    assert outcomes["public_cost"][3] == pytest.approx(told["public_cost"].sum())
    kinds = {outcome.name: outcome.kind for outcome in model.outcomes}
    assert kinds["jobs"] == ema_workbench.ScalarOutcome.MAXIMIZE
    with pytest.raises(UsageError, match="outcome: found job"):
        ema_model(outcomes=["job"])
