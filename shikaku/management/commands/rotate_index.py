import json
import time
from argparse import ArgumentParser
from functools import partial
from typing import Final

from django.core.management.base import BaseCommand, CommandError

from chukan.kernel import clock
from chukan.kernel.crypto.data_key import INDEX_PURPOSES
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal
from shikaku.actions.rotate_index import end_index, rotate_index

_PAUSE: Final = 0.5


class Command(BaseCommand):
    """`rotate_index --kind bi_zone --hokensha 06132013 [--end]` → {"key_id": 42}."""

    help = "索引・照合値の鍵を新しくする。reindex_rows のあと、--end で前の鍵を廃棄する"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--kind", required=True, choices=INDEX_PURPOSES, help="鍵の種類")
        parser.add_argument("--hokensha", help="保険者コード（bi_global には付けない）")
        parser.add_argument("--end", action="store_true", help="作り直しが終わったあと、前の鍵を廃棄する")

    def handle(self, *_args: object, end: bool, **options: object) -> None:
        """Replace the key, or end the former one, and print the key that makes the hashes."""
        by = Principal(channel="command", soshiki="command", actor_id="rotate_index", actor_name="管理コマンド")
        kind, named = str(options["kind"]), options["hokensha"]
        code = None if named is None else str(named)
        try:
            if end:
                done = end_index(by=by, kind=kind, hokensha_code=code, now=clock.now())
            else:
                pause = partial(time.sleep, _PAUSE)
                done = rotate_index(by=by, kind=kind, hokensha_code=code, pause=pause, now=clock.now)
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(json.dumps({"key_id": done.key_id}))
