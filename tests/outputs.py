"""Every folder of results that the commands write, from counties as small as can be."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import test_snapshots as snapshots

from returnee.experiments.studies.calibration.calibrate import calibrate
from returnee.experiments.studies.calibration.targets import default_targets
from returnee.experiments.studies.linkage.conditions import conditions
from returnee.experiments.studies.linkage.gates import gates_over
from returnee.experiments.studies.linkage.posterior import posterior
from returnee.experiments.studies.points.sweep import sweep
from returnee.scenarios.schema.county_folder import SHIPPED_COUNTIES

TINY: dict[str, Any] = {"sample": 0.001, "months": 6}
MOVED = ("behaviour.firm.luck_sd", "behaviour.firm.shock_sd")
DESIGN: dict[str, Any] = {
    "scenarios": ["baseline"], "replicates": 2, "keep": "monthly", "axes": {snapshots.PLACES: [0, 1000]}, **TINY,
}  # fmt: skip
SHARED = {
    "run": "run", "compare": "compare", "over": "compare over", "linkage": "linkage", "robust": "linkage over",
    "gates": "linkage gates", "validate": "validate", "sensitivity": "sensitivity", "budget": "budget",
}  # fmt: skip
"""What the snapshots are taken of, by the name of its folder here."""


def outputs(folder: Path, told: Path) -> None:
    """Write a folder a command, or take that of the snapshots."""
    for command, name in SHARED.items():
        snapshots.provide(command, told)
        shutil.copytree(told / command, folder / name, copy_function=os.link)
    sweep(DESIGN, folder / "sweep")
    gates_over(sets=2, replicates=1, out=folder / "linkage gates over", **TINY)
    posterior(sets=2, replicates=1, out=folder / "linkage over ensemble", **TINY)
    conditions(points=2, out=folder / "linkage conditions", **TINY)
    calibrate(targets=default_targets()[5:8], sets=12, waves=1, free=MOVED, members=2, workers=2,
              out=folder / "calibrate", sample=0.002, months=12)  # fmt: skip
    counties(folder / "six")
    rows = folder / "six" / "counties.toml"  # a name that is no result's
    few = "--simulated 50"
    for words in (
        f"region {rows} {few} --months 12 --compete --couple rounds=1 --out FOLDER/region",
        f"allocate {rows} --per-year 1e6 --policy linked --factor 1 {few} --months 6 --out FOLDER/allocate",
        f"evaluate {rows} --adopt 3 {few} --replicates 2 --months 36 --studies 2 --out FOLDER/evaluate",
    ):
        snapshots.say(words, folder)


def counties(folder: Path) -> None:
    """Six counties, and a table of them."""
    facts = (SHIPPED_COUNTIES / "example" / "county.toml").read_text(encoding="utf-8")
    for k in range(6):
        (folder / f"c{k}").mkdir(parents=True)
        (folder / f"c{k}" / "county.toml").write_text(facts, encoding="utf-8")
    rows = "".join(f"c{k}\n" for k in range(6))
    (folder / "counties.toml").write_text(f"folder\n{rows}", encoding="utf-8")
