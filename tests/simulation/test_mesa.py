"""The county as a Mesa model: everything Mesa offers works on it, and nothing differs from a run."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import mesa
import networkx as nx
import numpy as np
import pytest
from processes import Nursery

from returnee.scenarios import ScenarioError, load_scenario
from returnee.simulation import simulate
from returnee.simulation.agents import Firm, MigrantWorker, SupportService
from returnee.simulation.model import CountyModel, with_overrides
from returnee.simulation.state import records as r
from returnee.simulation.state.channels import CHANNELS

SAMPLE = 0.004


@pytest.fixture(scope="module")
def model() -> CountyModel:
    """A county that has lived two years."""
    county = CountyModel("baseline", sample=SAMPLE, months=30)
    for _ in range(24):
        county.step()
    return county


@pytest.mark.parametrize("scenario", ["baseline", "linked"])
def test_the_same_as_a_run(scenario: str) -> None:
    run = simulate(scenario, replicate=2, seed=5, sample=SAMPLE, months=24)
    model = CountyModel(scenario, replicate=2, seed_key=5, sample=SAMPLE, months=24)
    stepped = model.run()
    assert stepped.monthly.equals(run.monthly) and model.monthly.equals(run.monthly)
    assert stepped.ledger.equals(run.ledger) and stepped.workers.equals(run.workers)
    assert stepped.firms.equals(run.firms) and stepped.paths.equals(run.paths)
    for field in fields(model.county):
        if field.name not in ("due_list", "moves", "pending"):  # scratch
            mine, its = (getattr(county, field.name) for county in (model.county, run.county))
            assert np.array_equal(mine, its), field.name
    collected = model.datacollector.get_model_vars_dataframe()
    assert np.array_equal(collected.to_numpy(), run.monthly[collected.columns].to_numpy())


def test_looking_changes_nothing() -> None:
    watched = CountyModel(sample=SAMPLE, months=12, rng=0)
    blind = CountyModel(sample=SAMPLE, months=12, rng=None)
    while watched.running:
        watched.step()
        watched.agents.shuffle().do("step")
        watched.agents.agg("unique_id", max)
        watched.random.random()
    assert watched.monthly.equals(blind.run().monthly)


def test_no_agents_unless_asked_for() -> None:
    model = CountyModel(sample=SAMPLE, months=6)
    model.run()
    assert not model._views and not model._sets


def test_steps_and_the_end() -> None:
    model = CountyModel(sample=SAMPLE, months=13)
    assert (model.month, model.steps, model.running) == (0, 0, True)
    model.run_model()
    assert (model.month, model.steps, model.running) == (13, 13, False)
    last = model.monthly
    model.step()
    assert model.month == 13 and not model.running and model.monthly.equals(last)
    assert len(model.datacollector.model_vars["away"]) == 13


def test_months_lived_so_far(model: CountyModel) -> None:
    assert model.monthly.index.tolist() == list(range(1, 25))
    assert model.monthly.attrs["units"]["away"] == "people"
    assert model.away == model.monthly.away.iloc[-1]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        model.nothing  # noqa: B018


def test_agent_sets(model: CountyModel) -> None:
    workers = model.agents_by_type[MigrantWorker]
    assert model.agent_types == [MigrantWorker, Firm, SupportService]
    assert len(model.agents) == sum(len(s) for s in model.agents_by_type.values())
    assert len(model.agents.select(agent_type=MigrantWorker)) == len(workers)
    by_state = workers.groupby("state").count()
    assert by_state["AWAY"] / SAMPLE == pytest.approx(model.monthly.away.iloc[-1])
    away = workers.select(lambda agent: agent.state == "AWAY")
    wages = away.get("wage")
    assert away.agg("wage", np.mean) == pytest.approx(np.mean(wages)) and min(wages) > 0
    assert {a.unique_id for a in workers.shuffle()} == set(workers.get("unique_id"))
    assert len(set(model.agents.get("unique_id"))) == len(model.agents)
    assert list(model.agents_by_type[MigrantWorker]) == list(workers)
    oldest = next(iter(workers.sort("age")))
    assert oldest.age == max(workers.get("age"))
    firms = model.agents_by_type[Firm]
    assert len(firms) / SAMPLE == pytest.approx(model.monthly.firms_registered.iloc[-1])
    jobs = firms.agg("persons", sum) - len(firms)
    assert jobs / SAMPLE == pytest.approx(model.monthly.jobs.iloc[-1])


def test_views_show_the_county(model: CountyModel) -> None:
    for worker in model.agents_by_type[MigrantWorker]:
        row = model.county.workers[worker.row]
        assert worker.id == row.id and worker.unique_id == 1000 + row.id
        assert worker.state == r.STATES[row.state]
        assert 18 <= worker.age <= 63 and worker.sex in ("male", "female")
        assert set(worker.knows) <= set(CHANNELS)
        assert worker.savings >= 0 and worker.experience >= row.experience
        assert all(worker in other.ties for other in worker.ties[:2])
        if worker.state == "OWNER":
            assert worker.firm.owner is worker and worker.firm.phase == "OPEN"
        if worker.state == "EMPLOYED" and worker.firm is not None:
            assert worker in worker.firm.employees
    sectors = {sector.key for sector in model.setting.county.sectors}
    for firm in model.agents_by_type[Firm]:
        assert firm.phase in ("REGISTERED", "OPEN", "DORMANT") and firm.sector in sectors
        assert len(firm.employees) + 1 == firm.persons and firm.loan >= 0
        assert firm.age >= 0 and firm.venue in r.VENUES
    kinds = {service.kind for service in model.agents_by_type[SupportService]}
    assert {"training centre", "service desk", "incubator site"} <= kinds
    assert all(service.mean_wait >= 0 for service in model.agents_by_type[SupportService])


def test_every_attribute_can_be_read(model: CountyModel) -> None:
    for agents in model.agents_by_type.values():
        agent = next(iter(agents))
        for name in dir(agent):
            if not name.startswith("_") and name != "scenario":
                getattr(agent, name)


def test_views_cannot_be_written(model: CountyModel) -> None:
    worker = next(iter(model.agents_by_type[MigrantWorker]))
    for name in ("state", "savings", "failed"):
        with pytest.raises(AttributeError):
            setattr(worker, name, 0)
    with pytest.raises(AttributeError):
        worker.nothing  # noqa: B018
    worker.colour = "red"  # what a chart needs may be noted on the view
    assert next(iter(model.agents_by_type[MigrantWorker])).colour == "red"


def test_views_follow_the_months() -> None:
    model = CountyModel(sample=SAMPLE, months=24)
    before = {agent.unique_id: agent for agent in model.agents}
    ages = {agent: agent.age for agent in model.agents_by_type[MigrantWorker]}
    first = next(iter(ages))
    model.run()
    assert first.age == pytest.approx(ages[first] + 2)
    same = [agent for agent in model.agents if agent.unique_id in before]
    assert same and all(before[agent.unique_id] is agent for agent in same)
    assert set(model.agents_by_type[MigrantWorker].get("state")) <= set(r.STATES) - {
        "PRE", "RETIRED",
    }  # fmt: skip
    first.remove()
    assert first not in model.agents_by_type[MigrantWorker]


def test_agents_of_other_types_may_be_added() -> None:
    class Journalist(mesa.Agent):
        pass

    model = CountyModel(sample=SAMPLE, months=12)
    journalist = Journalist(model)
    model.step()
    assert journalist in model.agents and journalist in model.agents_by_type[Journalist]
    journalist.remove()
    assert Journalist not in model.agents_by_type or not model.agents_by_type[Journalist]


def test_parameters_as_keywords() -> None:
    model = CountyModel(policy__training__places=1500, months=12, sample=SAMPLE)
    assert model.setting.policy.training.places == 1500
    scenario = with_overrides("linked", {"policy__training__class_size": np.int64(25)})
    assert scenario.policy.training.class_size == 25
    with pytest.raises(ScenarioError, match=r"policy\.training\.placs: found an unknown key"):
        CountyModel(policy__training__placs=1)
    with pytest.raises(ScenarioError, match="sampel: found an unknown key"):
        CountyModel(sampel=0.1)
    with pytest.raises(TypeError, match="give the scenario's name"):
        CountyModel(load_scenario("baseline"), policy__training__places=1)
    with pytest.raises(ValueError, match="sample: found 2"):
        CountyModel(sample=2)
    assert CountyModel(load_scenario("linked"), sample=SAMPLE, months=12).setting.name == "linked"


def test_a_whole_number_as_generator_is_the_replicate() -> None:
    assert CountyModel(sample=SAMPLE, months=12, rng=3).replicate == 3
    assert CountyModel(sample=SAMPLE, months=12, rng=3, replicate=1).replicate == 1
    assert CountyModel(sample=SAMPLE, months=12, rng=np.random.default_rng(3)).replicate == 0


class Watched(CountyModel):
    """Collects one indicator, and attributes of agents."""

    model_reporters = {"away": "away", "workers": lambda model: len(model.rows(MigrantWorker))}
    agent_reporters = {"township": "township"}
    agenttype_reporters = {MigrantWorker: {"state": "state"}, Firm: {"phase": "phase"}}


def test_data_collector() -> None:
    model = Watched(sample=SAMPLE, months=12)
    model.run()
    table = model.datacollector.get_model_vars_dataframe()
    assert table.away.tolist() == model.monthly.away.tolist()
    agents = model.datacollector.get_agent_vars_dataframe()
    assert "in the cities" in set(agents.township)
    workers = model.datacollector.get_agenttype_vars_dataframe(MigrantWorker)
    assert (workers.loc[12].state == "AWAY").sum() / SAMPLE == pytest.approx(model.away)
    assert agents.index.get_level_values(0).unique().tolist() == list(range(1, 13))


def test_batch_run() -> None:
    parameters = {
        "policy__training__places": [0, 3000], "replicate": [0, 1], "sample": SAMPLE, "months": 12,
    }  # fmt: skip
    found = mesa.batch_run(CountyModel, parameters, number_processes=1, display_progress=False)
    rows = sorted((x["policy__training__places"], x["replicate"], x["trained"]) for x in found)
    assert [row[:2] for row in rows] == [(0, 0), (0, 1), (3000, 0), (3000, 1)]
    for places, replicate, trained in rows:
        overrides = {"policy.training.places": places}
        run = simulate(
            load_scenario("baseline", overrides), replicate=replicate, sample=SAMPLE, months=12
        )
        assert run.monthly.trained.iloc[-1] == trained


def test_network(model: CountyModel) -> None:
    graph = model.network()
    workers = model.agents_by_type[MigrantWorker]
    assert graph.number_of_nodes() == len(workers)
    assert nx.number_of_selfloops(graph) == 0
    layers = set(nx.get_edge_attributes(graph, "layer").values())
    assert layers == set(r.LAYERS)
    for worker in workers.select(at_most=50):
        assert sorted(graph[worker.id]) == sorted(tie.id for tie in worker.ties)
        assert graph.nodes[worker.id]["state"] == worker.state
    for a, b, data in graph.edges(data=True):
        assert data["layer"] == data["layers"].split()[0]
        if data["layer"] == "household":
            assert graph.nodes[a]["township"] == graph.nodes[b]["township"]


@pytest.mark.parametrize("kind", ["graphml", "gexf"])
def test_network_in_files(kind: str, tmp_path: Path) -> None:
    graph, path = CountyModel(sample=0.0005, months=1).network(), tmp_path / f"ties.{kind}"
    getattr(nx, f"write_{kind}")(graph, path)
    again = getattr(nx, f"read_{kind}")(path, node_type=int)
    assert set(again) == set(graph) and again.number_of_edges() == graph.number_of_edges()
    for a, b, data in graph.edges(data=True):
        assert again.edges[a, b]["layers"] == data["layers"]
        assert again.nodes[a]["state"] == graph.nodes[a]["state"]


ITERATIONS = f"""
import mesa
from returnee.scenarios import load_scenario
from returnee.simulation.model import CountyModel

