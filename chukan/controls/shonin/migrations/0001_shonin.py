"""承認: what was asked for, what was decided by whom, and the media that extractions may go to.

The database holds what matters by itself: applicant and approver are two persons, an approval belongs to exactly the
payload that was asked for and to a 生体認証 of the approver for just that, states go step by step, enough persons have
agreed before a permission exists, it is used once and in time. 根拠: KJ-DUAL-06, KJ-DUAL-07.
"""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from chukan.kernel.schema import OWNER, WEB, AppendOnly, InsurerTable

_KEYS = """
ALTER TABLE shonin_irai ADD CONSTRAINT shonin_irai_in_zone UNIQUE (id, zone);
ALTER TABLE shonin_irai ADD CONSTRAINT shonin_irai_as_asked UNIQUE (id, zone, shinseisha_id, payload_hash);
ALTER TABLE shonin_irai ADD CONSTRAINT shonin_irai_same_zone
  FOREIGN KEY (shinseisha_id, zone) REFERENCES shokuin_shokuin (id, zone);
ALTER TABLE shonin_shonin ADD CONSTRAINT shonin_shonin_as_asked FOREIGN KEY (irai_id, zone, shinseisha_id, payload_hash)
  REFERENCES shonin_irai (id, zone, shinseisha_id, payload_hash);
ALTER TABLE shonin_shonin ADD CONSTRAINT shonin_shonin_same_zone
  FOREIGN KEY (shoninsha_id, zone) REFERENCES shokuin_shokuin (id, zone);
ALTER TABLE seitai_challenge ADD CONSTRAINT seitai_challenge_in_zone UNIQUE (id, zone);
ALTER TABLE shonin_shonin ADD CONSTRAINT shonin_shonin_ninsho
  FOREIGN KEY (ninsho_id, zone) REFERENCES seitai_challenge (id, zone);
ALTER TABLE shonin_baitai ADD CONSTRAINT shonin_baitai_same_zone
  FOREIGN KEY (irai_id, zone) REFERENCES shonin_irai (id, zone);
"""
_NO_KEYS = """
ALTER TABLE shonin_baitai DROP CONSTRAINT shonin_baitai_same_zone;
ALTER TABLE shonin_shonin DROP CONSTRAINT shonin_shonin_ninsho;
ALTER TABLE seitai_challenge DROP CONSTRAINT seitai_challenge_in_zone;
ALTER TABLE shonin_shonin DROP CONSTRAINT shonin_shonin_same_zone;
ALTER TABLE shonin_shonin DROP CONSTRAINT shonin_shonin_as_asked;
ALTER TABLE shonin_irai DROP CONSTRAINT shonin_irai_same_zone;
ALTER TABLE shonin_irai DROP CONSTRAINT shonin_irai_as_asked;
ALTER TABLE shonin_irai DROP CONSTRAINT shonin_irai_in_zone;
"""

# Whoever writes: a 依頼 begins as one, moves as the table of moves says, and is approved by those who approved it.
_GUARDS = """
CREATE FUNCTION shonin_guard_irai() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE agreed integer;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.state <> 'irai' THEN
      RAISE EXCEPTION 'shonin_irai: begins as 依頼' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (
    ('irai', 'hitorime'), ('irai', 'shonin_zumi'), ('irai', 'sashimodoshi'), ('irai', 'torisage'),
    ('hitorime', 'shonin_zumi'), ('hitorime', 'sashimodoshi'), ('hitorime', 'torisage'),
    ('shonin_zumi', 'torisage'), ('shonin_zumi', 'jikko_chu'), ('jikko_chu', 'kanryo')
  ) THEN
    RAISE EXCEPTION 'shonin_irai: % does not lead to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at THEN
    RAISE EXCEPTION 'shonin_irai: used once' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.state IN ('hitorime', 'shonin_zumi', 'jikko_chu') THEN
    SELECT count(*) INTO agreed FROM shonin_shonin WHERE irai_id = NEW.id AND handan = 'shonin';
    IF agreed < (CASE NEW.state WHEN 'hitorime' THEN 1 ELSE NEW.hitsuyo_ninzu END) THEN
      RAISE EXCEPTION 'shonin_irai: % approvals are not enough', agreed USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER shonin_irai_guard BEFORE INSERT OR UPDATE ON shonin_irai
  FOR EACH ROW EXECUTE FUNCTION shonin_guard_irai();
CREATE FUNCTION shonin_guard_shonin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM shonin_irai WHERE id = NEW.irai_id AND state IN ('irai', 'hitorime')
                 AND created_at <= NEW.at AND NEW.at < expires_at) THEN
    RAISE EXCEPTION 'shonin_shonin: nothing waits for a decision' USING ERRCODE = 'check_violation';
  END IF;
  -- Whose confirmation, of what: the bytes are those the approver's authenticator signed (domain.bound_of).
  IF NEW.ninsho_id IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM seitai_challenge c JOIN shokuin_account a ON a.id = c.account_id
    WHERE c.id = NEW.ninsho_id AND c.zone = NEW.zone AND a.shokuin_id = NEW.shoninsha_id AND c.purpose = 'shonin'
      AND c.used_at = NEW.at AND c.bound_hash = sha256(uuid_send(NEW.irai_id) || NEW.payload_hash)) THEN
    RAISE EXCEPTION 'shonin_shonin: not confirmed by the approver' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
-- After the row: another zone's row is refused by the wall first, whatever waits there.
CREATE TRIGGER shonin_shonin_guard AFTER INSERT ON shonin_shonin
  FOR EACH ROW EXECUTE FUNCTION shonin_guard_shonin();
"""
_NO_GUARDS = """
DROP TRIGGER shonin_shonin_guard ON shonin_shonin;
DROP FUNCTION shonin_guard_shonin();
DROP TRIGGER shonin_irai_guard ON shonin_irai;
DROP FUNCTION shonin_guard_irai();
"""

