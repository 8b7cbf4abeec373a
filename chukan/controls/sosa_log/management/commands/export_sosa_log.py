"""Writes the sealed operation log and its checkpoints to a folder, for keeping and verifying elsewhere."""

import base64
import json
from argparse import ArgumentParser
from itertools import islice
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.sosa_log.queries import iterate_entries, notes_after
from chukan.kernel import clock
from chukan.kernel.principal import Principal

ENTRIES_OF_A_FILE = 100_000


class Command(BaseCommand):
    """`export_sosa_log --to DIR`: entries-000000.jsonl …, checkpoints.jsonl; the export itself is recorded first."""

    help = "封印済みの操作ログを書き出す（書き出したことも記録する）"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--to", type=Path, required=True, help="書き出し先のフォルダ（新しく作る）")

    def handle(self, *_args: object, **options: object) -> None:
        """Record, then write."""
        folder = Path(str(options["to"]))
        try:
            folder.mkdir(parents=True, mode=0o700)
        except FileExistsError:
            raise CommandError("書き出し先が既にあります。新しいフォルダを指定してください。") from None
        record_sosa_alone(
            by=Principal(channel="command", soshiki="command", actor_id="command", actor_name="管理コマンド"),
            kind=SosaKind.LOG_EXPORT,
            jimu="kanri",
            target_file="sosa_log",
            result="ok",
            detail={"form": "sealed"},
            now=clock.now(),
        )
        entries, number, written = iterate_entries(), 0, 0
        while rows := list(islice(entries, ENTRIES_OF_A_FILE)):
            with (folder / f"entries-{number:06d}.jsonl").open("w", encoding="utf-8") as stream:
                for entry in rows:
                    value = {
                        "idx": entry.idx,
                        "event_id": entry.event_id,
                        "xid": entry.xid,
                        "leaf": base64.b64encode(entry.stored_leaf).decode(),
                        "salt": None if entry.salt is None else base64.b64encode(entry.salt).decode(),
                        "body": None if entry.body is None else base64.b64encode(entry.body).decode(),
                    }
                    stream.write(json.dumps(value) + "\n")
            number, written = number + 1, written + len(rows)
        with (folder / "checkpoints.jsonl").open("w", encoding="utf-8") as stream:
            stream.writelines(
                json.dumps({"size": size, "note": note}, ensure_ascii=False) + "\n" for size, note in notes_after(0)
            )
        self.stdout.write(json.dumps({"entries": written}))
