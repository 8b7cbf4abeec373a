"""F-log: whatever is done to the sealed log is seen, the first bad row is named, and nothing stays unsealed."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from django.core.management import call_command

from chukan import verify_log
from chukan.controls.sosa_log import export as product_export
from chukan.controls.sosa_log import restoration, verification
from chukan.controls.sosa_log.actions import seal as seal_module
from chukan.controls.sosa_log.management.commands.seal_sosa_log import Sealer
from chukan.controls.sosa_log.management.commands.verify_sosa_log import Command as OnlineCommand
from chukan.kernel.merkle_log import Checkpoint
from tests.plugins_figures import Proof
from tests.support.independent_log import RESTORE, Key, first_bad_row, objects, restore_lines
from tests.support.log_attacks import KINDS
from tests.support.log_restores import altered, forged, go_on, keep_only, put_back, sign_restore
from tests.support.sealed_log import (
    LogTables,
    empty_journal,
    insert_row,
    journal_of,
    seal,
    sealed_size,
    sealing_process,
    wait_for_size,
    write_rows,
)
from tests.support.world import ROOT, World, as_role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kj("KJ-LOG-10")]
NOW = datetime(2026, 11, 21, 3, 0, 0, tzinfo=UTC)
ROUNDS = (5, 1, 8, 3, 7, 2, 6, 4, 9, 3)
LAG_AIM, RATE, WRITERS = 5.0, 500, 10  # so many share the waiting for the disk


@pytest.fixture(autouse=True)
def clean_journal(world: World) -> None:
    empty_journal(world)


# --- the battery


@dataclass(frozen=True)
class Court:
    """An honest log, what is kept of it elsewhere, and the three who judge what has become of it."""

    admin: psycopg.Connection
    honest: LogTables
    kept: Path
    folder: Path

    @property
    def key(self) -> Path:
        return self.kept / "sosa.vkey"

    def export(self) -> Path:
        """Export what the tables hold, by the product's command."""
        folder = self.folder / "export"
        shutil.rmtree(folder, ignore_errors=True)
        call_command("export_sosa_log", to=folder, stdout=io.StringIO())
        return folder

    def independent(self, export: Path) -> int | None:
        """Return the first bad row by the verification written a second time."""
        lines = [line for path in sorted(self.kept.glob("sosa-*.jsonl")) for line in objects(path)]
        lines += restore_lines(export)
        return first_bad_row(export, lines, [Key.of(line) for line in self.key.read_text().splitlines()])

    def offline(self, export: Path) -> int | None:
        """Return the first bad row by the auditor's tool."""
        arguments = ["--log", export, "--checkpoints", self.kept, "--key", self.key, "--json"]
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            code = verify_log.main([str(argument) for argument in arguments])
        report = json.loads(told.getvalue())
        return named(report) if code == verify_log.TAMPERED else None

    def online(self) -> int | None:
        """Return the first bad row by the daily command, in the database itself."""
        first = OnlineCommand()._online(None, []).first_bad
        return None if first is None else named({"first_bad": verification._shown(first)})

    def judge(self) -> dict[str, int | None]:
        """Return what each of the three says."""
        export = self.export()
        return {
            "independent": self.independent(export),
            "verify-log": self.offline(export),
            "verify_sosa_log": self.online(),
        }


def named(report: dict[str, Any]) -> int:
    """Return the row a report names exactly; a range or a note names none."""
    first = report["first_bad"]
    exact = "until" not in first and first["kind"] not in verification.OF_NOTES
    return int(first["index"]) if exact else -1


@pytest.fixture
def court(world: World, proof: Proof, tmp_path: Path) -> Iterator[Court]:
    dice = Random(proof.seed)
    for count in ROUNDS:
        write_rows(count, dice, now=NOW)
        seal(world)
    kept = tmp_path / "kept"
    shutil.copytree(journal_of(world).folder, kept)
    with world.admin() as admin, as_role(world, "kanri"):
        yield Court(admin, LogTables.read(admin), kept, tmp_path)


