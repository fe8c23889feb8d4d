"""What ``vue/map.vue`` draws: places of any kind, townships of a county or counties of a province."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from returnee.dashboard.content.places import Sheet
from returnee.dashboard.texts import words
from returnee.experiments.statistics.intervals import estimate

SMALLEST, WIDEST = 26.0, 74.0  # radius of a bubble among few places, of a sheet of 1,000
LEAST = 5.0  # among many
FEW = 15  # places up to which bubbles are so large
NAMED = 45  # places up to which each has its name and figure on the map


class Mode(NamedTuple):
    """A measure: its name, and figures of shape (months, places) by side, the last the difference.

    ``told`` says where the difference can be told from none, of the same shape.
    """

    name: str
    sides: Sequence[np.ndarray]
    told: np.ndarray


def can_be_told(differences: np.ndarray) -> np.ndarray:
    """Whether means over the first axis, paired runs, can be told from none (90 %)."""
    flat = differences.reshape(len(differences), -1)
    found = estimate(flat)
    apart: np.ndarray = (found.low > 0.0) | (found.high < 0.0)
    return apart.reshape(differences.shape[1:])


def spec_of(
    sheet: Sheet,
    names: Sequence[str],
    sizes: np.ndarray,
    modes: Sequence[Mode],
    months: Sequence[int],
    sides: Sequence[str],
    said: tuple[str, str],
    file: str,
    lang: str,
    rows: Sequence[tuple[str, float]] = (),
) -> dict[str, Any]:
    """What is drawn.

    Parameters
    ----------
    sheet : Sheet
        Where places lie.
    names, sizes : sequence, ndarray
        Of each place; bubbles have areas as the sizes.
    modes, months, sides : sequence
        Figures, months they are of, and names of the sides.
    said : (str, str)
        Title and note.
    file : str
        Name of what is saved, without its ending.
    rows : sequence of (str, float)
        Names written at the left, and how far down each stands.
    """
    shrunk = min(1.0, math.sqrt(FEW / max(len(names), 1)))
    biggest = math.sqrt(float(np.nanmax(sizes))) or 1.0
    wide = [
        max(max(SMALLEST, WIDEST * math.sqrt(float(size)) / biggest) * shrunk, LEAST)
        for size in sizes
    ]
    places = [
        {"id": k, "name": names[k], "x": spot.x, "y": spot.y, "path": _path(spot.rings), "r": round(wide[k], 1)}
        for k, spot in enumerate(sheet.spots)
    ]  # fmt: skip
    return {
        "title": said[0], "note": said[1], "width": sheet.width, "height": sheet.height,
        "places": places, "months": list(months), "sides": list(sides), "rows": [list(row) for row in rows],
        "named": len(names) <= NAMED, "file": file, "lang": lang,
        "month_label": words(lang)["charts"]["month_label"],
        "modes": [
            {
                "name": mode.name, "told": mode.told.astype(int).tolist(),
                "sides": [[[_digits(v) for v in row] for row in side] for side in mode.sides],
            }
            for mode in modes
        ],
    }  # fmt: skip


def _path(rings: Sequence[Sequence[tuple[float, float]]]) -> str:
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in rings)


def _digits(value: float) -> float | None:
    return float(f"{value:.4g}") if math.isfinite(value) else None
