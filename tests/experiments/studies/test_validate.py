"""Validation: results, resuming, the command, the page and the document."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from checkout import ROOT
from typer.testing import CliRunner
from typer.testing import Result as Given

from returnee.experiments.commands.app import app
from returnee.experiments.errors import UsageError
from returnee.experiments.reports.validation import Judged, band_text, besides, facts, sources
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.progress import Reporter
from returnee.experiments.statistics.intervals import mean_interval
from returnee.experiments.studies.ensemble import Sets
from returnee.experiments.studies.patterns import BY_KEY, PATTERNS
from returnee.experiments.studies.validation import (
    Result,
    Validation,
    ValidationPlan,
    save,
    validate,
)
from returnee.experiments.studies.validation_over import OverPlan, ValidationOver, spread_of
from returnee.experiments.words.texts import measured, words
from returnee.scenarios import levers, load_scenario

TINY = {"sample": 0.004, "replicates": 3}


def call(*words: object) -> Given:
    return CliRunner().invoke(app, [str(word) for word in words])


class Counter(Reporter):
    def __init__(self) -> None:
        self.there, self.ran = 0, 0

    def begin(self, total: int, done: int) -> None:
        self.there = done

    def advance(self) -> None:
        self.ran += 1


@pytest.fixture(scope="module")
def found(tmp_path_factory) -> Validation:
    return validate(out=tmp_path_factory.mktemp("all") / "v", **TINY)


def test_student_interval():
    mean, low, high = mean_interval(np.array([1.0, 2.0, 3.0, np.nan]))
    assert mean == 2.0
    assert high - mean == pytest.approx(2.919986 / 3**0.5)  # t of 2 degrees at 95 %
    assert low == pytest.approx(2.0 - (high - 2.0))
    assert np.isnan(mean_interval(np.array([5.0]))[1:]).all()


def test_a_pattern_passes_in_its_band():
    p = BY_KEY["operating_year_1"]
    assert Result(p, 0.65, 0.6, 0.7).passed
    assert not Result(p, 0.649, 0.6, 0.7).passed
    assert not Result(p, np.nan, np.nan, np.nan).passed
    assert Result(p, np.nan, np.nan, np.nan).plain()["value"] is None


def test_all_patterns_are_reported(found):
    assert [r.pattern for r in found.results] == list(PATTERNS)
    assert not found.failures
    values = {r.pattern.key: r.value for r in found.results}
    assert np.isfinite(values["crisis_come"]) and np.isfinite(values["return_rate"])
    assert all(r.low <= r.value <= r.high for r in found.results if np.isfinite(r.low))


def test_runs_that_are_there_are_not_run_again(found):
    counter = Counter()
    again = validate(out=found.folder, progress=counter, sample=0.004, replicates=3)
    assert (counter.there, counter.ran) == (3, 0)
    assert np.array_equal(again.values, found.values, equal_nan=True)
    more = validate(out=found.folder, progress=counter, sample=0.004, replicates=4, patterns="C")
    assert counter.ran == 4  # without the compared runs a replicate is another one
    assert {r.pattern.use for r in more.results} == {"C"}
    key = "return_rate"
    pick = [r.pattern.key for r in found.results].index(key), [r.pattern.key for r in more.results].index(key)  # fmt: skip
    assert np.array_equal(found.values[:3, pick[0]], more.values[:3, pick[1]])


def test_another_plan_is_refused(found):
    with pytest.raises(UsageError, match="seed: found 1, allowed 2"):
        validate(out=found.folder, seed=2, **TINY)
    with pytest.raises(UsageError, match="patterns: found D, allowed one of all, C, V"):
        validate(out=found.folder, patterns="D", **TINY)


def test_json_and_csv(found):
    paths = save(found)
    rows = json.loads(paths[0].read_text("utf-8"))["patterns"]
    wanted = {"pattern", "use", "low", "high", "value", "value_low", "value_high", "pass", "source"}
    assert all(wanted <= set(row) for row in rows)
    assert all((row["pass"] is None) == (row["use"] == "report") for row in rows)
    lines = paths[1].read_text("utf-8").splitlines()
    assert len(lines) == 1 + len(PATTERNS) and lines[0].startswith("pattern,number,use,low,high")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_needs_nothing_but_itself(found, lang):
    page = Judged(found, None, lang).page()
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    text = words(lang)["validation"]
    missed = sum(r.missed for r in found.results)
    assert 0 < missed == page.count('class="miss"')
    for p in PATTERNS:
        assert (p.zh if lang == "zh" else p.en) in page
    assert text["counts"].split("{")[0] in page


def test_sentences_name_every_miss(found):
    lines = " ".join(Judged(found).sentences())
    for result in found.results:
        told = result.missed or (result.pattern.use == "soft" and not result.passed)
        assert (result.pattern.en in lines) == told


def shown() -> Validation:
    """A validation without runs: every figure at the middle of its band, but the first."""
    scenario = load_scenario("baseline")
    plan = ValidationPlan({"baseline": scenario}, "baseline", 2, RunSettings(sample=0.02))
    values = np.array([(p.low + p.high) / 2 if p.judged else 1.0 for p in plan.chosen])
    values[0] = 2.0
    return Validation(plan, [], Path("results"), "returnee validate", np.array([values, values]))


def over_sets(found: Validation) -> ValidationOver:
    """Three sets of two structures, two runs of each, that show what one run showed and a little else."""
    scenario = found.plan.scenarios[found.plan.reference]
    values = np.repeat(found.values[:1, None], 3, axis=0).repeat(2, axis=1)
    values *= np.random.default_rng(1).normal(1.0, 0.002, values.shape)
    sets = Sets(({}, {}, {}), np.array([0.5, 0.25, 0.25]), ("all", "all", "no_signals"))
    rows = {str(k): scenario.with_(name=f"set_{k}") for k in range(3)}
    plan = OverPlan(rows, "0", 6, found.plan.settings, chosen=sets, each=2)
    return ValidationOver(plan, [], found.folder, "returnee validate", "ensemble", values)


def test_over_an_ensemble_every_pattern_has_a_band_and_its_sources(tmp_path):
    found = shown()
    over = over_sets(found)
    tasks = over.plan.tasks()
    assert [(t.replicate, bool(t.point)) for t in tasks] == [(k, k % 2 == 0) for k in range(6)]
    for result, column in zip(over.results, over.values.transpose(2, 0, 1)):
        if result.seen:
            assert result.value == pytest.approx(column.mean(axis=1) @ over.plan.chosen.weights)
            assert result.low <= result.value <= result.high
            shares = (result.parts.luck, result.parts.parameters, result.parts.structure)
            assert sum(shares) == pytest.approx(1.0) or result.value == 0.0
    assert json.loads(json.dumps(over.plain()))["sets"] == 3
    for lang in ("en", "zh"):
        page = Judged(found, None, lang, over).page()
        assert words(lang)["validation"]["over"] in page and ">nan<" not in page
        lines = Judged(found, None, lang, over).sentences()
        assert lines[0].startswith(words(lang)["validation"]["missed"].split("{")[0])
        assert lines[1].startswith(words(lang)["validation"]["over_missed"].split("{")[0])


def test_the_weight_of_sets_in_the_band_counts():
    p = BY_KEY["operating_year_1"]
    values = np.array([[0.70, 0.71], [0.60, 0.61], [np.nan, np.nan]])
    found = spread_of(p, values, np.array([0.6, 0.2, 0.2]), ("all",) * 3)
    assert found.inside == pytest.approx(0.75) and found.passed
    assert (found.low, found.high) == pytest.approx((0.61, 0.70), abs=0.02)


def test_figures_in_words():
    assert measured(0.0423, "share/yr", "en") == "4.23 %"
    assert measured(-0.02, "share points", "zh") == "−2个百分点"
    assert band_text(BY_KEY["loan_mean"], "zh") == "12–15万元"
    assert band_text(BY_KEY["tax_relief_effect"], "en") == "−2 to 2 pp"
    assert measured(np.nan, "share", "en") == "–"


def test_command_prints_json_only(tmp_path):
    words = ["--replicates", 1, "--sample", 0.002, "--patterns", "C", "--out", tmp_path / "v"]
    given = call("validate", *words, "--json")
    assert given.exit_code == 0, given.stderr
    rows = json.loads(given.stdout)["patterns"]
    assert {row["use"] for row in rows} == {"C"} and not all(row["pass"] for row in rows)
    assert (tmp_path / "v" / "validation.html").is_file()


def test_bad_input_is_one_line(tmp_path):
    given = call("validate", "--set", "policy.trainin.places=3", "--out", tmp_path / "v")
    assert given.exit_code == 2 and len(given.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "v").exists()


def test_sources_are_counted_from_the_schema():
    rows = {row.name: row for row in sources()}
    total = rows["together"]
    assert sum(rows[name].all for name in list(rows)[:3]) == total.all == len(levers)
    assert total.all == total.measured + total.bound + total.free + total.assumed
    assert total.measured == sum(lever.basis == "measured" for lever in levers)
    assert total.bound == sum(lever.basis == "bound" for lever in levers)
    assert total.free == sum(lever.free and not lever.evidence for lever in levers)
    assert all(0 <= row.measured + row.bound <= row.all for row in besides())


def test_the_document_is_current():
    text = (ROOT / "docs" / "validation.md").read_text("utf-8")
    for name, fact in facts().items():
        assert fact in text, f"{name}: run `returnee validate --write-doc docs/validation.md`"
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", text):
        assert (ROOT / "docs" / picture).is_file()
    for p in PATTERNS:
        assert p.en in text
