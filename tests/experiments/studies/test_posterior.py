"""The posterior: a known linear model is recovered, with intervals that hold as often as they say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.special import ndtri

from returnee.experiments.reports.calibration.page import Calibrated
from returnee.experiments.statistics.surface import features, fit
from returnee.experiments.studies.calibration import inference
from returnee.experiments.studies.calibration.calibrate import Calibration, calibrate
from returnee.experiments.studies.calibration.coverage import Coverage, Simulated, coverage
from returnee.experiments.studies.calibration.identify import identified, misfit
from returnee.experiments.studies.calibration.inference import like_the_whole, shared_out
from returnee.experiments.studies.calibration.posterior import (
    EDGE,
    Observed,
    Posterior,
    Prior,
    log_likelihood,
    sample,
)
from returnee.experiments.studies.calibration.predictive import bands_of, predicted
from returnee.experiments.studies.calibration.structure import changed, variants, weights
from returnee.experiments.studies.calibration.targets import Target, Z, default_targets
from returnee.experiments.studies.ensemble import ensemble, origin
from returnee.experiments.words.texts import words

RNG = np.random.default_rng
LUCK, ERROR = 0.3, 0.2
FREE = ("behaviour.returning.constant", "behaviour.firm.scale")
TWO = (Target("return_rate", 0.0, 1.0), Target("net_margin", 0.0, 1.0))


class Linear:
    """Figures that are linear in coordinates in which the prior is standard normal."""

    correlation = np.array([[1.0, 0.5], [0.5, 1.0]])
    slopes = np.array([[2.0, 0.0, 0.0], [1.0, 1.0, 0.0]])  # the third parameter acts on nothing

    def of(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = ndtri(np.clip(points, EDGE, 1 - EDGE)) @ self.slopes.T
        return mean, np.full(mean.shape, LUCK**2)


def known(*value: float) -> Observed:
    nothing = np.full(len(value), np.nan)
    return Observed(np.array(value), np.full(len(value), ERROR), nothing, nothing)


def test_the_posterior_of_a_linear_model_is_that_of_the_formula() -> None:
    model, observed = Linear(), known(1.0, -0.5)
    noise = LUCK**2 * model.correlation + ERROR**2 * np.eye(2)
    cover = np.linalg.inv(np.eye(3) + model.slopes.T @ np.linalg.inv(noise) @ model.slopes)
    mean = cover @ model.slopes.T @ np.linalg.inv(noise) @ observed.value
    found = sample(model, observed, Prior.flat(3), draws=1000, rounds=6)
    z = ndtri(np.clip(found.points, EDGE, 1 - EDGE))
    apart = z - found.weights @ z
    assert found.effective > 1000
    assert np.allclose(found.weights @ z, mean, atol=0.05)
    assert np.allclose((found.weights[:, None] * apart).T @ apart, cover, atol=0.06)
    whole = model.slopes @ model.slopes.T + noise  # evidence: the density of what is observed
    away = observed.value @ np.linalg.inv(whole) @ observed.value
    log = -0.5 * (away + np.log(np.linalg.det(2.0 * np.pi * whole)))
    assert found.log_evidence == pytest.approx(log, abs=0.1)
    assert np.array_equal(
        found.points, sample(model, observed, Prior.flat(3), draws=1000, rounds=6).points
    )


def test_a_bound_says_that_what_is_drawn_lies_within_it() -> None:
    bound = Observed(
        np.full(2, np.nan), np.full(2, ERROR), np.array([0.0, np.nan]), np.array([np.inf, np.nan])
    )
    points = np.array([[0.5, 0.5, 0.5], [0.99, 0.5, 0.5], [0.01, 0.5, 0.5]])
    log = log_likelihood(Linear(), bound, points)
    assert np.exp(log[:2]) == pytest.approx([0.5, 1.0], abs=1e-6) and log[2] < -30
    again = bound.again(np.array([-5.0, 1.0]), RNG(1))  # seen outside: the other side is known
    assert (again.low[0], again.high[0]) == (-np.inf, 0.0) and np.isnan(again.low[1])


def linear_runs(number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = RNG(seed)
    points = rng.random((number, 3))
    figures = (2.0 * points - 1.0) @ Linear.slopes.T
    return points, figures + 0.1 * rng.standard_normal(figures.shape)


def test_a_surface_tells_means_and_how_unsure_it_is() -> None:
    rng = RNG(3)
    points = rng.random((200, 3))

    def figure(u: np.ndarray) -> np.ndarray:
        found: np.ndarray = (1.0 + u[:, 0] + 2.0 * u[:, 1] * u[:, 2])[:, None]
        return found

    sd = 0.05 + 0.2 * points[:, :1]
    surface = fit(points, figure(points) + sd * rng.standard_normal((200, 1)))
    other = rng.random((500, 3))
    mean, variance = surface.of(other)
    assert np.sqrt(((mean - figure(other)) ** 2).mean()) < 0.07 and surface.explained[0] > 0.85
    edges = np.array([[0.0, 0.5, 0.5], [1.0, 0.5, 0.5]])
    low, high = np.sqrt(surface.luck(edges))[:, 0]
    assert low < 0.13 and high > 0.16
    new = figure(other) + (0.05 + 0.2 * other[:, :1]) * rng.standard_normal((500, 1))
    assert 0.7 < ((new - mean) ** 2 / variance).mean() < 1.3
    quiet = surface.quieter(np.array([0.25]))
    assert np.allclose(quiet.luck(other), 0.25 * surface.luck(other))
    assert np.allclose(quiet.error(other), surface.error(other))
    assert features(other, products=False).shape == (500, 7)
    nothing = fit(points, np.full((200, 1), np.nan))
    assert np.isfinite(nothing.of(other)).all()


def test_intervals_hold_as_often_as_they_say() -> None:
    points, figures = linear_runs(160, 5)
    prior = Prior.flat(3)
    found = coverage(
        list("abc"),
        Simulated(points, figures, np.ones(160)),
        np.arange(100),
        known(0.0, 0.0),
        prior,
    )
    assert 0.84 < found.share < 0.96
    frame = found.frame()
    assert (frame["low"] < frame["covered"]).all() and (frame["covered"] < frame["high"]).all()
    assert (frame["p_uniform"] > 0.001).all()
    sure = Coverage(["a"], np.linspace(0.0, 1.0, 100)[:, None] ** 4, np.ones(100))
    assert sure.share < 0.85 and sure.frame()["p_uniform"][0] < 1e-3


def test_what_was_learned_and_what_cannot_be() -> None:
    model, observed = Linear(), known(1.0, -0.5)
    posterior = sample(model, observed, Prior.flat(3), draws=600, rounds=5)
    frame = identified(model, observed, posterior, list("abc"), TWO)
    assert frame["contraction"][0] > 0.6 > 0.1 > abs(frame["contraction"][2])
    assert frame["return_rate"][0] > 0.5 and abs(frame["return_rate"][2]) < 0.05
    fits = misfit(model, observed, Prior.flat(3), posterior, TWO, 1)
    far = known(30.0, -30.0)
    other = misfit(model, far, Prior.flat(3), sample(model, far, Prior.flat(3)), TWO, 1)
    assert fits.before > 0.1 and fits.after > 0.1
    assert other.before < 0.01 and other.after < 0.01
    assert fits.frame["distance"].abs().max() < 2.0


def test_variants_weigh_what_they_can_show() -> None:
    points, figures = linear_runs(80, 7)
    base = fit(points, figures)
    same = changed(base, points, figures, figures + 0.01 * RNG(1).standard_normal(figures.shape))
    other = changed(base, points, figures, figures + [3.0, -3.0])
    assert np.allclose(other.of(points)[0] - base.of(points)[0], [3.0, -3.0], atol=0.1)
    found = {
        name: sample(surface, known(0.3, -0.2), Prior.flat(3), draws=500, rounds=4)
        for name, surface in {"all": base, "same": same, "other": other}.items()
    }
    share = weights(found)
    assert sum(share.values()) == pytest.approx(1.0)
    assert share["all"] == pytest.approx(0.5, abs=0.1) and share["other"] < 0.01
    assert shared_out(share, 20) == {"all": 10, "same": 10}
    assert (
        list(variants())[0] == "all"
        and {"behaviour.structure.signals": False} in variants().values()
    )


def test_few_draws_are_like_the_whole() -> None:
    rng = RNG(2)
    whole = Posterior(rng.normal(0.5, 0.1, (2000, 4)), np.full(2000, 1 / 2000), 0.0)
    few = like_the_whole(whole, 20, rng)
    assert np.abs(few.mean(axis=0) - 0.5).max() < 0.04
    assert np.abs(few.std(axis=0) / 0.1 - 1.0).max() < 0.25


def test_what_no_draw_meets_is_named_with_how_far_it_is_off() -> None:
    aims = (Target("return_rate", 0.0, 1.0), Target("returns", 5.0, 7.0))
    bands = bands_of(aims)
    use = {band.name: band.use for band in bands}
    assert (
        use["return_rate"] == use["returns"] == "C" and use["net_margin"] == "V"
    )  # no target here
    names = list(use)
    figures = np.full((3, len(bands)), np.nan)
    figures[:, names.index("return_rate")] = [0.5, 2.0, 1.0]
    figures[:, names.index("returns")] = [9.0, 8.5, np.nan]
    found = predicted(bands, figures, np.array([1.0, 1.0, 2.0]))
    assert found.met.tolist() == [1, 0, 1]
    mean, _, _, expected = found.at_once()
    assert (mean, expected) == pytest.approx((0.75, 1.8))
    row = found.never(targets=True).iloc[0]
    assert (row["pattern"], row["nearest"], row["away"]) == ("returns", 8.5, 1.5)
    assert row["away_sd"] == pytest.approx(1.5 * Z)
    assert found.never(targets=False).empty  # of what no draw shows nothing is said
    rows = found.frame.set_index("pattern")
    assert rows.loc["return_rate", "inside"] == pytest.approx(0.75)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Calibration:
    folder = tmp_path_factory.mktemp("posterior") / "main"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inference, "LEAST_WEIGHT", 0.1)  # few variants are run once more
        return calibrate(
            targets=default_targets()[4:7], free=FREE, sets=12, waves=1, members=4, out=folder,
            workers=2, sample=0.001, months=12,
        )  # fmt: skip


def test_a_calibration_ends_in_a_weighted_ensemble(found: Calibration) -> None:
    done = found.inference
    assert done is not None
    sets, made = ensemble(found.folder / "ensemble.csv"), origin(found.folder / "ensemble.csv")
    assert sets.structures[0] == "all" and sets.weights.sum() == pytest.approx(1.0)
    assert len(sets) == made["sets"] == len(done.ensemble) and set(FREE) <= set(sets[0])
    assert sum(made["structures"].values()) == pytest.approx(1.0, abs=0.01)
    assert made["coverage"] == round(done.coverage.share, 3)
    assert {"C", "V"} <= set(done.predicted.frame["use"])
    assert done.runs == 24 + 40 + 2 * 8 + 2 * len(sets)
    assert len({tuple(one.values()) for one in sets}) == len(sets)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_says_what_was_learned(found: Calibration, lang: str, tmp_path: Path) -> None:
    page = Calibrated(found, lang).page()
    for title in ("learned_title", "right_title", "variants_title", "patterns_title"):
        assert words(lang)["calibrate"][title] in page
    told = Calibrated(found).as_json()["posterior"]
    assert 0.0 <= told["met_at_once"]["mean"] <= 3.0
    assert 0.0 <= told["coverage"] <= 1.0 and len(told["structures"]) == 9
    text = Calibrated(found).write_document(tmp_path / "calibration.md").read_text(encoding="utf-8")
    assert "## What the targets teach" in text and "images/calibration-posterior.svg" in text
    assert (tmp_path / "images" / "calibration-posterior.svg").exists()
