"""The second process of a large file: reads, checks, drafts, hands block after block to the worker that started it."""

import gc
import os
import stat
from multiprocessing.connection import Connection
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chukan.kernel.principal import system_principal
from chukan.kernel.roles import refuse_unsafe_role
from shikaku.actions.read_ahead import send_blocks
from shikaku.actions.sender_principal import sender_principal


class Command(BaseCommand):
    """Started by a worker only; what it writes goes to the open file of the worker."""

    help = "大きな登録ファイルを先読みする（処理プロセスが自分で起動する）"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        """Ids and counts; nothing personal stands in a command line."""
        parser.add_argument("uketsuke_id", type=UUID)
        parser.add_argument("--file", required=True)
        parser.add_argument("--sender", required=True)
        parser.add_argument("--hokensha", required=True)
        parser.add_argument("--done", type=int, required=True)
        parser.add_argument("--block-lines", type=int, required=True)
        parser.add_argument("--to", type=int, required=True)

    def handle(self, **options: object) -> None:
        """Send until the end of the file."""
        refuse_unsafe_role()
        to = int(str(options["to"]))
        if not stat.S_ISFIFO(os.fstat(to).st_mode):
            message = "この命令は処理プロセスが自分で起動するものです。送り先がパイプではありません。"
            raise CommandError(message)
        gc.freeze()
        gc.disable()  # what a block makes dies with it, none of it in a circle
        by = sender_principal(
            by=system_principal(actor_id="worker"),
            sender=str(options["sender"]),
            hokensha_code=str(options["hokensha"]),
        )
        send_blocks(
            by=by,
            uketsuke_id=UUID(str(options["uketsuke_id"])),
            file_key=str(options["file"]),
            done=int(str(options["done"])),
            block_lines=int(str(options["block_lines"])),
            to=Connection(to, readable=False),
        )