def missed(court: Court, kind: str, times: int, dice: Random) -> list[str]:
    """Attack so often in one way; return what was not seen, or seen in another row, and by whom."""
    wrong = []
    for turn in range(times):
        tables = court.honest.copy()
        place = KINDS[kind](tables, dice)
        tables.write(court.admin)
        said = court.judge()
        wrong += [f"{kind} {turn}: row {place}, {who} says {row}" for who, row in said.items() if row != place]
    court.honest.write(court.admin)
    return wrong


class TestTampering:
    def test_an_honest_log_is_whole(self, court: Court) -> None:
        court.honest.write(court.admin)

        assert set(court.judge().values()) == {None}

    def test_every_attack_is_seen_and_the_first_bad_row_named(self, court: Court, proof: Proof) -> None:
        dice = Random(proof.seed)
        times = proof.at(ci=24, full=1000)
        wrong = {kind: missed(court, kind, times, dice) for kind in KINDS}

        attacks, bad = times * len(KINDS), sum(map(len, wrong.values()))
        print(f"{attacks} attacks of {len(KINDS)} kinds, 3 verifiers: {bad} wrong verdicts {wrong}")
        proof.keep(
            "F-log", "attacks seen and first bad row named", f"{attacks - bad} of {attacks}", unit="",
            aim="all of 10 kinds", reached=not bad,
            note=f"{len(KINDS)} kinds × {times}, judged by verify_sosa_log, verify-log and an independent verifier",
        )  # fmt: skip
        assert len(KINDS) == 10
        assert [line for lines in wrong.values() for line in lines] == []

    def test_the_tool_needs_no_database_and_no_settings(self, court: Court, proof: Proof) -> None:
        """The program as the auditor runs it: nothing of the hub in its environment."""
        tables = court.honest.copy()
        place = KINDS["edited_rechained"](tables, Random(proof.seed))
        tables.write(court.admin)
        export = court.export()

        done = run_tool("--log", export, "--checkpoints", court.kept, "--key", court.key)

        assert done.returncode == 1, done.stderr
        assert f"先頭から {place + 1:,}件目（操作ログ番号 {court.honest.events[place]['id']}）" in done.stdout

    def test_the_tool_says_nothing_without_what_it_needs(self, court: Court) -> None:
        court.honest.write(court.admin)
        export = court.export()
        none = court.folder / "none"
        none.mkdir()

        whole = run_tool("--log", export, "--checkpoints", court.kept, "--key", court.key)

        assert (whole.returncode, "操作ログは封印のとおりです。" in whole.stdout) == (0, True)
        assert run_tool("--log", export, "--checkpoints", court.kept, "--key", none).returncode == 2
        assert run_tool("--log", export, "--checkpoints", none, "--key", court.key).returncode == 2
        assert run_tool("--log", none, "--checkpoints", court.kept, "--key", court.key).returncode == 2


