"""A statement is on its way before anybody waits for it, and its failure is told where its rows are fetched."""

from __future__ import annotations

import time

import pytest
from django.db import DataError, connection, transaction

from chukan.kernel.pipeline import pipelined

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_database_works_while_the_process_does() -> None:
    with transaction.atomic(), pipelined(), connection.cursor() as cursor:
        began = time.perf_counter()
        cursor.execute("SELECT clock_timestamp(), pg_sleep(%s)", [0.5])
        sent = time.perf_counter() - began
        rows = cursor.fetchall()
        fetched = time.perf_counter() - began

    assert len(rows) == 1
    assert sent < 0.25
    assert fetched >= 0.5


def divided_by(number: int) -> None:
    with transaction.atomic(), pipelined(), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / %s::integer", [number])
        cursor.fetchall()


def test_a_failure_is_told_at_the_rows_and_undone_by_the_savepoint() -> None:
    with transaction.atomic():
        with pytest.raises(DataError):
            divided_by(0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            assert cursor.fetchone() == (1,)
