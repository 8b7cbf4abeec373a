"""Looks at the walls between zones as the database has them."""

from collections.abc import Mapping, Sequence
from typing import Final

from django.apps import apps
from django.db import connection

from chukan.controls.kukaku.domain import Gap, TableWalls, find_gaps

_WALLS: Final = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
       (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid),
       ARRAY(
         SELECT r.rolname::text FROM pg_roles r
         WHERE r.rolcanlogin AND NOT r.rolsuper AND r.rolname LIKE 'chukan%'
           AND has_any_column_privilege(r.oid, c.oid, 'SELECT'))
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""


def current_kukaku() -> str | None:
    """Return the zone that the open transaction works in, or None."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT NULLIF(current_setting('chukan.hokensha_code', true), '')")
        row = cursor.fetchone()
    return None if row is None else row[0]


def table_walls() -> Mapping[str, TableWalls]:
    """Return what the database says about every table."""
    with connection.cursor() as cursor:
        cursor.execute(_WALLS)
        return {
            row[0]: TableWalls(row[0], bool(row[1]), bool(row[2]), int(row[3]), frozenset(row[4]))
            for row in cursor.fetchall()
        }


def declared_kinds() -> Mapping[str, str]:
    """Return the kind that every model declares for its table, '' where it declares none."""
    return {
        model._meta.db_table: str(getattr(getattr(model, "ChukanMeta", None), "kind", ""))
        for model in apps.get_models()
        if model._meta.managed
    }


def list_gaps() -> Sequence[Gap]:
    """Return every table whose walls are not those of its declared kind."""
    return find_gaps(declared_kinds(), table_walls())
