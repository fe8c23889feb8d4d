"""What can be set and what ships, as tables and as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from returnee.experiments.measuring.measures import MEASURES
from returnee.experiments.reports.document import Block, Heading, Sheet
from returnee.experiments.words import texts as say
from returnee.scenarios import Lever, Scenario, levers, load_scenario, scenario_names, walk
from returnee.scenarios.schema.fields import groups
from returnee.scenarios.schema.layers import MODELS
from returnee.scenarios.schema.scale import SHIPPED, amounts_of_another_size, facts_left_out


def headings(lang: str) -> dict[str, str]:
    """Heading of each group of levers, by the key that its levers begin with."""
    which, found = int(lang == "zh"), {}
    for room, model in MODELS.items():
        name = say.words(lang)["rooms"][room]
        found[room] = name
        for group, labels in groups(model).items():
            found[f"{room}.{group}"] = f"{name}: {labels[which]}"
    return found


def _head(lang: str, names: str) -> list[str]:
    """Words over columns."""
    return [say.words(lang)["columns"][name] for name in names.split()]


def levers_listed(lang: str = "en") -> list[Block]:
    """Every lever and parameter by group."""
    titles, head = headings(lang), _head(lang, "key label unit range default basis")
    by_group = groupby(levers, lambda lever: lever.key.rpartition(".")[0])
    return [
        Sheet(head, [_cells(lever, lang) for lever in inner], f"{titles[group]}  {group}", "wwwnnw")
        for group, inner in by_group
    ]


def _cells(lever: Lever, lang: str) -> tuple[str, ...]:
    bounds = f"{say.value_text(lever.low)}–{say.value_text(lever.high)}"
    if lever.type is bool:
        bounds = say.words(lang)["columns"]["switch"]
    return (
        lever.key.rpartition(".")[2], say.label_of(lever, lang), say.unit_name(lever.unit, lang),
        bounds, say.value_text(lever.default), say.basis_of(lever, lang),
    )  # fmt: skip


def levers_json() -> list[dict[str, Any]]:
    """Every lever and parameter as plain values."""
    said = ("unit", "low", "high", "default", "help_en", "help_zh", "evidence", "basis", "free")
    return [
        {"key": lever.key, "type": lever.type.__name__, "label_en": lever.en, "label_zh": lever.zh}
        | {name: getattr(lever, name) for name in said}
        for lever in levers
    ]


def measures_listed(lang: str = "en") -> list[Block]:
    """Every measure: the columns of a sweep, and what ``--measure`` takes."""
    rows = [(m.name, say.label_of(m, lang), say.unit_name(m.unit, lang)) for m in MEASURES]
    return [Sheet(_head(lang, "name label unit"), rows, columns="w")]


def measures_json() -> list[dict[str, Any]]:
    """Every measure as plain values; ``better`` is 1 where more is, -1 where less is, else 0."""
    return [
        {"name": m.name, "unit": m.unit, "label_en": m.en, "label_zh": m.zh, "better": m.better}
        for m in MEASURES
    ]


def scenarios_listed(lang: str = "en") -> list[Block]:
    """The scenarios that ship and what they do."""
    texts = ("name", f"title_{lang}", f"description_{lang}")
    rows = [[s[text] for text in texts] for s in scenarios_json()]
    return [Sheet(_head(lang, "name title description"), rows, columns="w")]


def scenarios_json() -> list[dict[str, Any]]:
    """The scenarios that ship as plain values."""
    texts = ("name", "id", "title_en", "title_zh", "description_en", "description_zh")
    shipped = map(load_scenario, scenario_names())
    return [{key: getattr(scenario, key) for key in texts} for scenario in shipped]


def county_listed(scenario: Scenario, lang: str = "en") -> list[Block]:
    """A scenario's county: its facts, townships and sectors."""
    county, titles = scenario.county, headings(lang)
    label, unit, basis = _head(lang, "label unit basis")
    blocks: list[Block] = [Heading(say.county_name(county, lang))]
    for group in (key for key in titles if key.startswith("county")):
        rows = []
        for key, lever in walk(county, "county."):
            if key.rpartition(".")[0] == group:
                cells = _cells(lever, lang)
                rows.append((cells[1], cells[2], _value(lever.value, lang), cells[5]))
        blocks.append(Sheet([label, unit, "", basis], rows, titles[group], "wwnw"))
    for table in (county.townships, county.sectors, county.city_sectors):
        blocks.append(_named_rows(table, lang))
    for ages in filter(None, (county.residents, county.children)):  # by five years of age
        heads = [say.label_of(lever, lang) for _, lever in walk(ages[0])]
        blocks.append(Sheet(heads, _values(ages, lang)))
    return blocks


def county_json(scenario: Scenario) -> dict[str, Any]:
    """A scenario's county as plain values: facts and tables, where it is, and its files' SHA-256."""
    return {
        **scenario.county.model_dump(mode="json"),
        "folder": str(scenario.county_folder),
        "files": dict(scenario.files),
        "amounts_of_another_size": amounts_of_another_size(scenario),
    }


def size_warning(scenario: Scenario, lang: str = "en", most: int = 4) -> str:
    """Say which amounts of the policy are meant for a county of quite another size; or nothing."""
    keys = amounts_of_another_size(scenario)
    if not keys:
        return ""
    found, values = scenario.county.labour_force, dict(walk(scenario.policy, "policy."))
    told = _first([f"{key} {say.value_text(values[key].value)}" for key in keys], most, lang)
    example = f"{keys[0]}={(values[keys[0]].value or 0) * found / SHIPPED:.3g}"
    form = str(say.words(lang)["county"]["size"])
    return form.format(found=f"{found:,}", keys=told, first=example)


def left_out_notice(scenario: Scenario, lang: str = "en", most: int = 6) -> str:
    """Say which facts the file of a county leaves out, and what is assumed; or nothing."""
    found = facts_left_out(scenario)
    if not found:
        return ""
    form, name = str(say.words(lang)["county"]["left_out"]), say.county_name(scenario.county, lang)
    return form.format(keys=_first(found, most, lang), county=name)


def _first(names: Sequence[str], most: int, lang: str) -> str:
    """The first of some names, and how many more there are."""
    more = str(say.words(lang)["county"]["more"]).format(n=len(names) - most)
    return ", ".join(names[:most]) + (f" {more}" if len(names) > most else "")


def _value(value: Any, lang: str) -> str:
    """A value as a reader would say it: yes or no rather than true or false."""
    if isinstance(value, bool):
        yes, no = say.words(lang)["columns"]["switch"].split("/")
        return str(yes if value else no)
    return say.value_text(value)


def _values(rows: Any, lang: str) -> list[list[str]]:
    """Values of the rows of a county's table."""
    return [[_value(lever.value, lang) for _, lever in walk(row)] for row in rows]


def _named_rows(rows: Any, lang: str) -> Sheet:
    """Rows of a county's table, or its columns as rows where it has more columns than rows."""
    heads = [
        f"{say.label_of(lever, lang)} ({say.unit_name(lever.unit, lang)})"
        for _, lever in walk(rows[0])
    ]
    names, cells = [say.county_name(row, lang) for row in rows], _values(rows, lang)
    if len(heads) > len(rows):
        heads, names, cells = names, heads, [list(column) for column in zip(*cells, strict=True)]
    table = [[name, *row] for name, row in zip(names, cells, strict=True)]
    return Sheet([*_head(lang, "name"), *heads], table)
