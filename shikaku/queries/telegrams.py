"""Builds telegrams from the versions as of the line that owed them: the same bytes however often they are sent."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any
from uuid import UUID

import structlog
from django.db import connection

from chukan.kernel.binary_arrays import uuid_array
from chukan.kernel.crypto.errors import EnvelopeRefused, KeyUnavailable
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads
from shikaku.domain.held import HeldPeriod, speaking_version
from shikaku.formats.onshi_denbun_v1 import Kikan, build_denbun, build_pmh_id, build_sakujo, build_shikaku
from shikaku.queries.held import open_joho

log = structlog.get_logger()

SAKUJO, PMH_ID = "sakujo", "pmh_id"
_UNBUILDABLE = (EnvelopeRefused, KeyUnavailable, LookupError, TypeError, ValueError)

_PMH_IDS = "SELECT himozuke_bango, pmh_id, pmh_id_jun FROM shikaku_pmh_id_of(%s::uuid[])"
_AS_OF = """
SELECT w.soshin_bango, r.id, r.hokensha_code, r.shikaku_tsuban, r.rireki_tsuban, r.withdrawn, r.ct_joho
FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[]) AS w (soshin_bango, edaban, as_of)
JOIN shikaku_rireki r ON r.hokensha_code = %s AND r.hihokensha_edaban = w.edaban
  AND r.toroku_nichiji <= w.as_of AND (r.superseded_at IS NULL OR r.superseded_at > w.as_of)
ORDER BY w.soshin_bango, r.rireki_tsuban
"""


@dataclass(frozen=True, slots=True)
class OwedTelegram:
    """One telegram in the sender's hands; one that tells a PMH-ID is about no insurer.

    `pmh_id` is the person's, where it was issued before this telegram was owed, or with it.
    """

    soshin_bango: UUID
    hokensha_code: str | None
    hihokensha_edaban: int | None
    himozuke_bango: UUID
    jun: int
    kind: str
    as_of: datetime
    attempts: int
    pmh_id: str | None = None

    @property
    def edaban(self) -> int:
        """Return the 被保険者枝番 of a telegram that is about an insurer's member; the table has one for each."""
        assert self.hihokensha_edaban is not None  # noqa: S101  # a check constraint
        return self.hihokensha_edaban


@dataclass(frozen=True, slots=True)
class PmhIdOfPerson:
    """The PMH-ID of a person and the place of its telegram: from there on every telegram knows it."""

    pmh_id: str
    jun: int


@reads
def find_pmh_ids(*, by: Principal, himozuke_bango: Collection[UUID]) -> dict[UUID, PmhIdOfPerson]:
    """Return the PMH-ID of each of these persons who has one. 根拠: KJ-PMH-05.

    The places in a person's order are given under one lock, so what a telegram says never depends on when it is built.
    """
    if not himozuke_bango:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_PMH_IDS, [uuid_array(himozuke_bango)])
        return {person: PmhIdOfPerson(pmh_id, jun) for person, pmh_id, jun in cursor.fetchall()}


def build_pmh_telegrams(owed: Sequence[OwedTelegram]) -> tuple[dict[str, Any], ...]:
    """Return the telegrams that tell a PMH-ID: 紐付番号 and PMH-ID, nothing else about the person. 根拠: KJ-EXT-05.

    One whose PMH-ID is missing is left out and reported; it holds back its person alone.
    """
    for one in owed:
        if one.pmh_id is None:
            log.warning("shikaku.onshi_soshin.build_failed", soshin_id=str(one.soshin_bango), error="LookupError")
    return tuple(_denbun(one, build_pmh_id(pmh_id=one.pmh_id)) for one in owed if one.pmh_id is not None)


@reads
def build_telegrams(
    *,
    by: Principal,
    zone: str,
    owed: Sequence[OwedTelegram],  # the zone is set by the decorator
) -> tuple[dict[str, Any], ...]:
    """Return the telegrams of one zone in the given order; no 個人番号 is opened on the way. 根拠: KJ-EXT-01.

    One whose versions are missing or cannot be opened is left out and reported; it holds back its person alone.
    """
    stateful = [telegram for telegram in owed if telegram.kind != SAKUJO]
    contents: dict[UUID, dict[str, Any]] = {}
    if stateful:
        with connection.cursor() as cursor:
            cursor.execute(
                _AS_OF,
                [
                    [telegram.soshin_bango for telegram in stateful],
                    [telegram.edaban for telegram in stateful],
                    [telegram.as_of for telegram in stateful],
                    zone,
                ],
            )
            rows = cursor.fetchall()
        versions = {number: list(found) for number, found in groupby(rows, key=itemgetter(0))}
        for telegram in stateful:
            try:
                contents[telegram.soshin_bango] = _shikaku(zone, telegram, versions[telegram.soshin_bango])
            except _UNBUILDABLE as error:
                log.warning(
                    "shikaku.onshi_soshin.build_failed",
                    soshin_id=str(telegram.soshin_bango),
                    hokensha_code=zone,
                    error=type(error).__name__,
                )
    return tuple(
        _denbun(
            telegram,
            contents[telegram.soshin_bango]
            if telegram.kind != SAKUJO
            else build_sakujo(hokensha_code=zone, hihokensha_edaban=telegram.edaban),
        )
        for telegram in owed
        if telegram.kind == SAKUJO or telegram.soshin_bango in contents
    )


def _denbun(telegram: OwedTelegram, naiyo: Mapping[str, Any]) -> dict[str, Any]:
    return build_denbun(
        soshin_bango=str(telegram.soshin_bango),
        denbun_shubetsu=telegram.kind,  # type: ignore[arg-type]  # the column's own values
        himozuke_bango=str(telegram.himozuke_bango),
        jun=telegram.jun,
        naiyo=naiyo,
    )


def _shikaku(zone: str, telegram: OwedTelegram, versions: Sequence[tuple[Any, ...]]) -> dict[str, Any]:
    opened = [
        HeldPeriod(tsuban, rireki, None, None, withdrawn, open_joho(code, row_id, bytes(sealed)))
        for _, row_id, code, tsuban, rireki, withdrawn, sealed in versions
    ]
    periods = [
        Kikan(shikaku_tsuban=one.shikaku_tsuban, rireki_tsuban=one.rireki_tsuban, joho=one.joho)
        for one in opened
        if one.shikaku_tsuban is not None and not one.withdrawn
    ]
    speaking = speaking_version(opened) or opened[-1]
    return build_shikaku(
        hokensha_code=zone,
        hihokensha_edaban=telegram.edaban,
        newest=speaking.joho,
        kikan=sorted(periods, key=attrgetter("shikaku_tsuban")),
        pmh_id=telegram.pmh_id,
    )
