"""Columns of a county's own tables, from the definitions that check them."""

from __future__ import annotations

from typing import Any

from returnee.scenarios import load_scenario
from returnee.simulation.start.tables import TIE_COLUMNS, TIES, WORKERS, Column, worker_columns

NAMED = {"township": "townships", "city_sector": "city_sectors"}
"""Columns whose words are names in ``county.toml``, and the table there."""


def tables() -> dict[str, list[Column]]:
    """Columns by table."""
    return {WORKERS: worker_columns(load_scenario("baseline").county), TIES: TIE_COLUMNS}


def allowed(column: Column) -> str:
    """What may stand in a cell, with the other words that are taken."""
    if column.name in NAMED:
        return f"`name` or `name_zh` of `{NAMED[column.name]}`"
    if not column.also:
        return column.allowed
    return f"{column.allowed}; or {', '.join(column.also)}"


def columns_json() -> list[dict[str, Any]]:
    """The columns as plain values."""
    return [
        {
            "table": table, "column": column.name, "required": column.required,
            "unit": column.unit, "allowed": allowed(column), "label_en": column.en,
            "label_zh": column.zh,
        }
        for table, columns in tables().items()
        for column in columns
    ]  # fmt: skip


def document() -> str:
    """The tables in Markdown."""
    parts = []
    for table, columns in tables().items():
        rows = "".join(
            f"| `{column.name}` | {'yes' if column.required else 'no'} | {column.unit} | "
            f"{allowed(column)} | {column.en} {column.zh} |\n"
            for column in columns
        )
        head = "| column | needed | unit | allowed | what it is |\n|---|---|---|---|---|\n"
        parts.append(f"### `{table}`\n\n{head}{rows}")
    return "\n".join(parts)
