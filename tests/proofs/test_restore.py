"""Backup of a running product and its restore, timed: everything is there again, and what was erased stays erased."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from chukan.embedded import backup as backup_module
from chukan.embedded.backup import backup, restore
from chukan.embedded.errors import StartError
from chukan.embedded.places import erase
from chukan.embedded.process_table import ROOT, Stage, manage
from chukan.embedded.services import Services
from chukan.kernel import clock
from simulators.hokensha.kizon_system import KizonSystem
from tests.journeys.sample import made_sample
from tests.plugins_figures import Proof
from tests.support.stack import Stack, running_stack

ZONE = "06132013"
COUNTS = (
    "shikaku_itaku_kukaku_kanyusha",
    "shikaku_rireki",
    "shikaku_himozuke",
    "shikaku_onshi_soshin",
    "uketsuke_meisai",
    "uketsuke_teiseimachi",
    "sosa_log_leaf",
)
UNSEALED = "SELECT count(*) FROM sosa_log_event WHERE id NOT IN (SELECT event_id FROM sosa_log_leaf)"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack() as made:
        made.register_hokensha(ZONE, bango=ZONE, shubetsu="kenpo_kumiai", meisho="見本健康保険組合")
        yield made


@pytest.fixture
def new_home() -> Iterator[Path]:
    # As root the database runs as another account, which has to reach its data.
    folder = Path(tempfile.mkdtemp(prefix="ck-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "home"
    erase(folder / "home")
    shutil.rmtree(folder, ignore_errors=True)


def counts(url: str) -> dict[str, int]:
    with psycopg.connect(url) as session:
        return {name: int((session.execute(f"SELECT count(*) FROM {name}").fetchone() or (0,))[0]) for name in COUNTS}


def as_worker(stack: Stack, code: str) -> None:
    """Run a piece of the worker's work now."""
    done = subprocess.run(
        manage("shell", "--no-imports", "-c", code),
        env=stack.stage.environment("worker"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def taken_in(stack: Stack, system: KizonSystem, folder: Path, *, lines: int, seed: int) -> None:
    sample = made_sample(folder, hokensha=ZONE, seed=seed, lines=lines)
    bango = system.send_file(sample.file)
    stack.wait_until("done", lambda: system.state(bango)["jotai"] == "kanryo", seconds=60 + lines / 500)


@dataclass(frozen=True)
class Saved:
    """A backup of a product with refused lines, which were erased afterwards; what stood in it; how long it took."""

    data: Path
    keys: Path
    journal: Path
    newer: Path
    before: dict[str, int]
    seconds: float


@pytest.fixture(scope="module")
def saved(stack: Stack, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    full = request.config.getoption("--figures") == "full"
    seed = int(request.config.getoption("--figures-seed"))
    folder = tmp_path_factory.mktemp("backup")
    system = stack.register_client("hokensha", ZONE)
    taken_in(stack, system, folder, lines=1_000_000 if full else 5_000, seed=seed)
    stack.wait_for_deliveries(ZONE, seconds=600)
    started = time.monotonic()
    data = backup(stack.home, folder / "data", folder / "keys", now=clock.now())
    seconds = time.monotonic() - started
    before = counts(stack.urls.database_url)
    assert before["uketsuke_teiseimachi"] > 0, "without refused lines the replay shows nothing"
    # After the backup the refused lines run out: their key goes.
    with stack.admin() as admin:
        admin.execute("UPDATE uketsuke_uketsuke SET refused_until = now() - interval '1 day'")
    as_worker(stack, "from shikaku.tasks import erase_expired; erase_expired()")
    assert stack.count("SELECT count(*) FROM uketsuke_teiseimachi") == 0
    # And the work goes on: what is sealed now is lost with the disk, its checkpoints are not.
    taken_in(stack, system, folder, lines=1_000, seed=seed + 1)
    stack.wait_until("sealed", lambda: stack.count(UNSEALED) == 0, seconds=60)
    newer = shutil.copytree(stack.home / "journal", folder / "newer")
    return Saved(data, folder / "keys", stack.home / "journal" / "shokyo.jsonl", newer, before, seconds)


@dataclass(frozen=True)
class Restored:
    """What a restored home holds, and whether its log is whole."""

    told: dict[str, object]
    after: dict[str, int]
    log_is_whole: bool
    report: dict[str, Any]
    seals_again: bool
    seconds: float


def restored(home: Path, saved: Saved, keys: Path) -> Restored:
    started = time.monotonic()
    told = restore(home, saved.data, keys, who="見本 担当")
    seconds = time.monotonic() - started
    services = Services(home)
    try:
        after = counts(services.start().database_url)
        checked = told_by(home, "kanri", "verify_sosa_log")
        sealing = told_by(home, "sealer", "seal_sosa_log", "--once")
        again = told_by(home, "kanri", "verify_sosa_log")
    finally:
        services.stop()
    report = json.loads(again.stdout)
    seals = sealing.returncode == again.returncode == 0 and report["size"] > after["sosa_log_leaf"]
    return Restored(told, after, checked.returncode == 0, report, seals, seconds)


def told_by(home: Path, role: str, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        manage(*command),
        env=Stage(home=home, port=0).environment(role),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def lost_and_back(saved: Saved, found: Restored) -> tuple[int, int]:
    """Return how many rows are missing, and how many erased lines are there again."""
    kept = [name for name in COUNTS if name not in {"sosa_log_leaf", "uketsuke_teiseimachi"}]
    lost = sum(abs(saved.before[name] - found.after[name]) for name in kept)
    return lost, found.after["uketsuke_teiseimachi"]


def test_a_journal_as_old_as_the_backup_brings_erased_lines_back(saved: Saved, new_home: Path) -> None:
    found = restored(new_home, saved, saved.keys)

    assert lost_and_back(saved, found) == (0, saved.before["uketsuke_teiseimachi"])


def test_a_restored_home_holds_everything_but_what_was_erased(
    saved: Saved, proof: Proof, tmp_path: Path, new_home: Path
) -> None:
    # The journal outlives the data: it is kept apart, and the newest one is used.
    keys = shutil.copytree(saved.keys, tmp_path / "keys")
    shutil.copy(saved.journal, keys / "journal" / saved.journal.name)

    found = restored(new_home, saved, keys)

    lost, back = lost_and_back(saved, found)
    persons = saved.before["shikaku_itaku_kukaku_kanyusha"]
    proof.keep(
        "F-restore",
        f"backup of {persons:,} persons, running",
        round(saved.seconds, 1),
        unit="s",
        aim="a time",
        reached=True,
    )
    proof.keep(
        "F-restore", f"restore of {persons:,} persons", round(found.seconds, 1), unit="s", aim="a time", reached=True
    )
    proof.keep("F-restore", "rows lost, erased lines back", lost + back, unit="", aim="0", reached=lost + back == 0)
    assert (lost, back) == (0, 0)
    assert found.told == {"keys": 1, "objects": 0, "refused": 1, "lost": [], "sealed": found.told["sealed"]}
    assert found.log_is_whole


@pytest.mark.kj("KJ-LOG-10")
def test_a_log_older_than_its_checkpoints_goes_on_under_a_signed_note(
    saved: Saved, proof: Proof, tmp_path: Path, new_home: Path
) -> None:
    keys = with_newest_journal(saved, tmp_path)
    before, after = newest_checkpoint(keys), saved.before["sosa_log_leaf"]

    found = restored(new_home, saved, keys)

    said = found.told["sealed"]
    proof.keep(
        "F-restore", "sealed again after a restore older than its checkpoints", int(found.seals_again), unit="",
        aim="1", reached=found.seals_again, note=f"{before} rows were sealed, {found.after['sosa_log_leaf']} are there",
    )  # fmt: skip
    assert before > after
    assert said == {"before": before, "after": found.after["sosa_log_leaf"]}
    assert found.log_is_whole
    assert found.seals_again
    restores = [(one["before"]["size"], one["after"]["size"], one["by"]) for one in found.report["restores"]]
    assert restores == [(before, found.after["sosa_log_leaf"], "見本 担当")]


def test_mutant_a_restore_that_signs_no_note_is_seen(
    saved: Saved, tmp_path: Path, new_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup_module, "_note_restore", lambda _home, _who: {})

    found = restored(new_home, saved, with_newest_journal(saved, tmp_path))

    assert not found.log_is_whole
    assert not found.seals_again


def with_newest_journal(saved: Saved, folder: Path) -> Path:
    """Return the folder of the keys with the journal as it was kept until the end."""
    keys = shutil.copytree(saved.keys, folder / "keys")
    shutil.copytree(saved.newer, keys / "journal", dirs_exist_ok=True)
    return keys


def newest_checkpoint(keys: Path) -> int:
    lines = [line for path in (keys / "journal" / "checkpoints").glob("*.jsonl") for line in path.open()]
    return max(int(json.loads(line)["size"]) for line in lines)


def test_a_damaged_backup_is_not_restored(stack: Stack, tmp_path: Path, new_home: Path) -> None:
    folder = backup(stack.home, tmp_path / "data", tmp_path / "keys", now=clock.now())
    victim = next(path for path in (folder / "database" / "base").rglob("*") if path.is_file() and path.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.chmod(0o600)
    victim.write_bytes(content)

    with pytest.raises(StartError, match="壊れています"):
        restore(new_home, folder, tmp_path / "keys", who="見本 担当")
    assert not (new_home / "keys" / "kek.json").exists(), "nothing is left half restored"


def test_keys_do_not_lie_with_the_data(stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="別のフォルダ"):
        backup(stack.home, tmp_path, tmp_path / "keys", now=clock.now())
    told = subprocess.run(
        [sys.executable, "-m", "chukan.embedded.backup", "take", "--data", str(tmp_path), "--keys", str(tmp_path)],
        env={**os.environ, "CHUKAN_HOME": str(stack.home)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 1
    assert "別のフォルダ" in told.stderr


def test_the_keys_of_another_database_are_not_overwritten(stack: Stack, tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    backup(stack.home, tmp_path / "data", keys, now=clock.now())
    (keys / "whose").write_text("another:1", encoding="ascii")
    before = sorted(path.name for path in keys.rglob("*"))

    with pytest.raises(StartError, match="別のデータベースの鍵"):
        backup(stack.home, tmp_path / "data", keys, now=clock.now() + timedelta(seconds=2))
    assert sorted(path.name for path in keys.rglob("*")) == before
    assert len(list((tmp_path / "data").iterdir())) == 1
