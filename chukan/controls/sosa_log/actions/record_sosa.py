"""Writes operation-log events: in the transaction of the operation, or alone for what was refused or only intended."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from chukan.controls.sosa_log.domain import SALT_BYTES, STREAM, Result, Sosa, SosaKind, make_sosa
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import joins_transaction, own_transaction

_INSERT = """
INSERT INTO sosa_log_event
  (stream, at, salt, body, hokensha_code, channel, soshiki, actor_id, actor_name, terminal,
   jimu, target_file, kind, targets, result, screen_id, request_id)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
RETURNING id
"""


def _prepared(_execute: object, statement: str, values: object, _many: bool, context: Mapping[str, Any]) -> object:  # noqa: FBT001  # Django's shape
    # No statement is sent as often, and parsing it costs as much as running it: parsed once per connection.
    with connection.wrap_database_errors:
        return context["cursor"].cursor.execute(statement, values, prepare=True)


def _insert(sosa: Sosa) -> int:
    with connection.cursor() as cursor, connection.execute_wrapper(_prepared):
        cursor.execute(
            _INSERT,
            [
                STREAM,
                sosa.at,
                os.urandom(SALT_BYTES),
                sosa.body(),
                sosa.hokensha_code,
                sosa.channel,
                sosa.soshiki,
                sosa.actor_id,
                sosa.actor_name,
                sosa.terminal,
                sosa.jimu,
                sosa.target_file,
                sosa.kind,
                list(sosa.targets),
                sosa.result,
                sosa.screen_id,
                sosa.request_id,
            ],
        )
        row = cursor.fetchone()
    return int(row[0])


@joins_transaction
def record_sosa(
    *,
    by: Principal,
    kind: SosaKind,
    jimu: str,
    target_file: str,
    targets: Sequence[str] = (),
    result: Result,
    detail: Mapping[str, str | int] | None = None,
    screen_id: str | None = None,
    zone: str | None = None,
    now: datetime,
) -> int:
    """Write one 「操作ログ」 event with the operation itself: no record, no operation. Return its number.

    `targets` are 紐付番号 or internal ids. `zone` names the insurer where `by` has none of its own.
    根拠: KJ-LOG-01, KJ-LOG-07, KJ-LOG-09.
    """
    return _insert(
        make_sosa(
            by=by,
            kind=kind,
            jimu=jimu,
            target_file=target_file,
            targets=targets,
            result=result,
            detail=detail,
            screen_id=screen_id,
            zone=zone,
            now=now,
        )
    )


@own_transaction
def record_sosa_alone(
    *,
    by: Principal,
    kind: SosaKind,
    jimu: str,
    target_file: str,
    targets: Sequence[str] = (),
    result: Result,
    detail: Mapping[str, str | int] | None = None,
    screen_id: str | None = None,
    zone: str | None = None,
    now: datetime,
) -> int:
    """Write one 「操作ログ」 event in a transaction of its own and return its number.

    Only for three cases: the intent before a 個人番号 is opened, a refused operation, the end of a failed one.
    根拠: KJ-LOG-18.
    """
    return record_sosa(
        by=by,
        kind=kind,
        jimu=jimu,
        target_file=target_file,
        targets=targets,
        result=result,
        detail=detail,
        screen_id=screen_id,
        zone=zone,
        now=now,
    )
