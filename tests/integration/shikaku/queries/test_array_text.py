"""Arrays as text are read by the database as what they were."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from shikaku.queries.array_text import bytea_array, uuid_array

pytestmark = pytest.mark.django_db(transaction=True)


def read(text: str, kind: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unnest(%s::{kind}[])", [text])
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("values", [[], [uuid4()], [UUID(int=0), UUID(int=2**128 - 1), uuid4()]])
def test_uuids_come_back(values: list[UUID]) -> None:
    assert read(uuid_array(values), "uuid") == values


@pytest.mark.parametrize("values", [[], [b""], [bytes(range(256)), b'\\x00"{},']])
def test_bytes_come_back(values: list[bytes]) -> None:
    assert [bytes(value) for value in read(bytea_array(values), "bytea")] == values
