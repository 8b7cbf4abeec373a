"""A line about somebody nobody here knows, worked out whole before anything is locked: decision, seals, tokens, rows.

Most lines of a file are such. A draft says what the planner decides when the zone has neither the number nor the card
of the line; whoever holds the locks takes it then and only then, and plans every other line anew.
"""

from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

import orjson

from chukan.kernel.crypto.blind_index import ZoneIndex
from chukan.kernel.crypto.envelope import RowSealer
from chukan.kernel.crypto.keyring import get_keyring
from chukan.kernel.values.uuid7 import uuid7_bytes
from shikaku.actions.block_numbers import KANYUSHA_TABLE, KOJIN_BANGO
from shikaku.actions.block_person import propose_himozuke, search_tokens
from shikaku.actions.draft_rows import kanyusha_rest, version_rest
from shikaku.domain.check_line import SHINKI
from shikaku.domain.line import TorokuLine
from shikaku.domain.plan import Plan
from shikaku.domain.toroku import plan_registration
from shikaku.queries.held import JOHO, RIREKI_TABLE

_IDS_AT_ONCE: Final = 512
_ROWS_OF_A_PERSON: Final = 3  # 委託区画, 資格履歴, the telegram


class Draft(NamedTuple):
    """What a new person comes to but for 被保険者枝番, 紐付番号 and time; `key_id` names the key of both seals.

    `kanyusha` and `version` are rows of `draft_rows` from the columns on that the block need not know.
    """

    zone: str
    key_id: int
    row_id: bytes
    himozuke: bytes
    soshin_bango: bytes
    bi_global: bytes
    ct_bango: bytes
    kanyusha: bytes
    version: bytes
    handled_as: str
    shikaku_tsuban: int | None
    rireki_tsuban: int | None
    valid_from: date | None
    valid_to: date | None
    owes: bool


class Drafter:
    """Makes the drafts of one zone and one 受付."""

    def __init__(self, *, zone: str, uketsuke_id: UUID, index: ZoneIndex) -> None:
        """Fetch all keys now: drafts are made by a thread, which never asks the database."""
        dek = get_keyring().active_dek(purpose="field", hokensha_code=zone)
        self._zone, self._uketsuke, self._index, self._across = zone, uketsuke_id.bytes, index, index.across
        self._key_id = dek.key_id
        self._seal_joho = RowSealer(dek, table=RIREKI_TABLE, envelope=JOHO)
        self._seal_bango = RowSealer(dek, table=KANYUSHA_TABLE, envelope=KOJIN_BANGO)
        self._ids: list[bytes] = []
        self._himozuke: list[UUID] = []

    def draft(
        self, line: TorokuLine, *, meisai_no: int, bango: bytes | None, t_kigo_bango: int | None, on: date
    ) -> Draft | None:
        """Return the draft of a line without violations, or None where there is none to make."""
        number = line.kojin_bango
        if line.shori_shubetsu_code != SHINKI or number is None or bango is None:
            return None
        plan = plan_registration(line=line, by_edaban=None, by_number=None, on=on)
        if not isinstance(plan, Plan) or plan.version is None or plan.warnings:
            return None
        version = plan.version
        row_id, version_id, soshin_bango = self._next_ids()
        ct_bango = self._seal_bango.seal(row_id, number.encode())
        return Draft(
            zone=self._zone,
            key_id=self._key_id,
            row_id=row_id,
            himozuke=self._next_himozuke(),
            soshin_bango=soshin_bango,
            bi_global=self._across.bango(number),
            ct_bango=ct_bango,
            kanyusha=kanyusha_rest(
                row_id=row_id,
                zone=self._zone,
                bi_bango=bango,
                ct_kojin_bango=ct_bango,
                kanyusha_kubun_code=plan.kanyusha_kubun,
                fugo=plan.fugo_requested,
                tokens=search_tokens(self._index, version.joho["kihon"]),
                last_shikaku_tsuban=version.shikaku_tsuban or 0,
                last_rireki_tsuban=version.rireki_tsuban,
            ),
            version=version_rest(
                row_id=version_id,
                zone=self._zone,
                version=version,
                shubetsu=plan.handled_as,
                token=None if version.shikaku_tsuban is None else t_kigo_bango,
                uketsuke=self._uketsuke,
                meisai_no=meisai_no,
                ct_joho=self._seal_joho.seal(version_id, orjson.dumps(version.joho)),
            ),
            handled_as=plan.handled_as,
            shikaku_tsuban=plan.shikaku_tsuban,
            rireki_tsuban=plan.rireki_tsuban,
            valid_from=version.valid_from,
            valid_to=version.valid_to,
            owes=plan.owes is not None,
        )

    def _next_ids(self) -> tuple[bytes, bytes, bytes]:
        if not self._ids:
            self._ids = uuid7_bytes(_IDS_AT_ONCE * _ROWS_OF_A_PERSON)
            self._ids.reverse()
        return self._ids.pop(), self._ids.pop(), self._ids.pop()

    def _next_himozuke(self) -> bytes:
        if not self._himozuke:
            self._himozuke = list(propose_himozuke(_IDS_AT_ONCE))
        return self._himozuke.pop().bytes
