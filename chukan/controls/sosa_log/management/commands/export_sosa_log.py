"""Writes the sealed operation log and its checkpoints to a folder, for keeping and verifying elsewhere."""

import json
from argparse import ArgumentParser
from itertools import count, islice, starmap
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from chukan.controls.sosa_log.actions import record_sosa_alone
from chukan.controls.sosa_log.domain import SosaKind
from chukan.controls.sosa_log.export import (
    CHECKPOINTS,
    ENTRIES_OF_A_FILE,
    KEY,
    UNLINKED,
    checkpoint_line,
    entries_name,
    entry_line,
    unlinked_line,
)
from chukan.controls.sosa_log.journal import CheckpointJournal
from chukan.controls.sosa_log.keys import sealing_keys
from chukan.controls.sosa_log.queries import iterate_entries, rounds_after, sealed_extent, unlinked_events
from chukan.kernel import clock
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    """`export_sosa_log --to DIR`: entries, checkpoints and public key; the export itself is recorded first."""

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
        written = _write(folder)
        self.stdout.write(json.dumps({"entries": written}))


def _write(folder: Path) -> int:
    """Write everything that is sealed at this moment, though the sealer goes on; return the number of entries."""
    leaves, size = sealed_extent()
    entries, written = iterate_entries(below=leaves), 0
    for number in count():
        rows = list(islice(entries, ENTRIES_OF_A_FILE))
        if number and not rows:
            break
        with (folder / entries_name(number)).open("w", encoding="utf-8") as stream:
            stream.writelines(map(entry_line, rows))
        written += len(rows)
    with (folder / UNLINKED).open("w", encoding="utf-8") as stream:
        stream.writelines(map(unlinked_line, unlinked_events()))
    with (folder / CHECKPOINTS).open("w", encoding="utf-8") as stream:
        stream.writelines(starmap(checkpoint_line, rounds_after(0, until=size)))
        restores = CheckpointJournal.of_home(settings.CHUKAN_HOME).restores()
        stream.writelines(checkpoint_line(restored, note, b"") for restored, note in restores)
    (folder / KEY).write_text("".join(f"{key.vkey()}\n" for key in sealing_keys()), encoding="ascii")
    return written
