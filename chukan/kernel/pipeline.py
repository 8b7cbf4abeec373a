"""Statements that are sent without waiting: the database works while the process does something else.

https://www.psycopg.org/psycopg3/docs/advanced/pipeline.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


@contextmanager
def pipelined() -> Iterator[None]:
    """Let `execute` return as soon as the statement is on its way; fetching waits for the rows, and fails if it failed.

    Inside a transaction only; whatever was not fetched is waited for at the end.
    """
    line: Any = connection.connection
    with line.pipeline():
        yield
