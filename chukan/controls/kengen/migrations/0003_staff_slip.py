"""What a registration of staff is kept on between two pages, and what came of it; only time takes one away."""

import uuid

from django.db import migrations, models

from chukan.kernel.schema import OWNER, WEB, InsurerTable

_DROP = """
CREATE FUNCTION kengen_drop_expired_slips(at timestamptz) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  DELETE FROM kengen_staff_slip WHERE expires_at <= at
$$;
REVOKE ALL ON FUNCTION kengen_drop_expired_slips(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kengen_drop_expired_slips(timestamptz) TO chukan_worker;
"""
_REVERSE = "DROP FUNCTION kengen_drop_expired_slips(timestamptz);"


class Migration(migrations.Migration):
    """One table, its wall, and the function that drops what is over."""

    dependencies = [("kengen", "0002_by_approval")]

    operations = [
        migrations.CreateModel(
            name="StaffSlip",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False, verbose_name="行ID")),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("actor_id", models.CharField(max_length=64, verbose_name="操作者")),
                ("ct_content", models.BinaryField(null=True, verbose_name="封をした内容")),
                ("ct_answer", models.BinaryField(null=True, verbose_name="封をした答え")),
                ("created_at", models.DateTimeField(verbose_name="作成時刻")),
                ("expires_at", models.DateTimeField(verbose_name="期限")),
            ],
            options={
                "verbose_name": "職員登録の控え",
                "db_table": "kengen_staff_slip",
                "indexes": [models.Index(fields=["expires_at"], name="kengen_slip_expiry")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ct_answer__isnull", True), ("ct_content__isnull", False)),
                            models.Q(("ct_answer__isnull", False), ("ct_content__isnull", True)),
                            _connector="OR",
                        ),
                        name="kengen_slip_typed_or_answered",
                    )
                ],
            },
        ),
        InsurerTable(
            "kengen_staff_slip",
            {WEB: "SELECT, INSERT, UPDATE (ct_content, ct_answer, expires_at)"},
            column="zone",
            across={OWNER: "ALL"},
        ),
        migrations.RunSQL(_DROP, _REVERSE),
    ]
