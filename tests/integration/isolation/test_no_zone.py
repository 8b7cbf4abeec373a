"""What reaches persons across insurers for PMH is refused inside a zone: who has a PMH-ID is no insurer's business."""

from __future__ import annotations

import psycopg
import pytest

from tests.support.principals import KENPO
from tests.support.world import World

NOBODY = "00000000-0000-0000-0000-000000000000"
CALLS = {
    "shikaku_find_members": ("chukan_web", "SELECT * FROM shikaku_find_members('{}')"),
    "shikaku_set_pmh_id": ("chukan_web", "SELECT * FROM shikaku_set_pmh_id('{}', '{}', now())"),
    "pmh_issue": ("chukan_web", "SELECT * FROM pmh_issue('{}', '{}', now())"),
    "shikaku_pmh_id_of": ("chukan_relay", "SELECT * FROM shikaku_pmh_id_of('{}')"),
    "shikaku_last_soshitsu": ("chukan_worker", "SELECT * FROM shikaku_last_soshitsu('{}', false)"),
    "shikaku_soshitsu_per_hokensha": ("chukan_worker", "SELECT * FROM shikaku_soshitsu_per_hokensha('{}', false)"),
    "shikaku_resend_pmh_id": ("chukan_worker", "SELECT shikaku_resend_pmh_id(1, now())"),
    "pmh_list_hakko": ("chukan_worker", "SELECT * FROM pmh_list_hakko('00000000-0000-0000-0000-000000000000', 1)"),
    "fugo_list_hoyu": ("chukan_worker", "SELECT * FROM fugo_list_hoyu('00000000-0000-0000-0000-000000000000', 1)"),
    "fugo_erase": ("chukan_worker", "SELECT * FROM fugo_erase('{}')"),
    "fugo_saihakko_count": (
        "chukan_web",
        "SELECT fugo_saihakko_count('00000000-0000-0000-0000-000000000000')",
    ),
    "fugo_saihakko_part": (
        "chukan_worker",
        f"SELECT * FROM fugo_saihakko_part('{NOBODY}', '{NOBODY}', 1)",
    ),
    "fugo_saihakko_progress": (
        "chukan_web",
        "SELECT * FROM fugo_saihakko_progress('00000000-0000-0000-0000-000000000000')",
    ),
    "fugo_saihakko_written": (
        "chukan_web",
        f"SELECT * FROM fugo_saihakko_written('{NOBODY}', '{NOBODY}', 1)",
    ),
    "seitai_drop_spent": ("chukan_worker", "SELECT * FROM seitai_drop_spent(now(), now(), now())"),
    "pmh_erase_hakko": ("chukan_worker", "SELECT pmh_erase_hakko('{}')"),
}


@pytest.mark.kj("KJ-ZONE-15")
@pytest.mark.parametrize("function", CALLS)
def test_it_answers_outside_a_zone_alone(world: World, function: str) -> None:
    role, call = CALLS[function]
    with world.admin() as admin:
        admin.autocommit = False
        admin.execute(f"SET LOCAL ROLE {role}")
        admin.execute(call)
        admin.execute("SELECT set_config('chukan.hokensha_code', %s, true)", [KENPO])
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match=f"{function}: called in a zone"):
            admin.execute(call)
        admin.rollback()
