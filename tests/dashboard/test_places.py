"""The map: where townships lie, and what is shown of them."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from returnee.dashboard.content import atlas
from returnee.dashboard.content.places import FILE, Places, Spot, fitted, places_of
from returnee.dashboard.live.answers import MOVED, REFERENCE
from returnee.scenarios import Scenario, ScenarioError, load_scenario


@pytest.fixture(scope="module")
def county() -> Scenario:
    return load_scenario("baseline")


def placed(county: Scenario, folder: Path, rows: str) -> Places:
    (folder / FILE).write_text(rows, encoding="utf-8")
    return places_of(SimpleNamespace(county=county.county, county_folder=folder))  # type: ignore[arg-type]


def rows_of(county: Scenario, head: str, tail: str) -> str:
    return head + "".join(f"{town.name},{tail}\n" for town in county.county.townships)


def test_a_county_without_coordinates_gets_a_schematic(county: Scenario) -> None:
    found = places_of(county)
    assert found.schematic
    far = [float(np.hypot(spot.x, spot.y)) for spot in found.spots]
    assert (
        np.argsort(far, kind="stable").tolist()
        == np.argsort(
            [town.distance_km for town in county.county.townships], kind="stable"
        ).tolist()
    )
    between = [np.hypot(a.x - b.x, a.y - b.y) for a, b in combinations(found.spots, 2)]
    assert min(between) > 0.2 * max(far)  # no name lies on another


def test_coordinates_bearings_and_shapes_are_read(county: Scenario, tmp_path: Path) -> None:
    found = placed(county, tmp_path, rows_of(county, "name,bearing\n", "90"))
    far = county.county.townships[3].distance_km
    assert not found.schematic and found.spots[3].x == pytest.approx(far)
    rows = rows_of(county, "name,x_km,y_km,shape\n", "1,2,0 0;1 0;1 1")
    assert placed(county, tmp_path, rows).spots[0] == Spot(1.0, 2.0, (((0, 0), (1, 0), (1, 1)),))
    north = placed(county, tmp_path, rows_of(county, "name,lon,lat\n", "120,34")).spots[0]
    assert north.y == pytest.approx(34 * 111.2)


@pytest.mark.parametrize(
    ("tail", "line"),
    [
        ("east", "townships_map.csv: Dongkan: bearing: found east, allowed a number"),
        ("", "townships_map.csv: Dongkan: found no place, allowed lon and lat"),
    ],
)
def test_bad_rows_are_one_line(county: Scenario, tmp_path: Path, tail: str, line: str) -> None:
    with pytest.raises(ScenarioError) as error:
        placed(county, tmp_path, rows_of(county, "name,bearing\n", tail))
    assert str(error.value).startswith(line)
    with pytest.raises(ScenarioError, match="Nowhere: found no township"):
        placed(county, tmp_path, "name,bearing\nNowhere,1\n")


def test_a_map_fits_and_has_a_figure_for_every_place(county: Scenario) -> None:
    sheet = fitted(places_of(county).spots)
    assert max(sheet.width, sheet.height) == 1000.0
    assert all(0 <= s.x <= sheet.width and 0 <= s.y <= sheet.height for s in sheet.spots)
    towns = len(county.county.townships)
    counts = np.ones((3, len(atlas.RATES) + 1, atlas.SMALL.months + 1, towns))
    counts[:, -1] = 100.0
    rates = atlas.rates_of(counts)
    assert np.allclose(rates[:, 0], 10.0) and np.allclose(rates[:, 3], 1.0)
    scenarios = {MOVED: county, REFERENCE: county}
    seen = atlas.Seen(
        {MOVED: 2 * rates, REFERENCE: rates}, np.full(towns, 5.0), scenarios, places_of(county)
    )
    for lang in ("en", "zh"):
        spec = atlas.spec_of(seen, lang)
        assert len(spec["places"]) == towns and len(spec["sides"]) == 3
        first = spec["modes"][0]
        assert len(first["sides"][2]) == len(first["told"]) == len(spec["months"])
        assert all(all(month) for month in first["told"])  # alike in all runs
        assert atlas.figures(seen, 0, lang)[0][3] == "+10"
