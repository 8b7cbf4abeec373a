"""Typed readers of the environment; a missing or wrong variable is named in one line.

`VARIABLES` is the whole list of what an operator may set; `.env.example` is printed from it.
"""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

DEMO: Final = "demo"
PRODUCTION: Final = "production"


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the environment: its safe local value and what it is for (Japanese)."""

    name: str
    default: str
    help: str
    choices: tuple[str, ...] = ()


# `operator` is the second connection of web, for the pages of operators.
DATABASE_ROLES: Final = ("web", "operator", "worker", "relay", "sealer", "kanri", "migrator")
VARIABLES = (
    Variable(
        "CHUKAN_MODE",
        DEMO,
        "demo（デモ・研修）か production（本番）。production はファイルの鍵置き場や平文の通信では起動しない",
        (DEMO, PRODUCTION),
    ),
    Variable("CHUKAN_HOME", ".chukan", "状態を置くフォルダ（データベース、鍵、受付ファイル、記録）"),
    Variable("CHUKAN_PORT", "8000", "画面と API を開くポート（127.0.0.1 だけで待つ）"),
    Variable(
        "CHUKAN_DATABASE_URL", "", "既にある PostgreSQL 18 の URL（役割を作れる利用者）。空なら内蔵のものを起動する"
    ),
    *(
        Variable(
            f"CHUKAN_DATABASE_URL_{role.upper()}",
            "",
            "役割ごとのデータベースの URL（その役割の利用者とパスワード）。空なら CHUKAN_DATABASE_URL に、"
            "CHUKAN_HOME にある役割のパスワードでつなぐ",
        )
        for role in DATABASE_ROLES
    ),
    Variable("CHUKAN_REDIS_URL", "", "既にある Redis の URL。空なら内蔵のものを起動する"),
    Variable("CHUKAN_ROLE", "web", "この処理がデータベースへつなぐ役割（web, worker, relay, sealer, kanri, migrator）"),
    Variable("CHUKAN_ONSHI_URL", "", "オンライン資格確認等システムの URL。空ならデモは模擬装置を起動する"),
    Variable("CHUKAN_NWS_URL", "", "情報提供ネットワークシステム（インターフェイスシステム）の URL"),
    Variable("CHUKAN_JUKI_URL", "", "情報提供サーバー（住基ネット）の URL"),
    Variable("CHUKAN_ALLOWED_HOSTS", "localhost,127.0.0.1", "画面と API が答えるホスト名（カンマ区切り）"),
    Variable("CHUKAN_TLS", "0", "1 なら TLS の内側で動くとみなし、平文の要求を退ける。ループバック以外では 1 にする"),
    Variable(
        "CHUKAN_SEITAI_ORIGIN",
        "",
        "生体認証を行う画面の URL（例: https://chukan.example.jp）。空なら http://localhost:CHUKAN_PORT",
    ),
    Variable(
        "CHUKAN_SEITAI_KISHU",
        "*",
        "登録できる認証器の機種（AAGUID をカンマ区切り）。* はどの機種でもよい（デモ・研修だけ）",
    ),
    Variable("CHUKAN_SEITAI_ROOTS", "", "認証器の製造者の証明書（PEM）のファイル。機種を限るときに要る"),
    Variable("CHUKAN_RATE_PER_CLIENT", "100", "接続システム1つあたりの毎秒の要求数の上限（瞬間は4倍）"),
    Variable("CHUKAN_KANKYO", "研修", "画面に出す環境名（本番なら空）"),
)
_DEFAULTS = {variable.name: variable.default for variable in VARIABLES}
_CHOICES = {variable.name: variable.choices for variable in VARIABLES}


class EnvironmentRefused(SystemExit):
    """The process cannot start: one line says which variable and why."""


def text(name: str) -> str:
    """Return the variable or its safe default."""
    return os.environ.get(name) or _DEFAULTS.get(name, "")


def choice(name: str) -> str:
    """Return the variable, which is one of its choices: a mistyped one is no choice."""
    value = text(name)
    if value not in _CHOICES[name]:
        message = f"{name}: {'、'.join(_CHOICES[name])} のどれかを指定してください。"
        raise EnvironmentRefused(message)
    return value


def number(name: str) -> int:
    """Return the variable as a whole number."""
    value = text(name)
    try:
        return int(value)
    except ValueError:
        message = f"{name}: 整数を指定してください。"
        raise EnvironmentRefused(message) from None


def flag(name: str) -> bool:
    """Return the variable as yes or no."""
    return text(name) in {"1", "true", "yes"}


def words(name: str) -> list[str]:
    """Return the comma separated variable as a list."""
    return [word.strip() for word in text(name).split(",") if word.strip()]


def home() -> Path:
    """Return the folder that holds all state, as an absolute path."""
    return Path(text("CHUKAN_HOME")).expanduser().resolve()


def running_services() -> dict[str, str]:
    """Return the addresses of the embedded services of this CHUKAN_HOME, or nothing when none run."""
    path = home() / "run" / "services.json"
    if not path.exists():
        return {}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def database_url() -> str:
    """Return the address of PostgreSQL with a user who may create roles; '' when there is none."""
    return text("CHUKAN_DATABASE_URL") or running_services().get("database_url", "")


def redis_url() -> str:
    """Return the address of the broker; '' when there is none."""
    return text("CHUKAN_REDIS_URL") or running_services().get("redis_url", "")


def partner_url(name: str) -> str:
    """Return a partner's address: the variable, else the simulator of this CHUKAN_HOME."""
    return text(name) or running_services().get(name.removeprefix("CHUKAN_").lower(), "")


def host_of(url: str) -> str:
    """Return the host name of an address."""
    return urlsplit(url).hostname or ""


def role_password(role: str) -> str:
    """Return the password `setup_database` made for a database role, or '' when it has not run."""
    path = home() / "keys" / "db" / f"chukan_{role}"
    return path.read_text(encoding="ascii").strip() if path.exists() else ""


def parse_database_url(url: str) -> dict[str, object]:
    """Return Django's connection settings of a postgresql:// address; `?host=` may name a socket folder."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")) or "chukan",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": query.get("port") or (str(parts.port) if parts.port else ""),
        "SSLMODE": query.get("sslmode", ""),
    }


def secret_key() -> str:
    """Return Django's secret key of this CHUKAN_HOME, made at the first start."""
    path = home() / "keys" / "django"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48), encoding="ascii")
    return path.read_text(encoding="ascii")
