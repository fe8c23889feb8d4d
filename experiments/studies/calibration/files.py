"""What a calibration leaves in its folder: a scenario, tables, and the ensemble."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from returnee.experiments.files import write_text
from returnee.experiments.numbers import plain_rows
from returnee.experiments.running.manifests import keep_county
from returnee.experiments.studies.calibration.calibrate import Calibration
from returnee.experiments.studies.calibration.steps import means
from returnee.scenarios import Scenario, load_scenario, walk
from returnee.scenarios.files.editor import toml_of
from returnee.simulation.fingerprint import fingerprint

BEHAVIOUR, TARGETS, IDENTIFICATION = "behaviour.toml", "targets.csv", "identification.csv"
ENSEMBLE, SEARCH = "ensemble.csv", "search.csv"


def targets_frame(found: Calibration) -> pd.DataFrame:
    """A row a target: band, fit before and after, simulation error, and whether it is met."""
    before = means(found.first.figures[0])
    rows = []
    for k, target in enumerate(found.targets):
        rows.append(
            {
                "indicator": target.indicator, "unit": target.unit, "low": target.low,
                "high": target.high, "start": before[k], "value": found.fit[k],
                "error": found.fit_error[k], "in_band": bool(found.in_band[k]),
                "distance": (found.fit[k] - target.centre) / target.half,
                "moved": bool(found.identified.response.told[k].any()),
                "weight": target.weight, "aim": target.aim, "source": target.source,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def parameters_frame(found: Calibration) -> pd.DataFrame:
    """A row a parameter: start, result, searched range, range over the ensemble, identification."""
    told = found.identified.frame().set_index("parameter")
    rows = []
    for axis in found.axes:
        low, high = axis.bounds
        values = [member[axis.key] for member in found.members] or [found.best[axis.key]]
        row = told.loc[axis.key]
        rows.append(
            {
                "parameter": axis.key, "unit": axis.lever.unit, "start": axis.start,
                "value": found.best[axis.key], "low": low, "high": high,
                "ensemble_low": min(values), "ensemble_high": max(values),
                "learned": row["learned"], "identified": bool(row["identified"]),
                "standard_error": row["standard_error"],
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def search_frame(found: Calibration) -> pd.DataFrame:
    """A row a point of the search: loss, least loss so far, and coordinates."""
    frame = pd.DataFrame(found.tried, columns=[axis.key for axis in found.axes])
    frame.insert(0, "loss", found.losses)
    frame.insert(1, "least", np.minimum.accumulate(found.losses))
    return frame


def behaviour_toml(found: Calibration, extends: str, overrides: Mapping[str, Any]) -> str:
    """A scenario file: the one that was calibrated, with the result laid on top.

    It needs nothing outside its folder: of a county of one's own it names the copy, and a scenario
    file is written out in full.
    """
    scenario, written_out = found.frame.scenario, extends.endswith(".toml")
    extends = "baseline" if written_out else extends
    base, source = load_scenario(extends), scenario.county_folder
    head = {"extends": extends}
    if source is not None and source != base.county_folder:
        head["county.extends"] = _county_of(source, found.folder)
        base = load_scenario(extends, {"county": source})
    head |= {"title_en": "Calibrated behaviour", "title_zh": "校准后的行为参数"}
    given = {k: v for k, v in overrides.items() if k != "county" and not k.startswith("behaviour.")}
    usual, values = settings_of(base), {**settings_of(scenario), **given, **found.best}
    changed = {
        key: value
        for key, value in values.items()
        if value != usual[key] and (written_out or key in given or key.startswith("behaviour."))
    }
    note = [
        f"From {found.command or 'a calibration'}",
        f"Model fingerprint {fingerprint()}; loss {found.loss:.4g}, "
        f"{int(found.in_band.sum())} of {len(found.targets)} targets in band.",
    ]
    return toml_of({**head, **changed}, head=note)


def settings_of(scenario: Scenario) -> dict[str, Any]:
    """All levers and parameters by key; a lever that changes as values by month."""
    found = {key: lever.value for key, lever in walk(scenario)}
    for change in scenario.changes:
        for key, lever in walk(change.policy, "policy."):
            before: Any = found[key]
            by_month = before if isinstance(before, dict) else {1: before}
            if lever.value != list(by_month.values())[-1]:
                found[key] = {**by_month, change.month: lever.value}  # type: ignore[assignment]
    return found


def _county_of(source: Path, folder: Path) -> str:
    """The county's name, or its copy in the folder, as seen from there."""
    kept = keep_county(source, folder)
    if "sha256" in kept and "folder" not in kept:  # too large for a copy
        return str(source.resolve())
    return str(kept.get("folder", kept["name"]))


def ensemble_toml(found: Calibration) -> str:
    """From which model, targets and command the ensemble came."""
    options = found.options
    bands = {target.indicator: {"low": target.low, "high": target.high} for target in found.targets}
    head = {
        "fingerprint": fingerprint(), "command": found.command, "scenario": found.frame.scenario.id,
        "seed": found.frame.seed, "months": found.frame.months, "sets": len(found.members),
        "sets_that_met_the_targets": found.held, "sample": options.sample,
        "replicates": options.replicates, "verified_sample": options.verify_sample,
        "verified_replicates": options.member_replicates,
    }  # fmt: skip
    note = "Where ensemble.csv comes from; written by returnee calibrate."
    return toml_of({**head, "targets": bands}, head=[note])


def write_files(found: Calibration, extends: str, overrides: Mapping[str, Any]) -> list[Path]:
    """Write the result's files, each whole or not at all.

    `extends`: scenario that was calibrated: a name or a path. `overrides`: laid on top of it.
    """
    files = {
        BEHAVIOUR: behaviour_toml(found, extends, overrides),
        TARGETS: targets_frame(found).to_csv(index=False, lineterminator="\n"),
        IDENTIFICATION: found.identified.frame().to_csv(index=False, lineterminator="\n"),
        SEARCH: search_frame(found).to_csv(index=False, lineterminator="\n"),
    }
    if found.members:
        files[ENSEMBLE] = pd.DataFrame(found.members).to_csv(index=False, lineterminator="\n")
        files[Path(ENSEMBLE).with_suffix(".toml").name] = ensemble_toml(found)
    return [write_text(found.folder / name, str(text)) for name, text in files.items()]


def as_json(found: Calibration) -> dict[str, Any]:
    """Everything a program needs, as plain values."""
    return {
        "loss": found.loss, "start_loss": float(found.losses[0]), "tried": len(found.losses),
        "in_band": int(found.in_band.sum()), "behaviour": found.best,
        "targets": plain_rows(targets_frame(found)),
        "parameters": plain_rows(parameters_frame(found)),
        "singular_values": found.identified.singular_values.tolist(),
        "ensemble": found.members, "sets_that_met_the_targets": found.held,
        "folder": str(found.folder), "command": found.command,
    }  # fmt: skip
