"""The answer in words, why it is so, what was tried, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import solara

from returnee.dashboard.content import chain, papers, tried, uncertain
from returnee.dashboard.content.contrast import RANKED, Contrast
from returnee.dashboard.content.facts import HEADLINES, facts, headline
from returnee.dashboard.content.levers import MAIN
from returnee.dashboard.live.answers import (
    MOVED,
    REFERENCE,
    Answer,
    answer_of,
    last_move,
    lined_up,
)
from returnee.dashboard.live.pool import Asker
from returnee.dashboard.live.runs import cubes, kept_of
from returnee.dashboard.pages.compare import Kept
from returnee.dashboard.pages.explore import save, usual_title
from returnee.dashboard.texts import words
from returnee.dashboard.visitor import files
from returnee.dashboard.visitor.place import LEVERS, Arrival, Mix, Place
from returnee.dashboard.visitor.session import Session
from returnee.experiments.measuring.chains import CHAINS
from returnee.experiments.measuring.measures import MEASURES
from returnee.experiments.running.options import RunSettings
from returnee.experiments.statistics.effects import INDEX
from returnee.scenarios import ScenarioError

TINY = RunSettings(seed=1, sample=0.002, months=12)
LANGS = ("en", "zh")


def answer_for(place: Place, replicates: int = 3) -> Answer:
    """A tiny answer with chains and persons."""
    plan, cube = next(cubes(lined_up(place), REFERENCE, Asker(), TINY, (replicates,)))
    return answer_of(plan, cube, kept=kept_of(plan))


@pytest.fixture(scope="module")
def found() -> Answer:
    """Today's policy with more training, against today's."""
    return answer_for(Place(mix=Mix("baseline").moved("policy.training.places", 3000)))


@pytest.mark.parametrize("lang", LANGS)
def test_the_sentence_names_every_headline_once(found: Answer, lang: str) -> None:
    line, text = headline(found, lang, "A", "B"), words(lang)["headline"]
    assert line.startswith("A") or "“A”" in line
    for name in HEADLINES:
        ways = [text[name][kind].split("{much}") for kind in ("noun", "more", "less")]
        assert any(all(part in line for part in way) for way in ways), name
    assert "rural_income" in HEADLINES and len(HEADLINES) == 5
    assert all(fact.sure for fact in facts(found, lang))


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("pillar", CHAINS)
def test_every_step_has_a_rule_and_reasons(found: Answer, pillar: str, lang: str) -> None:
    view = chain.view(found, pillar, "granted", lang, ["A", "B"])
    assert [step["key"] for step in view["steps"]] == list(CHAINS[pillar]) and view["binds"]
    for step in view["steps"]:
        assert step["share"] is None or 0.0 <= step["share"] <= 1.0
        rule, hangs = chain.rule(found, pillar, step["key"], lang)
        assert rule and all(row.value and row.basis for row in hangs)
        assert all(len(row) == 3 for row in chain.reasons(found, pillar, step["key"], lang))


def test_rules_name_levers_that_there_are() -> None:
    assert {key for keys in chain.RULES.values() for key in keys} <= set(LEVERS)
    steps = {f"{name}.{step}" for name, of in CHAINS.items() for step in of}
    assert set(chain.RULES) <= steps | set(chain.STEPS)
    assert set(MAIN) <= set(LEVERS) and 8 <= len(MAIN) <= 12


@pytest.mark.parametrize("lang", LANGS)
def test_what_would_be_there_anyway_and_who_pays_is_said(found: Answer, lang: str) -> None:
    rows = chain.worth(found, lang)
    assert len(rows) == 3 and all(line for _, line in rows)
    supported, anyway = found.by_person[:, 0], found.by_person[:, 1]
    assert (anyway <= supported).all()


def test_a_move_that_changes_nothing_is_no_difference(found: Answer) -> None:
    same = last_move(found, found)
    row = same.by_measure[MOVED]["jobs"]
    assert row["difference"] == 0.0 and row["low"] == row["high"] == 0.0
    assert tried.changed(same, "en") == words("en")["tried"]["nothing"]


def test_a_move_is_told_in_words() -> None:
    old = Place()
    new = old.but(mix=old.mix.moved("policy.training.places", 2000))
    assert tried.move(old.moves(), new.moves(), "en") == "Training places: 2,000 people/yr"
    assert "Training places as in" in tried.move(new.moves(), old.moves(), "en")
    assert "2,000" in tried.move(old.moves(), new.moves(), "zh")
    other = new.but(mix=Mix("siloed"), against="no_support")
    told = tried.move(new.moves(), other.moves(), "en")
    assert "Siloed" in told and "No support" in told
    many = Mix(levers=MappingProxyType(dict.fromkeys(MAIN[:5], 1)))
    assert "2 more" in tried.move(old.moves(), (many, "baseline", "one"), "en")


def test_moves_are_undone_and_done_again() -> None:
    session = Session(Arrival(Place(), ()))
    first = session.place.value.moves()
    session.set_mix(session.place.value.mix.moved("policy.training.places", 2000))
    second = session.place.value.moves()
    session.go(chart="jobs", against="no_support")
    session.undo()
    assert session.place.value.moves() == second and session.place.value.chart == "jobs"
    session.undo()
    assert session.place.value.moves() == first and not session.past
    session.undo()
    session.redo()
    assert session.place.value.moves() == second
    session.go(against="siloed")  # another way: what was undone is gone
    assert not session.future
    session.redo()
    assert session.place.value.against == "siloed"


def test_what_was_tried_is_listed_once_the_last_first(found: Answer) -> None:
    session, place = Session(Arrival(Place(), ())), Place()
    other = place.but(mix=place.mix.moved("policy.training.places", 3000))
    for one in (place, other, place):
        session.note(tried.tried(one, found, other.moves(), None))
    assert [row.asked for row in session.tried.value] == [place.moves(), other.moves()]
    assert all(row.found[lang] for row in session.tried.value for lang in LANGS)


def test_a_policy_is_kept_under_a_name_and_comes_back_from_the_browser() -> None:
    session = Session(Arrival(Place(mix=Mix().moved("policy.training.places", 2000)), ()))
    save(session, "My ~plan=")
    save(session)
    titles = [mix.title for mix in session.place.value.saved]
    assert titles[0].split() == ["My", "plan"] and titles[1] != titles[0]
    assert set(titles) <= set(session.place.value.compared)
    assert usual_title(session.place.value) not in titles
    text = files.exported(session.place.value.saved)
    data = {"name": "a.json", "size": len(text), "text": text}
    assert files.imported(data, "en") == list(session.place.value.saved)
    other = Session(Arrival(Place(), ()))
    other.restored(["nonsense", 7, "x~no_such~1", "mine~linked~1~training.places=1500"])
    assert [mix.title for mix in other.place.value.saved] == ["mine"] and other.keeps.value is True


@pytest.mark.parametrize("text", ["", "[]", "{", '{"scenarios": 3}', '{"scenarios": ["x"]}', None])
def test_a_file_without_scenarios_is_refused_in_one_line(text: str | None) -> None:
    with pytest.raises(ScenarioError) as caught:
        files.imported({"name": "a.json", "text": text}, "zh")
    assert "a.json" in str(caught.value) and "\n" not in str(caught.value)


def texts_in(widget: Any) -> Iterator[str]:
    """HTML of a widget and all within it."""
    yield str(getattr(widget, "unsafe_innerHTML", "") or "")
    for child in getattr(widget, "children", None) or ():
        yield from [child] if isinstance(child, str) else texts_in(child)


@pytest.mark.parametrize("lang", LANGS)
def test_a_browser_that_keeps_nothing_is_said_to(lang: str) -> None:
    session = Session(Arrival(Place(lang=lang), ()))
    for kept, said in (([], "note"), (None, "off")):
        session.restored(kept)
        box, drawn = solara.render(Kept(session), handle_error=False)
        try:
            assert words(lang)["kept"][said] in "".join(texts_in(box))
        finally:
            drawn.close()
    save(session, "mine")
    assert session.notices.value[1:] == (words(lang)["kept"]["off"],)


def split_with(sets: np.ndarray, off: float) -> uncertain.Split:
    """Differences of which luck, sets and mechanisms are known."""
    luck = np.tile(np.random.default_rng(2).normal(100.0, 40.0, 40)[:, None], (1, len(MEASURES)))
    runs = np.random.default_rng(3).normal(0.0, 40.0, (12, 2, 1))
    each = np.tile(100.0 + sets[:, None, None] + runs, (1, 1, len(MEASURES)))
    mechanisms = dict.fromkeys(uncertain.SWITCHES, luck[:6] + off)
    return uncertain.Split(luck, each, np.full(12, 1.0 / 12.0), mechanisms)


def test_uncertainty_is_split() -> None:
    wide = np.linspace(-600.0, 600.0, 12)
    rows = uncertain.ranges(split_with(wide, 0.0), "jobs")
    size = {key: high - low for key, (_, low, high) in rows.items()}
    assert size["parameters"] > size["luck"] > size["structure"] == 0.0
    line = uncertain.line(split_with(0.0 * wide, 900.0), "jobs", "en")
    assert words("en")["uncertain"]["of_line"]["structure"] in line
    spec = uncertain.drawn(split_with(wide, 0.0), "jobs", "zh")
    assert len(spec["names"]) == 3 + len(uncertain.SWITCHES) == len(spec["rows"])
    marks = spec["series"][0]["data"]
    assert marks[1] and marks[2] is None and marks[3]  # a spread that luck alone shows has no mark


def test_a_paper_has_each_figure_under_its_own_policy() -> None:
    place = Place(mix=Mix("no_support"))
    plan, cube = next(cubes(lined_up(place), REFERENCE, Asker(), TINY, (3,)))
    answer = answer_of(plan, cube)
    assert list(answer.plan.scenarios) == [MOVED, REFERENCE]  # the page has the policy first
    found = papers.reference_first(answer)
    assert list(found.plan.scenarios) == list(found.cube.labels) == [REFERENCE, MOVED]
    np.testing.assert_array_equal(found.cube.values, cube.values[::-1])
    assert found.by_measure[MOVED]["jobs"] == answer.by_measure[MOVED]["jobs"]


def test_policies_that_spend_alike_are_ranked() -> None:
    names = ("siloed", "linked", "no_support")
    scenarios = {k: Mix(k).scenario().with_(name=k) for k in names}
    plan, cube = next(cubes(scenarios, "siloed", Asker(), TINY, (3,)))
    cube.values[1, :, INDEX["public_cost"]] = cube.values[0, :, INDEX["public_cost"]]
    content = Contrast(answer_of(plan, cube), "en")
    assert content.alike == ["siloed", "linked"]
    ranked = content.ranks_alike()
    assert [name for name, _ in ranked] == ["Siloed", "Linked"]
    assert all(len(cells) == len(RANKED) and all(cell[1] for cell in cells) for _, cells in ranked)
    assert any(label == "Referral with the file" for label, _ in content.lever_rows())
    assert all(title and told for title, told in content.described())
    assert len(content.gaps("jobs")["names"]) == 2
