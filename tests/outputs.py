"""Every folder of results that the commands write, from counties as small as can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from returnee import sensitivity
from returnee.experiments.commands.app import app
from returnee.experiments.studies.calibration.calibrate import calibrate
from returnee.experiments.studies.calibration.targets import default_targets
from returnee.experiments.studies.linkage.conditions import conditions
from returnee.experiments.studies.linkage.experiment import linkage
from returnee.experiments.studies.linkage.gates import gates, gates_over
from returnee.experiments.studies.linkage.posterior import posterior
from returnee.experiments.studies.linkage.robust import robust
from returnee.experiments.studies.points.budget import STORED, budget, write_plain
from returnee.scenarios import levers
from returnee.scenarios.schema.county_folder import SHIPPED_COUNTIES

TINY: dict[str, Any] = {"sample": 0.002, "months": 12}
WORDS = ("--sample", 0.002, "--months", 12)
MOVED = ("behaviour.firm.luck_sd", "behaviour.firm.shock_sd")
PLACES = "policy.training.places"
DESIGN = f"""
scenarios = ["baseline"]
replicates = 2
sample = 0.002
months = 12
keep = "monthly"
[axes]
{PLACES} = [0, 1000]
"""


def say(*words: object) -> str:
    """Give a command; what it prints."""
    given = CliRunner().invoke(app, [str(word) for word in words])
    assert given.exit_code == 0, given.output
    return given.stdout


def outputs(folder: Path) -> None:
    """Write a folder a command."""
    (folder / "d.toml").write_text(DESIGN, encoding="utf-8")
    say("run", "baseline", *WORDS, "--out", folder / "run")
    say(
        "compare",
        "linked",
        "--against",
        "siloed",
        *WORDS,
        "--replicates",
        2,
        "--out",
        folder / "compare",
    )
    say(
        "whom",
        "linked",
        "--against",
        "siloed",
        *WORDS,
        "--replicates",
        2,
        "--out",
        folder / "compare",
    )
    say("sweep", folder / "d.toml", "--out", folder / "sweep")
    say("validate", "--sample", 0.002, "--replicates", 2, "--out", folder / "validate")
    say("compare", "linked", "--over", "ensemble", "--sets", 2, *WORDS, "--replicates", 1,
        "--out", folder / "compare over")  # fmt: skip
    sensitivity(["baseline"], over=list(MOVED), method="both", trajectories=3, base=4, top=2, replicates=1,
                measures=["jobs"], out=folder / "sensitivity", **TINY)  # fmt: skip
    linkage(replicates=2, out=folder / "linkage", **TINY)
    gates(replicates=1, out=folder / "linkage gates", **TINY)
    gates_over(sets=2, replicates=1, out=folder / "linkage gates over", sample=0.001, months=6)
    robust(points=2, replicates=2, over="free", out=folder / "linkage over", **TINY)
    posterior(sets=2, replicates=1, out=folder / "linkage over ensemble", sample=0.001, months=6)
    conditions(points=2, out=folder / "linkage conditions", sample=0.001, months=6)
    named = [lever.key for lever in levers if lever.key == PLACES]
    found = budget(9e6, levers=named, trials=4, population=4, keep=2, worlds=2, replicates=2,
           out=folder / "budget", **TINY)  # fmt: skip
    write_plain(folder / "budget" / STORED, found)
    calibrate(targets=default_targets()[5:8], sets=12, waves=1, free=MOVED, members=2, workers=2,
              out=folder / "calibrate", **TINY)  # fmt: skip
    counties(folder / "six")
    rows = folder / "six" / "counties.toml"  # a name that is no result's
    say("region", rows, "--simulated", 50, "--months", 12, "--compete", "--couple", "rounds=1",
        "--out", folder / "region")  # fmt: skip
    say("allocate", rows, "--per-year", 1e6, "--policy", "linked", "--factor", 1, "--simulated", 50,
        "--months", 6, "--out", folder / "allocate")  # fmt: skip
    say("evaluate", rows, "--adopt", 3, "--simulated", 50, "--replicates", 2, "--months", 36, "--studies", 2,
        "--out", folder / "evaluate")  # fmt: skip


def counties(folder: Path) -> None:
    """Six counties, and a table of them."""
    facts = (SHIPPED_COUNTIES / "example" / "county.toml").read_text(encoding="utf-8")
    for k in range(6):
        (folder / f"c{k}").mkdir(parents=True)
        (folder / f"c{k}" / "county.toml").write_text(facts, encoding="utf-8")
    rows = "".join(f"c{k}\n" for k in range(6))
    (folder / "counties.toml").write_text(f"folder\n{rows}", encoding="utf-8")
