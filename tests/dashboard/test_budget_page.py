"""Budget: searches stored and made on the page, what a mix shows, and where it opens."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import solara

from returnee.dashboard import settings
from returnee.dashboard.app import OPTIONS, PAGES
from returnee.dashboard.content.budget_views import Views
from returnee.dashboard.live import budgets
from returnee.dashboard.live.asking import Job, Shown, follow
from returnee.dashboard.live.budgets import Searched, known, opened, read
from returnee.dashboard.live.pool import Asker, Stopped
from returnee.dashboard.live.stored import SHIPPED
from returnee.dashboard.pages.budget import Budget, act, chosen_of, perform
from returnee.dashboard.texts import FOLDER, words
from returnee.dashboard.visitor.place import Arrival, Place, address_of, arrive
from returnee.dashboard.visitor.session import Session
from returnee.experiments.running.options import RunSettings
from returnee.experiments.studies.points.budget import Budget as Outcome
from returnee.experiments.studies.points.budget import Effort, budget, plain_of, write_plain
from returnee.simulation.fingerprint import fingerprint

TINY: dict[str, Any] = {
    "EFFORT": Effort(trials=10, population=10, keep=2, worlds=2, replicates=2),
    "SETTINGS": RunSettings(sample=0.002, months=48), "RUNS": 32,
}  # fmt: skip
LEVERS = [
    "policy.training.places",
    "policy.incubation.rent_share",
    "policy.linkage.contest_opens_credit",
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A tiny search."""
    from returnee.scenarios import levers

    named = [lever.key for lever in levers if lever.key in LEVERS]
    return budget(
        9e6, levers=named, trials=10, population=10, keep=2, worlds=2, replicates=2, sample=0.002,
        months=12, out=tmp_path_factory.mktemp("budget") / "search",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def apart() -> Iterator[None]:
    """Leave no search and no folder behind."""
    yield
    budgets.FOUND.clear()
    settings.RESULTS.clear()


def searched(made: Outcome) -> Searched:
    """The tiny search as the page reads it, through JSON."""
    return read(json.loads(json.dumps(plain_of(made))))


def session_of(**changes: Any) -> Session:
    """A visitor on the page."""
    return Session(Arrival(Place(page="budget").but(**changes), ()))


def texts_in(widget: Any) -> Iterator[str]:
    """HTML of a widget and all within it."""
    yield str(getattr(widget, "unsafe_innerHTML", "") or "")
    for child in getattr(widget, "children", ()):
        if isinstance(child, str):
            yield child
        else:
            yield from texts_in(child)


def test_what_ships_can_be_read_and_is_small() -> None:
    files = list(SHIPPED.glob(budgets.PATTERN))
    assert files and sum(file.stat().st_size for file in files) < 300_000
    for file in files:
        found = read(json.loads(file.read_text(encoding="utf-8")))
        assert found.command.startswith("returnee budget --per-year ")
        assert any(candidate.front for candidate in found.candidates)
    assert len(known()) == len(files)


def test_stored_figures_are_those_of_the_search(made: Outcome) -> None:
    found = searched(made)
    assert found.current and found.cap == 9e6
    for k, candidate in enumerate(found.candidates):
        for j, name in enumerate(found.objectives):
            assert candidate.outcomes[name][0] == pytest.approx(made.table[name].iloc[k], rel=1e-5)
            by_set = made.values[k, :, :, j].mean(axis=1) - made.values[-1, :, :, j].mean(axis=1)
            versus = candidate.versus["baseline"][name]
            assert versus.difference == pytest.approx(by_set.mean(), rel=1e-4, abs=1e-6)
            assert versus.share == np.mean(by_set > 0.0)
            assert candidate.regret[name][0] == pytest.approx(
                made.regret[k, :, j].max(), rel=1e-4, abs=1e-9
            )
        total = made.by_programme[k].sum()
        assert sum(candidate.programmes.values()) == pytest.approx(total, abs=25)


def test_results_given_stand_before_those_that_ship(made: Outcome, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    write_plain(tmp_path / "mine" / "budget.json", made)
    settings.RESULTS["folder"] = tmp_path
    assert list(known()) == [9_000_000]
    (tmp_path / "mine" / "budget.json").write_text("{", encoding="utf-8")
    assert 9_000_000 not in known() and known()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c.update(objectives=["none"]),
        lambda c: c.update(mixes=[]),
        lambda c: c["mixes"][0]["levers"].update({"policy.none": 1}),
        lambda c: c["mixes"][0]["levers"].update({"policy.training.places": -5}),
        lambda c: c["mixes"][0]["outcomes"].update(jobs=[1.0]),
        lambda c: c.pop("command"),
    ],
)
def test_what_is_no_search_is_refused(made: Outcome, spoil: Any) -> None:
    content = plain_of(made)
    spoil(content)
    with pytest.raises(ValueError, match="found|objectives"):
        read(content)


