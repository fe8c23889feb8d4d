"""Who gains: outcomes per 1,000 people of a group, and differences from the reference.

Flows count the people in the group over the months, figures at the end those in it then. Policies
share these people (see `returnee.experiments.measuring.groups`), so differences are of what happens to them alone.
"""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from returnee.experiments.measuring import groups as by_group
from returnee.experiments.running.figures import arranged
from returnee.experiments.running.plan import Plan
from returnee.experiments.statistics.effects import effects_on
from returnee.experiments.statistics.intervals import mean_of, quotient

UNITS = {1000.0: "per 1,000 people", 1.0: "share", 0.0: "index 0-100"}


def unit_of(counted: by_group.Counted) -> str:
    """Unit of the reported figure; flows are by year."""
    return UNITS[counted.per] + (" and year" if counted.flow else "")


def equity_of(runs: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Outcomes by group and their differences from the reference, a row each.

    Returns: scenario, dimension, group, measure, unit, better, people (mean in the group at the
    time, full county), reference_count and count (full county, over the horizon or at its end),
    and the columns of `effects.effects_of` for the figure per 1,000 people (a share of them; the
    index).
    """
    facts = plan.scenarios[plan.reference].county
    names = by_group.names_of(facts)
    values = dict(zip(names, np.moveaxis(arranged(runs, plan, names), -1, 0)))
    years = plan.settings.months / 12.0
    rows, levels, counts = [], [], []
    for dimension, groups in by_group.groups_of(facts).items():
        for group, counted in product(groups, by_group.COUNTED):
            when = by_group.PEOPLE if counted.flow else by_group.PEOPLE_AT_END
            people = values[by_group.name_of(when, dimension, group)]
            count = values[by_group.name_of(counted.name, dimension, group)]
            shown = counted.per * quotient(count, people) / (years if counted.flow else 1.0)
            levels.append(shown if counted.per else count)
            counts.append(count)
            most = float(np.nan_to_num(mean_of(people, axis=-1)).max())
            rows.append((dimension, group, counted.name, unit_of(counted), 1, most))
    columns = ["dimension", "group", "measure", "unit", "better", "people"]
    base = pd.DataFrame(rows, columns=columns)
    frame = effects_on(np.stack(levels, axis=-1), base, plan)
    counted_there = np.nan_to_num(mean_of(np.stack(counts, axis=-1), axis=1))
    means = np.where(base["unit"] == UNITS[0.0], np.nan, counted_there)
    by_label = dict(zip(plan.scenarios, means))
    compared = [by_label[label] for label in plan.compared]
    frame.insert(7, "reference_count", np.tile(by_label[plan.reference], len(compared)))
    frame.insert(8, "count", np.concatenate(compared))
    frame.attrs["units"] = {
        "people": "people", **dict.fromkeys(("reference_count", "count"), "full county"),
        **dict.fromkeys(("reference", "level", "difference", "low", "high"), "see column unit"),
    }  # fmt: skip
    return frame
