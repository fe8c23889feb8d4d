"""Shares of comparisons: merged they are what one process makes, and nothing is run again."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from returnee import compare, sensitivity
from returnee.experiments.commands.app import app
from returnee.experiments.errors import ShareDone, StoreError, UsageError
from returnee.experiments.files import write_json
from returnee.experiments.running import jobs
from returnee.experiments.running.manifests import read_manifest
from returnee.experiments.running.merge import merge
from returnee.experiments.running.status import status_of
from returnee.experiments.studies import face, validation
from returnee.experiments.studies.calibration.calibrate import calibrate
from returnee.experiments.studies.points.budget import budget

TINY = "--sample 0.001 --months 6 --workers 1"
COMMANDS = {
    "compare": f"compare linked --replicates 3 --people 1 {TINY}",
    "whom": f"whom linked --replicates 2 {TINY}",
    "over": f"compare linked --over ensemble --sets 2 {TINY}",
    "linkage": f"linkage --replicates 1 {TINY}",
    "robust": f"linkage --robust 2 --replicates 2 {TINY}",
    "fitted": f"linkage --over ensemble --robust 2 --replicates 2 {TINY}",
    "validate": "validate --replicates 2 --sample 0.002 --workers 1",
}
SMALL: dict[str, Any] = {"replicates": 2, "sample": 0.001, "months": 6}


def say(words: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, shlex.split(words))
    assert done.exit_code == code, done.output
    return done.output


@pytest.mark.usefixtures("unreported")
@pytest.mark.parametrize("name", COMMANDS)
def test_merged_shares_are_the_same_table(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    command = COMMANDS[name]
    say(f"{command} --out whole")
    assert "returnee merge c" in say(f"{command} --out c --shard 1/2")
    assert not Path("c/shard-1-of-2/runs.parquet").exists()
    before = status_of("c")
    assert before["left"] > 0 and before["runs"] == status_of("whole")["runs"]
    assert "found 2/2 unfinished" in say("merge c", 2)
    say(f"{command} --out c --shard 2/2")
    assert status_of("c")["left"] == 0
    assert "without --shard" in say("merge c")
    tables = sorted(path.name for path in Path("whole").glob("*.parquet"))
    for table in ("runs.parquet", "people.parquet"):
        if table in tables:
            assert Path("c", table).read_bytes() == Path("whole", table).read_bytes()
    assert status_of("c")["left"] == 0
    assert "--shard" not in read_manifest("c")["command"]
    monkeypatch.setattr(jobs, "simulate", None)  # nothing is run again
    say(f"{command} --out c")
    for table in tables:
        assert Path("c", table).read_bytes() == Path("whole", table).read_bytes()
    assert list(Path("c").glob("*.html")) or name == "whom"


def test_a_share_keeps_runs_of_a_history_together(tmp_path: Path) -> None:
    for i in (1, 2):
        with pytest.raises(ShareDone):
            compare(
                ["linked", "siloed"], out=tmp_path, shard=f"{i}/2", **{**SMALL, "replicates": 4}
            )
        parts = (tmp_path / f"shard-{i}-of-2/parts").glob("*.parquet")
        assert sorted(int(path.stem.split("-")[-1]) for path in parts) == [i - 1] * 3 + [i + 1] * 3


def test_shares_that_do_not_belong_together_are_told(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    for out, more in ((a, {}), (b, {"seed": 2})):
        with pytest.raises(ShareDone):
            compare(["linked"], out=out, shard=f"{1 + len(more)}/2", **SMALL, **more)
    first, other = a / "shard-1-of-2", b / "shard-2-of-2"
    with pytest.raises(StoreError, match="seed: found 2, allowed 1 as in"):
        merge(tmp_path / "c", [first, other])
    found = read_manifest(other)
    write_json(other / "manifest.json", found | {"seed": 1, "shard": "2/3"})
    with pytest.raises(StoreError, match="shard: found 2/3, allowed shares i/2"):
        merge(tmp_path / "c", [first, other])
    write_json(other / "manifest.json", found | {"seed": 1, "digest": "0"})
    with pytest.raises(StoreError, match="runs: found those of another plan"):
        merge(tmp_path / "c", [first, other])
    write_json(other / "manifest.json", found | {"seed": 1, "fingerprint": "0"})
    ours = read_manifest(first)["fingerprint"]
    with pytest.raises(StoreError, match=f"fingerprint: found 0, allowed {ours}"):
        merge(tmp_path / "c", [first, other])
    assert not (tmp_path / "c").exists()


def test_failed_runs_of_a_share_are_tried_again_after_the_merge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no luck")

    whole = compare(["linked"], **SMALL)
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "simulate", broken)
        with pytest.raises(ShareDone):
            compare(["linked"], out=tmp_path, shard="1/2", **SMALL)
    with pytest.raises(ShareDone):
        compare(["linked"], out=tmp_path, shard="2/2", **SMALL)
    merge(tmp_path)
    assert status_of(tmp_path)["failed"] > 0
    found = compare(["linked"], out=tmp_path, **SMALL)
    assert not found.failures and found.effects.equals(whole.effects)


@pytest.mark.usefixtures("unreported")
def test_face_checks_are_shared_folder_by_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    short = {"SAMPLE": 0.002, "SEED_SAMPLE": 0.002, "REPLICATES": 1, "SEED_REPLICATES": 2}
    plans = face.plans_of

    def few(*given: Any) -> Any:
        return {k: v for k, v in plans(*given).items() if k.startswith("seed")}

    for key, value in short.items():
        monkeypatch.setattr(face, key, value)
    monkeypatch.setattr(face, "MONTHS", 12)
    monkeypatch.setattr(face, "plans_of", few)
    command = "validate --face --replicates 2 --sample 0.002 --workers 1 --out v"
    for i in (1, 2):
        said = say(f"{command} --shard {i}/2")
        assert "returnee merge v\n" in said and "returnee merge v-face\n" in said
    say("merge v")
    say("merge v-face")
    for k in range(face.SEEDS):
        assert pq.read_metadata(f"v-face/seed-{k + 1}/runs.parquet").num_rows > 0
        assert status_of(f"v-face/seed-{k + 1}")["left"] == 0
    assert validation.validate(replicates=2, sample=0.002, out="v").folder == Path("v")


@pytest.mark.usefixtures("unreported")
def test_both_stages_of_a_sensitivity_study_are_shared_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    moved = (
        "--over behaviour.firm.luck_sd --over behaviour.firm.shock_sd --over behaviour.firm.scale"
    )
    command = f"sensitivity baseline {moved} --measure jobs --trajectories 3 --base 4 --top 2"
    command += f" --replicates 1 {TINY}"
    say(f"{command} --out whole")
    for stage in ("morris", "sobol"):
        for i in (1, 2):
            assert "returnee merge c" in say(f"{command} --out c --shard {i}/2")
            assert not Path(f"c/{stage}/runs.parquet").exists()
            assert (status_of("c")["left"] > 0) == (i == 1)
        assert "without --shard" in say("merge c")
    monkeypatch.setattr(jobs, "simulate", None)  # nothing is run again
    say(f"{command} --out c")
    for table in ("morris/runs.parquet", "sobol/runs.parquet", "indices.parquet"):
        assert Path("c", table).read_bytes() == Path("whole", table).read_bytes()


def test_a_share_needs_a_folder_and_no_search() -> None:
    with pytest.raises(UsageError, match="shard: found 1/2 without a folder"):
        compare(["linked"], shard="1/2", **SMALL)
    with pytest.raises(UsageError, match="shard: found 3/2, allowed i/N"):
        compare(["linked"], shard="3/2", **SMALL)
    searches = (budget, [1e6, ["jobs"]]), (calibrate, [])
    for search, given in searches:
        with pytest.raises(UsageError, match="shard: found 1/2, allowed none in a search"):
            search(*given, out="a", shard="1/2")
    with pytest.raises(UsageError, match="shard: found 1/2 without a folder"):
        sensitivity(["baseline"], shard="1/2", **SMALL)
    assert "with --write-doc" in say("linkage --write-doc a.md --shard 1/2", 2)


def test_the_option_has_the_same_words_everywhere() -> None:
    words = "Do one share of N, as a job of an array;"
    for name in ("sweep", "compare", "whom", "linkage", "validate", "sensitivity"):
        assert words in " ".join(say(f"{name} --help").split())
    for name in ("calibrate", "budget"):
        assert "There is no --shard: a search has no shares" in " ".join(
            say(f"{name} --help").split()
        )
    assert "--shard" not in say("run --help")
