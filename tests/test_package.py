"""The package as it is installed: its interface, beside a user's own files, and as a wheel."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT
from waiting import LIMIT

import returnee

ROOMS = ("scenarios", "simulation", "experiments", "dashboard")
SMALL = ("--sample", "0.002", "--months", "12")


STUDY = f"""
import sys

from returnee import sweep
from returnee.command import main

if __name__ == "__main__":
    design = {{"scenarios": ["linked", "siloed"], "sample": 0.002, "months": 12}}
    print(len(sweep(design, workers=1, processes=True)))
    sys.argv[1:] = {["run", "linked", *SMALL]}
    main()
"""


def python(*words: object, folder: Path, path: Path | None = None) -> str:
    """What Python says in a folder; anything but success fails."""
    known = {**os.environ} if path is None else {**os.environ, "PYTHONPATH": str(path)}
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        cwd=folder, env=known, capture_output=True, text=True, encoding="utf-8", timeout=LIMIT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_name_of_the_interface_is_there() -> None:
    assert set(returnee.__all__) <= set(dir(returnee))
    for name in returnee.__all__:
        assert getattr(returnee, name) is not None
    run = returnee.simulate("linked", sample=0.002, months=12)
    assert len(run.monthly) == 12
    with pytest.raises(AttributeError):
        _ = returnee.nothing  # type: ignore[attr-defined]


def test_a_users_own_files_are_not_taken_for_ours(tmp_path: Path) -> None:
    (tmp_path / "simulation.py").write_text("raise RuntimeError('mine')\n")
    for room in ("experiments", "scenarios", "dashboard"):
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text("raise RuntimeError('mine')\n")
    assert python("-m", "returnee", "levers", folder=tmp_path)
    # Processes import what their parent does, in the same folder.
    (tmp_path / "study.py").write_text(STUDY, "utf-8")
    assert python("study.py", folder=tmp_path).startswith("2\n")
    assert (tmp_path / "results" / "run-linked" / "monthly.csv").is_file()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but an unpacked wheel, made from a copy of what is committed."""
    folder = tmp_path_factory.mktemp("wheel")
    source, built = folder / "source", folder / "built"
    for name in (*ROOMS, "src"):
        kept = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / name, source / name, ignore=kept)
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, source / name)
    python("-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation",
           "--disable-pip-version-check", "--target", built, source, folder=folder)  # fmt: skip
    shutil.rmtree(source)
    return built


def test_a_wheel_has_all_that_a_checkout_has(wheel: Path) -> None:
    for room in ROOMS:
        ours = (p for p in (ROOT / room).rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        for path in ours:
            assert (wheel / "returnee" / path.relative_to(ROOT)).is_file(), path
    assert (wheel / "returnee" / "py.typed").is_file()


def test_a_wheel_works_without_a_checkout(wheel: Path, tmp_path: Path) -> None:
    said = python("-m", "returnee", "--version", folder=tmp_path, path=wheel)
    assert said.startswith("returnee ")
    code = (
        "import returnee, sys\n"
        "from returnee.dashboard.live.stored import evidence, stored\n"
        "run = returnee.simulate('linked', sample=0.002, months=12)\n"
        "print(returnee.__file__, len(evidence()), len(run.monthly), stored('validation.json') is not None)\n"
        "from returnee.command import main\n"
        f"sys.argv[1:] = {['run', 'linked', *SMALL]}\n"
        "main()"
    )
    told = python("-c", code, folder=tmp_path, path=wheel).splitlines()[0]
    file, rows, months, shipped = told.split()
    assert Path(file).is_relative_to(wheel)
    assert int(rows) > 400 and int(months) == 12 and shipped == "True"
    assert (tmp_path / "results" / "run-linked" / "monthly.csv").is_file()