def run_tool(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    bare = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "chukan", "verify-log", *map(str, arguments)],
        env={**bare, "PYTHONIOENCODING": "utf-8", "DJANGO_SETTINGS_MODULE": "there.are.none"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


class TestTamperingMutants:
    """A verifier that leaves out one of its duties misses what the battery includes."""

    def seen(self, court: Court, *kinds: str) -> bool:
        return not [line for kind in kinds for line in missed(court, kind, 12, Random(1))]

    def test_one_that_skips_the_hashes_of_the_rows(self, court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verification, "_leaf_of", lambda entry, _report: entry.stored_leaf)

        assert not self.seen(court, "edited")

    def test_one_that_trusts_the_stored_roots(self, court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
        """It takes the notes of the database for signed, and looks at no others."""

        def unsigned(note: str, _verifiers: object) -> Checkpoint:
            return Checkpoint.parse(note.rpartition("\n\n")[0] + "\n")

        monkeypatch.setattr(restoration, "open_checkpoint", unsigned)
        only_stored(monkeypatch)

        assert not self.seen(court, "edited_rechained")

    def test_one_without_what_is_kept_elsewhere(self, court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
        only_stored(monkeypatch)

        assert not self.seen(court, "truncated")
        assert not self.seen(court, "rolled_back")

    def test_one_that_compares_no_roots(self, court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verification._Walk, "_name_first", lambda _walk, _checkpoint: None)

        assert not self.seen(court, "deleted_or_inserted_rechained")

    def test_one_that_does_not_keep_the_leaves(self, court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
        """The attack is seen then, but only its round is known."""
        monkeypatch.setattr(verification._Trusted, "leaves_from", lambda *_arguments: None)

        assert not self.seen(court, "edited_rechained")

    def test_one_that_looks_for_no_events_without_a_leaf(self, court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(product_export, "read_unlinked", lambda _export: ())

        assert not self.seen(court, "inserted")

    def test_one_that_does_not_look_at_the_search_columns(self, court: Court, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verification, "_columns_agree", lambda _body, _columns: True)

        assert not self.seen(court, "moved")

    def test_unchanged_it_sees_all_of_these(self, court: Court) -> None:
        assert self.seen(court, "edited", "truncated", "rolled_back", "inserted", "moved", "edited_rechained")


class TestRestores:
    """A log put back is whole under the note its restore signed, and under no other."""

    BACK, SEALED = 24, sum(ROUNDS)

    def bent(self, court: Court, world: World, *notes: str) -> set[int | None]:
        """Put notes into the journal; return what the three say."""
        journal_of(world).append([(self.BACK, note, b"") for note in notes], now=NOW)
        return set(court.judge().values())

    def roots(self, court: Court) -> dict[int, tuple[int, bytes]]:
        return {row["size"]: (row["size"], bytes(row["root"])) for row in court.honest.checkpoints}

    def test_it_is_whole_goes_on_and_says_so(self, court: Court, world: World) -> None:
        put_back(court.honest, self.BACK, court.admin)
        sign_restore(world)
        assert set(court.judge().values()) == {None}
        go_on(world, 7)
        go_on(world, 40)

        # Who kept the log until before the restore learns of it from the export.
        told = run_tool("--log", court.export(), "--checkpoints", court.kept, "--key", court.key)

        assert told.returncode == 0
        assert f"封印 {self.SEALED}件から {self.BACK}件へ戻されています（見本 担当）" in told.stdout
        shutil.copytree(journal_of(world).folder, court.kept, dirs_exist_ok=True)
        assert set(court.judge().values()) == {None}

    def test_without_its_note_nothing_more_is_sealed(self, court: Court, world: World) -> None:
        put_back(court.honest, self.BACK, court.admin)

        with pytest.raises(seal_module.LogDamaged):
            go_on(world, 7)
        assert set(court.judge().values()) == {self.BACK}

    def test_no_other_note_excuses_a_log_rolled_back(self, court: Court, world: World) -> None:
        roots, before = self.roots(court), journal_of(world).restores()
        drill = self.drilled(court, world, newest=36)
        put_back(court.honest, self.BACK, court.admin)

        for note in (forged(roots[self.SEALED], roots[self.BACK]), altered(drill, roots[17]), drill):
            assert self.bent(court, world, note) == {self.BACK}
            with pytest.raises(seal_module.LogDamaged):
                go_on(world, 7)
            keep_only(journal_of(world), lambda line: RESTORE not in line)
        assert journal_of(world).restores() == before == []

    def test_nor_does_a_note_excuse_twice(self, court: Court, world: World) -> None:
        put_back(court.honest, self.BACK, court.admin)
        note = sign_restore(world)
        back = LogTables.read(court.admin)
        go_on(world, 7)
        shutil.copytree(journal_of(world).folder, court.kept, dirs_exist_ok=True)
        back.write(court.admin)

        assert self.bent(court, world, note) == {self.BACK}
        with pytest.raises(seal_module.LogDamaged):
            go_on(world, 7)

    def test_rows_of_after_a_restore_are_held_like_others(self, court: Court, world: World, proof: Proof) -> None:
        put_back(court.honest, self.BACK, court.admin)
        sign_restore(world)
        go_on(world, 9)
        go_on(world, 20)
        shutil.copytree(journal_of(world).folder, court.kept, dirs_exist_ok=True)
        restored = replace(court, honest=LogTables.read(court.admin))

        assert [line for kind in KINDS for line in missed(restored, kind, 2, Random(proof.seed))] == []

    def test_mutant_a_verifier_that_takes_any_note_is_seen(
        self, court: Court, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        drill = self.drilled(court, world, newest=36)
        put_back(court.honest, self.BACK, court.admin)
        monkeypatch.setattr(restoration, "_fits", lambda *_arguments: True)

        assert self.bent(court, world, drill) == {self.BACK, None}

    def test_mutant_a_verifier_that_asks_for_no_signature_is_seen(
        self, court: Court, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        roots = self.roots(court)
        put_back(court.honest, self.BACK, court.admin)
        monkeypatch.setattr(restoration, "open_restore", unsigned_restore)
        monkeypatch.setattr(verification, "open_restore", unsigned_restore)

        assert self.bent(court, world, forged(roots[self.SEALED], roots[self.BACK])) == {self.BACK, None}

    def drilled(self, court: Court, world: World, *, newest: int) -> str:
        """Return a genuine note: of a restore that was tried out elsewhere while the log went on."""
        journal = journal_of(world)
        whole = {path: path.read_text() for path in journal.folder.glob("sosa-*.jsonl")}
        keep_only(journal, lambda line: json.loads(line)["size"] <= newest)
        put_back(court.honest, self.BACK, court.admin)
        note = sign_restore(world)
        for path in journal.folder.glob("sosa-*.jsonl"):
            path.unlink()
        for path, text in whole.items():
            path.write_text(text)
        return note


def unsigned_restore(note: str, _verifiers: object) -> restoration.Restore:
    return restoration.Restore.of(Checkpoint.parse(note.rpartition("\n\n")[0] + "\n"))


def only_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the auditor's tool read the checkpoints of the export alone."""
    real = product_export.verify_export
    monkeypatch.setattr(verify_log, "verify_export", lambda log, _kept, verifiers: real(log, (), verifiers))


# --- the lag of sealing


@dataclass(frozen=True)
class Lag:
    """How long rows waited to be sealed, from before they were written until their checkpoint was seen."""

    rows: int
    rate: float
    p50: float
    p99: float
    worst: float

    @property
    def in_time(self) -> bool:
        return self.p99 < LAG_AIM

    @property
    def at_full_rate(self) -> bool:
        return self.rate > RATE * 0.95


def measure_lag(world: World, *, seconds: float, rate: int, sealer: tuple[str, ...] = ()) -> Lag:
    """Write at a steady rate while the real process seals, and watch the checkpoints."""
    seen: list[tuple[float, int]] = []
    over = threading.Event()

    def watch() -> None:
        with world.admin() as admin:
            while not over.wait(0.02):
                size = sealed_size(admin)
                if not seen or size > seen[-1][1]:
                    seen.append((time.time(), size))

    with world.admin() as admin, sealing_process(*sealer):
        insert_row(admin, 0)
        wait_for_size(admin, 1)  # the process is up
        watching = threading.Thread(target=watch)
        watching.start()
        try:
            each = rate // WRITERS
            writers = [
                threading.Thread(target=write_steadily, args=(world, int(each * seconds), each)) for _ in range(WRITERS)
            ]
            began = time.monotonic()
            for writer in writers:
                writer.start()
            for writer in writers:
                writer.join()
            took = time.monotonic() - began
            rows = int(each * seconds) * WRITERS
            wait_for_size(admin, rows + 1)
            time.sleep(0.1)
        finally:
            over.set()
            watching.join()
        lags = sorted(waits(admin, seen))
    assert len(lags) == rows
    return Lag(rows, rows / took, lags[rows // 2], lags[int(rows * 0.99)], lags[-1])


def write_steadily(world: World, count: int, rate: int) -> None:
    """Write one row a transaction, each at its time."""
    with world.admin() as admin:
        began = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, began + number / rate - time.monotonic()))
            insert_row(admin, number)


def waits(admin: psycopg.Connection, seen: list[tuple[float, int]]) -> Iterator[float]:
    """Yield how long each sealed row waited, the first one left out."""
    rows = admin.execute(
        "SELECT l.idx, extract(epoch FROM e.at)::float FROM sosa_log_leaf l JOIN sosa_log_event e ON e.id = l.event_id "
        "WHERE l.idx > 0 ORDER BY l.idx"
    ).fetchall()
    at = 0
    for idx, written in rows:
        while seen[at][1] <= idx:
            at += 1
        yield seen[at][0] - written


@pytest.mark.slow
class TestLag:
    def test_rows_are_sealed_in_time(self, world: World, proof: Proof) -> None:
        lag = measure_lag(world, seconds=proof.at(ci=12, full=1800), rate=RATE)

        print(lag)
        aim = f"< {LAG_AIM:g} s at {RATE} rows/s"
        proof.keep(
            "F-log", "sealing lag p99", round(lag.p99, 2), unit="s", aim=aim, reached=lag.in_time and lag.at_full_rate,
            note=f"{lag.rows} rows at {lag.rate:.0f} rows/s; p50 {lag.p50:.2f} s, worst {lag.worst:.2f} s",
        )  # fmt: skip
        assert lag.in_time
        assert lag.at_full_rate

    def test_mutant_a_sealer_that_seals_seldom_is_seen(self, world: World) -> None:
        lag = measure_lag(world, seconds=7, rate=100, sealer=("--interval", "7"))

        print(lag)
        assert not lag.in_time


# --- rows that commit late


@dataclass(frozen=True)
class Sealing:
    """What became of rows whose transactions overlapped the sealer."""

    written: int
    late: int
    unsealed: int
    twice: int

    @property
    def is_whole(self) -> bool:
        return self.unsealed == self.twice == 0


@dataclass(frozen=True)
class Writer:
    """A connection and what its open transaction has written, and whether the sealer has been by since."""

    connection: psycopg.Connection
    rows: int = 0
    sealed_since: bool = False


def seal_among_late_commits(world: World, *, steps: int, dice: Random) -> Sealing:
    """Let transactions stay open across rounds of the sealer and commit in any order."""
    late = number = 0
    with contextlib.ExitStack() as stack, as_role(world, "sealer"):
        sealer = Sealer(journal_of(world))
        writers = [Writer(stack.enter_context(psycopg.connect(world.urls.database_url))) for _ in range(5)]
        for _ in range(steps):
            chosen = dice.randrange(len(writers))
            writer, act = writers[chosen], dice.random()
            if act < 0.5:
                insert_row(writer.connection, number := number + 1)
                writers[chosen] = replace(writer, rows=writer.rows + 1)
            elif act < 0.75:
                keeps = dice.random() < 0.9
                writer.connection.commit() if keeps else writer.connection.rollback()
                late += writer.rows if keeps and writer.sealed_since else 0
                writers[chosen] = Writer(writer.connection)
            else:
                sealer.run_once()
                writers = [replace(one, sealed_since=one.rows > 0) for one in writers]
        for writer in writers:
            writer.connection.commit()
        sealer.run_once()
    with world.admin() as admin:
        row = admin.execute(
            "SELECT count(*), count(*) FILTER (WHERE l.idx IS NULL), count(l.idx) - count(DISTINCT l.event_id) "
            "FROM sosa_log_event e LEFT JOIN sosa_log_leaf l ON l.event_id = e.id"
        ).fetchone()
    assert row is not None
    return Sealing(row[0], late, row[1], row[2])


class TestLateCommits:
    def test_none_stays_unsealed(self, world: World, proof: Proof) -> None:
        outcome = seal_among_late_commits(world, steps=proof.at(ci=1500, full=60_000), dice=Random(proof.seed))

        print(outcome)
        proof.keep(
            "F-log", "rows unsealed after late commits", outcome.unsealed, unit="rows", aim="0",
            reached=outcome.is_whole, note=f"{outcome.late} of {outcome.written} rows committed after a later seal",
        )  # fmt: skip
        assert outcome.late > outcome.written // 10
        assert outcome.is_whole

    def test_mutant_a_sealer_that_does_not_wait_loses_rows(
        self, world: World, proof: Proof, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Reading on from the last number is what everybody writes first."""
        waits_for_the_oldest = "e.xid < pg_snapshot_xmin(pg_current_snapshot()) AND "
        assert waits_for_the_oldest in seal_module._FINAL
        monkeypatch.setattr(seal_module, "_FINAL", seal_module._FINAL.replace(waits_for_the_oldest, ""))

        outcome = seal_among_late_commits(world, steps=300, dice=Random(proof.seed))

        print(outcome)
        assert not outcome.is_whole
