"""What a folder of results says of itself: all that is needed to repeat it anywhere.

The manifest holds the command, the scenarios in full, versions, seeds, dates and the machine. A
county of one's own is copied into the folder, so that it can be moved, shared and repeated when the
original is gone.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import shutil
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import InitVar, dataclass
from datetime import UTC, datetime
from functools import cache, partial
from importlib import metadata
from pathlib import Path
from typing import Any

from returnee import scenarios
from returnee.experiments.errors import StoreError
from returnee.experiments.files import json_text, whole, write_text
from returnee.experiments.words.texts import LANGUAGES, one_line
from returnee.scenarios import Scenario, load_scenario
from returnee.scenarios.schema.own_rules import RULES, OwnRules, rules_now
from returnee.scenarios.schema.scenario import COUNTY_TABLES
from returnee.simulation.fingerprint import fingerprint
from returnee.simulation.own_rules import replaced_by
from returnee.simulation.start.own_county import sample_of

MANIFEST, INPUTS = "manifest.json", "inputs"
FINGERPRINT = "fingerprint"
COUNTIES = Path(scenarios.__file__).parent / "counties"
COUNTY_FILES = ("county.toml", *COUNTY_TABLES)
LARGEST = 50_000_000  # bytes of a county that is copied
PACKAGES = (
    "numpy", "numba", "pandas", "scipy", "pyarrow", "pydantic", "mesa", "optuna", "returnee",
)  # fmt: skip
MACHINE = {
    "platform": platform.platform(), "processor": platform.machine(), "processors": os.cpu_count(),
}  # fmt: skip
"""On what the results are computed; they do not depend on it."""
NAMED = ("id", "title_en", "title_zh")  # of a scenario, beside what it sets
OF_A_SESSION = ("status", "begun", "ended", "seconds")
RUNNING, INTERRUPTED, FINISHED = "running", "interrupted", "finished"


def rules_told(whole: bool = False) -> dict[str, Any]:
    """Rules of one's own that are in force: file, hash, what is replaced, and the `whole` text if asked for.

    Nothing if none are.
    """
    rules = rules_now()
    if rules is None:
        return {}
    told = {"file": rules.file, "sha256": rules.digest, "replaces": replaced_by(rules)}
    return {RULES: told | ({"text": rules.text} if whole else {})}


def rules_in(manifest: Mapping[str, Any]) -> OwnRules | None:
    """The rules of one's own with which scenarios of a folder of results were read; None: none."""
    told = manifest.get(RULES)
    if not isinstance(told, Mapping) or "text" not in told:
        return None
    return OwnRules.model_validate({key: told[key] for key in ("file", "text", "sha256")})


def versions() -> dict[str, str]:
    """Versions of what the results depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "not installed as a package"
    return found


@cache
def commit() -> str | None:
    """The commit of a checkout, with ``-dirty`` where files were changed; None elsewhere."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / ".git").exists():
        return None
    words = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=40"]
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(
            [*words, "--exclude=*"], capture_output=True, text=True, timeout=20, check=True
        )
        return said.stdout.strip() or None
    return None


def read_manifest(folder: str | Path) -> dict[str, Any]:
    """Read a folder's manifest.

    Raises
    ------
    StoreError
        If it cannot be read.
    """
    path, found = Path(folder) / MANIFEST, None
    with suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise StoreError(f"{path}: found an unreadable file, allowed a manifest in JSON")
    return found


def other_model(found: Mapping[str, Any]) -> str:
    """That a manifest is of another version of the model, both fingerprints named; empty if not.

    >>> other_model({"fingerprint": fingerprint()})
    ''
    """
    theirs = found.get(FINGERPRINT)
    if theirs == fingerprint():
        return ""
    shown = theirs or f"none, source_hash {found.get('source_hash')}"
    same = str(theirs).partition("+")[0] == fingerprint().partition("+")[0]
    other = "were made with other rules" if same else "are of another version of the model"
    return f"{FINGERPRINT}: found {shown}, allowed {fingerprint()}, as the results there {other}"


