"""Where townships lie on a map: the county's own file if it has one, else a schematic that says so.

``townships_map.csv`` beside ``county.toml`` has a row a township: ``name``, and ``lon`` and ``lat`` (degrees),
or ``x_km`` and ``y_km`` (east and north of the seat), or ``bearing`` (degrees from north; the distance is the
county's). ``shape`` may hold its border in the same units, "x y; x y; …". It is for maps alone: no run and no
id of a scenario depends on it. Without it townships stand the farther out the farther they are from the seat, in
directions that mean nothing and leave room for their names.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from returnee.scenarios import Scenario
from returnee.scenarios.schema.errors import problem

FILE = "townships_map.csv"
DIRECTIONS = 72  # tried for a township in a schematic
SEAT = 0.3  # of a schematic's radius is left free around the seat
FLAT = 1.25  # names are wide: places beside each other need so much more room than places one below the other
KM = 111.2  # of a degree of latitude
MOST = 2_000_000  # bytes
PAIRS = (("lon", "lat"), ("x_km", "y_km"))
Point = tuple[float, float]


class Spot(NamedTuple):
    """A place on a map: km east and north of some origin, and its borders if they are known."""

    x: float
    y: float
    rings: tuple[tuple[Point, ...], ...] = ()


class Sheet(NamedTuple):
    """Places as a screen counts, downwards, and how large the sheet is."""

    spots: list[Spot]
    width: float
    height: float


class Places(NamedTuple):
    """Where places lie, in the order of the county's table."""

    spots: list[Spot]
    schematic: bool


def places_of(scenario: Scenario) -> Places:
    """Places of a county's townships.

    Raises
    ------
    ScenarioError
        One line: file, township, what was found, what is allowed.
    """
    path = None if scenario.county_folder is None else Path(scenario.county_folder) / FILE
    towns = scenario.county.townships
    if path is None or not path.is_file():
        return Places(schematic([town.distance_km for town in towns]), True)
    rows = _rows(path)
    names = [town.name for town in towns]
    for name in rows:
        if name not in names:
            raise problem(
                path.name, name, "no township of the county", f"one of {', '.join(names)}"
            )
    for name in names:
        if name not in rows:
            raise problem(path.name, name, "no row", "a row for each township")
    return Places(
        [_placed(path.name, town.name, rows[town.name], town.distance_km) for town in towns], False
    )


def schematic(distances: Sequence[float]) -> list[Spot]:
    """Townships the farther out the farther they are, each where there is most room, with some around the seat.

    Examples
    --------
    >>> [(round(s.x), round(s.y)) for s in schematic([0.0, 25.0, 16.0])]
    [(0, 0), (0, 5), (0, -4)]
    """
    most = math.sqrt(max(distances, default=0.0))
    spots = [Spot(0.0, 0.0)] * len(distances)
    placed: list[Spot] = []
    for k in sorted(range(len(distances)), key=lambda k: (distances[k] > 0.0, -distances[k])):
        root = math.sqrt(max(distances[k], 0.0))  # near ones are stretched
        away = SEAT * most + (1.0 - SEAT) * root if root else 0.0
        turns = (2.0 * math.pi * step / DIRECTIONS for step in range(DIRECTIONS))
        tried = [Spot(away * math.sin(turn), away * math.cos(turn)) for turn in turns]
        spots[k] = max(tried, key=lambda spot: _room(spot, placed))
        placed.append(spots[k])
    return spots


def _room(spot: Spot, placed: Sequence[Spot]) -> float:
    """How far the nearest of the others is, as names need it."""
    return min((math.hypot((spot.x - p.x) / FLAT, spot.y - p.y) for p in placed), default=0.0)


def _rows(path: Path) -> dict[str, dict[str, str]]:
    if path.stat().st_size > MOST:
        raise problem(path.name, "", f"{path.stat().st_size} bytes", f"at most {MOST}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise problem(path.name, "", f"a mistake: {error}", "CSV in UTF-8") from None
    return {(row.get("name") or "").strip(): {k: (v or "").strip() for k, v in row.items() if k} for row in rows}  # fmt: skip


def _placed(file: str, name: str, row: Mapping[str, Any], distance: float) -> Spot:
    """A township as its row says."""
    for east, north in PAIRS:
        if row.get(east) and row.get(north):
            x, y = (_number(file, f"{name}: {key}", row[key]) for key in (east, north))
            ring = tuple(
                _point(file, name, text, east)
                for text in row.get("shape", "").split(";")
                if text.strip()
            )
            return Spot(*_km(x, y, east), (ring,) if ring else ())
    if row.get("bearing"):
        angle = math.radians(_number(file, f"{name}: bearing", row["bearing"]))
        return Spot(distance * math.sin(angle), distance * math.cos(angle))
    raise problem(file, name, "no place", "lon and lat, or x_km and y_km, or bearing")


def _km(x: float, y: float, unit: str) -> Point:
    """Kilometres of a point; degrees as on a plate at the point's own latitude."""
    return (x * KM * math.cos(math.radians(y)), y * KM) if unit == "lon" else (x, y)


def _point(file: str, name: str, text: str, unit: str) -> Point:
    parts = text.split()
    if len(parts) != 2:
        raise problem(
            file, f"{name}: shape", text.strip()[:40], "two numbers a point, points parted by ;"
        )
    x, y = (_number(file, f"{name}: shape", part) for part in parts)
    return _km(x, y, unit)


def _number(file: str, key: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e5:
        raise problem(file, key, text[:40], "a number")
    return value


def fitted(spots: Sequence[Spot], size: float = 1000.0) -> Sheet:
    """The same places on a sheet, north up, whose longer side is `size`.

    Examples
    --------
    >>> sheet = fitted([Spot(0.0, 0.0), Spot(3.0, 4.0)], 100.0)
    >>> sheet.spots[1][:2], sheet.width, sheet.height
    ((75.0, 0.0), 75.0, 100.0)
    """
    points = [p for spot in spots for p in ((spot.x, spot.y), *(p for r in spot.rings for p in r))]
    (left, right), (low, high) = ((min(v), max(v)) for v in zip(*points))
    scale = size / (max(right - left, high - low) or 1.0)

    def at(x: float, y: float) -> Point:
        return round((x - left) * scale, 1), round((high - y) * scale, 1)

    moved = [
        Spot(*at(s.x, s.y), tuple(tuple(at(*point) for point in ring) for ring in s.rings))
        for s in spots
    ]
    return Sheet(moved, round((right - left) * scale, 1), round((high - low) * scale, 1))