class Mine(CountyModel):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)

def rows(processes):
    places = int(load_scenario("linked").policy.training.places)
    found = mesa.batch_run(
        Mine,
        {{"scenario": "linked", "policy__training__places": [0, places], "sample": {SAMPLE},
          "months": 6}},
        iterations=3, number_processes=processes, display_progress=False,
    )
    found.sort(key=lambda x: (x["iteration"], x["policy__training__places"]))
    return [(x["iteration"], min(x["policy__training__places"], 1000), x["jobs"]) for x in found]

if __name__ == "__main__":
    print(rows(2))
"""


def test_iterations_are_replicates(tmp_path: Path, libraries: Nursery) -> None:
    runs = [simulate("linked", replicate=k, sample=SAMPLE, months=6) for k in range(3)]
    jobs = [float(run.monthly.jobs.iloc[-1]) for run in runs]
    assert len(set(jobs)) == 3
    here: dict[str, Any] = {"__name__": "here"}
    exec(ITERATIONS, here)  # noqa: S102
    found = here["rows"](1)
    assert [row[:2] for row in found] == [(k, places) for k in range(3) for places in (0, 1000)]
    assert [row[2] for row in found[1::2]] == jobs
    script = tmp_path / "batch.py"  # processes are spawned, which needs a main module
    script.write_text(ITERATIONS, encoding="utf-8")
    assert libraries.run(script).strip() == str(found)


def test_a_replicate_that_is_given_stands() -> None:
    """A seed of Mesa's, by either name, is the replicate; iterations do not change it."""
    first = simulate("baseline", replicate=5, sample=SAMPLE, months=3).monthly
    for given in ({"seed": 5}, {"rng": 5}, {"replicate": 5}, {"rng": np.int64(5)}):
        parameters = {"sample": SAMPLE, "months": 3, **given}
        assert CountyModel(**parameters).run().monthly.equals(first)
        found = mesa.batch_run(CountyModel, parameters, iterations=2, display_progress=False)
        assert [row["jobs"] for row in found] == [first.jobs.iloc[-1]] * 2
    seeded = mesa.batch_run(
        CountyModel, {"sample": SAMPLE, "months": 3, "seed": [3, 5]}, display_progress=False
    )
    assert seeded[0]["jobs"] != seeded[1]["jobs"] == first.jobs.iloc[-1]
    with pytest.raises(ValueError, match="found both rng and seed"):
        CountyModel(sample=SAMPLE, months=3, rng=1, seed=2)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"months": "12"}, "months: found '12', allowed a whole number from 1 to 600"),
        ({"months": 12.0}, "months: found 12.0, allowed a whole number"),
        ({"replicate": True}, "replicate: found true, allowed a whole number"),
        ({"seed_key": 1.9}, "seed: found 1.9, allowed a whole number"),
        ({"sample": "0.1"}, "sample: found '0.1', allowed above 0 up to 1"),
    ],
)
def test_arguments_of_the_wrong_kind(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CountyModel(**{"sample": SAMPLE, "months": 12, **given})


def test_solara() -> None:
    solara = pytest.importorskip("solara")
    visualization = pytest.importorskip("mesa.visualization", exc_type=ImportError)
    if mesa.__version__.startswith("3.3") and not hasattr(solara.v, "TabsItems"):
        pytest.skip("Mesa 3.3 draws pages with ipyvuetify below 3 only")
    model = CountyModel(sample=SAMPLE, months=12)
    page = visualization.SolaraViz(
        model,
        components=[visualization.make_plot_component("away"), Counted],
        model_params={
            "policy__training__places": visualization.Slider("places", 1000, 0, 3000, 100),
            "scenario": "linked",
            "sample": SAMPLE,
            "months": 12,
        },
        name="County",
    )
    box, context = solara.render(page, handle_error=False)
    try:
        assert "months lived: 0, baseline" in texts(box)
    finally:
        context.close()


def test_solara_steps_and_resets() -> None:
    solara = pytest.importorskip("solara")
    viz = pytest.importorskip("mesa.visualization.solara_viz", exc_type=ImportError)
    model = solara.reactive(CountyModel(sample=SAMPLE, months=12))
    parameters = {"scenario": "linked", "sample": SAMPLE, "months": 13}
    settings = {"play_interval": 100, "render_interval": 1, "use_threads": False}
    controls = viz.ModelController(
        model,
        model_parameters=solara.reactive(parameters),
        **{name: solara.reactive(value) for name, value in settings.items()},
    )
    box, context = solara.render(controls, handle_error=False)
    try:
        click(box, "Step")
        assert model.value.month == 1 and model.value.setting.name == "baseline"
        click(box, "Reset")
        assert model.value.month == 0 and model.value.setting.name == "linked"
        assert model.value.months == 13
    finally:
        context.close()


def Counted(model: CountyModel) -> Any:
    """Show the month."""
    import solara

    return solara.Text(f"months lived: {model.month}, {model.setting.name}")


def widgets(box: Any) -> list[Any]:
    """A rendered box and every widget in it."""
    seen, rest = [], [box]
    while rest:
        widget = rest.pop()
        seen.append(widget)
        inner = [*getattr(widget, "children", []), *(getattr(widget, "items", None) or [])]
        rest += [c for c in inner if hasattr(c, "children") or hasattr(c, "items")]
    return seen


def texts(box: Any) -> str:
    """What a rendered box says."""
    inner = (c for w in widgets(box) for c in getattr(w, "children", []))
    return "\n".join(c for c in inner if isinstance(c, str))


def click(box: Any, label: str) -> None:
    """Click the button with a label."""
    (button,) = [w for w in widgets(box) if label in getattr(w, "children", ())]
    button.click()
