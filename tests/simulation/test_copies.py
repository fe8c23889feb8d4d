"""Copies and pickles of a county live by themselves, here and in other processes."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from processes import Nursery

from returnee.simulation import simulate
from returnee.simulation.agents import MigrantWorker
from returnee.simulation.engine.bundle import WORDS, Bundle
from returnee.simulation.model import CountyModel
from returnee.simulation.start.history import advance
from returnee.simulation.state.county import County

MONTHS = 12


def by_cloudpickle(thing: Any) -> Any:
    return pickle.loads(pytest.importorskip("cloudpickle").dumps(thing))


def out_of_band(thing: Any) -> Any:
    """As libraries that share memory do: the buffers come back read-only."""
    buffers: list[pickle.PickleBuffer] = []
    data = pickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(data, buffers=[bytes(buffer) for buffer in buffers])


WAYS = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda thing: pickle.loads(pickle.dumps(thing)),
    "oldest pickle": lambda thing: pickle.loads(pickle.dumps(thing, protocol=2)),
    "out of band": out_of_band,
    "cloudpickle": by_cloudpickle,
}


@pytest.fixture
def model() -> CountyModel:
    """A county that has lived three months."""
    county = CountyModel("linked", sample=0.002, months=MONTHS, rng=3)
    for _ in range(3):
        county.step()
    return county


def addresses(county: County) -> list[int]:
    return [array.ctypes.data for array in county.arrays()]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_copy_of_a_model_lives_by_itself(model: CountyModel, way: Any) -> None:
    before = model.county.workers.copy()
    copied = way(model)
    assert copied.county.table[::WORDS].tolist() == addresses(copied.county)
    assert not set(addresses(copied.county)) & set(addresses(model.county))
    copied.step()
    assert (model.month, copied.month) == (3, 4)
    assert np.array_equal(model.county.workers, before)
    assert copied.steps == 4 and model.steps == 3
    there, here = copied.run(), model.run()
    assert there.monthly.equals(here.monthly) and there.workers.equals(here.workers)
    collected = copied.datacollector.get_model_vars_dataframe()
    assert collected.equals(model.datacollector.get_model_vars_dataframe())
    assert copied.random.random() == model.random.random()


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_agents_belong_to_the_copy(model: CountyModel, way: Any) -> None:
    model.oldest = max(model.agents_by_type[MigrantWorker], key=lambda agent: agent.age)
    model.chosen = model.agents_by_type[MigrantWorker].select(at_most=5)
    copied = way(model)
    assert copied.oldest.model is copied and model.oldest.model is model
    assert copied.oldest is copied.view(MigrantWorker, model.oldest.row)
    assert {agent.model for agent in copied.chosen} == {copied}
    assert {agent.model for agent in copied.agents} == {copied}
    assert len(copied.agents) == len(model.agents)


def kinds_of(kind: type) -> list[type]:
    return [kind, *(inner for sub in kind.__subclasses__() for inner in kinds_of(sub))]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_every_bundle_knows_its_own_arrays(model: CountyModel, way: Any) -> None:
    assert kinds_of(Bundle) == [Bundle, County]  # other kinds are to be tried here
    copied = way(model.county)
    assert type(copied) is County
    assert copied.table[::WORDS].tolist() == addresses(copied)
    assert all(array.flags.writeable for array in copied.arrays())
    for mine, its in zip(model.county.arrays(), copied.arrays(), strict=True):
        assert type(mine) is type(its) and mine.dtype == its.dtype
        assert np.array_equal(mine, its) and not np.shares_memory(mine, its)
    assert advance(copied, 5).clock.month == 5 and model.month == 3


def test_a_replaced_array_is_the_new_countys(model: CountyModel) -> None:
    other = model.county.with_arrays(clock=model.county.by_name()["clock"].copy())
    assert other.table[::WORDS].tolist() == addresses(other)


def test_a_pickled_model_goes_on_in_another_process(
    model: CountyModel, tmp_path: Path, libraries: Nursery
) -> None:
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(model))
    script = "import pickle, sys\nmodel = pickle.load(open(sys.argv[1], 'rb'))\nmodel.run()\n"
    script += "print(model.month, model.monthly.to_numpy().tobytes().hex())"
    words = ("-c", tmp_path / "model.pickle")
    month, monthly = libraries.run(*words, code=script).split()
    assert (
        int(month) == MONTHS and bytes.fromhex(monthly) == model.run().monthly.to_numpy().tobytes()
    )


def test_a_run_can_be_kept_and_shown() -> None:
    run = simulate("linked", sample=0.002, months=MONTHS)
    assert repr(run) == "Run('linked', replicate=0, seed=1, sample=0.002, months=12)"
    assert "<table" in run._repr_html_() and len({run, run}) == 1
    again = pickle.loads(pickle.dumps(run))
    assert again.monthly.equals(run.monthly) and again.paths.equals(run.paths)
    assert again.county.table[::WORDS].tolist() == addresses(again.county)


def test_a_county_hands_out_records(model: CountyModel) -> None:
    county = model.county
    for name in ("clock", "behaviour", "facts"):
        assert np.shares_memory(getattr(county, name), county.by_name()[name]), name
    assert county.clock.month == 3
    assert county.now == county.months[3] and county.policy == county.policies[3]
    county.clock.month = -5  # the history's months share a row
    assert county.now == county.months[0] and county.policy == county.policies[0]
    with pytest.raises(TypeError, match="found a record, allowed its array"):
        replace(county, due=county.due)