# An act works in no zone (what reaches persons refuses one): it uses its permission up through this function.
_CONSUME = """
CREATE FUNCTION shonin_consume(
  p_id uuid, p_zone text, p_actor text, p_kind text, p_hash bytea, p_baitai text, p_now timestamptz)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  done uuid;
  held shonin_irai;
BEGIN
  IF p_baitai IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM shonin_baitai WHERE zone = p_zone AND baitai_id = p_baitai) THEN
    RETURN 'shonin_baitai_mitoroku';
  END IF;
  UPDATE shonin_irai i SET used_at = p_now, used_by = p_actor, state = 'jikko_chu'
  WHERE i.id = p_id AND i.zone = p_zone AND i.kind = p_kind AND i.payload_hash = p_hash
    AND i.state = 'shonin_zumi' AND i.used_at IS NULL AND p_now < i.expires_at
    AND EXISTS (
      SELECT 1 FROM shokuin_shokuin s WHERE s.zone = p_zone AND s.shokuin_id = p_actor AND (
        s.id = i.shinseisha_id
        -- What the approval itself does is done by the approver.
        OR (i.hitsuyo_ninzu = 1 AND EXISTS (
              SELECT 1 FROM shonin_shonin a
              WHERE a.irai_id = i.id AND a.shoninsha_id = s.id AND a.handan = 'shonin'))))
  RETURNING i.id INTO done;
  IF done IS NOT NULL THEN
    RETURN 'ok';
  END IF;
  SELECT * INTO held FROM shonin_irai WHERE id = p_id AND zone = p_zone AND kind = p_kind;
  RETURN CASE
    WHEN held.id IS NULL THEN 'shonin_nashi'
    WHEN held.used_at IS NOT NULL THEN 'shonin_shiyozumi'
    WHEN held.state = 'shonin_zumi' AND p_now >= held.expires_at THEN 'shonin_kigengire'
    WHEN held.state <> 'shonin_zumi' THEN 'shonin_nashi'
    WHEN held.payload_hash <> p_hash THEN 'shonin_naiyo_fuitchi'
    ELSE 'shonin_betsujin' END;
END $$;
CREATE FUNCTION shonin_complete(p_id uuid, p_zone text, p_now timestamptz) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH done AS (
    UPDATE shonin_irai SET state = 'kanryo', finished_at = p_now
    WHERE id = p_id AND zone = p_zone AND state = 'jikko_chu' RETURNING id)
  SELECT EXISTS (SELECT 1 FROM done)
$$;
REVOKE ALL ON FUNCTION shonin_consume(uuid, text, text, text, bytea, text, timestamptz) FROM PUBLIC;
REVOKE ALL ON FUNCTION shonin_complete(uuid, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION shonin_consume(uuid, text, text, text, bytea, text, timestamptz) TO chukan_web;
GRANT EXECUTE ON FUNCTION shonin_complete(uuid, text, timestamptz) TO chukan_web, chukan_worker;
"""
_NO_CONSUME = """
DROP FUNCTION shonin_complete(uuid, text, timestamptz);
DROP FUNCTION shonin_consume(uuid, text, text, text, bytea, text, timestamptz);
"""


