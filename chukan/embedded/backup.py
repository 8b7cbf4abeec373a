"""`make backup` and `make restore`: the database and the stored files, and apart from them the keys and the journal.

The folder of the keys mirrors what is there now: a key that was destroyed is gone there after the next backup too, so
that what an old backup still holds of an erased file opens nowhere. Who has both folders has everything.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from chukan.embedded.errors import StartError
from chukan.embedded.places import erase, make_home, prepare
from chukan.embedded.preparation import database_identity
from chukan.embedded.process_table import ROOT, Stage, manage
from chukan.embedded.processes import OsUser
from chukan.embedded.programs import find_postgres
from chukan.embedded.services import Services, read_addresses
from chukan.kernel import clock

DATABASE, OBJECTS, KEYS, JOURNAL = "database", "objects", "keys", "journal"
MANIFEST, OWNER = "manifest.json", "whose"
_UNFINISHED = ".part"
_CHUNK = 1 << 20


def backup(home: Path, to: Path, keys_to: Path, *, now: datetime) -> Path:
    """Copy everything of a running CHUKAN_HOME and return the new folder; nothing is stopped.

    Files go first and once more after the database, so that whatever the database names is there. Raises StartError,
    having written nothing, while a database of one's own is set.
    """
    _refuse_database_of_ones_own()
    if keys_to == to or keys_to.is_relative_to(to):
        message = "鍵はデータと別のフォルダに控えてください（KEYS）。"
        raise StartError(message)
    url = read_addresses(home).get("database_url")
    if not url:
        message = "データベースが動いていません。make demo などで起動してから控えを取ってください。"
        raise StartError(message)
    _refuse_keys_of_another(url, keys_to)
    folder = to / now.strftime("%Y%m%dT%H%M%SZ")
    growing = folder.with_name(folder.name + _UNFINISHED)
    growing.mkdir(parents=True, mode=0o700)
    try:
        _copy_objects(home / OBJECTS, growing / OBJECTS)
        _copy_database(url, growing / DATABASE)
        _copy_objects(home / OBJECTS, growing / OBJECTS)
        for name in (KEYS, JOURNAL):
            _mirror(home / name, keys_to / name)
        digests = {str(path.relative_to(growing)): _digest(path) for path in _files(growing / OBJECTS)}
        (growing / MANIFEST).write_text(json.dumps(digests, indent=1) + "\n", encoding="utf-8")
        growing.rename(folder)
    except BaseException:
        shutil.rmtree(growing, ignore_errors=True)
        raise
    return folder


def restore(home: Path, source: Path, keys_from: Path, *, who: str) -> dict[str, object]:
    """Make a CHUKAN_HOME out of a backup and the folder of its keys; erase again what was erased since.

    Where sealed rows of the operation log are lost, a signed note says so, in the name of `who`.

    Raises StartError when the home is not empty, a part is missing or not as it was written, or a database of one's own
    is set; nothing is left then.
    """
    _refuse_database_of_ones_own()
    if (home / "embedded.json").exists() or (home / KEYS / "kek.json").exists():
        raise StartError(f"{home} は空ではありません。復元先には新しい CHUKAN_HOME を指定してください。")
    _verify(source, keys_from)
    try:
        return _fill(home, source, keys_from, who)
    except BaseException:
        erase(home)
        for name in (KEYS, JOURNAL, OBJECTS):
            shutil.rmtree(home / name, ignore_errors=True)
        raise


def _refuse_database_of_ones_own() -> None:
    """Its data would lie beside keys of another, and what is done again after a restore would be done there."""
    named = sorted(name for name, value in os.environ.items() if name.startswith("CHUKAN_DATABASE_URL") and value)
    if named:
        text = "控えを取るのも戻すのも、内蔵のデータベースだけです。"
        raise StartError(f"{text}{'、'.join(named)} を外して、もう一度実行してください。")


def _fill(home: Path, source: Path, keys_from: Path, who: str) -> dict[str, object]:
    make_home(home)
    for name in (KEYS, JOURNAL):
        shutil.copytree(keys_from / name, home / name, dirs_exist_ok=True)
    shutil.copytree(source / OBJECTS, home / OBJECTS)
    places = prepare(home)
    shutil.copytree(source / DATABASE, places.data)
    _give(places.data, places.user)
    services = Services(home)
    services.start()
    try:
        put_back = _note_restore(home, who)
        erased = _told(home, "worker", "replay_erasures", failure="消去をやり直せませんでした")
    finally:
        services.stop()
    return erased | {"sealed": put_back}


def _note_restore(home: Path, who: str) -> dict[str, object]:
    """Sign from where to where the operation log was put back: without it nothing would ever be sealed again."""
    failure = "復元の記録に署名できませんでした"
    return _told(home, "sealer", "record_restore", "--who", who, failure=failure)


def _told(home: Path, role: str, *command: str, failure: str) -> dict[str, object]:
    done = subprocess.run(
        manage(*command),
        env=Stage(home=home, port=0).environment(role),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StartError(f"{failure}: {done.stderr[-500:]}")
    told: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return told


def _refuse_keys_of_another(url: str, keys_to: Path) -> None:
    """Note whose keys the folder mirrors; those of another database would be removed from it."""
    ours, note = database_identity(url), keys_to / OWNER
    if note.exists() and note.read_text(encoding="ascii") != ours:
        raise StartError(f"{keys_to} には別のデータベースの鍵があります。別のフォルダを KEYS に指定してください。")
    keys_to.mkdir(parents=True, exist_ok=True, mode=0o700)
    note.write_text(ours, encoding="ascii")


def _copy_database(url: str, target: Path) -> None:
    address = conninfo_to_dict(url)
    password = str(address.pop("password", ""))
    command = [str(find_postgres().bin / "pg_basebackup"), f"--pgdata={target}", "--format=plain"]
    command += ["--wal-method=stream", "--checkpoint=fast", "--no-password"]
    command += [f"--{name}={address[key]}" for name, key in (("host", "host"), ("port", "port"), ("username", "user"))]
    done = subprocess.run(
        command, env={**os.environ, "PGPASSWORD": password}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StartError(f"データベースの控えを取れません: {done.stderr}")


def _copy_objects(source: Path, target: Path) -> None:
    target.mkdir(mode=0o700, exist_ok=True)
    for path in _files(source):
        copy = target / path.relative_to(source)
        if path.name.endswith(_UNFINISHED) or copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            shutil.copy2(path, copy)
        except FileNotFoundError:  # erased meanwhile
            copy.unlink(missing_ok=True)


def _mirror(source: Path, target: Path) -> None:
    """Make the target the same as the source: new and changed files are copied, others removed."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = {path.relative_to(source) for path in _files(source)}
    for path in list(_files(target)):
        if path.relative_to(target) not in wanted:
            path.unlink()
    for relative in wanted:
        copy = target / relative
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = copy.with_name(copy.name + _UNFINISHED)
        shutil.copy2(source / relative, fresh)
        fresh.replace(copy)


