"""The command ``returnee dashboard`` without what it needs."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from returnee.command import app
from returnee.dashboard import command


@pytest.mark.parametrize("missing", ["ipyvuetify", "solara", "uvicorn"])
def test_a_missing_extra_is_one_line(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == missing else name)
    given = CliRunner().invoke(app, ["dashboard", "--no-browser"])
    assert given.exit_code == 2 and given.stdout == ""
    assert given.stderr.splitlines() == [
        f"returnee: dashboard: found no {missing}, allowed after pip install 'returnee[dashboard]'"
    ]
