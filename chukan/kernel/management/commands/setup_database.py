"""Makes the database, its owner and the login roles; says what it did in one line."""

import secrets
from pathlib import Path

import psycopg
from django.core.management.base import BaseCommand, CommandError
from psycopg import sql

from chukan.kernel.schema import APP_ROLES, OWNER
from chukan.settings import env


class Command(BaseCommand):
    """Idempotent: a second run changes nothing but missing parts."""

    help = "データベースと役割を作る（何度実行してもよい）"
    requires_system_checks = ()

    def handle(self, *_args: object, **_options: object) -> None:
        """Create what is missing."""
        url = env.database_url()
        if not url:
            message = "CHUKAN_DATABASE_URL がありません。内蔵のデータベースを使うときは make demo で起動してください。"
            raise CommandError(message)
        target = env.parse_database_url(url)
        setup(target, env.home() / "keys" / "db")
        self.stdout.write(f"データベース {target['NAME']} の準備ができました。")


def setup(target: dict[str, object], key_folder: Path) -> None:
    """Create the database, the NOLOGIN owner and a login role per process kind with a random password."""
    name = str(target["NAME"])
    with _connect(target, "postgres") as admin:
        for role in (OWNER, *APP_ROLES):
            _ensure_role(admin, role, key_folder)
        admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(OWNER)))
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is None:
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(name), sql.Identifier(OWNER)
                )
            )
        admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
        for role in APP_ROLES:
            admin.execute(
                sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(
                    sql.Identifier(name), sql.Identifier(role)
                )
            )
    with _connect(target, name) as inside:
        inside.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(sql.Identifier(OWNER)))
        inside.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        inside.execute(
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(
                sql.SQL(", ").join(sql.Identifier(role) for role in APP_ROLES)
            )
        )
        inside.execute(
            sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC").format(
                sql.Identifier(OWNER)
            )
        )


def _connect(target: dict[str, object], database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(target["HOST"]) or None,
        port=str(target["PORT"]) or None,
        user=str(target["USER"]) or None,
        password=str(target["PASSWORD"]) or None,
        dbname=database,
        autocommit=True,
    )


def _ensure_role(admin: psycopg.Connection, role: str, key_folder: Path) -> None:
    known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None
    if role == OWNER:
        if not known:
            admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN NOSUPERUSER NOBYPASSRLS").format(sql.Identifier(role)))
        return
    path = key_folder / role
    if known and path.exists():
        return
    password = secrets.token_urlsafe(24)
    verb = sql.SQL("ALTER" if known else "CREATE")
    admin.execute(
        sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD {}").format(
            verb, sql.Identifier(role), sql.Literal(password)
        )
    )
    key_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(password, encoding="ascii")
