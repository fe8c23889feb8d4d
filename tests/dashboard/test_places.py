"""The map: where townships lie, and what is shown of them."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from returnee.dashboard.content import atlas, province
from returnee.dashboard.content.places import FILE, Places, Spot, fitted, places_of
from returnee.dashboard.live.answers import MOVED, REFERENCE
from returnee.dashboard.texts import words
from returnee.experiments.errors import UsageError
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


COLUMNS = "code,county,province,city,policy,labour_force,simulated,measure,reference,gain,low,high,per_1000,low_1000,high_1000"
ROWS = """1,East,P,A,linked,50000,3000,firms_open,500,10,5,15,0.2,0.1,0.3
1,East,P,A,linked,50000,3000,return_quality,60,1,-1,3,1,-1,3
2,West,P,B,linked,20000,3000,firms_open,100,,,,,,
2,West,P,B,linked,20000,3000,return_quality,60,1,-1,3,1,-1,3
"""


@pytest.fixture
def region(tmp_path: Path) -> Path:
    """A folder as `returnee region` leaves it, of two counties of which one failed."""
    (tmp_path / province.COUNTIES).write_text(f"{COLUMNS}\n{ROWS}", encoding="utf-8")
    totals = "measure,reference,gain,low,high\njobs,900,20,-5,45\n"
    (tmp_path / province.TOTALS).write_text(totals, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_counties_of_a_region_are_on_the_map(region: Path, lang: str) -> None:
    found = province.read(region, None)
    spec = province.spec_of(found, lang)
    first = spec["modes"][0]
    assert first["sides"] == [[[10.0, 5.0]], [[10.2, None]], [[0.2, None]]]
    assert first["told"] == [[1, 0]] and [name for name, _ in spec["rows"]] == ["A", "B"]
    json.dumps(spec, allow_nan=False)
    assert "1" in province.about(found, 0, lang)
    rows = province.figures(found, 0, lang)
    assert rows[0][3] == "+0.2" and rows[1][5] == words(lang)["atlas"]["untold"]
    assert "–" in province.figures(found, 1, lang)[0]
    assert len(province.sentences(found, lang)) == 1


def test_counties_lie_where_their_shapes_and_places_say(region: Path, tmp_path: Path) -> None:
    rows = [f"{row},{lon},34" for row, lon in zip(ROWS.split(), (120, 120, 121, 121))]
    table = "\n".join([f"{COLUMNS},lon,lat", *rows])
    (region / province.COUNTIES).write_text(table, encoding="utf-8")
    province.read.cache_clear()
    assert province.read(region, None).kind == "bubbles"
    shapes = tmp_path / "shapes"
    shapes.mkdir()
    ring = [[120, 33], [122, 33], [122, 35], [120, 33]]
    (shapes / "1.geojson").write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    found = province.read(region, shapes)
    assert found.kind == "shapes" and found.sheet.spots[0].rings and not found.sheet.spots[1].rings


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (None, "found no"),
        ("code,county\n1,East\n", "found no column province"),
        (f"{COLUMNS}\n", "found no rows"),
        (f"{COLUMNS}\n{ROWS.replace('0.2', 'much')}", "found could not convert"),
    ],
)  # fmt: skip
def test_a_folder_that_is_no_region_is_one_line(region: Path, text: str | None, line: str) -> None:
    province.read.cache_clear()
    path = region / province.COUNTIES
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=line) as error:
        province.read(region, None)
    assert "\n" not in str(error.value)
