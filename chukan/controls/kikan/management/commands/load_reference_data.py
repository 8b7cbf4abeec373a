from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand

from chukan.controls.kikan.actions import DATA_FOLDER, load_reference_data
from chukan.kernel import clock
from chukan.kernel.principal import Principal


class Command(BaseCommand):
    help = "コード表と事務の可否表を取り込む（何度実行してもよい）"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--folder", default=str(DATA_FOLDER), help="CSV のあるフォルダ（ないファイルは標準のもの）")

    def handle(self, *_args: object, **options: object) -> None:
        by = Principal(channel="command", soshiki="command", actor_id="load_reference_data", actor_name="管理コマンド")
        changed = load_reference_data(by=by, now=clock.now(), folder=Path(str(options["folder"])))
        self.stdout.write("基準データを取り込みました。" if changed else "基準データは最新です。")
