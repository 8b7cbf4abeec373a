"""Staff, accounts, sessions: rows of one zone only; two functions answer before the zone is known."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from chukan.kernel.schema import KANRI, OWNER, WEB, HubTable, InsurerTable

_COMPOSITE_KEYS = """
ALTER TABLE shokuin_shokuin ADD CONSTRAINT shokuin_shokuin_in_zone UNIQUE (id, zone);
ALTER TABLE shokuin_account ADD CONSTRAINT shokuin_account_in_zone UNIQUE (id, zone);
ALTER TABLE shokuin_account ADD CONSTRAINT shokuin_account_same_zone
  FOREIGN KEY (shokuin_id, zone) REFERENCES shokuin_shokuin (id, zone);
ALTER TABLE shokuin_session ADD CONSTRAINT shokuin_session_same_zone
  FOREIGN KEY (account_id, zone) REFERENCES shokuin_account (id, zone);
ALTER TABLE shokuin_account ADD CONSTRAINT shokuin_account_within_a_year
  CHECK (valid_to <= (confirmed_on + interval '1 year 1 day')::date);
"""
_COMPOSITE_KEYS_REVERSE = """
ALTER TABLE shokuin_session DROP CONSTRAINT shokuin_session_same_zone;
ALTER TABLE shokuin_account DROP CONSTRAINT shokuin_account_within_a_year;
ALTER TABLE shokuin_account DROP CONSTRAINT shokuin_account_same_zone;
ALTER TABLE shokuin_account DROP CONSTRAINT shokuin_account_in_zone;
ALTER TABLE shokuin_shokuin DROP CONSTRAINT shokuin_shokuin_in_zone;
"""

# Before sign-in nobody's zone is known. These two functions, not the tables, answer then: one name, or one key.
_FUNCTIONS = """
CREATE FUNCTION shokuin_find_login(p_hokensha_code text, p_shokuin_id text)
RETURNS TABLE (account_id uuid, zone text, password text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT a.id, a.zone::text, a.password::text
  FROM shokuin_shokuin s JOIN shokuin_account a ON a.shokuin_id = s.id
  WHERE s.shokuin_id = p_shokuin_id AND (p_hokensha_code = '' OR s.hokensha_code = p_hokensha_code)
  ORDER BY s.hokensha_code NULLS FIRST
  LIMIT 2
$$;
CREATE FUNCTION shokuin_find_session(p_key_hash bytea)
RETURNS TABLE (
  session_id uuid, account_id uuid, shokuin_pk uuid, zone text, soshiki text, hokensha_code text,
  hokensha_shubetsu text, hokensha_meisho text, shokuin_id text, shimei text, kubun text,
  valid_from date, valid_to date, password_changed_at timestamptz, must_change boolean,
  started_at timestamptz, active_at timestamptz, locked_at timestamptz, ended_at timestamptz,
  step_up_at timestamptz, previous_login_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT n.id, a.id, s.id, s.zone::text, s.soshiki::text, s.hokensha_code::text,
         h.hokensha_shubetsu::text, h.hokensha_meisho::text, s.shokuin_id::text, s.shimei::text, s.kubun::text,
         a.valid_from, a.valid_to, a.password_changed_at, a.must_change,
         n.started_at, n.active_at, n.locked_at, n.ended_at, n.step_up_at, n.previous_login_at
  FROM shokuin_session n
  JOIN shokuin_account a ON a.id = n.account_id
  JOIN shokuin_shokuin s ON s.id = a.shokuin_id
  LEFT JOIN kikan_hokensha h ON h.hokensha_code = s.hokensha_code
  WHERE n.key_hash = p_key_hash
$$;
REVOKE ALL ON FUNCTION shokuin_find_login(text, text) FROM PUBLIC;
REVOKE ALL ON FUNCTION shokuin_find_session(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shokuin_find_login(text, text) TO chukan_web, chukan_kanri;
GRANT EXECUTE ON FUNCTION shokuin_find_session(bytea) TO chukan_web;
"""
_FUNCTIONS_REVERSE = """
DROP FUNCTION shokuin_find_session(bytea);
DROP FUNCTION shokuin_find_login(text, text);
"""
_STAFF = {WEB: "SELECT, INSERT, UPDATE", KANRI: "SELECT, INSERT, UPDATE"}
# The owner runs the two functions and is bound by row-level security like everybody else, so it is named.
_FOR_FUNCTIONS = {OWNER: "SELECT"}


class Migration(migrations.Migration):
    """Create the tables, their walls and the two functions."""

    initial = True

    dependencies = [("kikan", "0001_kikan")]

    operations = [
        migrations.CreateModel(
            name="LoginAttempt",
            fields=[
                ("key", models.CharField(max_length=80, primary_key=True, serialize=False, verbose_name="対象")),
                ("tries", models.IntegerField(verbose_name="試行回数")),
                ("last_try_at", models.DateTimeField(verbose_name="最後の試行")),
                ("paused_until", models.DateTimeField(null=True, verbose_name="停止の終わり")),
            ],
            options={
                "verbose_name": "ログインの試行",
                "db_table": "shokuin_login_attempt",
            },
        ),
        migrations.CreateModel(
            name="Shokuin",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="行ID"
                    ),
                ),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("soshiki", models.CharField(max_length=20, verbose_name="組織")),
                ("hokensha_code", models.CharField(max_length=8, null=True, verbose_name="保険者コード")),
                ("shokuin_id", models.CharField(max_length=32, verbose_name="職員ID")),
                ("shimei", models.CharField(max_length=100, verbose_name="氏名")),
                ("kubun", models.CharField(max_length=20, verbose_name="職員区分")),
                ("registered_at", models.DateTimeField(verbose_name="登録時刻")),
                ("registered_by", models.CharField(max_length=64, verbose_name="登録者")),
            ],
            options={
                "verbose_name": "職員",
                "db_table": "shokuin_shokuin",
                "constraints": [
                    models.UniqueConstraint(fields=("zone", "shokuin_id"), name="shokuin_shokuin_id_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("hokensha_code__isnull", True)),
                        fields=("shokuin_id",),
                        name="shokuin_operator_id_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("soshiki", "hokensha"), ("zone", models.F("hokensha_code"))),
                            models.Q(
                                ("hokensha_code__isnull", True),
                                ("soshiki__in", ("shiharai_kikin", "kokuho_chuokai", "unyo_hoshu")),
                                ("zone", models.F("soshiki")),
                            ),
                            _connector="OR",
                        ),
                        name="shokuin_zone_of_soshiki",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kubun__in", ("ippan", "system_kanri"))), name="shokuin_kubun_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="行ID"
                    ),
                ),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("password", models.CharField(max_length=128, verbose_name="パスワードのハッシュ値")),
                ("last_login", models.DateTimeField(null=True, verbose_name="最後のログイン")),
                ("valid_from", models.DateField(verbose_name="有効開始日")),
                ("valid_to", models.DateField(verbose_name="無効日")),
                ("confirmed_on", models.DateField(verbose_name="有効期間の確認日")),
                ("password_changed_at", models.DateTimeField(verbose_name="パスワード変更時刻")),
                ("must_change", models.BooleanField(verbose_name="パスワード変更要")),
                (
                    "former_passwords",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=200),
                        default=list,
                        size=None,
                        verbose_name="過去のパスワード",
                    ),
                ),
                (
                    "shokuin",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="account",
                        to="shokuin.shokuin",
                        verbose_name="職員",
                    ),
                ),
            ],
            options={
                "verbose_name": "アカウント",
                "db_table": "shokuin_account",
            },
        ),
        migrations.CreateModel(
            name="ShokuinSession",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="行ID"
                    ),
                ),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("key_hash", models.BinaryField(max_length=32, unique=True, verbose_name="鍵のハッシュ値")),
                ("terminal", models.CharField(blank=True, max_length=64, verbose_name="端末")),
                ("started_at", models.DateTimeField(verbose_name="開始時刻")),
                ("active_at", models.DateTimeField(verbose_name="最後の操作")),
                ("locked_at", models.DateTimeField(null=True, verbose_name="ロック時刻")),
                ("step_up_at", models.DateTimeField(null=True, verbose_name="再認証時刻")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="終了時刻")),
                ("ended_reason", models.CharField(blank=True, max_length=20, verbose_name="終了理由")),
                ("previous_login_at", models.DateTimeField(null=True, verbose_name="前回のログイン")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sessions",
                        to="shokuin.account",
                        verbose_name="アカウント",
                    ),
                ),
            ],
            options={
                "verbose_name": "ログイン中の記録",
                "db_table": "shokuin_session",
            },
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_from__lt", models.F("valid_to"))), name="account_period"
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_from__lte", models.F("confirmed_on"))), name="account_confirmed_after_start"
            ),
        ),
        migrations.AddConstraint(
            model_name="shokuinsession",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)), fields=("account",), name="shokuin_session_one_live"
            ),
        ),
        *(
            InsurerTable(table, _STAFF, column="zone", across=_FOR_FUNCTIONS)
            for table in ("shokuin_shokuin", "shokuin_account", "shokuin_session")
        ),
        HubTable("shokuin_login_attempt", {WEB: "SELECT, INSERT, UPDATE", KANRI: "SELECT, UPDATE, DELETE"}),
        migrations.RunSQL(_COMPOSITE_KEYS, _COMPOSITE_KEYS_REVERSE),
        migrations.RunSQL(_FUNCTIONS, _FUNCTIONS_REVERSE),
    ]
