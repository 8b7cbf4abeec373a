from django.core.management.base import BaseCommand, CommandError

from chukan.controls.kukaku.queries import list_gaps


class Command(BaseCommand):
    help = "区画の壁（行単位の制御と役割の権限）が宣言どおりか、データベースを見て確かめる"

    def handle(self, *_args: object, **_options: object) -> None:
        gaps = list_gaps()
        if gaps:
            raise CommandError(" / ".join(f"{gap.table}（{gap.kind}）: {gap.message}" for gap in gaps))
        self.stdout.write("区画の壁は宣言どおりです。")
