"""Who may see and change 資格履歴, what the database itself refuses, and the functions over persons."""

from pathlib import Path

from django.db import migrations

from chukan.kernel.schema import OPERATOR, OWNER, RELAY, WEB, WORKER, InsurerTable, PersonTable

_SQL = (Path(__file__).parent / "sql" / "0002_access.sql").read_text(encoding="utf-8")
_REVERSE = (Path(__file__).parent / "sql" / "0002_access_reverse.sql").read_text(encoding="utf-8")

_KANYUSHA_CHANGES = (
    "himozuke_bango, bi_bango, ct_kojin_bango, kanyusha_kubun_code, fugo_shutoku_yokyu_kubun, t_kana2, t_kana4, "
    "t_kana_full, t_seinengappi, last_shikaku_tsuban, last_rireki_tsuban, last_recorded_at"
)
_SOSHIN_STATES = (
    "soshin_bango, hokensha_code, kind, owed_at, available_at, attempts, sent_at, shori_kekka_kubun, "
    "shori_kekka_meisai_code, answered_at"
)


def _both(privileges: str) -> dict[str, str]:
    return {WEB: privileges, WORKER: privileges}


class Migration(migrations.Migration):
    """Policies, grants, triggers and functions."""

    dependencies = [("shikaku", "0001_shikaku")]
    operations = [
        PersonTable("shikaku_himozuke"),
        PersonTable("shikaku_kojin_bango_sakuin"),
        InsurerTable("shikaku_edaban_saiban", _both("SELECT, INSERT, UPDATE (last)")),
        InsurerTable(
            "shikaku_itaku_kukaku_kanyusha",
            _both(f"SELECT, INSERT, UPDATE ({_KANYUSHA_CHANGES})"),
        ),
        InsurerTable("shikaku_kyu_kojin_bango", _both("SELECT, INSERT, UPDATE (resolves)")),
        InsurerTable(
            "shikaku_rireki",
            _both("SELECT, INSERT, UPDATE (superseded_at)") | {RELAY: "SELECT"},
            across={OWNER: "SELECT"},
        ),
        InsurerTable(
            "shikaku_onshi_soshin",
            _both("SELECT, INSERT")
            | {
                RELAY: "SELECT, UPDATE (available_at, attempts, sent_at)",
                OPERATOR: f"SELECT ({_SOSHIN_STATES})",
            },
            across={RELAY: "ALL", OPERATOR: "SELECT", OWNER: "ALL"},
        ),
        InsurerTable(
            "shikaku_terminal_slip",
            {WEB: "SELECT, INSERT, UPDATE (ct_content, ct_kojin_bango, expires_at), DELETE"},
            across={OWNER: "ALL"},
        ),
        migrations.RunSQL(_SQL, _REVERSE),
    ]
