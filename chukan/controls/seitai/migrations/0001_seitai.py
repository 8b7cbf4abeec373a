"""Authenticators and confirmations: rows of one zone only; one function uses a confirmation up with an act."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from chukan.kernel.schema import KANRI, OWNER, WEB, InsurerTable

_KEYS = """
ALTER TABLE seitai_authenticator ADD CONSTRAINT seitai_authenticator_in_zone UNIQUE (id, account_id, zone);
ALTER TABLE seitai_authenticator ADD CONSTRAINT seitai_authenticator_same_zone
  FOREIGN KEY (account_id, zone) REFERENCES shokuin_account (id, zone);
ALTER TABLE shokuin_session ADD CONSTRAINT shokuin_session_in_zone UNIQUE (id, account_id, zone);
ALTER TABLE seitai_challenge ADD CONSTRAINT seitai_challenge_same_zone
  FOREIGN KEY (account_id, zone) REFERENCES shokuin_account (id, zone);
ALTER TABLE seitai_challenge ADD CONSTRAINT seitai_challenge_same_session
  FOREIGN KEY (session_id, account_id, zone) REFERENCES shokuin_session (id, account_id, zone);
ALTER TABLE seitai_challenge ADD CONSTRAINT seitai_challenge_same_person
  FOREIGN KEY (authenticator_id, account_id, zone) REFERENCES seitai_authenticator (id, account_id, zone);
ALTER TABLE seitai_challenge ADD CONSTRAINT seitai_challenge_five_minutes
  CHECK (expires_at > created_at AND expires_at <= created_at + interval '5 minutes');
ALTER TABLE seitai_challenge ADD CONSTRAINT seitai_challenge_in_time
  CHECK (verified_at IS NULL OR verified_at < expires_at);
