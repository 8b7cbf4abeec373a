import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.kikan.actions import register_hokensha
from chukan.controls.kikan.domain import HOKENSHA_SHUBETSU
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    help = "保険者を登録し、1行のJSONで保険者コードを返す"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--code", required=True, help="保険者コード（数字8桁）")
        parser.add_argument("--shubetsu", required=True, help="保険者種別: " + ", ".join(HOKENSHA_SHUBETSU))
        parser.add_argument("--meisho", required=True, help="名称")
        parser.add_argument("--bango", action="append", default=[], help="保険者番号（繰り返してよい）")
        parser.add_argument("--kohi-futansha", action="append", default=[], help="公費負担者番号（生活保護だけ）")

    def handle(self, *_args: object, **options: object) -> None:
        by = Principal(channel="command", soshiki="command", actor_id="register_hokensha", actor_name="管理コマンド")
        bango, kohi = options["bango"], options["kohi_futansha"]
        try:
            facts = register_hokensha(
                by=by,
                hokensha_code=str(options["code"]),
                hokensha_shubetsu=str(options["shubetsu"]),
                hokensha_meisho=str(options["meisho"]),
                hokensha_bango=[str(item) for item in bango] if isinstance(bango, list) else [],
                kohi_futansha_bango=[str(item) for item in kohi] if isinstance(kohi, list) else [],
                now=clock.now(),
            )
        except DomainError as error:
            raise CommandError(" ".join([error.message, *(item.message for item in error.errors)])) from error
        self.stdout.write(json.dumps({"hokensha_code": facts.hokensha_code}, ensure_ascii=False))
