"""Rotations of keys: who does them, and how many envelopes are left under a former key."""

from __future__ import annotations

from chukan.kernel.principal import Principal
from tests.support.members import asked
from tests.support.principals import KENPO
from tests.support.world import World

KANRI = Principal(channel="command", soshiki="command", actor_id="rotate_dek", actor_name="管理コマンド")
JOB = Principal(
    channel="command", soshiki="command", actor_id="reseal_rows", actor_name="管理コマンド", hokensha_code=KENPO
)
_LEFT = """
SELECT (SELECT count(*) FROM shikaku_itaku_kukaku_kanyusha k WHERE k.hokensha_code = z.code
          AND substring(k.ct_kojin_bango FROM 3 FOR 4) <> z.key)
     + (SELECT count(*) FROM shikaku_kyu_kojin_bango o WHERE o.hokensha_code = z.code
          AND substring(o.ct_kojin_bango FROM 3 FOR 4) <> z.key)
     + (SELECT count(*) FROM shikaku_rireki r WHERE r.hokensha_code = z.code
          AND substring(r.ct_joho FROM 3 FOR 4) <> z.key)
FROM (SELECT %s::text AS code, decode(lpad(to_hex(%s::integer), 8, '0'), 'hex') AS key) z
"""


def left(world: World, key_id: int, code: str = KENPO) -> int:
    """Return how many envelopes of the insurer another key than this one sealed."""
    return int(asked(world, _LEFT, code, key_id)[0][0])
