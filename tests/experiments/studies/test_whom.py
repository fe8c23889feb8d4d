"""Whom a policy changed: nobody where nothing changes, sums that close, stories that say what is."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from returnee import Comparison, compare
from returnee.experiments.commands.app import app
from returnee.experiments.keys import Task
from returnee.experiments.measuring.people import PAID, people_of
from returnee.experiments.reports import compare as comparison
from returnee.experiments.reports.compare import Page
from returnee.experiments.running import jobs as executors
from returnee.experiments.statistics.persons import OUTCOMES, PROGRAMMES, SIGNS, STEPS, sums_of
from returnee.experiments.studies.stories.choice import KINDS, members, most_like
from returnee.experiments.studies.stories.life import LIFE, Pair
from returnee.experiments.studies.stories.watch import lives_in
from returnee.experiments.studies.stories.words import parting, people_words, story, story_lines
from returnee.experiments.studies.whom import quotient, told_quotient
from returnee.scenarios import load_scenario
from returnee.simulation import Run, simulate

SIZE: dict[str, Any] = {"sample": 0.006, "months": 36}


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    names = ("baseline", "linked", "no_support")
    return {name: simulate(name, replicate=1, **SIZE) for name in names}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    folder = tmp_path_factory.mktemp("whom") / "a"
    return compare(["linked", "baseline"], "no_support", replicates=3, people=2, out=folder, **SIZE)


def net(found: Comparison, scenario: str, outcome: str) -> float:
    rows = found.whom.counts  # type: ignore[union-attr]
    here = (rows["scenario"] == scenario) & (rows["outcome"] == outcome)
    return float(
        rows[here & (rows["dimension"] == "all") & (rows["change"] == "net")]["mean"].iloc[0]
    )


@pytest.mark.parametrize("name", ["baseline", "linked", "no_support"])
def test_persons_add_up_to_the_indicators(runs: dict[str, Run], name: str) -> None:
    run = runs[name]
    people, monthly = people_of(run).to_pandas(), run.monthly
    scaled = people[["returns", "registrations", "owner", "employed", "jobs"]].sum() / run.sample
    assert scaled["returns"] == pytest.approx(monthly["returns"].sum(), rel=1e-12)
    assert scaled["registrations"] == pytest.approx(monthly["registrations"].sum(), rel=1e-12)
    assert scaled["owner"] == pytest.approx(monthly["firms_open"].iloc[-1], rel=1e-12)
    for column in ("employed", "jobs"):
        assert scaled[column] == pytest.approx(monthly["jobs"].iloc[-1], rel=1e-12)
    paid, ledger = people[list(PAID)].sum() / 100.0 / run.sample, run.ledger.sum()
    for programme in set(PAID) - {
        "contests"
    }:  # the ledger of contests holds their running cost too
        assert paid[programme] == pytest.approx(ledger[programme], abs=0.01), programme
    assert (people["support"] & 1).sum() / run.sample == pytest.approx(monthly["trained"].sum())


def test_persons_of_a_sample_with_few_people(tmp_path: Path) -> None:
    """At least 50 are drawn; they are scaled by what they are of the labour force."""
    names, few = ("linked", "no_support"), {"county.labour_force": 1000}
    linked, reference = (load_scenario(name, few) for name in names)
    small = compare(
        [linked], reference, replicates=2, people=2, out=tmp_path / "few", sample=0.01, months=24
    )
    last = small.runs[small.runs["month"] == 24].pivot_table(
        index=["scenario", "replicate"], columns="indicator", values="value", observed=True
    )
    assert last["labour_force"].between(800, 1100).all()  # as ages make it
    manifest = json.loads((tmp_path / "few" / "manifest.json").read_text("utf-8"))
    assert {about["share"] for about in manifest["scenarios"].values()} == {0.05}
    for outcome, indicator in (("owner", "firms_open"), ("employed", "jobs")):
        change = (last.loc["linked"] - last.loc["no_support"]).mean()[indicator]
        assert net(small, "linked", outcome) == pytest.approx(change, abs=1e-6)


def test_net_is_the_difference_of_the_indicator(found: Comparison) -> None:
    runs = found.runs[found.runs["replicate"] < 2]
    last = runs[runs["month"] == SIZE["months"]].pivot_table(
        index=["scenario", "replicate"], columns="indicator", values="value", observed=True
    )
    for scenario in ("linked", "baseline"):
        change = (last.loc[scenario] - last.loc["no_support"]).mean()
        assert net(found, scenario, "owner") == pytest.approx(change["firms_open"], abs=1e-6)
        assert net(found, scenario, "employed") == pytest.approx(change["jobs"], abs=1e-6)
        steps = found.whom.waterfall.query("scenario == @scenario")  # type: ignore[union-attr]
        for amount, indicator in (("firms", "firms_open"), ("jobs", "jobs")):
            rows = steps[steps["amount"] == amount].set_index("step")["mean"]
            assert rows["net"] == pytest.approx(change[indicator], abs=1e-6)
            assert (rows[list(STEPS[:-1])] * SIGNS).sum() == pytest.approx(rows["net"], abs=1e-6)
    assert net(found, "linked", "owner") != 0.0


def test_groups_and_changes_add_up(found: Comparison) -> None:
    counts = found.whom.counts  # type: ignore[union-attr]
    sums = counts.groupby(["scenario", "outcome", "change", "dimension"])["mean"].sum().unstack()
    for dimension in ("sex", "age", "schooling", "township"):
        assert np.allclose(sums[dimension], sums["all"])
    whole = sums["all"].unstack()
    people = whole[["gained", "lost", "both", "neither"]].sum(axis=1)
    assert np.allclose(people, people.iloc[0])
    assert np.allclose(whole["gained"] - whole["lost"], whole["net"])
    others = found.whom.others.groupby(["scenario", "amount", "change", "others"])["mean"].sum()  # type: ignore[union-attr]
    table = others.unstack()
    assert np.allclose(
        table["incumbents"] + table["newcomers"], table["returnees"] + table["stayers"]
    )


def test_an_equal_policy_changes_nobody() -> None:
    twin = load_scenario("baseline", {"policy.training.places": 1000}).with_(name="twin")
    some = compare([twin], "baseline", replicates=2, people=2, sample=0.002, months=12)
    counts = some.whom.counts  # type: ignore[union-attr]
    assert not counts[counts["change"].isin(["gained", "lost", "net"])]["mean"].any()
    steps = some.whom.waterfall.pivot(index="amount", columns="step", values="mean")  # type: ignore[union-attr]
    assert (steps["gross"] == steps["deadweight"]).all() and not steps["net"].any()
    served = some.whom.served.set_index("programme")  # type: ignore[union-attr]
    assert served.loc["any", "served"] > 0
    assert served["yuan_ran_anyway"].dropna().eq(1.0).all()
    assert some.whom.pairs["twin"][0].kind == "deadweight"  # type: ignore[union-attr]


def columns(**given: list[Any]) -> dict[str, np.ndarray]:
    n = len(next(iter(given.values())))
    zero = dict.fromkeys(("worker", "sex", "schooling", "township", "returns", "registrations",
                          "jobs", "support", *PAID), np.zeros(n, int))  # fmt: skip
    no = dict.fromkeys(("incumbent", "owner", "new", "returnee", "employed"), np.zeros(n, bool))
    rest = {"age": np.full(n, 40.0), "wage": np.full(n, 5000.0)}
    return {**zero, **no, **rest, **{name: np.array(values) for name, values in given.items()}}


def test_deadweight_and_displacement_by_hand() -> None:
    # Five people: gained, deadweight, never founded, displaced, support withdrawn and lost.
    policy = columns(
        support=[2, 2, 1, 0, 0], registrations=[1, 1, 0, 0, 0], startup_grant=[300, 100, 0, 0, 0],
        owner=[True, True, False, False, False], jobs=[3, 2, 0, 0, 0],
    )  # fmt: skip
    reference = columns(
        support=[0, 0, 0, 0, 2], registrations=[0, 1, 0, 1, 1],
        owner=[False, True, False, True, True], jobs=[0, 5, 0, 4, 1],
    )  # fmt: skip
    sums = sums_of(policy, reference, np.array([False]), sample=0.5)
    firms, jobs = (dict(zip(STEPS, row * 0.5)) for row in sums.steps)
    assert firms == {
        "gross": 2, "deadweight": 1, "lost_supported": 0, "gained_withdrawn": 0,
        "lost_withdrawn": 1, "gained_others": 0, "lost_others": 1, "net": -1,
    }  # fmt: skip
    assert (jobs["gross"], jobs["deadweight"], jobs["lost_supported"]) == (5, 2, 3)
    assert (jobs["lost_others"], jobs["lost_withdrawn"], jobs["net"]) == (4, 1, -5)
    loan = sums.served[PROGRAMMES.index("loan")] * 0.5
    assert loan.tolist() == [2, 2, 1, 2, 1, 0, 0, 0]
    everything = sums.served[0] * 0.5
    assert everything.tolist() == [3, 2, 1, 2, 1, 4, 1, 1]  # 1 of 4 yuan went to the second
    kinds = {kind: np.flatnonzero(who).tolist() for kind, who in members(policy, reference).items()}
    assert kinds == {"founded_only": [0], "survived_only": [], "lost": [4], "displaced": [3],
                     "deadweight": [1]}  # fmt: skip


def test_the_example_is_the_one_nearest_to_the_medians() -> None:
    people = columns(worker=[3, 5, 8, 9], age=[20.0, 40.0, 41.0, 60.0], schooling=[2, 2, 2, 4])
    assert most_like(people, np.array([True, True, True, False])) == 5
    assert most_like(people, np.array([False, False, False, True])) == 9


def test_ratios_that_cannot_be_told_are_not_given() -> None:
    assert quotient(np.array([1.0, 3.0]), np.array([2.0, 2.0]))[0] == 1.0
    assert np.isnan(told_quotient(np.ones(2), np.array([-1.0, 0.5]))).all()
    assert np.isnan(told_quotient(np.array([np.nan, 1.0]), np.ones(2))).all()


def all_pairs(found: Comparison) -> list[tuple[str, Pair]]:
    return [(label, p) for label, some in found.whom.pairs.items() for p in some]  # type: ignore[union-attr]


def test_stories_are_whole_in_both_languages(found: Comparison) -> None:
    pairs = all_pairs(found)
    assert {pair.kind for _, pair in pairs} >= {"founded_only", "deadweight"}
    for label, pair in pairs:
        for lang in ("en", "zh"):
            lines = story_lines(found.plan, label, pair, lang)
            told = "\n".join(lines)
            assert not re.search(r"\b(None|nan)\b|9999|\{|\}", told), told
            assert str(pair.policy.worker) in lines[0]
            if lang == "zh":
                assert not re.search(r"[A-Za-z]", told), told
            else:
                assert not re.search(r"[\u4e00-\u9fff]", told), told


def test_a_story_of_each_kind_and_event_can_be_told(found: Comparison) -> None:
    label, pair = all_pairs(found)[0]
    for lang in ("en", "zh"):
        text = people_words(lang)
        assert set(text["kinds"]) == set(KINDS) and set(text["outcomes"]) == set(OUTCOMES)
        assert set(text["programmes"]) == set(PROGRAMMES)
        same = Pair("lost", 1, pair.policy, pair.policy)
        assert parting(found.plan, label, same, lang) == [text["parting"]["same"]]


def test_a_life_is_the_run(runs: dict[str, Run]) -> None:
    run = runs["linked"]
    paths = run.paths
    firms = run.firms
    owners = firms[firms["registered"] >= 1]["owner"].unique()[:8].tolist()
    lives = lives_in(run, owners)
    for worker, life in lives.items():
        own = firms[firms["owner"] == worker]
        for kind in ("registered", "opened", "stopped"):
            dates = own[kind][own[kind].notna() & (own[kind] >= 1)].astype(int).tolist()
            events = [event.month for event in life.events if event.kind == kind]
            if kind == "stopped":  # a firm that never opened ends as such
                events += [event.month for event in life.events if event.kind == "never_opened"]
            assert sorted(events) == sorted(dates), (worker, kind)
        assert life.end["state"] == paths[paths["worker"] == worker]["state"].iloc[-1]
        assert LIFE.validate_python(json.loads(json.dumps(asdict(life)))) == life
        lines = story(run, worker, "en")
        assert lines[0].startswith(f"Worker {worker}, ") and lines[-1].startswith("At the end")


def test_resumed_and_larger_gives_the_same(found: Comparison, tmp_path: Path) -> None:
    folder = tmp_path / "b"
    args: dict[str, Any] = {"out": folder, **SIZE}
    compare(["linked", "baseline"], "no_support", replicates=2, people=0, **args)
    assert not (folder / "people.parquet").exists()
    compare(["linked", "baseline"], "no_support", replicates=2, people=1, **args)
    again = compare(["linked", "baseline"], "no_support", replicates=3, people=2, **args)
    for name in ("counts", "served", "waterfall", "others", "ratios"):
        pd.testing.assert_frame_equal(getattr(again.whom, name), getattr(found.whom, name))
    pd.testing.assert_frame_equal(again.effects, found.effects)
    assert again.whom.pairs == found.whom.pairs  # type: ignore[union-attr]
    ours, theirs = ((f.folder / "stories.json").read_text() for f in (again, found))  # type: ignore[operator]
    assert ours == theirs
    assert not (folder / "people").exists() and (folder / "people.parquet").exists()


def test_nothing_is_run_again(found: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(task: Task, *_: Any) -> Any:
        raise AssertionError(task)

    monkeypatch.setattr(executors, "run_task", refuse)
    monkeypatch.setattr("returnee.experiments.studies.stories.choice.lives_of", refuse)
    again = compare(
        ["linked", "baseline"], "no_support", replicates=3, people=2, out=found.folder, **SIZE
    )
    pd.testing.assert_frame_equal(again.whom.counts, found.whom.counts)  # type: ignore[union-attr]
    assert again.whom.pairs == found.whom.pairs  # type: ignore[union-attr]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_report_has_the_section(
    found: Comparison, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparison, "OVER_TIME", ())
    page = Page(found, lang).page()
    text = people_words(lang)
    assert page.count(f">{text['report']['title']}</h2>") == 1
    part = page[page.index(f">{text['report']['title']}</h2>") :].split("</section>")[0]
    assert part.count("<figure>") == len(found.plan.compared)
    section = re.sub(r"<svg.*?</svg>", "", page, flags=re.S)
    assert not re.search(r"\b(nan|None)\b", section)
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids))


SMALL = ("--sample", "0.002", "--months", "12")


def test_the_command_prints_json_and_nothing_else() -> None:
    result = CliRunner().invoke(
        app, ["whom", "linked", "--against", "no_support", "--replicates", "2", *SMALL, "--json"]
    )
    assert result.exit_code == 0, result.stderr
    given = json.loads(result.stdout)
    assert given["reference"] == "no_support" and given["counts"] and "linked" in given["stories"]


def test_the_command_tells_one_life() -> None:
    words = ["whom", "linked", "--worker", "8", *SMALL, "--lang"]
    en, zh = (CliRunner().invoke(app, [*words, lang]) for lang in ("en", "zh"))
    assert en.exit_code == zh.exit_code == 0, en.stderr
    assert en.stdout.startswith("Worker 8, ") and "第8号劳动力" in zh.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("whom", "linked", "--worker", "99999999", *SMALL), "worker: found 99999999, allowed"),
        (("whom", "linked", "--worker", "-1", *SMALL), "worker: found -1, allowed"),
        (("whom",), "scenario"),
        (("whom", "nowhere"), "nowhere"),
        (("whom", "baseline"), "allowed at least one other"),
        (("whom", "linked", "--replicates", "0"), "replicates: found 0"),
        (("compare", "linked", "--replicates", "2", "--people", "3"), "people: found 3, allowed 0 to 2"),
        (("compare", "linked", "--people", "-1"), "people: found -1"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 2 and result.stdout == ""
    assert len(result.stderr.splitlines()) == 1 and said in result.stderr
    assert list(tmp_path.iterdir()) == []
