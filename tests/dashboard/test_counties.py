"""Counties of the owner's own in the dashboard, and what files from a browser may build on."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from returnee.dashboard import settings
from returnee.dashboard.app import arrival_of
from returnee.dashboard.content import levers
from returnee.dashboard.content.contrast import lined_up as compared
from returnee.dashboard.content.lessons import LESSONS, place_of
from returnee.dashboard.content.neighbours import town_of
from returnee.dashboard.live.answers import command, lined_up
from returnee.dashboard.live.runs import figures_of, lived
from returnee.dashboard.pages import explore
from returnee.dashboard.pages.compare import act as act_on_compare
from returnee.dashboard.pages.explore import act, choices
from returnee.dashboard.pages.network import choices as network_choices
from returnee.dashboard.visitor.files import opened, read_upload, short_name, toml_of
from returnee.dashboard.visitor.place import Arrival, Mix, Place, address_of
from returnee.dashboard.visitor.session import Session, say
from returnee.experiments.errors import UsageError
from returnee.experiments.running.options import RunSettings
from returnee.experiments.running.plan import Plan
from returnee.scenarios import ScenarioError, load_scenario
from returnee.scenarios.schema.county_folder import FOLDER

TINY = RunSettings(seed=1, sample=0.002, months=12)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A county with two townships and its own wages, offered by the server."""
    text = (FOLDER / "counties/binhai/county.toml").read_text(encoding="utf-8")
    head, *towns = text.split("[[townships]]")
    tail = towns[-1][towns[-1].index("\n[[") :]
    head = head.replace('name = "Binhai"', 'name = "Qingshan"').replace("滨海县", "青山县")
    head = head.replace("local_wage = 4291", "local_wage = 3900")
    rows = "".join(
        f'[[townships]]\nname = "{name}"\nname_zh = "{zh}"\nweight = 0.5\ndistance_km = 5\nremote = false\n'
        for name, zh in (("East", "东镇"), ("West", "西镇"))
    )
    folder = tmp_path / "own" / "qingshan"
    folder.mkdir(parents=True)
    (folder / "county.toml").write_text(head + rows + tail, encoding="utf-8")
    before = dict(settings.LIMITS)
    settings.offer_counties([folder])
    yield folder
    settings.COUNTIES.clear()
    settings.LIMITS.update(before)


def session_of(place: Place) -> Session:
    """A visitor at a place."""
    return Session(Arrival(place, ()))


def test_without_counties_nothing_is_asked_or_written() -> None:
    assert "county" not in address_of(Place()) and settings.first_county() == ""
    assert all(item["key"] != "county" for item in choices(Session(Arrival(Place(), ()))))
    assert arrival_of("v=1&county=qingshan").ignored == ("county=qingshan",)


def test_visitors_meet_the_own_county_first_and_may_choose(own: Path) -> None:
    place = arrival_of("").place
    assert place.mix.unmoved().county.name_zh == "青山县"
    assert arrival_of(address_of(place)).place == place
    item = next(
        item
        for item in choices(Session(Arrival(place.but(lang="zh"), ())))
        if item["key"] == "county"
    )
    assert [option["text"] for option in item["options"]] == ["滨海县", "青山县"]
    session = session_of(place.but(mix=place.mix.moved("county.work.local_wage", 4000.0)))
    act(session, {"key": "county", "value": ""})
    assert session.place.value.mix == Mix()
    assert arrival_of(address_of(session.place.value)).place.mix.county == ""


@pytest.mark.parametrize("name", ["../own/qingshan", "/etc", "binhai", "own/qingshan", "none"])
def test_an_address_names_only_counties_of_the_server(own: Path, name: str) -> None:
    arrival = arrival_of(f"v=1&county={name}")
    assert arrival.ignored == (f"county={name}",) and arrival.place.mix.county == "qingshan"


def test_levers_townships_and_lessons_are_those_of_the_county(own: Path) -> None:
    place = arrival_of("v=1&o.town=9").place
    rooms = levers.rooms(place.mix, "en")
    base = {
        x["key"]: x["base"] for room in rooms for group in room["groups"] for x in group["levers"]
    }
    assert base["county.work.local_wage"] == 3900
    towns = network_choices(place.but(lang="zh"))[0]["options"]
    assert [town["text"] for town in towns] == ["东镇", "西镇"] and town_of(place) == 1
    assert place_of(place, LESSONS[1]).mix.scenario().county.name == "Qingshan"


def test_both_sides_and_all_that_is_compared_live_in_the_county(own: Path) -> None:
    place = arrival_of("v=1&saved=mine~linked~1~training.places=1500&compared=mine,linked").place
    sides = [*lined_up(place).values(), *compared(place)[0].values()]
    assert {side.county.name for side in sides} == {"Qingshan"} and len(sides) == 5
    figures = figures_of(lived(lined_up(place)["policy"], 0, TINY))
    assert figures.monthly.shape[1] == 12


