"""Loads the model's machine code, and what most commands import."""

from importlib import import_module

from returnee.simulation import simulate

for name in ("commands.app", "commands.points", "reports.compare", "studies.compare"):
    import_module(f"returnee.experiments.{name}")
simulate("baseline", sample=0.001, months=6, burn_in=12)
