"""Reads registered systems. They belong to no zone: a caller is not known before its signature is."""

import json
from dataclasses import dataclass
from datetime import date

from django.db import connection
from django.db.models import Q

from chukan.controls.setsuzoku.domain import ClientFacts, ClientKeyFacts, as_kind
from chukan.controls.setsuzoku.models import Client, ClientHokensha, ClientItaku


def _valid(on: date, of: str = "") -> Q:
    return Q(**{f"{of}valid_from__lte": on}) & (Q(**{f"{of}valid_to__isnull": True}) | Q(**{f"{of}valid_to__gt": on}))


# Every call asks this: it is written out, not built anew each time.
_CLIENT = """
SELECT c.kind, c.hokensha_code, k.id, k.kid, k.jwk, k.proven_at IS NOT NULL
FROM setsuzoku_client_key k JOIN setsuzoku_client c ON c.client_id = k.client_id
WHERE k.client_id = %(client_id)s
  AND k.valid_from <= %(on)s AND (k.valid_to IS NULL OR k.valid_to > %(on)s)
  AND c.valid_from <= %(on)s AND (c.valid_to IS NULL OR c.valid_to > %(on)s)
ORDER BY k.id
"""


def find_client(client_id: str, *, on: date) -> ClientFacts | None:
    """Return a system that is valid on the day with its valid keys, or None."""
    with connection.cursor() as cursor:
        cursor.execute(_CLIENT, {"client_id": client_id, "on": on})
        rows = cursor.fetchall()
    if not rows:
        return None
    kind, hokensha_code = rows[0][:2]
    return ClientFacts(
        client_id=client_id,
        kind=as_kind(kind),
        hokensha_code=hokensha_code,
        carried=carried_by(client_id) if kind == "kokuho_shuyaku" else frozenset(),
        keys=tuple(ClientKeyFacts(row_id, kid, json.loads(jwk), proven) for *_, row_id, kid, jwk, proven in rows),
    )


def is_in_use(client_id: str, *, kind: str, on: date) -> bool:
    """Tell whether a system of this kind is valid on the day, whatever its keys."""
    return Client.objects.filter(_valid(on), client_id=client_id, kind=kind).exists()


def carried_by(client_id: str) -> frozenset[str]:
    """Return the 保険者コード that a 国保情報集約システム carries; nothing for any other client."""
    return frozenset(ClientHokensha.objects.filter(client_id=client_id).values_list("hokensha_code", flat=True))


def has_itaku(client_id: str, jimu_kubun: str, *, on: date) -> bool:
    """Tell whether the entrustment of a PMH 事務 is confirmed and not overdue for review."""
    return ClientItaku.objects.filter(
        client_id=client_id, jimu_kubun=jimu_kubun, kakunin_ymd__lte=on, minaoshi_ymd__gt=on
    ).exists()


@dataclass(frozen=True, slots=True)
class ItakuState:
    """The confirmed entrustment of one 事務 of a PMH system in use. 根拠: KJ-PMH-08."""

    client_id: str
    jimu_kubun: str
    kakunin_ymd: date
    minaoshi_ymd: date


def list_itaku(*, on: date) -> tuple[ItakuState, ...]:
    """Return the entrustments of every PMH system that is valid on the day, the one to be looked at first."""
    valid = _valid(on, "client__")
    rows = ClientItaku.objects.filter(valid).order_by("minaoshi_ymd", "client_id", "jimu_kubun")
    return tuple(ItakuState(*row) for row in rows.values_list("client_id", "jimu_kubun", "kakunin_ymd", "minaoshi_ymd"))
