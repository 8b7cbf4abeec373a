import json
import time
from argparse import ArgumentParser
from functools import partial
from typing import Final

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.kikan.queries import list_hokensha
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal
from chukan.kernel.roles import demand_role
from chukan.settings import limits
from shikaku.actions.reindex_rows import KINDS, reindex_rows

_PAUSE: Final = 0.5


class Command(BaseCommand):
    """`reindex_rows --kind bi_zone --hokensha 06132013` → {"key_id": 42, "changed": 240000}; killed, run it again."""

    help = "索引値と照合値を、いまの鍵で作り直す（止まったら、もう一度実行すると続きから進む）"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--kind", required=True, choices=KINDS, help="鍵の種類")
        parser.add_argument("--hokensha", help="保険者コード（省くとすべての保険者）")
        parser.add_argument(
            "--persons", type=int, default=limits.RESEAL_PERSONS, help="1回のトランザクションで進む人数"
        )

    def handle(self, *_args: object, **options: object) -> None:
        """Walk to the end and print how many hashes or tokens were made again."""
        demand_role("worker")
        named = options["hokensha"]
        codes = [one.hokensha_code for one in list_hokensha()] if named is None else [str(named)]
        by = Principal(channel="command", soshiki="command", actor_id="reindex_rows", actor_name="管理コマンド")
        try:
            done = reindex_rows(
                by=by,
                hokensha=codes,
                kind=str(options["kind"]),
                persons=int(str(options["persons"])),
                pause=partial(time.sleep, _PAUSE),
                now=clock.now,
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(json.dumps({"key_id": done.key_id, "changed": done.changed}))
