"""Packed arrays are read by the database as what they were."""

from __future__ import annotations

import subprocess
import sys
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection

from chukan.kernel.binary_arrays import BinaryArray, bigint_array, bytea_array, integer_array, uuid_array

pytestmark = pytest.mark.django_db(transaction=True)


def read(array: BinaryArray, kind: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unnest(%s::{kind}[])", [array])
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("values", [[], [uuid4()], [UUID(int=0), UUID(int=2**128 - 1), uuid4()]])
def test_uuids_come_back(values: list[UUID]) -> None:
    assert read(uuid_array(values), "uuid") == values
    assert read(uuid_array([value.bytes for value in values]), "uuid") == values


@pytest.mark.parametrize("values", [[], [b""], [b"12", b"34"], [bytes(range(256)), b'\\x00"{},']])
def test_bytes_come_back(values: list[bytes]) -> None:
    assert [bytes(value) for value in read(bytea_array(values), "bytea")] == values


@pytest.mark.parametrize("values", [[], [0], [-(2**31), 2**31 - 1, -1]])
def test_numbers_come_back(values: list[int]) -> None:
    assert read(integer_array(values), "integer") == values
    assert read(bigint_array([value * 2**32 for value in values]), "bigint") == [value * 2**32 for value in values]


def test_an_array_of_another_kind_is_refused() -> None:
    with pytest.raises(Exception, match="cannot cast"):
        read(uuid_array([uuid4()]), "bytea")


def test_the_driver_knows_them_before_the_first_connection() -> None:
    told = (
        "import sys, django; django.setup();"
        "from django.db import connections;"
        "assert not any(one.connection for one in connections.all(initialized_only=True));"
        "assert 'chukan.kernel.binary_arrays' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", told], check=True)
