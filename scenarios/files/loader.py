"""Read scenario files: TOML that extends others and says only what differs.

``extends = "linked"`` names one parent. Of several, ``extends = ["linked", "coastal_shock"]``, each is
laid on those to its left, and the file itself on all. Titles and descriptions are a file's own.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from returnee.scenarios.schema.behaviour import Behaviour
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.county_folder import FOLDER, read_toml
from returnee.scenarios.schema.errors import guess, nearest, problem, show, unknown
from returnee.scenarios.schema.layers import HISTORY, MODELS, OVERRIDE, Layers, build, every_key
from returnee.scenarios.schema.own_rules import rules_now
from returnee.scenarios.schema.scenario import Scenario, policies_of

SHIPPED = FOLDER / "shipped"
TEXTS = ("title_en", "title_zh", "description_en", "description_zh")
HEAD = ("extends", *TEXTS, HISTORY, *MODELS)
TEXT_KEYS = {"county", HISTORY} | {
    f"county.{name}" for name, info in County.model_fields.items() if info.annotation is str
}
"""Keys whose values are texts."""


@dataclass(frozen=True)
class File:
    """A scenario file as read: its label in errors, its place and its tables."""

    label: str
    path: Path
    table: dict[str, Any]


def scenario_names() -> list[str]:
    """List the scenarios that ship, the baseline first."""
    names = sorted(path.stem for path in SHIPPED.glob("*.toml"))
    return sorted(names, key=lambda name: name != "baseline")


def load_scenario(
    name_or_path: str | Path,
    overrides: Mapping[str, Any] | None = None,
    base: str | Path = "",
) -> Scenario:
    """Read a scenario that ships, or a file.

    Parameters
    ----------
    name_or_path : str or pathlib.Path
        Name of a scenario that ships (``"baseline"``), or a path to a TOML file.
    overrides : mapping, optional
        Dotted keys to values, laid on top of the file: ``{"policy.training.places": 1500}``. A
        policy lever may be given months, ``{"policy.training.places": {1: 1000, 25: 1500}}``.
        ``{"county": "binhai"}`` names a county, or a folder with a ``county.toml``.
        ``{"rules": "my_rules.py"}`` names a file of rules of one's own, ``{"rules.copying": 0.3}``
        sets a lever of it.
    base : str or pathlib.Path, optional
        Folder from which relative paths, of the scenario and of a county in the overrides, are
        named; the current one if left out. Paths in a file are named from that file's folder.

    Returns
    -------
    Scenario

    Raises
    ------
    ScenarioError
        One line that names file, key, what was found and what is allowed.

    Examples
    --------
    >>> load_scenario("baseline", {"policy.training.places": 1500}).policy.training.places
    1500.0
    """
    if not isinstance(base, str | Path):
        raise problem("base", "", show(base), "a folder")
    start = Path(base)
    files = files_of(_locate(name_or_path, start, ""))
    layers = Layers()
    for file in files:
        _lay(file, layers)
    layers.lay_overrides({} if overrides is None else overrides, start)
    last = files[-1]
    if layers.folder is None:
        raise problem(last.label, "county", "no county", "a county's name or folder")
    texts = {key: last.table.get(key, "") for key in TEXTS}
    texts["title_en"] = texts["title_en"] or last.path.stem
    texts["title_zh"] = texts["title_zh"] or texts["title_en"]
    if layers.rules is not None:
        texts |= {key: layers.rules.titled(texts[key]) for key in TEXTS[:2]}
    return Scenario(
        name=last.path.stem,
        county=layers.county_in(layers.folder),
        behaviour=build(Behaviour, "behaviour", layers.behaviour),
        county_folder=layers.folder,
        facts_given=tuple(sorted(layers.county)),
        rules=layers.rules_on(rules_now()),
        **({} if layers.history is None else {"history": layers.history}),
        **policies_of(layers.policy_in, layers.months()),
        **texts,
    )


def parse_override(text: str) -> tuple[str, Any]:
    """Split ``"policy.training.places=1500"`` into key and value.

    The value is TOML: a number, ``true``, or months as in ``{1 = 1000, 25 = 1500}``. A text, such as
    the name or folder of a county, may stand without quotes and is never taken for a number.

    Raises
    ------
    ScenarioError
        If there is no ``=``, or the value is not TOML.

    Examples
    --------
    >>> parse_override("policy.training.places=1500")
    ('policy.training.places', 1500)
    >>> parse_override("county=320922")
    ('county', '320922')
    """
    if not isinstance(text, str):
        raise problem(OVERRIDE, "", show(text), "key=value, as in policy.training.places=1500")
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key:
        raise problem(OVERRIDE, "", show(text), "key=value, as in policy.training.places=1500")
    try:
        read = tomllib.loads(f"value = {value}")
        if read.keys() == {"value"} and _is_of(key, read["value"]):
            return key, read["value"]
    except (ValueError, RecursionError):
        pass
    if key in TEXT_KEYS and value:
        return key, value
    raise problem(OVERRIDE, key, show(value), "a number, true, false or {1 = 1000, 25 = 1500}")


def _is_of(key: str, value: Any) -> bool:
    """Whether a value may be meant for a key: codes and names of counties are texts."""
    if key not in TEXT_KEYS:
        return True
    return isinstance(value, str) or (key == "county" and isinstance(value, dict))


def files_of(path: Path) -> list[File]:
    """Read a file and all that it builds on, each once, in the order in which they are laid.

    Parents come before the files that extend them, those of one file from left to right. A file
    that several build on is laid once, beneath all of them.
    """
    found: dict[Path, File] = {}
    _gather(path, {}, found)
    return list(found.values())


def _gather(path: Path, below: dict[Path, str], found: dict[Path, File]) -> Path:
    """Put the files that one builds on, then the file itself, behind those found so far.

    Labels of the files that led here, the last of which extends this one, stand in ``below``.
    """
    label = path.name if path.parent == SHIPPED else str(path)
    file, here = File(label, path, read_toml(path, label)), path.resolve()
    if here in below:
        last = list(below.values())[-1]
        raise problem(last, "extends", f"a circle back to {label}", "no circle")
    if here not in found:
        parents = set()
        for name in _parents(file):
            parent = _locate(name, path.parent, f"{label}: extends")
            full = _gather(parent, {**below, here: label}, found)
            if full in parents:
                raise problem(label, "extends", f"{show(name)} twice", "each once")
            parents.add(full)
        found[here] = file
    return here


def _parents(file: File) -> list[str]:
    """Name the files that one extends, in the order in which they are laid."""
    given = file.table.get("extends")
    if given is None:
        return []
    names = given if isinstance(given, list) else [given]
    if not names or not all(isinstance(name, str) for name in names):
        allowed = "a scenario's name or a relative path, or a list of them"
        raise problem(file.label, "extends", show(given), allowed)
    return names


def _locate(name_or_path: Any, start: Path, where: str) -> Path:
    """Find a scenario by name, or a file by path from a folder."""
    if not isinstance(name_or_path, str | Path):
        raise problem(where, "scenario", show(name_or_path), "a name or a path")
    name = str(name_or_path)
    if isinstance(name_or_path, Path) or name.endswith(".toml") or re.search(r"[/\\]", name):
        return start / name
    if name in scenario_names():
        return SHIPPED / f"{name}.toml"
    beside = f"{name}.toml"
    try:
        near = [beside] if (start / beside).is_file() else nearest(name, scenario_names())
    except (OSError, ValueError):  # a name that no file system takes
        near = []
    hint = guess(near)
    names = ", ".join(scenario_names())
    raise problem(where, "scenario", show(name) + hint, f"{names}, or a path to a .toml file")


def _lay(file: File, layers: Layers) -> None:
    """Lay one file on top."""
    for key, value in file.table.items():
        if key not in HEAD:
            raise unknown(file.label, key, HEAD, every_key())
        if key in TEXTS and not isinstance(value, str):
            raise problem(file.label, key, show(value), "a text")
        if key in MODELS or key == HISTORY:
            layers.lay(key, value, file.label, file.path.parent)
