"""For which regions of the uncertain parameters does a policy fail its target?

Scenario discovery (Bryant and Lempert, Technol. Forecast. Soc. Change 77, 2010, 34-49) on a stored
sweep: every point meets the target or fails it; regions where failures are dense come from CART
(Breiman et al. 1984, scikit-learn) or PRIM (Friedman and Fisher, Stat. Comput. 9, 1999, 123-143,
EMA workbench). A region's density is the share of its points that fail, its coverage the share of
all failures that lie in it; both are measured on points that had no part in finding it.
"""

from __future__ import annotations

import logging
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy

from returnee.experiments.arguments import checked_arguments
from returnee.experiments.errors import UsageError
from returnee.experiments.measuring.measures import HEAD, NAMES, check_measures
from returnee.experiments.measuring.selections import MAIN
from returnee.experiments.running.manifests import MANIFEST, read_manifest, titles_of
from returnee.experiments.studies.points.sweep import frame_of

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}  # fmt: skip
Limits = dict[str, tuple[float, float]]
METHODS = ("cart", "prim")
DEPTH = 3  # limits of a region, at most
LEAST = 0.05  # of the points, in a region
HELD_BACK = 80  # points from which on one half is held back to measure regions on
BOXES = 5
MEASURED = ("density", "low", "high", "coverage", "points", "fails")  # of a region


@dataclass(frozen=True)
class Box:
    """A region of the parameters."""

    limits: Limits  # parameter to its lower and upper end; infinite where there is none
    density: float
    # 90 % interval of the density (Wilson)
    low: float
    high: float
    coverage: float
    # in it, among those it is measured on
    points: int
    fails: int


@dataclass(frozen=True)
class Discovery:
    """Where a policy fails."""

    points: pd.DataFrame = field(repr=False)  # A row for each point, a column for each parameter
    outcome: np.ndarray = field(repr=False)  # shape (points,)
    fails: np.ndarray = field(repr=False)  # shape (points,)
    # regions in which more fail than in all, beyond the luck of the draw (90 %); the one that
    # covers most first
    boxes: list[Box]
    importance: pd.Series = field(repr=False)  # by parameter, summing to 1; the strongest first
    held_back: bool  # whether regions are measured on points that had no part in finding them
    missing: int  # points that ran and have no outcome; they are in none of the above
    scenario: str
    against: str
    measure: str
    target: str
    attrs: dict[str, Any] = field(repr=False)  # labels and units of the sweep

    def frame(self) -> pd.DataFrame:
        """A row for each limit of each region."""
        rows = [
            (k + 1, key, low, high, *(getattr(box, name) for name in MEASURED))
            for k, box in enumerate(self.boxes)
            for key, (low, high) in box.limits.items()
        ]
        names = (f"density_{name}" if name in ("low", "high") else name for name in MEASURED)
        return pd.DataFrame(rows, columns=["box", "key", "low", "high", *names])


def target_of(text: str) -> tuple[Callable[[Any, Any], Any], float]:
    """A target such as ``"> 0"``.

    >>> meets, value = target_of(">= 100")
    >>> meets(120, value)
    True
    """
    found = re.fullmatch(r"\s*(>=|<=|>|<)\s*([-+]?[\d.]+(?:e[-+]?\d+)?)\s*", text, re.I)
    try:
        return OPERATORS[found[1]], float(found[2])  # type: ignore[index]
    except (TypeError, ValueError):
        raise UsageError(f"target: found {text}, allowed as in '> 0' or '<= 250'") from None


@checked_arguments
def discover(
    folder: str | Path,
    scenario: str = "",
    *,
    against: str = "",
    measure: str = MAIN,
    target: str = "> 0",
    method: str = "cart",
    seed: int = 1,
) -> Discovery:
    """Find regions of a sweep where a policy fails its target.

    Parameters
    ----------
    folder : path
        Of a sweep, or of a stage of a sensitivity study.
    scenario : str
        The policy, by its label or the file it came from; may be left out where there is one.
    against : str
        Reference: the target is then of the paired difference.
    measure : str
    target : str
        What the mean over replicates should be at a point, as in ``"> 0"``.
    method : {"cart", "prim"}
    seed : int
        Of the halves.

    Raises
    ------
    UsageError
    """
    meets, value = target_of(target)
    if method not in METHODS:
        raise UsageError(f"method: found {method}, allowed {' or '.join(METHODS)}")
    runs = frame_of(folder)
    labels = list(dict.fromkeys(runs["scenario"]))
    scenario = scenario or (labels[-1] if len(labels) == 1 else "")
    scenario, against = (_label(name, labels) for name in (scenario, against))
    for name, given in (("scenario", scenario), ("against", against)):
        if given not in labels and (given or name == "scenario"):
            raise UsageError(f"{name}: found {given or 'none'}, allowed {', '.join(labels)}")
    check_measures([measure])
    axes = runs.drop(columns=[name for name in (*HEAD.names, *NAMES) if name in runs])
    keys = list(axes.select_dtypes(["number", "bool"]).columns)
    if not keys:
        raise UsageError(f"{folder}: found no numbers that vary, allowed a sweep with axes")
    every = outcome_of(runs, scenario, against, measure)
    outcome = every.dropna()
    if len(outcome) < 4:
        ran = runs[runs["error"].isna()]["point"].nunique()
        raise UsageError(
            f"{folder}: found {measure} at {len(outcome)} of {len(every)} points ({ran} points "
            "ran), allowed 4 or more; a run has no figure of what did not happen in it"
        )
    points = runs.drop_duplicates("point").set_index("point")[keys].loc[outcome.index].astype(float)
    fails = ~meets(outcome.to_numpy(), value)
    boxes, importance, held = _search(points, fails, method, seed)
    asked = scenario, against, measure, target, _with_titles(runs.attrs, Path(folder))
    missing, points = len(every) - len(outcome), points.reset_index(drop=True)
    return Discovery(points, outcome.to_numpy(), fails, boxes, importance, held, missing, *asked)


