"""Rights: rows of one zone only; a right is given and ended, never deleted."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from chukan.kernel.schema import KANRI, WEB, InsurerTable

_RIGHTS = {
    WEB: "SELECT, INSERT, UPDATE (ended_at, ended_by)",
    KANRI: "SELECT, INSERT, UPDATE (ended_at, ended_by)",
}
_TABLES = ("kengen_fuyo", "kengen_kojin_bango_toriatsukai")


class Migration(migrations.Migration):
    """Create the tables and their walls."""

    initial = True

    dependencies = [
        ("shokuin", "0001_shokuin"),
    ]

    operations = [
        migrations.CreateModel(
            name="KengenFuyo",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="行ID"
                    ),
                ),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("jimu", models.CharField(max_length=40, verbose_name="事務")),
                ("action", models.CharField(max_length=10, verbose_name="操作")),
                ("valid_from", models.DateField(verbose_name="有効開始日")),
                ("valid_to", models.DateField(verbose_name="無効日")),
                ("granted_at", models.DateTimeField(verbose_name="付与時刻")),
                ("granted_by", models.CharField(max_length=64, verbose_name="付与者")),
                ("approved_by", models.CharField(max_length=64, null=True, verbose_name="承認者")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="取消時刻")),
                ("ended_by", models.CharField(max_length=64, null=True, verbose_name="取消者")),
                (
                    "shokuin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="kengen",
                        to="shokuin.shokuin",
                        verbose_name="職員",
                    ),
                ),
            ],
            options={
                "verbose_name": "権限の付与",
                "db_table": "kengen_fuyo",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("shokuin", "jimu", "action"),
                        name="kengen_fuyo_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ("shokai", "koshin"))), name="kengen_fuyo_action"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__lt", models.F("valid_to"))), name="kengen_fuyo_period"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="KojinBangoToriatsukai",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="行ID"
                    ),
                ),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("jimu", models.CharField(max_length=40, verbose_name="事務")),
                ("valid_from", models.DateField(verbose_name="有効開始日")),
                ("valid_to", models.DateField(verbose_name="無効日")),
                ("granted_at", models.DateTimeField(verbose_name="付与時刻")),
                ("granted_by", models.CharField(max_length=64, verbose_name="付与者")),
                ("approved_by", models.CharField(max_length=64, null=True, verbose_name="承認者")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="取消時刻")),
                ("ended_by", models.CharField(max_length=64, null=True, verbose_name="取消者")),
                (
                    "shokuin",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="toriatsukai",
                        to="shokuin.shokuin",
                        verbose_name="職員",
                    ),
                ),
            ],
            options={
                "verbose_name": "個人番号取扱権限",
                "db_table": "kengen_kojin_bango_toriatsukai",
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at__isnull", True)),
                        fields=("shokuin", "jimu"),
                        name="kengen_toriatsukai_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_from__lt", models.F("valid_to"))), name="kengen_toriatsukai_period"
                    ),
                ],
            },
        ),
        *(InsurerTable(table, _RIGHTS, column="zone") for table in _TABLES),
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {table}_same_zone "
                "FOREIGN KEY (shokuin_id, zone) REFERENCES shokuin_shokuin (id, zone);",
                f"ALTER TABLE {table} DROP CONSTRAINT {table}_same_zone;",
            )
            for table in _TABLES
        ),
    ]
