"""Refuses to work as a database role that row-level security does not bind, or as another than a command's own.

根拠: KJ-ZONE-05.
"""

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connections

# Whatever role the session could still become counts: `SET ROLE` and `RESET ROLE` need no further permission.
# Temporary tables are a session's own staging and hold no wall.
_CHECK = """
SELECT EXISTS (
  SELECT 1 FROM pg_roles r
  WHERE (pg_has_role(current_user, r.oid, 'MEMBER') OR pg_has_role(session_user, r.oid, 'MEMBER')) AND (
    r.rolsuper OR r.rolbypassrls OR r.rolcreaterole
    OR EXISTS (SELECT 1 FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p', 'v', 'm')
               AND c.relpersistence <> 't')))
"""


class UnsafeRole(SystemExit):
    """The process stops: its database role could see every insurer's rows."""


def refuse_unsafe_role(using: str = "default") -> None:
    """Stop the process when its role is, or could become, one that the walls do not hold (see `_CHECK`)."""
    with connections[using].cursor() as cursor:
        cursor.execute(_CHECK)
        row = cursor.fetchone()
    if row is None or row[0]:
        message = "データベースの役割が強すぎます。setup_database で作られた役割（chukan_web など）でつないでください。"
        raise UnsafeRole(message)


def demand_role(role: str) -> None:
    """Refuse, in words, a management command that runs as another role: the database would refuse it without any."""
    if role != settings.CHUKAN_ROLE:
        message = (
            f"この処理は、データベースの役割 {role} で行います。CHUKAN_ROLE={role} を付けて、もう一度実行してください。"
        )
        raise CommandError(message)
