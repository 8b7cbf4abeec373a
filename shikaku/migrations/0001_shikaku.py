"""Tables of 資格履歴."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):
    """Create the tables."""

    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="EdabanSaiban",
            fields=[
                (
                    "hokensha_code",
                    models.CharField(max_length=8, primary_key=True, serialize=False, verbose_name="保険者コード"),
                ),
                ("last", models.BigIntegerField(default=0, verbose_name="最後の番号")),
            ],
            options={
                "verbose_name": "被保険者枝番の採番",
                "db_table": "shikaku_edaban_saiban",
            },
        ),
        migrations.CreateModel(
            name="Himozuke",
            fields=[
                ("himozuke_bango", models.UUIDField(primary_key=True, serialize=False, verbose_name="紐付番号")),
                ("jun", models.BigIntegerField(default=0, verbose_name="電文の順")),
            ],
            options={
                "verbose_name": "紐付",
                "db_table": "shikaku_himozuke",
            },
        ),
        migrations.CreateModel(
            name="ItakuKukakuKanyusha",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                ("hihokensha_edaban", models.BigIntegerField(verbose_name="被保険者枝番")),
                ("himozuke_bango", models.UUIDField(verbose_name="紐付番号")),
                ("bi_bango", models.BinaryField(null=True, verbose_name="区画内の索引値")),
                ("ct_kojin_bango", models.BinaryField(null=True, verbose_name="封をした個人番号")),
                ("kanyusha_kubun_code", models.CharField(max_length=2, verbose_name="加入者区分コード")),
                (
                    "fugo_shutoku_yokyu_kubun",
                    models.CharField(default="1", max_length=1, verbose_name="符号取得要求区分"),
                ),
                ("t_kana2", models.BigIntegerField(null=True, verbose_name="カナ2文字の照合値")),
                ("t_kana4", models.BigIntegerField(null=True, verbose_name="カナ4文字の照合値")),
                ("t_kana_full", models.BigIntegerField(null=True, verbose_name="カナ全体の照合値")),
                ("t_seinengappi", models.BigIntegerField(null=True, verbose_name="生年月日の照合値")),
                ("last_shikaku_tsuban", models.IntegerField(default=0, verbose_name="最後の資格通番")),
                ("last_rireki_tsuban", models.IntegerField(default=0, verbose_name="最後の履歴通番")),
                ("last_recorded_at", models.DateTimeField(verbose_name="最後に記録した時刻")),
            ],
            options={
                "verbose_name": "委託区画の加入者",
                "db_table": "shikaku_itaku_kukaku_kanyusha",
                "indexes": [
                    models.Index(fields=["t_kana2", "hihokensha_edaban"], name="shikaku_kanyusha_kana2"),
                    models.Index(fields=["t_kana4", "hihokensha_edaban"], name="shikaku_kanyusha_kana4"),
                    models.Index(fields=["t_kana_full"], name="shikaku_kanyusha_kana_full"),
                    models.Index(fields=["t_seinengappi"], name="shikaku_kanyusha_seinengappi"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hokensha_code", "hihokensha_edaban"), name="shikaku_kanyusha_edaban"
                    ),
                    models.UniqueConstraint(fields=("hokensha_code", "bi_bango"), name="shikaku_kanyusha_bango"),
                ],
            },
        ),
        migrations.CreateModel(
            name="KojinBangoSakuin",
            fields=[
                ("bi_global", models.BinaryField(primary_key=True, serialize=False, verbose_name="全体の索引値")),
                ("himozuke_bango", models.UUIDField(verbose_name="紐付番号")),
            ],
            options={
                "verbose_name": "個人番号の索引",
                "db_table": "shikaku_kojin_bango_sakuin",
                "indexes": [models.Index(fields=["himozuke_bango"], name="shikaku_sakuin_himozuke")],
            },
        ),
        migrations.CreateModel(
            name="KyuKojinBango",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                ("bi_bango", models.BinaryField(verbose_name="区画内の索引値")),
                ("hihokensha_edaban", models.BigIntegerField(verbose_name="被保険者枝番")),
                ("ct_kojin_bango", models.BinaryField(verbose_name="封をした個人番号")),
                ("kojin_bango_koshin_kubun", models.CharField(max_length=1, verbose_name="個人番号更新区分")),
                ("kojin_bango_koshin_nichiji", models.DateTimeField(verbose_name="個人番号更新日時")),
                ("resolves", models.BooleanField(default=True, verbose_name="この人に届く")),
            ],
            options={
                "verbose_name": "前の個人番号",
                "db_table": "shikaku_kyu_kojin_bango",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolves", True)),
                        fields=("hokensha_code", "bi_bango"),
                        name="shikaku_kyu_bango_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OnshiSoshin",
            fields=[
                ("soshin_bango", models.UUIDField(primary_key=True, serialize=False, verbose_name="送信番号")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                ("hihokensha_edaban", models.BigIntegerField(verbose_name="被保険者枝番")),
                ("himozuke_bango", models.UUIDField(verbose_name="紐付番号")),
                ("jun", models.BigIntegerField(verbose_name="電文の順")),
                ("kind", models.CharField(max_length=10, verbose_name="電文の種別")),
                ("as_of", models.DateTimeField(verbose_name="この時点の状態を送る")),
                ("owed_at", models.DateTimeField(verbose_name="送ることになった時刻")),
                ("available_at", models.DateTimeField(verbose_name="次に送る時刻")),
                ("attempts", models.IntegerField(default=0, verbose_name="試行回数")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="受領された時刻")),
                ("shori_kekka_kubun", models.CharField(default="", max_length=1, verbose_name="処理結果区分")),
                (
                    "shori_kekka_meisai_code",
                    models.CharField(default="", max_length=40, verbose_name="処理結果明細コード"),
                ),
                ("answered_at", models.DateTimeField(null=True, verbose_name="結果を受けた時刻")),
            ],
            options={
                "verbose_name": "オン資への送信",
                "db_table": "shikaku_onshi_soshin",
                "indexes": [
                    models.Index(
                        condition=models.Q(("sent_at__isnull", True)),
                        fields=["available_at"],
                        name="shikaku_soshin_waiting",
                    ),
                    models.Index(fields=["hokensha_code", "hihokensha_edaban"], name="shikaku_soshin_kanyusha"),
                    models.Index(
                        condition=models.Q(("shori_kekka_kubun", "9")),
                        fields=["hokensha_code", "owed_at"],
                        name="shikaku_soshin_refused",
                    ),
                ],
                "constraints": [models.UniqueConstraint(fields=("himozuke_bango", "jun"), name="shikaku_soshin_jun")],
            },
        ),
        migrations.CreateModel(
            name="ShikakuRireki",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False, verbose_name="行ID")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                ("hihokensha_edaban", models.BigIntegerField(verbose_name="被保険者枝番")),
                ("rireki_tsuban", models.IntegerField(verbose_name="履歴通番")),
                ("shikaku_tsuban", models.IntegerField(null=True, verbose_name="資格通番")),
                ("himozuke_bango", models.UUIDField(verbose_name="紐付番号")),
                ("valid_from", models.DateField(null=True, verbose_name="有効期間の始まり")),
                ("valid_to", models.DateField(null=True, verbose_name="有効期間の終わり")),
                ("toroku_nichiji", models.DateTimeField(verbose_name="登録日時")),
                ("superseded_at", models.DateTimeField(null=True, verbose_name="置き換えられた時刻")),
                ("shori_shubetsu_code", models.CharField(max_length=2, verbose_name="処理種別コード")),
                ("withdrawn", models.BooleanField(default=False, verbose_name="取消済み")),
                ("t_kigo_bango", models.BigIntegerField(null=True, verbose_name="記号・番号・枝番の照合値")),
                ("uketsuke_id", models.UUIDField(verbose_name="受付")),
                ("meisai_no", models.IntegerField(verbose_name="明細の番号")),
                ("ct_joho", models.BinaryField(verbose_name="封をした情報")),
            ],
            options={
                "verbose_name": "資格履歴",
                "db_table": "shikaku_rireki",
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("superseded_at__isnull", True), ("t_kigo_bango__isnull", False), ("withdrawn", False)
                        ),
                        fields=["t_kigo_bango"],
                        name="shikaku_rireki_kigo_bango",
                    ),
                    models.Index(
                        condition=models.Q(("superseded_at__isnull", True), ("withdrawn", False)),
                        fields=["himozuke_bango"],
                        name="shikaku_rireki_himozuke",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hokensha_code", "hihokensha_edaban", "rireki_tsuban"), name="shikaku_rireki_version"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TerminalSlip",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                ("actor_id", models.CharField(max_length=64, verbose_name="操作者")),
                ("kind", models.CharField(max_length=20, verbose_name="種別")),
                ("ct_content", models.BinaryField(verbose_name="封をした内容")),
                ("ct_kojin_bango", models.BinaryField(null=True, verbose_name="封をした個人番号")),
                ("created_at", models.DateTimeField(verbose_name="作成時刻")),
                ("expires_at", models.DateTimeField(verbose_name="期限")),
            ],
            options={
                "verbose_name": "入力途中の控え",
                "db_table": "shikaku_terminal_slip",
                "indexes": [models.Index(fields=["expires_at"], name="shikaku_slip_expiry")],
            },
        ),
    ]
