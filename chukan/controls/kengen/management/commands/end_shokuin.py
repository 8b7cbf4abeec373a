import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.kengen.actions import end_staff_by_command
from chukan.controls.kikan.domain import OPERATORS
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    help = "職員IDを終了し、1行のJSONで無効日と終えたログインの数を返す。次の要求から使えない"

    def add_arguments(self, parser: ArgumentParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--hokensha", help="保険者コード")
        whose.add_argument("--soshiki", choices=list(OPERATORS), help="運営主体の組織")
        parser.add_argument("--id", required=True, help="職員ID")

    def handle(self, *_args: object, **options: object) -> None:
        by = Principal(channel="command", soshiki="command", actor_id="end_shokuin", actor_name="管理コマンド")
        hokensha = options["hokensha"]
        try:
            ended = end_staff_by_command(
                by=by,
                soshiki="hokensha" if hokensha else str(options["soshiki"]),
                hokensha_code=str(hokensha) if hokensha else None,
                shokuin_id=str(options["id"]),
                now=clock.now(),
            )
        except DomainError as error:
            raise CommandError(error.message) from error
        told = {
            "shokuin_id": ended.shokuin_id,
            "valid_to": ended.valid_to.isoformat(),
            "sessions_ended": ended.sessions,
        }
        self.stdout.write(json.dumps(told, ensure_ascii=False))
