import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal
from shikaku.actions.keep_bango_cases import close_bango_case


class Command(BaseCommand):
    """`close_bango_case --hokensha 06132013 --id … --riyu …` → {"id": …}."""

    help = "個人番号の重なりの案件を、理由を記録して閉じる"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--hokensha", required=True, help="保険者コード（運用状況の一覧にある）")
        parser.add_argument("--id", required=True, help="案件ID（運用状況の一覧にある8桁）")
        parser.add_argument("--riyu", required=True, help="閉じる理由。個人番号や氏名は入れない")

    def handle(self, *_args: object, **options: object) -> None:
        """Close and print the id."""
        try:
            case_id = close_bango_case(
                by=Principal(
                    channel="command", soshiki="command", actor_id="close_bango_case", actor_name="管理コマンド"
                ),
                zone=str(options["hokensha"]),
                case_id=str(options["id"]),
                riyu=str(options["riyu"]),
                now=clock.now(),
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        self.stdout.write(json.dumps({"id": str(case_id)}))
