"""What the server was started with, for the pages it serves."""

from __future__ import annotations

from pathlib import Path

LARGEST = 1_200_000  # people: four times the county that ships
MOST_TIES = 40  # of one person in the largest county: about twice those of the county that ships

FIRST = {"lang": "en"}
"""Language of visitors who come without an address."""

RESULTS: dict[str, Path] = {}
"""Folder of stored results under ``folder``, if one was given."""

LIMITS = {"labour_force": LARGEST}
"""The largest county that a visitor may ask for."""

COUNTIES: dict[str, Path] = {}
"""Counties of the owner's own, by the name of their folder."""