@dataclass
class Manifest:
    """The manifest of one folder."""

    kind: str  # what the folder holds: run, comparison, sweep, budget, calibration
    command: str  # that repeats it; its folder is added when that is known
    scenarios: Mapping[str, Scenario]  # by label
    about: InitVar[Mapping[str, Any]]  # what else belongs to the kind
    counties: Iterable[Path] = ()  # of more counties that are simulated, as by an axis of a sweep

    def __post_init__(self, about: Mapping[str, Any]) -> None:
        """Say what is known beforehand."""
        self._since = time.time()
        content: dict[str, Any] = {
            "kind": self.kind,
            "command": self.command,
            "machine": MACHINE,
            "commit": commit(),
            "versions": versions(),
            FINGERPRINT: fingerprint(),
            **rules_told(whole=True),
            **about,
            "scenarios": {
                label: {name: getattr(s, name) for name in NAMED} | s.canonical()
                for label, s in self.scenarios.items()
            },
        }
        if "sample" in about:  # the share of the people there are, at least fifty
            for label, scenario in self.scenarios.items():
                content["scenarios"][label]["share"] = sample_of(scenario, about["sample"])
        # As JSON has it, so that what is read again compares equal.
        self.content: dict[str, Any] = json.loads(json.dumps(content, default=str))
        self._before: dict[str, Any] = {}

    def settle(self, folder: Path) -> None:
        """Take a folder: keep counties there, and go on from the times of an earlier session."""
        with suppress(StoreError):
            self._before = read_manifest(folder)
        self.content["command"] = with_out(self.content["command"], folder)
        keep = cache(partial(keep_county, folder=folder))  # once for all that share a county
        for label, scenario in self.scenarios.items():
            if scenario.county_folder is not None:
                kept = keep(scenario.county_folder)
                self.content["scenarios"][label]["county_files"] = kept
            if scenario.rules is not None:
                stem, rules = Path(scenario.rules.file).stem, scenario.rules
                write_text(folder / INPUTS / f"{stem}-{rules.mark}.py", rules.text)
        more = {str(path): keep_county(path, folder) for path in self.counties}
        if more:
            self.content["county_files"] = more

    def write(self, folder: Path, status: str) -> None:
        """Write it with a status: running, interrupted, finished."""
        write_text(folder / MANIFEST, self.text(status))

    def text(self, status: str) -> str:
        """What is written."""
        now = time.time()
        times = {
            "begun": self._before.get("begun", _date(self._since)),
            "ended": None if status == RUNNING else _date(now),
            "seconds": round(float(self._before.get("seconds") or 0) + now - self._since, 1),
        }
        return json_text({"status": status, **times, **self.content})


