"""Tables of 機関別符号, who may touch them, and the functions over persons."""

import uuid
from pathlib import Path

from django.db import migrations, models

from chukan.kernel.schema import OPERATOR, OWNER, REFUSE_ZONE, WEB, WORKER, HubTable, InsurerTable, PersonTable

_FOLDER = Path(__file__).parent / "sql"
_SQL = (_FOLDER / "0001_fugo.sql").read_text(encoding="utf-8")
_REVERSE = (_FOLDER / "0001_fugo_reverse.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Requests, issues, links, files and lists, their walls, their order, and what reaches them."""

    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="SaihakkoList",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("state", models.CharField(default="toroku", max_length=12, verbose_name="状態")),
                ("reason_code", models.CharField(max_length=20, verbose_name="理由コード")),
                ("reason_text", models.CharField(default="", max_length=500, verbose_name="再発行の理由")),
                ("shonin_id", models.UUIDField(null=True, verbose_name="承認")),
                ("taisho_count", models.IntegerField(default=0, verbose_name="対象者の数")),
                ("requested_count", models.IntegerField(default=0, verbose_name="要求した数")),
                ("left_out_count", models.IntegerField(default=0, verbose_name="要求しなかった数")),
                ("created_at", models.DateTimeField(verbose_name="作成時刻")),
                ("created_by", models.CharField(max_length=80, verbose_name="作成者")),
                ("instructed_at", models.DateTimeField(null=True, verbose_name="取得指示の時刻")),
                ("confirmed_at", models.DateTimeField(null=True, verbose_name="結果確認の時刻")),
                ("confirmed_by", models.CharField(default="", max_length=80, verbose_name="結果の確認者")),
            ],
            options={
                "verbose_name": "再発行対象者リスト",
                "db_table": "fugo_saihakko_list",
            },
        ),
        migrations.CreateModel(
            name="EdabanHimozuke",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                ("hihokensha_edaban", models.BigIntegerField(verbose_name="被保険者枝番")),
                ("himozuke_bango", models.UUIDField(verbose_name="紐付番号")),
                ("toroku_nichiji", models.DateTimeField(verbose_name="登録日時")),
                ("uketsuke_bango", models.CharField(default="", max_length=19, verbose_name="受付番号")),
                ("uketsuke_meisai_bango", models.CharField(default="", max_length=7, verbose_name="受付明細番号")),
            ],
            options={
                "verbose_name": "枝番紐付",
                "db_table": "fugo_edaban_himozuke",
                "indexes": [
                    models.Index(fields=["himozuke_bango", "hokensha_code"], name="fugo_himozuke_person"),
                    models.Index(fields=["hokensha_code", "id"], name="fugo_himozuke_page"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("hokensha_code", "hihokensha_edaban"), name="fugo_himozuke_edaban")
                ],
            },
        ),
        migrations.CreateModel(
            name="JuryoKazu",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("hour", models.DateTimeField(verbose_name="時間帯の始まり")),
                ("juryo", models.CharField(max_length=16, verbose_name="受領の結果")),
                ("count", models.BigIntegerField(default=0, verbose_name="受けた数")),
            ],
            options={
                "verbose_name": "符号の受領の数",
                "db_table": "fugo_juryo_kazu",
                "constraints": [models.UniqueConstraint(fields=("hour", "juryo"), name="fugo_juryo_kazu_hour")],
            },
        ),
        migrations.CreateModel(
            name="KikanbetsuFugo",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False, verbose_name="行ID")),
                ("himozuke_bango", models.UUIDField(verbose_name="紐付番号")),
                ("ct_kikanbetsu_fugo", models.BinaryField(verbose_name="封をした機関別符号")),
                ("bi_kikanbetsu_fugo", models.BinaryField(verbose_name="機関別符号の索引値")),
                ("shori_tsuban", models.UUIDField(verbose_name="処理通番")),
                ("hakko_no", models.IntegerField(verbose_name="発行の番号")),
                ("yoto", models.CharField(max_length=1, verbose_name="符号の用途")),
                ("fugo_saihakko_flag", models.BooleanField(default=False, verbose_name="符号再発行フラグ")),
                ("fugo_uketsuke_nichiji", models.DateTimeField(verbose_name="機関別符号受付日時")),
                ("fugo_settei_nichiji", models.DateTimeField(verbose_name="機関別符号設定日時")),
                ("superseded_at", models.DateTimeField(null=True, verbose_name="置き換えられた時刻")),
            ],
            options={
                "verbose_name": "機関別符号",
                "db_table": "fugo_kikanbetsu_fugo",
                "constraints": [
                    models.UniqueConstraint(fields=("bi_kikanbetsu_fugo",), name="fugo_fugo_once"),
                    models.UniqueConstraint(fields=("shori_tsuban",), name="fugo_fugo_one_per_yokyu"),
                    models.UniqueConstraint(fields=("himozuke_bango", "hakko_no"), name="fugo_fugo_hakko"),
                    models.UniqueConstraint(
                        condition=models.Q(("superseded_at__isnull", True)),
                        fields=("himozuke_bango",),
                        name="fugo_fugo_one_live",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SaihakkoTaisho",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("saihakko_list_id", models.UUIDField(verbose_name="再発行対象者リスト")),
                ("himozuke_bango", models.UUIDField(verbose_name="紐付番号")),
                ("shori_tsuban", models.UUIDField(null=True, verbose_name="処理通番")),
                (
                    "shori_kekka_shosai_code",
                    models.CharField(default="", max_length=40, verbose_name="処理結果詳細コード"),
                ),
            ],
            options={
                "verbose_name": "再発行対象者",
                "db_table": "fugo_saihakko_taisho",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("saihakko_list_id", "himozuke_bango"), name="fugo_saihakko_taisho_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ShutokuYokyu",
            fields=[
                ("shori_tsuban", models.UUIDField(primary_key=True, serialize=False, verbose_name="処理通番")),
                ("himozuke_bango", models.UUIDField(verbose_name="紐付番号")),
                ("fugo_shutoku_status", models.CharField(default="1", max_length=1, verbose_name="符号取得ステータス")),
                ("fugo_status_koshin_nichiji", models.DateTimeField(verbose_name="符号取得ステータス更新日時")),
                ("fugo_yokyu_uketsuke_nichiji", models.DateTimeField(verbose_name="符号取得要求受付日時")),
                ("fugo_tenso_nichiji", models.DateTimeField(null=True, verbose_name="符号取得要求転送日時")),
                ("fugo_soshin_nichiji", models.DateTimeField(null=True, verbose_name="符号取得要求送信日時")),
                ("fugo_uketsuke_nichiji", models.DateTimeField(null=True, verbose_name="機関別符号受付日時")),
                ("fugo_settei_nichiji", models.DateTimeField(null=True, verbose_name="機関別符号設定日時")),
                ("fugo_saihakko_flag", models.BooleanField(default=False, verbose_name="符号再発行フラグ")),
                ("saihakko_list_id", models.UUIDField(null=True, verbose_name="再発行対象者リスト")),
                ("hokensha_code", models.CharField(max_length=8, verbose_name="保険者コード")),
                ("hihokensha_edaban", models.BigIntegerField(verbose_name="被保険者枝番")),
                ("uketsuke_bango", models.CharField(default="", max_length=19, verbose_name="受付番号")),
                ("uketsuke_meisai_bango", models.CharField(default="", max_length=7, verbose_name="受付明細番号")),
                ("yokyu_file_id", models.UUIDField(null=True, verbose_name="要求ファイル")),
                ("last_sent_at", models.DateTimeField(null=True, verbose_name="最後に送り始めた時刻")),
                ("asked_count", models.IntegerField(default=0, verbose_name="送った回数")),
                (
                    "shori_kekka_shosai_code",
                    models.CharField(default="", max_length=40, verbose_name="処理結果詳細コード"),
                ),
                (
                    "shori_kekka_message",
                    models.CharField(default="", max_length=200, verbose_name="処理結果メッセージ"),
                ),
            ],
            options={
                "verbose_name": "符号取得要求",
                "db_table": "fugo_shutoku_yokyu",
                "indexes": [
                    models.Index(fields=["himozuke_bango", "shori_tsuban"], name="fugo_yokyu_person"),
                    models.Index(
                        condition=models.Q(("fugo_uketsuke_nichiji__isnull", True)),
                        fields=["yokyu_file_id", "hokensha_code", "shori_tsuban"],
                        name="fugo_yokyu_in_file",
                    ),
                    models.Index(
                        condition=models.Q(("fugo_uketsuke_nichiji__isnull", True), ("yokyu_file_id__isnull", True)),
                        fields=["fugo_yokyu_uketsuke_nichiji"],
                        name="fugo_yokyu_waiting",
                    ),
                    models.Index(
                        condition=models.Q(("fugo_uketsuke_nichiji__isnull", True)),
                        fields=["last_sent_at"],
                        name="fugo_yokyu_unanswered",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("fugo_uketsuke_nichiji__isnull", True)),
                        fields=("himozuke_bango",),
                        name="fugo_yokyu_one_open",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("fugo_settei_nichiji__isnull", True),
                                ("fugo_shutoku_status", "1"),
                                ("fugo_soshin_nichiji__isnull", True),
                                ("fugo_tenso_nichiji__isnull", True),
                                ("fugo_uketsuke_nichiji__isnull", True),
                            ),
                            models.Q(
                                ("fugo_settei_nichiji__isnull", True),
                                ("fugo_shutoku_status", "2"),
                                ("fugo_soshin_nichiji__isnull", True),
                                ("fugo_tenso_nichiji__isnull", False),
                                ("fugo_uketsuke_nichiji__isnull", True),
                            ),
                            models.Q(
                                ("fugo_settei_nichiji__isnull", True),
                                ("fugo_shutoku_status", "3"),
                                ("fugo_soshin_nichiji__isnull", False),
                                ("fugo_tenso_nichiji__isnull", False),
                                ("fugo_uketsuke_nichiji__isnull", True),
                            ),
                            models.Q(
                                ("fugo_settei_nichiji__isnull", True),
                                ("fugo_shutoku_status", "4"),
                                ("fugo_soshin_nichiji__isnull", False),
                                ("fugo_tenso_nichiji__isnull", False),
                                ("fugo_uketsuke_nichiji__isnull", False),
                            ),
                            models.Q(
                                ("fugo_settei_nichiji__isnull", False),
                                ("fugo_shutoku_status", "5"),
                                ("fugo_soshin_nichiji__isnull", False),
                                ("fugo_tenso_nichiji__isnull", False),
                                ("fugo_uketsuke_nichiji__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="fugo_yokyu_stamps",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="YokyuFile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("kind", models.CharField(max_length=10, verbose_name="要求ファイルの種類")),
                ("state", models.CharField(default="tsukuri", max_length=12, verbose_name="状態")),
                ("kensu", models.IntegerField(default=0, verbose_name="要求の件数")),
                ("object_key", models.CharField(default="", max_length=80, verbose_name="保管キー")),
                ("sha256", models.CharField(default="", max_length=64, verbose_name="暗号文のハッシュ値")),
                ("created_at", models.DateTimeField(verbose_name="作成時刻")),
                ("released_at", models.DateTimeField(null=True, verbose_name="送信操作の時刻")),
                ("sent_by", models.CharField(default="", max_length=80, verbose_name="送信操作者")),
                ("ninsho_id", models.UUIDField(null=True, verbose_name="生体認証")),
                ("sent_at", models.DateTimeField(null=True, verbose_name="送り始めた時刻")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="回答時刻")),
                ("erased_at", models.DateTimeField(null=True, verbose_name="ファイルの消去時刻")),
                ("attempts", models.IntegerField(default=0, verbose_name="試行回数")),
                ("lease_until", models.DateTimeField(null=True, verbose_name="担当期限")),
                ("last_error", models.CharField(default="", max_length=40, verbose_name="最後の異常")),
            ],
            options={
                "verbose_name": "符号取得要求ファイル",
                "db_table": "fugo_yokyu_file",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ("soshin_zumi", "haiki")), _negated=True),
                        fields=["created_at"],
                        name="fugo_file_unfinished",
                    ),
                    models.Index(
                        condition=models.Q(("erased_at__isnull", True), models.Q(("object_key", ""), _negated=True)),
                        fields=["object_key"],
                        name="fugo_file_kept",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ("soshin_chu", "soshin_zumi")), _negated=True),
                            ("ninsho_id__isnull", False),
                            _connector="OR",
                        ),
                        name="fugo_file_sent_by_somebody",
                    )
                ],
            },
        ),
        PersonTable("fugo_shutoku_yokyu"),
        PersonTable("fugo_kikanbetsu_fugo"),
        PersonTable("fugo_saihakko_taisho"),
        InsurerTable(
            "fugo_edaban_himozuke",
            {WEB: "SELECT", WORKER: "SELECT, INSERT, UPDATE (himozuke_bango, toroku_nichiji)"},
            across={OWNER: "SELECT"},
        ),
        HubTable(
            "fugo_yokyu_file",
            {
                WEB: "SELECT, UPDATE (state, released_at, sent_by, ninsho_id, lease_until)",
                WORKER: "SELECT, INSERT, UPDATE (state, kensu, object_key, sha256, sent_at, answered_at, erased_at, "
                "attempts, lease_until, last_error)",
                OPERATOR: "SELECT",
            },
        ),
        HubTable("fugo_saihakko_list", {WEB: "SELECT, INSERT, UPDATE", WORKER: "SELECT, UPDATE", OPERATOR: "SELECT"}),
        HubTable(
            "fugo_juryo_kazu",
            {WEB: "SELECT, INSERT, UPDATE (count)", WORKER: "SELECT (hour), DELETE", OPERATOR: "SELECT"},
        ),
        migrations.RunSQL(REFUSE_ZONE, migrations.RunSQL.noop),
        migrations.RunSQL(_SQL, _REVERSE),
    ]
