"""What the server was started with, for the pages it serves."""

from __future__ import annotations

from pathlib import Path

FIRST = {"lang": "en"}
"""Language of visitors who come without an address."""

RESULTS: dict[str, Path] = {}
"""Folder of stored results under ``folder``, if one was given."""