def _verify(source: Path, keys_from: Path) -> None:
    for folder in (source / DATABASE, source / OBJECTS, keys_from / KEYS, keys_from / JOURNAL):
        if not folder.is_dir():
            raise StartError(f"控えに {folder.name} がありません: {folder.parent}")
    told: dict[str, str] = json.loads((source / MANIFEST).read_text(encoding="utf-8"))
    found = {str(path.relative_to(source)): _digest(path) for path in _files(source / OBJECTS)}
    if found != told:
        message = "控えのファイルが、控えを取ったときのものと違います。復元しません。"
        raise StartError(message)
    done = subprocess.run(
        [str(find_postgres().bin / "pg_verifybackup"), "--quiet", str(source / DATABASE)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StartError(f"データベースの控えが壊れています。復元しません: {done.stderr}")


def _give(folder: Path, user: OsUser | None) -> None:
    folder.chmod(0o700)
    if user is None:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user.uid, user.gid, follow_symlinks=False)


def _files(folder: Path) -> Iterator[Path]:
    yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def main() -> int:
    """`python -m chukan.embedded.backup take|restore …`; a failure is one line on stderr."""
    parser = argparse.ArgumentParser(description="控えを取る、控えから戻す")
    parser.add_argument("what", choices=("take", "restore"))
    parser.add_argument("--home", type=Path, default=Path(os.environ.get("CHUKAN_HOME") or ".chukan"))
    parser.add_argument("--data", type=Path, required=True, help="控えのフォルダ（戻すときはその中の一つ）")
    parser.add_argument("--keys", type=Path, required=True, help="鍵と消去の記録のフォルダ。データとは別の場所に置く")
    account = os.environ.get("LOGNAME") or f"uid {os.getuid()}"
    parser.add_argument("--who", default=account, help="戻す人。操作ログが戻ったことの記録に残る")
    given = parser.parse_args()
    home, data, keys = (path.expanduser().resolve() for path in (given.home, given.data, given.keys))
    started = time.monotonic()
    try:
        if given.what == "take":
            print(
                f"控えを取りました: {backup(home, data, keys, now=clock.now())}（{time.monotonic() - started:.1f} 秒）"
            )
            return 0
        told = restore(home, data, keys, who=given.who)
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"戻しました: {home}（{time.monotonic() - started:.1f} 秒）")
    print(f"  控えの後に消去されていた鍵 {told['keys']} 件、ファイル {told['objects']} 件を消去し直しました。")
    print(f"  消去済みの訂正待ち {told['refused']} 件を取り除きました。")
    put_back = told["sealed"]
    if isinstance(put_back, dict) and put_back:
        sizes = f"封印 {put_back['before']} 件から {put_back['after']} 件へ戻りました"
        print(f"  操作ログは{sizes}。署名した記録を journal に残しました。")
    lost = told["lost"]
    if isinstance(lost, list) and lost:
        print(
            f"  ファイルが残っていない受付 {len(lost)} 件を拒否にしました。送り直しを依頼してください: {' '.join(lost)}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
