import json
import time
from argparse import ArgumentParser
from functools import partial
from typing import Final

from django.core.management.base import BaseCommand, CommandError

from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal
from chukan.kernel.roles import demand_role
from chukan.settings import limits
from shikaku.actions.reseal_rows import reseal_rows

_PAUSE: Final = 0.5


class Command(BaseCommand):
    """`reseal_rows --hokensha 06132013` → {"key_id": 41, "resealed": 240000}; killed anywhere, run it again."""

    help = "保険者の保存済みの行を、いまの鍵で封をし直す（止まったら、もう一度実行すると続きから進む）"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--hokensha", required=True, help="保険者コード")
        parser.add_argument(
            "--persons", type=int, default=limits.RESEAL_PERSONS, help="1回のトランザクションで進む人数"
        )

    def handle(self, *_args: object, **options: object) -> None:
        """Walk to the end and print how many rows were sealed again."""
        demand_role("worker")
        code = str(options["hokensha"])
        by = Principal(
            channel="command", soshiki="command", actor_id="reseal_rows", actor_name="管理コマンド", hokensha_code=code
        )
        try:
            done = reseal_rows(
                by=by,
                persons=int(str(options["persons"])),
                pause=partial(time.sleep, _PAUSE),
                now=clock.now,
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(json.dumps({"key_id": done.key_id, "resealed": done.resealed}))
