import json
import sys
from argparse import ArgumentParser
from datetime import date

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.kengen.actions import register_staff_by_command
from chukan.controls.kikan.domain import OPERATORS
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal


def _rights(text: str) -> frozenset[tuple[str, str]] | None:
    if text == "all":
        return None
    pairs = [word.strip().partition(":") for word in text.split(",") if word.strip()]
    return frozenset((jimu, action) for jimu, _, action in pairs)


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip() for word in text.split(",") if word.strip())


class Command(BaseCommand):
    help = "職員を登録し、1行のJSONで職員IDを返す。--hokensha がなければ運営主体の職員になる"

    def add_arguments(self, parser: ArgumentParser) -> None:
        whose = parser.add_mutually_exclusive_group(required=True)
        whose.add_argument("--hokensha", help="保険者コード")
        whose.add_argument("--soshiki", choices=list(OPERATORS), help="運営主体の組織")
        parser.add_argument("--id", required=True, help="職員ID")
        parser.add_argument("--shimei", required=True, help="氏名")
        parser.add_argument(
            "--password-stdin", action="store_true", required=True, help="標準入力の1行目をパスワードにする"
        )
        parser.add_argument("--kengen", default="", help="all、または shikaku:shokai,shikaku:koshin の形")
        parser.add_argument("--kojin-bango", default="", help="個人番号取扱権限を付与する事務（カンマ区切り）")
        parser.add_argument("--yuko-kaishi", help="有効開始日（YYYY-MM-DD。省略すると今日）")
        parser.add_argument("--muko", help="無効日（YYYY-MM-DD。省略すると1年後）")

    def handle(self, *_args: object, **options: object) -> None:
        by = Principal(channel="command", soshiki="command", actor_id="register_shokuin", actor_name="管理コマンド")
        hokensha = options["hokensha"]
        try:
            register_staff_by_command(
                by=by,
                soshiki="hokensha" if hokensha else str(options["soshiki"]),
                hokensha_code=str(hokensha) if hokensha else None,
                shokuin_id=str(options["id"]),
                shimei=str(options["shimei"]),
                password=sys.stdin.readline().rstrip("\r\n"),
                kengen=_rights(str(options["kengen"])),
                kojin_bango=_words(str(options["kojin_bango"])),
                valid_from=date.fromisoformat(str(options["yuko_kaishi"])) if options["yuko_kaishi"] else None,
                valid_to=date.fromisoformat(str(options["muko"])) if options["muko"] else None,
                now=clock.now(),
            )
        except DomainError as error:
            raise CommandError(" ".join([error.message, *(item.message for item in error.errors)])) from error
        except ValueError as error:
            raise CommandError("日付は YYYY-MM-DD の形で指定してください。") from error
        self.stdout.write(json.dumps({"shokuin_id": str(options["id"])}, ensure_ascii=False))