def test_a_mix_opens_in_explore_with_its_levers_and_cap(made: Outcome) -> None:
    found = searched(made)
    usual = found.candidates[-1]
    assert set(opened(found, usual, "", Place()).mix.levers) == {"policy.budget.cap"}
    for candidate in found.candidates:
        place = opened(found, candidate, "Mix", Place())
        back = arrive(address_of(place), tuple(PAGES), (place.chart,), options=OPTIONS)
        assert back.ignored == () and back.place.mix == place.mix and place.page == "explore"
        policy = place.mix.scenario().policy
        assert policy.training.places == candidate.levers["policy.training.places"]
        assert policy.budget.cap == 9e6


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_ranges_that_hold_zero_are_said_to_tell_nothing(made: Outcome, lang: str) -> None:
    found = searched(made)
    views = Views(found, lang)
    unclear = words(lang)["budget"]["cant"].split("{")[0]
    usual = found.usual()
    spent = {name: yuan + found.cap for name, yuan in usual.programmes.items()}
    assert views.about(usual) == "" and views.about(replace(usual, name="Z", programmes=spent))
    for candidate in found.candidates[:-1]:
        assert views.named(candidate).startswith(views.name(candidate))
        for name, row in zip(found.objectives, views.outcomes(candidate)):
            told = candidate.versus["baseline"][name].told
            assert (row["sure"].startswith(unclear) if unclear else True) == (told == 0)
            assert bool(row["side"]) == (told != 0)


def test_charts_hold_their_tables_and_every_mix_once(made: Outcome) -> None:
    found = searched(made)
    spec = Views(found, "en").front(1, 0)
    keys = sorted(point["key"] for group in spec["series"] for point in group["data"])
    assert keys == list(range(len(found.candidates))) and spec["picks"]
    assert all(len(row) == len(spec["columns"]) for row in spec["rows"])
    assert all(len(row) == len(spec["csv_columns"]) for row in spec["csv"])
    bars = Views(found, "zh").spending(found.candidates[0])
    assert len(bars["series"]) == 2 and len(bars["rows"]) == len(bars["names"])


def test_an_address_asks_for_any_budget_and_the_nearest_is_shown() -> None:
    arrival = arrive("v=1&page=budget&o.yearly=17&o.mix=x", tuple(PAGES), ("jobs",), None, OPTIONS)
    assert arrival.ignored == ("o.mix=x",)
    assert chosen_of(arrival.place, known()) == min(known())
    assert chosen_of(arrival.place, {}) is None


@pytest.mark.parametrize("query", [{}, {"mix": "99", "pair": "99"}, {"yearly": "999999999"}])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_is_drawn_whatever_the_address_asks_for(lang: str, query: dict[str, str]) -> None:
    session = session_of(lang=lang)
    session.choose(**query)
    text = words(lang)["budget"]
    box, drawn = solara.render(Budget(session), handle_error=False)
    try:
        shown = "".join(texts_in(box))
        assert text["heading"] in shown and text["from"] in shown and "<table>" in shown
        assert (text["unknown"].split("{")[0] in shown) == ("yearly" in query)
    finally:
        drawn.close()


def test_a_search_on_the_page_is_kept_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in TINY.items():
        monkeypatch.setattr(budgets, name, value)
    session, job = session_of(), Job("search", 7_000_000)
    shown: list[Shown[Searched]] = []
    follow(job, lambda asker: perform(session, job, asker), lambda: True, shown.append)
    assert not shown[-1].busy and shown[-1].error is None
    assert session.place.value.option("yearly", "") == "7000000"
    assert known()[7_000_000].current and fingerprint()
    command = known()[7_000_000].command
    assert "--per-year 7000000" in command and "--sample 0.002" in command


def test_a_search_that_nobody_waits_for_stops() -> None:
    with pytest.raises(Stopped):
        budgets.search(7_000_000, Asker(lambda: False))
    assert 7_000_000 not in budgets.FOUND


def test_controls_take_only_what_is_allowed() -> None:
    session = session_of(lang="zh")
    job: solara.Reactive[Job | None] = solara.reactive(None)
    act(session, job, {"key": "own", "value": 1200})
    assert session.place.value.option("yearly", "") == "12000000"
    for value in (0, 1e12, float("nan")):
        act(session, job, {"key": "own", "value": value})
        assert session.place.value.option("yearly", "") == "12000000" and session.notices.value
    act(session, job, {"key": "search", "value": True})
    assert job.value is not None and job.value.of == 12_000_000
    act(session, job, {"key": "cancel", "value": True})
    assert job.value is None


def test_words_are_equal_in_both_languages() -> None:
    texts = [tomllib.loads((FOLDER / "texts" / f"{k}.toml").read_text())["budget"] for k in ("en", "zh")]  # fmt: skip
    assert texts[0].keys() == texts[1].keys()
    for key, line in texts[0].items():
        if isinstance(line, str):
            places = [sorted(set(re.findall(r"{(\w+)}", t[key]))) for t in texts]
            assert places[0] == places[1], key


def test_the_mix_shown_first_is_the_one_of_least_regret(made: Outcome) -> None:
    found = searched(made)
    worst = [max(pair[0] for pair in c.regret.values()) for c in found.candidates]
    assert worst[found.safest()] == min(worst)
    name = Views(found, "en").name(found.candidates[found.safest()])
    assert any(name in line for line in Views(found, "en").in_short(found.usual()))