def _label(given: str, labels: list[str]) -> str:
    """The label of a scenario that may be named by its file, as it is everywhere else."""
    stem = Path(given).stem
    return stem if given not in labels and given.endswith(".toml") and stem in labels else given


def _with_titles(attrs: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Labels with the titles of the scenarios."""
    titles = titles_of(read_manifest(folder)) if (folder / MANIFEST).is_file() else {}
    both = {
        name: attrs[name] | {label: told[k] for label, told in titles.items()}
        for k, name in enumerate(("labels", "labels_zh"))
    }
    return {**attrs, **both}


def outcome_of(runs: pd.DataFrame, scenario: str, against: str, measure: str) -> pd.Series:
    """Mean over replicates at each point, of the measure or of the paired difference.

    `runs`: a row a run: scenario, point, replicate and the measure. `scenario`, `against`,
    `measure`: `against` is empty for the measure itself.
    """
    wide = runs.pivot(index=["point", "replicate"], columns="scenario", values=measure)
    values = wide[scenario] - (wide[against] if against else 0.0)
    return values.groupby(level="point").mean()


def _search(
    points: pd.DataFrame, fails: np.ndarray, method: str, seed: int
) -> tuple[list[Box], pd.Series, bool]:
    held = len(points) >= HELD_BACK
    order = np.random.default_rng(seed).permutation(len(points))
    half = len(points) // 2 if held else len(points)
    seen, kept = order[:half], order[half:] if held else order
    x, y = points.iloc[seen], fails[seen]
    if y.all() or not y.any():
        return [], pd.Series(0.0, index=points.columns), held
    weights = pd.Series(_tree(points, fails).feature_importances_, index=points.columns)
    importance = weights.sort_values(ascending=False, kind="stable")
    limits = _cart(x, y) if method == "cart" else _prim(x, y)
    found = (measured(one, points.iloc[kept], fails[kept]) for one in limits)
    boxes = [box for box in found if box.low > fails[kept].mean()]
    return sorted(boxes, key=lambda box: -box.coverage)[:BOXES], importance, held


def inside(limits: Limits, points: pd.DataFrame) -> np.ndarray:
    """Which points lie in a region, shape (points,)."""
    within = [points[key].between(*ends) for key, ends in limits.items()]
    there: np.ndarray = np.logical_and.reduce(np.reshape(within, (-1, len(points))))
    return there


def measured(limits: Limits, points: pd.DataFrame, fails: np.ndarray) -> Box:
    """A region with its density and coverage among points."""
    there = inside(limits, points)
    hits, n = int((there & fails).sum()), int(there.sum())
    low, high = 0.0, 1.0
    if n:
        interval = scipy.stats.binomtest(hits, n).proportion_ci(0.9, "wilson")
        low, high = float(interval.low), float(interval.high)
    return Box(limits, hits / max(n, 1), low, high, hits / max(int(fails.sum()), 1), n, hits)


def _tree(points: pd.DataFrame, fails: np.ndarray) -> Any:
    from sklearn.tree import DecisionTreeClassifier

    least = max(5, round(LEAST * len(points)))
    tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=least, random_state=0)
    return tree.fit(points.to_numpy(), fails)


def _cart(points: pd.DataFrame, fails: np.ndarray) -> list[Limits]:
    """Branches in all leaves of which failures are denser than halfway between the whole and all."""
    tree = _tree(points, fails).tree_
    wanted = (1.0 + fails.mean()) / 2.0

    def children(node: int) -> tuple[int, ...]:
        left, right = tree.children_left[node], tree.children_right[node]
        return (left, right) if left >= 0 else ()

    def dense(node: int) -> bool:
        counts, inner = tree.value[node][0], children(node)
        return all(map(dense, inner)) if inner else counts[1] / counts.sum() >= wanted

    def regions(node: int, limits: Limits) -> list[Limits]:
        if dense(node) or not children(node):
            return [limits] if dense(node) else []
        left, right = children(node)
        key, cut = points.columns[tree.feature[node]], float(tree.threshold[node])
        low, high = limits.get(key, (-np.inf, np.inf))
        below = regions(left, {**limits, key: (low, min(high, cut))})
        return below + regions(right, {**limits, key: (max(low, cut), high)})

    return regions(0, {})


def _prim(points: pd.DataFrame, fails: np.ndarray) -> list[Limits]:
    """Boxes of PRIM, each found after the points of those before were taken out."""
    try:
        from ema_workbench.analysis import prim
    except ImportError:
        raise UsageError(
            "method: found no ema_workbench, allowed prim after pip install ema_workbench, or cart"
        ) from None
    logging.getLogger("ema_workbench").setLevel(logging.ERROR)
    wanted = (1.0 + fails.mean()) / 2.0
    search = prim.Prim(points.reset_index(drop=True), fails, threshold=wanted, mass_min=LEAST)
    found = []
    for box in islice(iter(search.find_box, None), BOXES):
        ends, limits = box.box_lims[-1], {}
        for key in points.columns:
            low, high = (float(end) for end in ends[key])
            below, above = low > points[key].min(), high < points[key].max()
            if below or above:
                limits[key] = (low if below else -np.inf, high if above else np.inf)
        if limits and box.mean >= wanted:
            found.append(limits)
    return found