def test_the_command_and_the_file_name_the_county(own: Path) -> None:
    place = arrival_of("v=1&training.places=1500&county.people.child=0.5").place
    plan = Plan(lined_up(place), "reference", 1, TINY)
    assert f"--set county={own}" in command(place, plan)
    text = toml_of(place.mix, "en")
    back = read_upload("a.toml", len(text), text, "en")
    assert back.county == "qingshan" and back.levers == place.mix.levers
    path = own / "scenario.toml"
    path.write_text(text, encoding="utf-8")
    assert load_scenario(path).county == place.mix.scenario().county


def test_uploads_build_on_the_county_of_the_visitor_or_the_one_they_name(own: Path) -> None:
    session = session_of(arrival_of("").place)
    act(session, {"key": "upload", "name": "a.csv", "size": 9, "text": "training.places,1500"})
    assert session.place.value.mix.county == "qingshan"
    text = 'county = "binhai"\n[policy.training]\nplaces = 1500'
    act_on_compare(session, {"key": "upload", "name": "b.toml", "size": 9, "text": text})
    assert session.place.value.saved[-1].county == ""
    with pytest.raises(ScenarioError, match="county: found '/etc'"):
        read_upload("c.toml", 9, 'county = "/etc"', "en", "qingshan")


def test_folders_that_are_no_counties_are_refused(own: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="county"):
        settings.offer_counties([tmp_path / "none"])
    shutil.copytree(own, tmp_path / "other" / "qingshan")
    with pytest.raises(UsageError, match="two folders named qingshan"):
        settings.offer_counties([tmp_path / "other" / "qingshan"])


def test_the_owners_county_may_be_large(own: Path, tmp_path: Path) -> None:
    text = (own / "county.toml").read_text(encoding="utf-8")
    large = tmp_path / "large"
    large.mkdir()
    text = re.sub(r"labour_force = [\d_]+", "labour_force = 2_000_000", text)
    (large / "county.toml").write_text(text, encoding="utf-8")
    settings.offer_counties([large])
    assert Mix(county="large").scenario().county.labour_force == 2_000_000


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_text_that_is_no_utf8_is_refused_in_one_line(lang: str) -> None:
    text = 'title_zh = "县里的政策"\n'.encode("gbk").decode("utf-8", errors="replace")
    for name in ("a.toml", "a.csv"):
        with pytest.raises(ScenarioError, match="UTF-8"):
            read_upload(name, 20, text, lang)
    with pytest.raises(ScenarioError, match="CSV"):
        read_upload("picture.png", 20, text, lang)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", "[policy.training]\nplaces = { 1 = 1000, 999 = 1500 }"),
        ("a.csv", "training.places,999,1500"),
        ("a.csv", "\n".join(f"training.places,{month},{month}" for month in range(1, 60))),
        ("a.csv", "training.places,0,1500"),
    ],
)
def test_months_that_no_run_has_are_refused(name: str, text: str) -> None:
    with pytest.raises(ScenarioError, match="month"):
        read_upload(name, len(text), text, "en")


@pytest.mark.parametrize("key", ["policy", "behaviour"])
def test_what_a_file_says_is_never_left_out_silently(key: str) -> None:
    for text in (f'{key} = "/etc/passwd"', f'[{key}]\nextends = "/etc/passwd"'):
        with pytest.raises(ScenarioError, match=key):
            read_upload("a.toml", len(text), text, "en")


def test_long_names_keep_their_ending() -> None:
    text = "training.places,1500"
    mix = read_upload("很长" * 80 + ".csv", len(text), text, "zh")
    assert mix.levers == {"policy.training.places": 1500}
    assert short_name("a" * 300).startswith("a") and len(short_name("b." + "c" * 300)) <= 80


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_what_a_csv_builds_on_is_said(lang: str) -> None:
    lines = opened("a.csv", Mix("baseline"), lang)
    assert load_scenario("baseline").title_zh in lines[1] or "Baseline" in lines[1]
    assert len(opened("a.toml", Mix("baseline"), lang)) == 1


def test_a_title_of_several_lines_makes_a_valid_file() -> None:
    import tomllib

    place = arrival_of("v=1&title=a%22%0A%5Bpolicy%5D%0Ax%3D1%00%E2%80%AE").place
    assert "\n" not in place.mix.title
    for title in (place.mix.title, 'a"\n[policy]\nx = 1\x7f\\'):
        table = tomllib.loads(toml_of(replace(place.mix, title=title), "zh"))
        assert set(table) == {"extends", "title_en", "title_zh"}


def test_what_is_opened_is_what_its_address_restores() -> None:
    rows = [
        f"{key},{lever.value}" for key, lever in explore.LEVERS.items() if lever.type is not bool
    ]
    text = "\n".join(rows)
    mix = read_upload("all.csv", len(text), text, "en")
    assert arrival_of(address_of(Place(mix=mix))).place.mix == mix


@pytest.mark.parametrize("text", ["training.places,99999", "x,1", "training.places"])
def test_errors_of_uploads_are_in_chinese_on_the_chinese_page(text: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        read_upload("a.csv", len(text), text, "zh")
    line = say(caught.value, "zh")
    assert "found" not in line and "allowed" not in line and "为" in line
