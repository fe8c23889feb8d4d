"""Where compiled kernels are kept, what is removed there, and rules that were replaced."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import pytest
from checkout import ROOT

from returnee.simulation import simulate
from returnee.simulation.engine import cache, rules
from returnee.simulation.engine.compiler import kernel
from returnee.simulation.firms import ventures
from returnee.simulation.people import returning
from returnee.simulation.start import population
from returnee.simulation.state import queues

COMPILED = True
pytestmark = pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled"
)
folder_of = cache.kernel_folder.__wrapped__


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test says and sets is forgotten after it."""
    monkeypatch.setattr(cache, "_told", [])
    monkeypatch.setenv(cache.VARIABLE, os.environ.get(cache.VARIABLE, ""))


def homeless() -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_a_variable_is_enough(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Path, "home", staticmethod(homeless))
    monkeypatch.setenv("RETURNEE_CACHE", str(tmp_path))
    assert cache.cache_root() == tmp_path / "returnee"
    monkeypatch.setenv("RETURNEE_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.cache_root() == tmp_path / "xdg" / "returnee"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache.cache_root() is None


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RETURNEE_CACHE", "")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache.cache_root() == Path.home() / ".cache" / "returnee"


def test_only_own_folders_are_removed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RETURNEE_CACHE", str(tmp_path))
    root = tmp_path / "returnee"
    foreign = [tmp_path / "thesis", root / "photos", root / f"{7:016x}"]  # the last without a mark
    (root / "elsewhere").mkdir(parents=True)
    for folder in foreign:
        folder.mkdir(parents=True)
        (folder / "kept").write_text("kept")
    ours = []
    for k in range(5):
        ours.append(folder_of(f"sources {k}"))
        os.utime(ours[-1], (1000 * k, 1000 * k))
    pointer = root / f"{9:016x}"
    pointer.symlink_to(foreign[0], target_is_directory=True)
    newest = folder_of("newest")
    cache.remove_old(newest)
    assert all((folder / "kept").read_text() == "kept" for folder in foreign)
    assert pointer.is_symlink() and (root / "elsewhere").is_dir()
    assert [folder.exists() for folder in ours] == [False, False, False, True, True]
    assert newest.exists()


def test_an_administrators_cache_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RETURNEE_CACHE", str(tmp_path))
    made = folder_of("sources")
    (made / "month.live_until-1.py311.nbi").touch()
    monkeypatch.setattr(cache, "_can_be_written", lambda folder: False)
    assert folder_of("sources") == made
    assert cache.holds_the_model(made)


def test_where_nothing_can_be_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RETURNEE_CACHE", str(tmp_path / "file"))
    found = folder_of("sources")
    said = capsys.readouterr().err
    assert found.is_dir() and not found.is_relative_to(ROOT)
    assert said.count("\n") == 1 and "RETURNEE_CACHE" in said
    assert folder_of("sources") == found  # as processes that are started see it

    def full(**_: Any) -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setenv("RETURNEE_CACHE", str(tmp_path / "file"))
    monkeypatch.setattr(cache.tempfile, "mkdtemp", full)
    assert folder_of("sources") is None


def double(x):
    """A rule to compile."""
    return 2 * x


def compiled(function: Any) -> Any:
    """The function as if it had just been imported."""
    fresh = kernel(function)
    assert not fresh.overloads
    return fresh


def test_files_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cache, "kernel_folder", lambda *_: tmp_path)
    first = compiled(double)
    assert first(4) == 8 and first.stats.cache_misses
    again = compiled(double)
    assert again(4) == 8 and again.stats.cache_hits
    for path in tmp_path.glob("*.nbc"):
        path.write_bytes(b"torn")
    torn = compiled(double)
    assert torn(4) == 8 and torn.stats.cache_misses
    for path in tmp_path.glob("*.nbi"):
        path.write_bytes(b"")
    assert compiled(double)(4) == 8

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    for path in tmp_path.iterdir():
        path.unlink()
    monkeypatch.setattr(cache.FunctionCache, "save_overload", full)
    assert compiled(double)(4) == 8 and not list(tmp_path.iterdir())
    monkeypatch.setattr(cache, "kernel_folder", lambda *_: None)
    assert compiled(double)(4) == 8


def test_checks_of_bounds_have_their_own_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RETURNEE_CACHE", str(tmp_path))
    usual = folder_of("sources")
    monkeypatch.setattr(numba.core.config, "BOUNDSCHECK", 1)
    assert folder_of("sources") != usual != folder_of("other sources")


@kernel
def no_pull(worker, share_home, behaviour, month):
    """Another rule of what draws home."""
    return -5.0


REPLACED = {
    "rule": (returning, "home_pull", no_pull),
    "constant": (ventures, "CAPITAL_UNIT", 1.0),
    "rule that others imported": (queues, "enter_training_queue", no_pull),
    "function": (population, "place_people", lambda facts, sample: None),
}


@pytest.mark.parametrize(("module", "name", "other"), REPLACED.values(), ids=REPLACED)
def test_a_replaced_rule_is_refused(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, other: Any, tmp_path: Path
) -> None:
    usual = simulate("baseline", sample=0.002, months=12).monthly
    with monkeypatch.context() as patch:
        patch.setattr(cache, "kernel_folder", lambda *_: tmp_path)
        patch.setattr(module, name, other)
        with pytest.raises(ValueError, match=f"^{module.__name__}.{name}: found a replacement"):
            simulate("baseline", sample=0.002, months=12)
        with pytest.raises(ValueError, match=name):
            compiled(returning.chance_of_returning.py_func).compile((numba.int64,))
        assert not list(tmp_path.iterdir())
    assert simulate("baseline", sample=0.002, months=12).monthly.equals(usual)


def test_an_equal_constant_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ventures, "CAPITAL_UNIT", math.fsum([4_000.0, 6_000.0]))
    rules.check()


def test_frozen_arrays_cannot_be_changed() -> None:
    from returnee.simulation.state import draws, programmes

    for array in (draws.NORMAL, programmes.POT_OF):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_importing_compiles_nothing(tmp_path: Path) -> None:
    """So the notice that the model will be compiled is not left out."""
    script = "import simulation, returnee.simulation.engine.compiler as c; print(c.is_compiled())"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "RETURNEE_CACHE": str(tmp_path)},
        capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    assert done.stdout == "False\n"
    assert not list(tmp_path.rglob("*.nbi"))


def test_the_notice_is_said_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cache, "kernel_folder", lambda *_: tmp_path)
    for _ in range(2):
        assert compiled(double)(4.0) == 8.0
        for path in tmp_path.iterdir():
            path.unlink()
    assert capsys.readouterr().err == f"returnee: {cache.COMPILING}\n"
