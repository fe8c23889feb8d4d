"""Read scenario files: TOML that extends another and says only what differs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from returnee.scenarios.files.layers import MODELS, Given, Layers, build, flatten
from returnee.scenarios.schema.behaviour import Behaviour
from returnee.scenarios.schema.county import County
from returnee.scenarios.schema.county_folder import gbk_hint
from returnee.scenarios.schema.errors import (
    ScenarioError,
    guess,
    nearest,
    problem,
    show,
    unknown,
)
from returnee.scenarios.schema.fields import walk
from returnee.scenarios.schema.scenario import Change, Scenario

FOLDER = Path(__file__).absolute().parents[1]
SHIPPED = FOLDER / "shipped"
TEXTS = ("title_en", "title_zh", "description_en", "description_zh")
HEAD = ("extends", *TEXTS, *MODELS)
OVERRIDE = "override"
TEXT_KEYS = {"county"} | {
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
    if overrides is not None and not isinstance(overrides, Mapping):
        raise problem(OVERRIDE, "", show(overrides), "a mapping of dotted keys to values")
    if not isinstance(base, str | Path):
        raise problem("base", "", show(base), "a folder")
    start = Path(base)
    files = _chain(_locate(name_or_path, start, ""))
    layers, folder = Layers(), None
    for file in files:
        folder = _lay(file.table, file.label, file.path.parent, layers) or folder
    for key, value in (overrides or {}).items():
        folder = _lay(_nest(key, value), OVERRIDE, start, layers) or folder
    last = files[-1]
    if folder is None:
        raise problem(last.label, "county", "no county", "a county's name or folder")
    texts = {key: last.table.get(key, "") for key in TEXTS}
    texts["title_en"] = texts["title_en"] or last.path.stem
    texts["title_zh"] = texts["title_zh"] or texts["title_en"]
    return Scenario(
        name=last.path.stem,
        county=_county(folder, layers),
        behaviour=build(Behaviour, "behaviour", layers.behaviour),
        county_folder=folder,
        **_policies(layers),
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


def _chain(path: Path) -> list[File]:
    """Read a file and those it extends, the outermost first."""
    files: list[File] = []
    seen: list[Path] = []
    while True:
        label = path.name if path.parent == SHIPPED else str(path)
        file = File(label, path, _read(path, label))
        if path.resolve() in seen:
            raise problem(files[-1].label, "extends", f"a circle back to {label}", "no circle")
        seen.append(path.resolve())
        files.append(file)
        parent = files[-1].table.get("extends")
        if parent is None:
            return files[::-1]
        if not isinstance(parent, str):
            raise problem(label, "extends", show(parent), "a scenario's name or a relative path")
        path = _locate(parent, path.parent, f"{label}: extends")


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


def _read(path: Path, label: str) -> dict[str, Any]:
    """Read TOML; a byte-order mark, as some editors write, is allowed."""
    try:
        return _parsed(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        key = f"line {line[1]}" if line else ""
        raise problem(label, key, f"a mistake: {error}", "TOML") from None
    except UnicodeDecodeError:
        found = "text that is not UTF-8" + gbk_hint(path.read_bytes())
        raise problem(label, "", found, "TOML in UTF-8") from None
    except OSError as error:
        reason = (error.strerror or "an unreadable file").lower()
        raise problem(label, "", reason, "a TOML file") from None
    except (ValueError, RecursionError) as error:  # a name or number no file system or int takes
        raise problem(label, "", f"a mistake: {error}", "a TOML file") from None


@lru_cache(maxsize=32)
def _parsed(text: str) -> dict[str, Any]:
    """TOML as tables, which nobody may change: parsing is most of the work of reading a file."""
    return tomllib.loads(text)


def _lay(table: dict[str, Any], source: str, start: Path, layers: Layers) -> Path | None:
    """Lay one file or override on top; give the county's folder if it names one."""
    folder: Path | None = None
    for key, value in table.items():
        if key not in HEAD:
            raise unknown(source, key, HEAD, _every_key())
        if key in TEXTS and not isinstance(value, str):
            raise problem(source, key, show(value), "a text")
        if key == "county":
            if isinstance(value, Mapping) and "extends" in value:
                folder = find_county(value["extends"], source, start)
                value = {name: inner for name, inner in value.items() if name != "extends"}
            elif not isinstance(value, Mapping):
                folder = find_county(value, source, start)
                continue
        if key in MODELS:
            layers.add(key, value, source)
    return folder


def _every_key() -> list[str]:
    return [key for room, model in MODELS.items() for key, _ in walk(model, f"{room}.")]


def _nest(key: Any, value: Any) -> dict[str, Any]:
    """Turn an override's dotted key into nested tables."""
    if not isinstance(key, str) or key.partition(".")[0] not in MODELS:
        raise unknown(OVERRIDE, str(key), MODELS, _every_key())
    for part in reversed(key.split(".")):
        value = {part: value}
    table: dict[str, Any] = value
    return table


def find_county(value: Any, source: str, start: Path) -> Path:
    """Find a county by name among those that ship, or a folder by path.

    Parameters
    ----------
    value : str or pathlib.Path
        A name, or a folder named from `start`.
    source : str
        File in which it was given, for errors.
    start : pathlib.Path
        Folder of that file.

    Returns
    -------
    pathlib.Path
        The county's folder, absolute.

    Raises
    ------
    ScenarioError
        If there is no county.
    """
    allowed = "a county's name or folder"
    if isinstance(value, int) and not isinstance(value, bool):
        raise problem(source, "county", show(value), f'{allowed}, in quotes: "{value}"')
    if not isinstance(value, str | Path) or value == "":
        raise problem(source, "county", show(value), allowed)
    shipped = sorted(path.parent.name for path in FOLDER.glob("counties/*/county.toml"))
    if value in shipped:
        return FOLDER / "counties" / value
    folder = start / value
    try:
        if (folder / "county.toml").is_file():
            return folder.absolute()
    except (OSError, ValueError):
        pass
    found = show(str(value)) + guess(nearest(str(value), shipped))
    names = ", ".join(shipped)
    raise problem(source, "county", found, f"{names}, or a folder with a county.toml")


def _county(folder: Path, layers: Layers) -> County:
    shipped = folder.parent == FOLDER / "counties"
    label = f"{folder.name}/county.toml" if shipped else str(folder / "county.toml")
    flat = flatten(County, _read(folder / "county.toml", label), "county", label)
    given = {key: Given(value, label) for key, value in flat.items()}
    below = {key: value for key, value in given.items() if key not in layers.county}
    return build(County, "county", {**below, **layers.county})


def _policies(layers: Layers) -> dict[str, Any]:
    """Build the first policy and its changes, leaving out months in which nothing changes."""
    first, *later = layers.months()
    current = policy = layers.policy_in(first)
    changes = []
    for month in later:
        following = layers.policy_in(month)
        if following != current:
            changes.append(Change(month=month, policy=following))
            current = following
    return {"policy": policy, "changes": tuple(changes)}


__all__ = ["ScenarioError", "find_county", "load_scenario", "parse_override", "scenario_names"]
