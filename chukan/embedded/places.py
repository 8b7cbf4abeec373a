"""Where the data, the program copy, the sockets and the notes of one CHUKAN_HOME are.

As root the database runs as `nobody`. Where that account cannot reach CHUKAN_HOME, its data and a copy of the
programs stand under /var/tmp/chukan-<8 hex>. Permissions of folders made by others are never changed.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chukan.embedded.errors import OWN_SERVERS, ServiceMissing, StartError
from chukan.embedded.processes import OsUser, write_private

SHORT_BASE = Path("/var/tmp")  # noqa: S108 - looked at with care below: real folder, our owner, closed to writers
# A socket path of 108 bytes and more is refused by the system; `.s.PGSQL.5432` and `valkey.sock` are added.
_SOCKET_FOLDER_MAX = 84
_PROGRAM_STAMP = "stamp"


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders of one CHUKAN_HOME."""

    home: Path
    base: Path
    sockets: Path
    user: OsUser | None

    @property
    def data(self) -> Path:
        """Data of the database."""
        return self.base / "postgres"

    @property
    def program(self) -> Path:
        """Copy of the server programs, when there has to be one."""
        return self.base / "program"

    @property
    def run(self) -> Path:
        """Pid files, addresses and the lock."""
        return self.home / "run"

    @property
    def log(self) -> Path:
        """One log file per child."""
        return self.home / "log"

    @property
    def admin_password(self) -> Path:
        """Password of the database administrator."""
        return self.home / "keys" / "db" / "admin"


def prepare(home: Path) -> Places:
    """Make the folders of this CHUKAN_HOME and choose where the database stands."""
    home = home.expanduser().resolve()
    make_home(home)
    user = _service_user()
    base = _chosen_base(home, user)
    if base != home:
        _make_short_folder(base)
    sockets = base / "sock"
    if len(os.fsencode(sockets)) > _SOCKET_FOLDER_MAX:
        short = short_folder(home)
        _make_short_folder(short)
        sockets = short / "sock"
    _make_private(sockets, user)
    write_private(home / "embedded.json", json.dumps({"home": str(home), "base": str(base)}))
    return Places(home=home, base=base, sockets=sockets, user=user)


def make_home(home: Path) -> None:
    """Make CHUKAN_HOME and the folders that only its owner may open."""
    try:
        if not home.exists():
            home.mkdir(parents=True)
            # As root another account has to pass through to the data; it can list nothing.
            home.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for name in ("run", "log", "keys"):
            (home / name).mkdir(mode=0o700, exist_ok=True)
        (home / "keys" / "db").mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        message = f"CHUKAN_HOME ({home}) に書き込めません: {error.strerror}。別のフォルダを指定してください。"
        raise StartError(message) from None


def short_folder(home: Path) -> Path:
    """Folder outside CHUKAN_HOME that belongs to it alone."""
    return SHORT_BASE / f"chukan-{hashlib.sha256(os.fsencode(home)).hexdigest()[:8]}"


def program_copy_is_current(places: Places, version: str) -> bool:
    """Whether the copy was made from this version of the wheel, completely."""
    stamp = places.program / _PROGRAM_STAMP
    return stamp.is_file() and stamp.read_text() == version


def finish_program_copy(places: Places, version: str) -> None:
    """Close the copy: everyone may run it, its owner alone may change it."""
    for folder, _, names in os.walk(places.program):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder) / name
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    (places.program / _PROGRAM_STAMP).write_text(version)


def erase(home: Path) -> None:
    """Remove the data and everything outside CHUKAN_HOME that belongs to it; for homes of tests and measurements."""
    home = home.expanduser().resolve()
    told = _told(home)
    for folder in {told or home, short_folder(home)} - {home}:
        if folder.is_dir() and not folder.is_symlink():
            shutil.rmtree(folder, ignore_errors=True)
    for name in ("postgres", "program", "sock"):
        shutil.rmtree(home / name, ignore_errors=True)
    for name in ("postgres.conf", "embedded.json"):
        (home / name).unlink(missing_ok=True)


def can_run(program: Path, user: OsUser | None) -> bool:
    """Whether the account can reach and run this program."""
    return user is None or _as_user(user, 'test -x "$1"', program)


def _service_user() -> OsUser | None:
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        message = "root で動かすには利用者 nobody が必要です（データベースは root では動きません）。"
        raise ServiceMissing(message) from None
    return OsUser(uid=nobody.pw_uid, gid=nobody.pw_gid)


def _chosen_base(home: Path, user: OsUser | None) -> Path:
    if user is None:
        return home
    told = _told(home)
    if told is not None and (told / "postgres").is_dir():
        if told == home and not _can_enter(home, user):
            message = (
                f"データベースの利用者 nobody が {home} に入れなくなりました。上のフォルダの権限を元に戻してください。"
            )
            raise StartError(message)
        return told
    return home if _can_enter(home, user) else short_folder(home)


def _told(home: Path) -> Path | None:
    """The place chosen before; a copied CHUKAN_HOME does not share the data of its original."""
    try:
        told = json.loads((home / "embedded.json").read_text())
        before, base = Path(told["home"]), Path(told["base"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if before != home:
        return None if before.exists() or base == before else base
    return base


def _can_enter(folder: Path, user: OsUser) -> bool:
    return _as_user(user, 'cd -- "$1"', folder)


def _as_user(user: OsUser, script: str, path: Path) -> bool:
    try:
        asked = subprocess.run(
            ["/bin/sh", "-c", script, "sh", str(path)],
            user=user.uid,
            group=user.gid,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        message = f"利用者 nobody に切り替えられないため、データベースを動かせません。{OWN_SERVERS}"
        raise StartError(message) from None
    return asked.returncode == 0


def _make_short_folder(folder: Path) -> None:
    folder.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        message = f"{folder} は他の利用者が作ったものです。削除するか、CHUKAN_HOME を別のフォルダにしてください。"
        raise StartError(message)
    if os.geteuid() == 0:
        folder.chmod(0o711)


def _make_private(folder: Path, user: OsUser | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    if user is not None:
        os.chown(folder, user.uid, user.gid)
