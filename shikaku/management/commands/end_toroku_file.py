import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal
from chukan.kernel.roles import demand_role
from shikaku.actions.end_stuck_file import end_stuck_file


class Command(BaseCommand):
    """`end_toroku_file --uketsuke-bango … --riyu …` → {"jotai": …, "sosu": …, "shori_zumi": …}."""

    help = "停滞して進められない登録ファイルを、理由を記録して終わらせる。登録済みの行はそのまま残る"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--uketsuke-bango", required=True, help="受付番号")
        parser.add_argument("--riyu", required=True, help="終わらせる理由。個人番号や氏名は入れない")

    def handle(self, *_args: object, **options: object) -> None:
        """End the file and print how far it came."""
        demand_role("web")
        by = Principal(channel="command", soshiki="command", actor_id="end_toroku_file", actor_name="管理コマンド")
        try:
            status = end_stuck_file(
                by=by, uketsuke_bango=str(options["uketsuke_bango"]), riyu=str(options["riyu"]), now=clock.now()
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        told = {"jotai": status.jotai, "sosu": status.sosu, "shori_zumi": status.shori_zumi}
        self.stdout.write(json.dumps(told))