"""
_KEYS_REVERSE = """
ALTER TABLE seitai_challenge DROP CONSTRAINT seitai_challenge_in_time;
ALTER TABLE seitai_challenge DROP CONSTRAINT seitai_challenge_five_minutes;
ALTER TABLE seitai_challenge DROP CONSTRAINT seitai_challenge_same_person;
ALTER TABLE seitai_challenge DROP CONSTRAINT seitai_challenge_same_session;
ALTER TABLE seitai_challenge DROP CONSTRAINT seitai_challenge_same_zone;
ALTER TABLE shokuin_session DROP CONSTRAINT shokuin_session_in_zone;
ALTER TABLE seitai_authenticator DROP CONSTRAINT seitai_authenticator_same_zone;
ALTER TABLE seitai_authenticator DROP CONSTRAINT seitai_authenticator_in_zone;
"""

# Acts of operators run without a zone, because they reach persons of every insurer: this function, not the table,
# uses a confirmation up there. Of two acts at once one gets it.
_CONSUME = """
CREATE FUNCTION seitai_consume(
  p_id uuid, p_zone text, p_shokuin_id text, p_purpose text, p_bound_hash bytea, p_now timestamptz, p_since timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE held record;
BEGIN
  UPDATE seitai_challenge c SET used_at = p_now
  FROM shokuin_session n, shokuin_account a, shokuin_shokuin s
  WHERE c.id = p_id AND c.zone = p_zone AND c.used_at IS NULL
    AND c.verified_at <= p_now AND c.verified_at > p_since
    AND c.purpose = p_purpose AND c.bound_hash = p_bound_hash
    AND n.id = c.session_id AND n.ended_at IS NULL AND n.locked_at IS NULL
    AND a.id = c.account_id AND s.id = a.shokuin_id AND s.shokuin_id = p_shokuin_id;
  IF FOUND THEN RETURN 'ok'; END IF;
  SELECT c.verified_at, c.used_at, c.purpose, c.bound_hash, s.shokuin_id,
         n.ended_at IS NULL AND n.locked_at IS NULL AS is_live
  INTO held
  FROM seitai_challenge c JOIN shokuin_session n ON n.id = c.session_id
  JOIN shokuin_account a ON a.id = c.account_id JOIN shokuin_shokuin s ON s.id = a.shokuin_id
  WHERE c.id = p_id AND c.zone = p_zone;
  IF NOT FOUND OR held.verified_at IS NULL THEN RETURN 'seitai_mikakunin'; END IF;
  IF held.shokuin_id <> p_shokuin_id OR NOT held.is_live THEN RETURN 'seitai_session_betsu'; END IF;
  IF held.used_at IS NOT NULL THEN RETURN 'seitai_shiyozumi'; END IF;
  IF held.purpose <> p_purpose OR held.bound_hash <> p_bound_hash THEN RETURN 'seitai_betsu_no_sosa'; END IF;
  RETURN 'seitai_jikangire';
END $$;
REVOKE ALL ON FUNCTION seitai_consume(uuid, text, text, text, bytea, timestamptz, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION seitai_consume(uuid, text, text, text, bytea, timestamptz, timestamptz) TO chukan_web;
"""
_CONSUME_REVERSE = "DROP FUNCTION seitai_consume(uuid, text, text, text, bytea, timestamptz, timestamptz);"
_AUTHENTICATOR = {
    WEB: "SELECT, INSERT, UPDATE (sign_count, last_used_at, ended_at, ended_by)",
    KANRI: "SELECT, UPDATE (ended_at, ended_by)",
}
# `used_at` is no column of the web role: the function alone sets it.
_CHALLENGE = {
    WEB: "SELECT, INSERT, UPDATE (answered_at, verified_at, refusal, authenticator_id, client_data,"
    " authenticator_data, signature)",
}


class Migration(migrations.Migration):
    """Create the tables, their walls and the function."""

    initial = True

    dependencies = [
        ("shokuin", "0003_seitai"),
    ]

    operations = [
        migrations.CreateModel(
            name="SeitaiAuthenticator",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="行ID"
                    ),
                ),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("slot", models.SmallIntegerField(verbose_name="認証器の順番")),
                ("meisho", models.CharField(max_length=40, verbose_name="認証器の呼び名")),
                ("credential_id", models.BinaryField(max_length=1023, verbose_name="鍵の名前")),
                (
                    "credential_hash",
                    models.BinaryField(max_length=32, unique=True, verbose_name="鍵の名前のハッシュ値"),
                ),
                ("public_key", models.BinaryField(max_length=2048, verbose_name="公開鍵")),
                ("aaguid", models.UUIDField(verbose_name="認証器の機種")),
                ("is_attested", models.BooleanField(verbose_name="機種の証明")),
                (
                    "transports",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        default=list,
                        size=None,
                        verbose_name="認証器のつなぎ方",
                    ),
                ),
                ("sign_count", models.BigIntegerField(verbose_name="認証器の使用回数")),
                ("registered_at", models.DateTimeField(verbose_name="登録時刻")),
                ("registered_by_1", models.CharField(max_length=64, verbose_name="登録に立ち会った者（1人目）")),
                ("registered_by_2", models.CharField(max_length=64, verbose_name="登録に立ち会った者（2人目）")),
                ("last_used_at", models.DateTimeField(null=True, verbose_name="最後の使用")),
                ("ended_at", models.DateTimeField(null=True, verbose_name="登録の終了時刻")),
                ("ended_by", models.CharField(blank=True, max_length=64, verbose_name="登録を終えた者")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shokuin.account",
                        verbose_name="アカウント",
                    ),
                ),
            ],
            options={
                "verbose_name": "認証器",
                "db_table": "seitai_authenticator",
            },
        ),
        migrations.CreateModel(
            name="SeitaiChallenge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="行ID"
                    ),
                ),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("purpose", models.CharField(max_length=40, verbose_name="生体認証の目的")),
                ("bound_hash", models.BinaryField(max_length=32, verbose_name="対象のハッシュ値")),
                ("nonce", models.BinaryField(max_length=32, verbose_name="乱数")),
                ("challenge", models.BinaryField(max_length=32, unique=True, verbose_name="署名させる値")),
                ("witness_1", models.CharField(blank=True, max_length=64, verbose_name="立会者（1人目）")),
                ("witness_2", models.CharField(blank=True, max_length=64, verbose_name="立会者（2人目）")),
                ("created_at", models.DateTimeField(verbose_name="作成時刻")),
                ("expires_at", models.DateTimeField(verbose_name="期限")),
                ("answered_at", models.DateTimeField(null=True, verbose_name="応答時刻")),
                ("verified_at", models.DateTimeField(null=True, verbose_name="認証時刻")),
                ("used_at", models.DateTimeField(null=True, verbose_name="使用時刻")),
                ("refusal", models.CharField(blank=True, max_length=40, verbose_name="拒否の理由")),
                ("client_data", models.BinaryField(null=True, verbose_name="署名された画面の情報")),
                ("authenticator_data", models.BinaryField(null=True, verbose_name="署名された認証器の情報")),
                ("signature", models.BinaryField(null=True, verbose_name="署名")),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shokuin.account",
                        verbose_name="アカウント",
                    ),
                ),
                (
                    "authenticator",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="seitai.seitaiauthenticator",
                        verbose_name="認証器",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shokuin.shokuinsession",
                        verbose_name="ログイン中の記録",
                    ),
                ),
            ],
            options={
                "verbose_name": "生体認証",
                "db_table": "seitai_challenge",
            },
        ),
        migrations.AddConstraint(
            model_name="seitaiauthenticator",
            constraint=models.CheckConstraint(
                condition=models.Q(("slot__in", (1, 2))), name="seitai_authenticator_two"
            ),
        ),
        migrations.AddConstraint(
            model_name="seitaiauthenticator",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_at__isnull", True)),
                fields=("account", "slot"),
                name="seitai_authenticator_slot",
            ),
        ),
        migrations.AddConstraint(
            model_name="seitaiauthenticator",
            constraint=models.CheckConstraint(
                condition=models.Q(("registered_by_1", models.F("registered_by_2")), _negated=True),
                name="seitai_authenticator_witnesses",
            ),
        ),
        migrations.AddConstraint(
            model_name="seitaichallenge",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verified_at__isnull", True),
                    models.Q(("answered_at__isnull", False), ("authenticator__isnull", False), ("refusal", "")),
                    _connector="OR",
                ),
                name="seitai_challenge_verified_once_answered",
            ),
        ),
        migrations.AddConstraint(
            model_name="seitaichallenge",
            constraint=models.CheckConstraint(
                condition=models.Q(("used_at__isnull", True), ("verified_at__isnull", False), _connector="OR"),
                name="seitai_challenge_used_once_verified",
            ),
        ),
        InsurerTable("seitai_authenticator", _AUTHENTICATOR, column="zone"),
        # The owner runs the function and is bound by row-level security like everybody else, so it is named.
        InsurerTable("seitai_challenge", _CHALLENGE, column="zone", across={OWNER: "ALL"}),
        migrations.RunSQL(_KEYS, _KEYS_REVERSE),
        migrations.RunSQL(_CONSUME, _CONSUME_REVERSE),
    ]