def _date(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


def with_out(command: str, folder: Path) -> str:
    """A command that names its folder.

    >>> with_out("returnee compare linked", Path("results/a"))
    'returnee compare linked --out results/a'
    """
    words = shlex.split(command)
    if not command or any(word == "--out" or word.startswith("--out=") for word in words):
        return command
    return f"{command} {shlex.join(['--out', folder.as_posix()])}"


def keep_county(source: Path, folder: Path) -> dict[str, Any]:
    """Copy a county of one's own into a folder of results.

    Returns: ``name``; ``folder``, from the folder of results, if it was copied; and ``sha256`` by
    file. Counties that ship are named only, and those above `LARGEST` are not copied.
    """
    paths = [source / name for name in COUNTY_FILES if (source / name).is_file()]
    name = source.resolve().name
    if source.resolve().parent == COUNTIES.resolve() or not paths:
        return {"name": name}
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    about = {"name": name, "sha256": digests}
    if sum(path.stat().st_size for path in paths) > LARGEST:
        return about
    mark = hashlib.sha256("".join(digests.values()).encode()).hexdigest()[:8]
    place = Path(INPUTS) / f"{name}-{mark}"
    for path in paths:
        kept = folder / place / path.name
        if not kept.is_file():
            with whole(kept) as new:
                shutil.copyfile(path, new)
    return {**about, "folder": place.as_posix()}


def scenario_in(folder: str | Path, label: str = "") -> Scenario:
    """A scenario as a folder of results was run with, from its manifest and copies.

    Parameters
    ----------
    folder : path
    label : str
        Which; the only or first one if left out.

    Raises
    ------
    StoreError
        If it is not there any more as it was run.
    """
    folder = Path(folder)
    found = read_manifest(folder).get("scenarios") or {}
    label = label or next(iter(found), "")
    if label not in found:
        names = ", ".join(found) or "none"
        raise StoreError(f"{folder / MANIFEST}: found no scenario {label}, allowed {names}")
    about = found[label]
    parts = ("title_en", "title_zh", "county", "policy", "changes", "behaviour", RULES)
    scenario = Scenario(
        name=label,
        county_folder=_county_in(folder, about.get("county_files", {})),
        **{key: about[key] for key in parts if key in about},
    )
    if scenario.id != about["id"]:
        raise StoreError(
            f"{folder / MANIFEST}: {label}: found scenario {scenario.id}, allowed {about['id']}; "
            "its county's files are not those it was run with"
        )
    return scenario


def _county_in(folder: Path, about: Mapping[str, Any]) -> Path | None:
    if "folder" in about:
        return folder.absolute() / about["folder"]
    if "sha256" in about:
        raise StoreError(
            f"{folder}: found no copy of county {about['name']}, which is larger than "
            f"{LARGEST // 10**6} MB, allowed one in {INPUTS}/"
        )
    return COUNTIES / about["name"] if "name" in about else None


def counties_of(values: Iterable[Any]) -> list[Path]:
    """Folders of counties that are given by name or path."""
    found = (load_scenario("baseline", {"county": value}).county_folder for value in values)
    return [path for path in found if path is not None]


def titles_of(manifest: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """English and Chinese title of each scenario, by label."""
    found = {}
    for label, about in manifest["scenarios"].items():
        english, chinese = (one_line(str(about.get(f"title_{lang}", label))) for lang in LANGUAGES)
        found[label] = english or label, chinese or label
    return found


def seen_from(folder: Path, name: str) -> str:
    """A scenario's file as a path from a folder, so that both can be moved together; or a name."""
    if not name.endswith(".toml"):
        return name
    try:
        return Path(os.path.relpath(Path(name).resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return name


# In what the results of a folder differ from what is asked for.


COMPARED = ("kind", FINGERPRINT, "seed", "sample", "months", "burn_in")
UNCOMPARED = (".id", ".title_en", ".title_zh")
COPIES = ".county_files"
LONGEST = 80  # letters of a value in an error


def differs(
    found: Mapping[str, Any], wanted: Mapping[str, Any], keys: Iterable[str] = COMPARED
) -> str:
    """In what two manifests differ, as "key: found ..., allowed ..."; empty if in nothing.

    >>> differs({"seed": 1}, {"seed": 2}, ["seed"])
    'seed: found 1, allowed 2'
    """
    told = _first(found, wanted, keys)
    here, ours = (
        {label: f"{label} ({about.get('id')})" for label, about in m.get("scenarios", {}).items()}
        for m in (found, wanted)
    )
    if told or here == ours:
        return told
    theirs, mine = (
        ", ".join(name for name in some.values() if name not in others.values()) or "none of them"
        for some, others in ((here, ours), (ours, here))
    )
    return f"scenarios: found {theirs}, allowed {mine}"


def _first(found: Mapping[str, Any], wanted: Mapping[str, Any], keys: Iterable[str]) -> str:
    for key in keys:
        if key == FINGERPRINT and key in wanted and (other := other_model(found)):
            return other
        if found.get(key) != wanted.get(key):
            return f"{key}: found {_short(found.get(key))}, allowed {_short(wanted.get(key))}"
    return ""


def difference(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """In what two manifests of sweeps differ, as "key: found ..., allowed ..."; empty if in nothing.

    >>> difference({"kind": "sweep", "seed": 1}, {"kind": "sweep", "seed": 2})
    'seed: found 1, allowed 2'
    """
    if told := _first(found, wanted, (*COMPARED, "replicates", "keep")):
        return told
    for key in ("counties", "scenarios", "design"):
        # A scenario's file may have moved or have another title; what it does is compared.
        old, new = (dict(flat(m.get(key, {}), key)) for m in (found, wanted))
        for name in sorted({*old, *new}):
            if name.endswith(UNCOMPARED) or COPIES in name or name.startswith("design.scenarios"):
                continue
            if old.get(name) != new.get(name):
                found_here, wanted_here = (_short(m.get(name)) for m in (old, new))
                return f"{name}: found {found_here}, allowed {wanted_here}"
    if found.get("digest") != wanted.get("digest"):
        return "points: found another table, allowed the one of this design"
    return ""


def _short(value: Any) -> str:
    """A value in a line: of a whole timetable of policies, its beginning."""
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} ..."


def flat(value: Any, prefix: str) -> Iterator[tuple[str, Any]]:
    """A nested table as dotted keys."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from flat(inner, f"{prefix}.{name}")
    else:
        yield prefix, value
