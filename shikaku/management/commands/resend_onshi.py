import json
from argparse import ArgumentParser
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal
from chukan.kernel.roles import demand_role
from shikaku.actions.resend_to_onshi import resend_refused, resend_refused_pmh_ids
from shikaku.queries.resend_queue import is_pmh_soshin


class Command(BaseCommand):
    """`resend_onshi --soshin-bango … | --hokensha 06132013 | --all | --pmh-id` → {"resent": 3}."""

    help = "処理結果が異常だった電文に代えて、いまの状態の新しい電文をオンライン資格確認等システムへ送る"
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--soshin-bango", type=UUID, help="送信番号1つ")
        which.add_argument("--hokensha", help="保険者コード。その保険者の再送待ちすべて")
        which.add_argument("--all", action="store_true", help="再送待ちすべて（PMH-IDを除く）")
        which.add_argument("--pmh-id", action="store_true", help="PMH-IDの再送待ちすべて")

    def handle(self, *_args: object, **options: object) -> None:
        """Owe the new telegrams and print how many."""
        demand_role("worker")
        code, number = options["hokensha"], options["soshin_bango"]
        by = Principal(channel="command", soshiki="command", actor_id="resend_onshi", actor_name="管理コマンド")
        try:
            resent = (
                resend_refused_pmh_ids(by=by, now=clock.now())
                if options["pmh_id"]
                else resend_refused(
                    by=by,
                    hokensha_code=code if isinstance(code, str) else None,
                    soshin_bango=number if isinstance(number, UUID) else None,
                    now=clock.now(),
                )
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        if number is not None and not resent:
            if isinstance(number, UUID) and is_pmh_soshin(by=by, soshin_bango=number):
                raise CommandError("この送信番号はPMH-IDの電文です。PMH-IDの再送は --pmh-id で行ってください。")
            raise CommandError(
                "この送信番号は再送待ちにありません。処理結果が異常で、同じ人の新しい電文がないものだけ再送できます。"
            )
        self.stdout.write(json.dumps({"resent": resent}))
