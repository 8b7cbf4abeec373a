"""Proves that the operation log is whole, in the database or in an export without one.

Ends with 0 when it is, 1 when it is not (and names the first bad index and kind), 2 when it cannot be verified.
"""

import base64
import json
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chukan.controls.sosa_log.journal import CheckpointJournal
from chukan.controls.sosa_log.queries import iterate_entries, notes_after, unlinked_events
from chukan.controls.sosa_log.verification import KEY_NAME, Entry, Report, verify_entries
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.crypto.kms import CHECKPOINT
from chukan.kernel.errors import Unavailable
from chukan.kernel.http.jwk import public_key
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
        export, key = options["export"], options["key"]
        kept = options["checkpoint"]
        extra = [path.read_text(encoding="utf-8") for path in kept] if isinstance(kept, list) else []
        report = self._offline(export, key, extra) if isinstance(export, Path) else self._online(key, extra)
        self.stdout.write(report.as_json())
        if report.first_bad is not None:
            raise CommandError("操作ログが封印と合いません。", returncode=TAMPERED)

    def _offline(self, export: Path, key: object, extra: list[str]) -> Report:
        if not isinstance(key, Path):
            raise CommandError("--export には --key も指定してください。", returncode=CANNOT)
        notes = [*_lines(export / "checkpoints.jsonl", "note"), *extra]
        return verify_entries(exported_entries(export), notes, _verifiers(key))

    def _online(self, key: object, extra: list[str]) -> Report:
        journal = CheckpointJournal(settings.CHUKAN_HOME / "journal" / "checkpoints")
        notes = [note for _, note in notes_after(0)] + list(journal.notes()) + extra
        report = verify_entries(iterate_entries(), notes, _verifiers(key))
        for event_id in unlinked_events():
            report.add(report.size, "inserted", event_id)
        return report


def _verifiers(key: object) -> list[NoteVerifier]:
    try:
        if isinstance(key, Path):
            return [NoteVerifier.parse(line) for line in key.read_text(encoding="ascii").split()]
        jwks = get_keyring().public_jwks(CHECKPOINT)
    except (OSError, ValueError, Unavailable):
        raise CommandError("封印の公開鍵を読めません。--key で指定してください。", returncode=CANNOT) from None
    return [NoteVerifier(KEY_NAME, public_key(jwk)) for jwk in jwks]  # type: ignore[arg-type]  # checkpoints: Ed25519


def _lines(path: Path, name: str) -> Iterable[str]:
    try:
        with path.open(encoding="utf-8") as stream:
            return [str(json.loads(line)[name]) for line in stream]
    except (OSError, ValueError, KeyError):
        raise CommandError(f"{path.name} を読めません。", returncode=CANNOT) from None


def exported_entries(export: Path) -> Iterator[Entry]:
    """Yield the entries of an export, in the order of its files and lines."""
    paths = sorted(export.glob("entries-*.jsonl"))
    if not paths:
        raise CommandError("entries-*.jsonl がありません。", returncode=CANNOT)
    for path in paths:
        with path.open(encoding="utf-8") as stream:
            for line in stream:
                try:
                    value = json.loads(line)
                    yield Entry(
                        idx=value["idx"],
                        event_id=value["event_id"],
                        xid=value["xid"],
                        stored_leaf=base64.b64decode(value["leaf"]),
                        salt=None if value["salt"] is None else base64.b64decode(value["salt"]),
                        body=None if value["body"] is None else base64.b64decode(value["body"]),
                    )
                except (ValueError, KeyError, TypeError):
                    raise CommandError(f"{path.name} を読めません。", returncode=CANNOT) from None
