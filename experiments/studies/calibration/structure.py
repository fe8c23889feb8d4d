"""Variants of the model, each without one mechanism, weighted by how well they can meet the targets.

A variant lives through the first sets of the model's own design under the same luck, so that few runs
tell what the mechanism does: a surface is fitted to the differences, and laid over the model's. Its weight
is its evidence: the mean likelihood under the flat prior on the same box, equal for all variants before
anything is observed (Kass and Raftery, J. Am. Stat. Assoc. 90, 1995, 773-795). A variant is punished for what
it cannot meet, and for meeting it only where parameters are unlikely; the evidence depends on the box.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import logsumexp

from returnee.experiments.statistics.surface import Surface, fit
from returnee.experiments.studies.calibration.posterior import Posterior
from returnee.experiments.studies.ensemble import FULL, OFF, SWITCHES
from returnee.scenarios import Behaviour, walk


def variants() -> dict[str, dict[str, bool]]:
    """What each variant turns off, by its name; the model as it is comes first.

    >>> list(variants())[:2], variants()["no_signals"]
    (['all', 'no_credit_market'], {'behaviour.structure.signals': False})
    """
    switches = [key for key, _ in walk(Behaviour, "behaviour.") if key.startswith(SWITCHES)]
    return {FULL: {}} | {OFF + key.removeprefix(SWITCHES): {key: False} for key in switches}


@dataclass(frozen=True)
class Changed:
    """A surface, and what a variant changes of it."""

    base: Surface
    change: Surface = field(repr=False)

    @property
    def correlation(self) -> np.ndarray:
        """As of the model itself."""
        return self.base.correlation

    def of(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Means and variances; the change is as unsure as its own surface says, its luck apart."""
        mean, variance = self.base.of(points)
        more, _ = self.change.of(points)
        return mean + more, variance + self.change.error(points)


def changed(base: Surface, points: np.ndarray, figures: np.ndarray, others: np.ndarray) -> Changed:
    """The surface of a variant.

    `points`: that both ran, shape (n, d). `figures`: of the model; `others`: of the variant, in the
    same luck; shape (n, targets).
    """
    return Changed(base, fit(points, others - figures, products=False))


def weights(found: Mapping[str, Posterior]) -> dict[str, float]:
    """Probabilities of variants, by their evidence."""
    log = np.array([posterior.log_evidence for posterior in found.values()])
    return dict(zip(found, np.exp(log - logsumexp(log)).tolist()))
