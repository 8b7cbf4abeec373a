import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.kikan.actions import rotate_dek
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    """`rotate_dek --hokensha 06132013` → {"key_id": 41}; `reseal_rows` brings the rows under it."""

    help = "保険者の項目の鍵（DEK）を新しくする。保存済みの行は reseal_rows で新しい鍵に替える"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the option."""
        parser.add_argument("--hokensha", required=True, help="保険者コード")

    def handle(self, *_args: object, **options: object) -> None:
        """Rotate and print the number of the new key."""
        by = Principal(channel="command", soshiki="command", actor_id="rotate_dek", actor_name="管理コマンド")
        try:
            key_id = rotate_dek(by=by, hokensha_code=str(options["hokensha"]), now=clock.now())
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(json.dumps({"key_id": key_id}))