class Migration(migrations.Migration):
    """Create the tables, their walls, their guards and the door of acts."""

    initial = True

    dependencies = [
        ("shokuin", "0002_columns_that_change"),
        ("seitai", "0001_seitai"),
    ]

    operations = [
        migrations.CreateModel(
            name="Irai",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="行ID"
                    ),
                ),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("kind", models.CharField(max_length=40, verbose_name="種類")),
                ("payload", models.JSONField(verbose_name="内容")),
                ("payload_hash", models.BinaryField(max_length=32, verbose_name="内容のハッシュ値")),
                ("riyu", models.CharField(max_length=400, verbose_name="理由")),
                ("hitsuyo_ninzu", models.SmallIntegerField(verbose_name="必要な承認の数")),
                ("state", models.CharField(max_length=20, verbose_name="状態")),
                ("created_at", models.DateTimeField(verbose_name="作成時刻")),
                ("expires_at", models.DateTimeField(verbose_name="期限")),
                ("used_at", models.DateTimeField(null=True, verbose_name="使用時刻")),
                ("used_by", models.CharField(blank=True, max_length=64, verbose_name="使用者")),
                ("finished_at", models.DateTimeField(null=True, verbose_name="終了時刻")),
                (
                    "shinseisha",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shokuin.shokuin",
                        verbose_name="申請者",
                    ),
                ),
            ],
            options={
                "verbose_name": "承認の依頼",
                "db_table": "shonin_irai",
            },
        ),
        migrations.CreateModel(
            name="Baitai",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="行ID"
                    ),
                ),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("baitai_id", models.CharField(max_length=20, verbose_name="媒体ID")),
                ("shurui", models.CharField(max_length=10, verbose_name="媒体の種類")),
                ("registered_at", models.DateTimeField(verbose_name="登録時刻")),
                (
                    "irai",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shonin.irai",
                        verbose_name="承認の依頼",
                    ),
                ),
            ],
            options={
                "verbose_name": "許可済みの媒体",
                "db_table": "shonin_baitai",
            },
        ),
        migrations.CreateModel(
            name="Shonin",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False, verbose_name="行ID"
                    ),
                ),
                ("zone", models.CharField(max_length=20, verbose_name="区画")),
                ("payload_hash", models.BinaryField(max_length=32, verbose_name="内容のハッシュ値")),
                ("handan", models.CharField(max_length=20, verbose_name="判断")),
                ("comment", models.CharField(blank=True, max_length=400, verbose_name="判断の理由")),
                ("ninsho_id", models.UUIDField(null=True, unique=True, verbose_name="生体認証の番号")),
                ("at", models.DateTimeField(verbose_name="処理日時")),
                (
                    "irai",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shonin",
                        to="shonin.irai",
                        verbose_name="承認の依頼",
                    ),
                ),
                (
                    "shinseisha",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shokuin.shokuin",
                        verbose_name="申請者",
                    ),
                ),
                (
                    "shoninsha",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="shokuin.shokuin",
                        verbose_name="判断した者",
                    ),
                ),
            ],
            options={
                "verbose_name": "承認",
                "db_table": "shonin_shonin",
            },
        ),
        migrations.AddIndex(
            model_name="irai",
            index=models.Index(fields=["zone", "-created_at"], name="shonin_irai_newest"),
        ),
        migrations.AddConstraint(
            model_name="irai",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("hitsuyo_ninzu", 2), ("kind", "fugo_saihakko")),
                    models.Q(("hitsuyo_ninzu", 1), ("kind__in", ("joho_teikyo_server_kengen", "baitai"))),
                    _connector="OR",
                ),
                name="shonin_irai_hitsuyo_ninzu",
            ),
        ),
        migrations.AddConstraint(
            model_name="irai",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        ("irai", "hitorime", "shonin_zumi", "jikko_chu", "kanryo", "sashimodoshi", "torisage"),
                    )
                ),
                name="shonin_irai_state",
            ),
        ),
        migrations.AddConstraint(
            model_name="irai",
            constraint=models.CheckConstraint(
                condition=models.Q(("created_at__lt", models.F("expires_at"))), name="shonin_irai_expires"
            ),
        ),
        migrations.AddConstraint(
            model_name="irai",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("used_at__isnull", True),
                        ("used_by", ""),
                        models.Q(("state__in", ("jikko_chu", "kanryo")), _negated=True),
                    ),
                    models.Q(
                        ("state__in", ("jikko_chu", "kanryo")),
                        ("used_at__isnull", False),
                        ("used_at__lt", models.F("expires_at")),
                    ),
                    _connector="OR",
                ),
                name="shonin_irai_used_in_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="baitai",
            constraint=models.UniqueConstraint(fields=("zone", "baitai_id"), name="shonin_baitai_once"),
        ),
        migrations.AddConstraint(
            model_name="shonin",
            constraint=models.CheckConstraint(
                condition=models.Q(("shoninsha", models.F("shinseisha")), _negated=True),
                name="shonin_shonin_other_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="shonin",
            constraint=models.UniqueConstraint(fields=("irai", "shoninsha"), name="shonin_shonin_once"),
        ),
        migrations.AddConstraint(
            model_name="shonin",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("handan", "shonin"), ("ninsho_id__isnull", False)),
                    models.Q(("handan", "sashimodoshi"), ("ninsho_id__isnull", True)),
                    _connector="OR",
                ),
                name="shonin_shonin_handan",
            ),
        ),
        migrations.RunSQL(_KEYS, _NO_KEYS),
        InsurerTable(
            "shonin_irai",
            {WEB: "SELECT, INSERT, UPDATE (state, finished_at)"},
            column="zone",
            across={OWNER: "ALL"},
        ),
        *(
            InsurerTable(table, {WEB: "SELECT, INSERT"}, column="zone", across={OWNER: "SELECT"})
            for table in ("shonin_shonin", "shonin_baitai")
        ),
        AppendOnly("shonin_shonin"),
        migrations.RunSQL(_GUARDS, _NO_GUARDS),
        migrations.RunSQL(_CONSUME, _NO_CONSUME),
    ]
