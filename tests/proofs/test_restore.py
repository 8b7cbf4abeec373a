"""Backup of a running product and its restore, timed: everything is there again, and what was erased stays erased."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

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
    "sosa_log_leaf",
)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with running_stack() as made:
        made.register_hokensha(ZONE, bango=ZONE, shubetsu="kenpo_kumiai", meisho="見本健康保険組合")
        yield made


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[Path]:
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


def test_a_restored_home_holds_everything_but_what_was_erased(
    stack: Stack, proof: Proof, tmp_path: Path, new_home: Path
) -> None:
    system = stack.register_client("hokensha", ZONE)
    taken_in(stack, system, tmp_path, lines=proof.at(ci=5_000, full=1_000_000), seed=proof.seed)
    stack.wait_for_deliveries(ZONE, seconds=600)
    started = time.monotonic()
    folder = backup(stack.home, tmp_path / "data", tmp_path / "keys", now=clock.now())
    took = time.monotonic() - started
    before = counts(stack.urls.database_url)
    refused = stack.count("SELECT count(*) FROM uketsuke_uketsuke WHERE refused_until IS NOT NULL")
    assert refused == 1, "the sample has refused lines, or the replay shows nothing"

    # After the backup the refused lines run out: their key goes, in the mirror of the keys with the next backup.
    with stack.admin() as admin:
        admin.execute("UPDATE uketsuke_uketsuke SET refused_until = now() - interval '1 day'")
    as_worker(stack, "from shikaku.tasks import erase_expired; erase_expired()")
    assert stack.count("SELECT count(*) FROM uketsuke_teiseimachi") == 0
    # The journal outlives the data: it is kept apart, and the newest one is used.
    shutil.copy(stack.home / "journal" / "shokyo.jsonl", tmp_path / "keys" / "journal" / "shokyo.jsonl")

    started = time.monotonic()
    done = restore(new_home, folder, tmp_path / "keys")
    back = time.monotonic() - started

    services = Services(new_home)
    try:
        url = services.start().database_url
        after = counts(url)
        checked = subprocess.run(
            manage("verify_sosa_log"),
            env=Stage(home=new_home, port=0).environment("kanri"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        with psycopg.connect(url) as session:
            left = session.execute("SELECT count(*) FROM uketsuke_teiseimachi").fetchone()
    finally:
        services.stop()
    assert done == {"keys": 1, "objects": 0, "refused": 1, "lost": []}
    assert left == (0,)
    assert {name: after[name] - before[name] for name in COUNTS if name != "sosa_log_leaf"} == dict.fromkeys(
        (name for name in COUNTS if name != "sosa_log_leaf"), 0
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    persons = before["shikaku_itaku_kukaku_kanyusha"]
    proof.keep("F-restore", f"backup of {persons:,} persons, running", round(took, 1), unit="s", aim="", reached=True)
    proof.keep("F-restore", f"restore of {persons:,} persons", round(back, 1), unit="s", aim="", reached=True)
    proof.keep("F-restore", "rows lost, erased lines back", 0, unit="", aim="0", reached=True)


def test_a_damaged_backup_is_not_restored(stack: Stack, tmp_path: Path, new_home: Path) -> None:
    folder = backup(stack.home, tmp_path / "data", tmp_path / "keys", now=clock.now())
    victim = next(path for path in (folder / "database" / "base").rglob("*") if path.is_file() and path.stat().st_size)
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.chmod(0o600)
    victim.write_bytes(content)

    with pytest.raises(StartError, match="壊れています"):
        restore(new_home, folder, tmp_path / "keys")
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
