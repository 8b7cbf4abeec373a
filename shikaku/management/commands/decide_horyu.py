import json
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from chukan.controls.uketsuke.domain import KAIJO, TORISAGE
from chukan.kernel import clock
from chukan.kernel.errors import DomainError
from chukan.kernel.principal import Principal
from chukan.kernel.roles import demand_role
from shikaku.actions.decide_asked_horyu import Asked, decide_asked_horyu


class Command(BaseCommand):
    """`decide_horyu --uketsuke-bango … --hokensha … --shokuin … --kettei kaijo` → {"jotai": …, "horyu": […]}."""

    help = (
        "国保情報集約システムのファイルの保留を表示し、市町村国保のシステム管理責任者の申出により、"
        "登録を続けるか取り下げる"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--uketsuke-bango", required=True, help="受付番号")
        parser.add_argument("--hokensha", default="", help="申し出た保険者の保険者コード")
        parser.add_argument("--shokuin", default="", help="申し出たシステム管理責任者の職員ID")
        parser.add_argument(
            "--kettei", choices=(KAIJO, TORISAGE), help="kaijo=登録を続ける、torisage=取り下げる。なければ表示だけ"
        )

    def handle(self, *_args: object, **options: object) -> None:
        """Decide, if asked to, and print what is held."""
        demand_role("web")
        asked = None
        if options["kettei"]:
            if not options["hokensha"] or not options["shokuin"]:
                raise CommandError("--kettei には、申し出た人の --hokensha と --shokuin を付けてください。")
            asked = Asked(str(options["hokensha"]), str(options["shokuin"]), str(options["kettei"]))
        by = Principal(channel="command", soshiki="command", actor_id="decide_horyu", actor_name="管理コマンド")
        try:
            held = decide_asked_horyu(
                by=by, uketsuke_bango=str(options["uketsuke_bango"]), asked=asked, now=clock.now()
            )
        except DomainError as error:
            raise CommandError(error.message) from None
        horyu = [
            {
                "hokensha_code": one.hokensha_code,
                "yuko_kanyusha": one.valid_count,
                "riyu": [
                    {"komoku": item or "資格喪失", "kensu": lines, "bosu": members}
                    for item, lines, members in one.reasons
                ],
                "kettei": one.decision or None,
            }
            for one in held.horyu
        ]
        self.stdout.write(json.dumps({"jotai": held.status.jotai, "horyu": horyu}, ensure_ascii=False))
