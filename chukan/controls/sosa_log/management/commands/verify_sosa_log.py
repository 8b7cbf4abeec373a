"""Proves that the operation log is whole, in the database or in an export without one.

Ends with 0 when it is, 1 when it is not (and names the first bad index and kind), 2 when it cannot be verified.
"""

from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from chukan.controls.sosa_log.export import Unreadable, read_checkpoints, read_key, verify_export
from chukan.controls.sosa_log.journal import CheckpointJournal
from chukan.controls.sosa_log.keys import sealing_keys
from chukan.controls.sosa_log.queries import iterate_entries, notes_after, sealed_extent, unlinked_events
from chukan.controls.sosa_log.verification import Kept, Report, verify_entries
from chukan.kernel.errors import Unavailable
from chukan.kernel.merkle_log import NoteVerifier

TAMPERED, CANNOT = 1, 2


class Command(BaseCommand):
    """`verify_sosa_log` (online) or `verify_sosa_log --export DIR --key FILE` (no database, no keystore)."""

    help = "操作ログが封印のとおりかを確かめる"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--export", type=Path, help="export_sosa_log の出力。データベースを使わずに確かめる")
        parser.add_argument("--key", type=Path, help="封印の公開鍵（sosa.vkey）。省略すると鍵置き場から読む")
        parser.add_argument(
            "--checkpoint", type=Path, action="append", default=[], help="別に保管していた署名付きの記録"
        )

    def handle(self, *_args: object, **options: object) -> None:
        """Verify, print one JSON line, and end with the code."""
        export, key, given = options["export"], options["key"], options["checkpoint"]
        paths = given if isinstance(given, list) else []
        try:
            extra = [kept for path in paths for kept in read_checkpoints(path)]
            report = self._offline(export, key, extra) if isinstance(export, Path) else self._online(key, extra)
        except Unreadable as file:
            raise CommandError(f"{file} を読めません。", returncode=CANNOT) from None
        except DatabaseError as error:
            what = type(error.__cause__ or error).__name__
            text = f"操作ログを読めません（{what}）。データベースと、役割（CHUKAN_ROLE=kanri）を確かめてください。"
            raise CommandError(text, returncode=CANNOT) from None
        self.stdout.write(report.as_json())
        if report.first_bad is not None:
            raise CommandError("操作ログが封印と合いません。", returncode=TAMPERED)

    def _offline(self, export: Path, key: object, extra: list[Kept]) -> Report:
        if not isinstance(key, Path):
            raise CommandError("--export には --key も指定してください。", returncode=CANNOT)
        return verify_export(export, extra, read_key(key))

    def _online(self, key: object, extra: list[Kept]) -> Report:
        # In this order: the sealer may be at work, and it writes the journal after the table.
        journal = list(CheckpointJournal.of_home(settings.CHUKAN_HOME).kept())
        leaves, size = sealed_extent()
        stored = [Kept(note) for known, note in notes_after(0) if known <= size]
        return verify_entries(
            iterate_entries(below=leaves), [*stored, *journal, *extra], _verifiers(key), unlinked_events()
        )


def _verifiers(key: object) -> list[NoteVerifier]:
    try:
        if isinstance(key, Path):
            return read_key(key)
        return sealing_keys()
    except (Unreadable, ValueError, Unavailable):
        raise CommandError("封印の公開鍵を読めません。--key で指定してください。", returncode=CANNOT) from None
