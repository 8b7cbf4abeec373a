"""`make demo`: everything from the database to the screens, kept running until Ctrl-C."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from chukan.embedded.errors import AlreadyRunning, StartError
from chukan.embedded.places import make_home
from chukan.embedded.preparation import (
    FIRST_MEMBERS_FILE,
    HOKENSHA_CODE,
    SAMPLE_FILE,
    free_port,
    free_ports,
    is_free,
    prepare,
)
from chukan.embedded.process_table import CORE, EXCHANGE, JICHITAI, PARTNERS, Stage, jichitai_options, module
from chukan.embedded.services import Services, add_addresses
from chukan.embedded.supervisor import Stopped, Supervisor, end_left_overs

_READY_PATIENCE = 120.0
_LAST_PORT = 65535
PARTNER_NAMES = {
    "pmh": "PMH（Public Medical Hub）",
    "yobosesshu": "予診情報・予防接種記録管理／請求支払システム",
    "mynaportal": "マイナポータル",
    "rireki_kaito": "履歴照会回答システム",
    "juki": "住基ネット",
    "nws": "情報提供ネットワークシステム",
}


class _End:
    """Remembers that the end was asked for."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self) -> bool:
        return self.asked

    def ask(self, *_signal: object) -> None:
        """Signal handler."""
        self.asked = True


def main() -> int:
    """Run the demo; a failure is one line on stderr."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # every child inherits it: memory holds keys and numbers
    end = _End()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end.ask)
    try:
        stage = Stage(home=Path(os.environ.get("CHUKAN_HOME") or ".chukan").expanduser().resolve(), port=_port())
        make_home(stage.home)
        with _only_one(stage.home):
            _run(stage, end)
    except Stopped:
        print("終了しました。", flush=True)
    except StartError as error:
        print(error, file=sys.stderr, flush=True)
        return 1
    return 0


def _run(stage: Stage, end: _End) -> None:
    for name in end_left_overs(stage.home):
        _say(f"前回残ったプロセスを終了しました: {name}")
    if not is_free(stage.port):
        message = f"ポート {stage.port} は使われています。CHUKAN_PORT に別の番号を指定してください。"
        raise StartError(message)
    (stage.demo).mkdir(mode=0o700, exist_ok=True)
    if not os.environ.get("CHUKAN_ONSHI_URL"):
        stage = replace(stage, onshi_port=free_port(stage.demo / "onshi.port"))
    exchange = () if os.environ.get("CHUKAN_JUKI_URL") or os.environ.get("CHUKAN_NWS_URL") else EXCHANGE
    names, taken = (partner.name for partner in (*PARTNERS, *exchange)), (stage.port, stage.onshi_port)
    stage = replace(stage, partner_ports=free_ports(stage.demo, names, taken=taken))
    services = Services(stage.home)
    supervisor = Supervisor(stage=stage, stopping=end)
    try:
        _say("データベースを起動しています")
        urls = services.start()
        addresses = {"web_url": stage.web_url}
        if stage.onshi_port is not None:
            addresses["onshi_url"] = stage.onshi_url
        addresses |= {f"{name}_url": stage.partner_url(name) for name in ("juki", "nws") if exchange}
        add_addresses(stage.home, **addresses)
        prepare(stage, supervisor, database_url=urls.database_url, say=_say)
        stage = _with_clients(stage)
        supervisor = Supervisor(stage=stage, stopping=end)
        _say("画面と処理を起動しています")
        supervisor.start(CORE)
        _wait_until_ready(stage, supervisor, services, end)
        supervisor.start((*PARTNERS, *exchange))  # after the web, so that nobody waits longer for the first page
        _send_first_members(stage, supervisor)
        _register_residents(stage, supervisor)
        _greet(stage)
        while not end():
            _tend(services, supervisor)
            time.sleep(0.5)
    finally:
        _say("終了しています")
        for name in supervisor.stop():
            _say(f"応答がないため強制終了しました: {name}")
        services.stop()
    _say("終了しました。")


def _with_clients(stage: Stage) -> Stage:
    made = _accounts(stage)
    onshi, pmh, nws = (str(made.get(f"{name}_client_id", "")) for name in ("onshi", "pmh", "nws"))
    return replace(stage, onshi_client_id=onshi, pmh_client_id=pmh, nws_client_id=nws)


def _tend(services: Services, supervisor: Supervisor) -> None:
    for name in (*services.revive(), *supervisor.tend()):
        _say(f"再起動しました: {name}")


def _wait_until_ready(stage: Stage, supervisor: Supervisor, services: Services, end: _End) -> None:
    deadline = time.monotonic() + _READY_PATIENCE
    while not _is_ready(stage):
        if end():
            raise Stopped
        if time.monotonic() > deadline:
            log = stage.home / "log" / "web.log"
            raise StartError(f"画面が起動しません: {supervisor.last_words('web')}（{log}）")
        _tend(services, supervisor)
        time.sleep(0.2)


def _is_ready(stage: Stage) -> bool:
    # Never by way of a proxy: the address is this machine's own.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"http://127.0.0.1:{stage.port}/health/ready", timeout=5) as answer:
            return int(answer.status) == 200  # noqa: PLR2004 - 200 OK
    except (urllib.error.URLError, OSError):
        return False


def _send_first_members(stage: Stage, supervisor: Supervisor) -> None:
    """Send a few hundred members through the normal file door, once, so that a search finds somebody."""
    note = _first_members_note(stage)
    client_id = _accounts(stage).get(f"hokensha_client_id_{HOKENSHA_CODE}")
    if note.exists() or not client_id:
        return
    _say("見本の加入者を送っています")
    argv = module(
        "simulators.hokensha",
        *("--base-url", stage.web_url, "--client-id", str(client_id), "--timeout", "120"),
        *("--key", str(stage.demo / "clients" / f"{HOKENSHA_CODE}.json"), str(stage.demo / FIRST_MEMBERS_FILE)),
    )
    try:
        supervisor.run_step("見本の加入者", argv, role="web")
    except StartError as error:
        # Sent by an earlier start that was stopped before it could note so: there is nothing left to do.
        if "jufuku_file" not in str(error):
            _say(f"{error}")
            return
    note.touch(mode=0o600)


def _first_members_note(stage: Stage) -> Path:
    return stage.demo / "first_members"


def _register_residents(stage: Stage, supervisor: Supervisor) -> None:
    """Let two municipalities register some of the first members and one resident be vaccinated, once."""
    note = stage.demo / "residents"
    if note.exists() or not _first_members_note(stage).exists():  # nobody insured: nobody would get a PMH-ID
        return
    _say("見本の住民を自治体に登録しています")
    pmh, yobosesshu, portal = (stage.partner_url(name) for name in ("pmh", "yobosesshu", "mynaportal"))
    registering = module(
        "simulators.jichitai",
        *("--keys", str(stage.demo / "keys"), *jichitai_options(), "--pmh-url", pmh, "--yobosesshu-url", yobosesshu),
        str(stage.demo / FIRST_MEMBERS_FILE),
    )
    playing = module(
        "simulators.jumin",
        *("--mynaportal-url", portal, "--yobosesshu-url", yobosesshu, "--jichitai", next(iter(JICHITAI))),
    )
    try:
        supervisor.run_step("見本の住民", registering, role="web")
        if stage.onshi_port is not None:  # the key of a resident reaches the others through our own stand-in only
            supervisor.run_step("見本の住民の予防接種", playing, role="web")
    except StartError as error:
        _say(f"{error}")
        return
    note.touch(mode=0o600)


def _greet(stage: Stage) -> None:
    told = _accounts(stage)
    _say(f"準備完了 {stage.web_url}/")
    if stage.onshi_port is not None:
        _say(f"  オンライン資格確認の模擬: http://localhost:{stage.onshi_port}/")
    for name, meisho in PARTNER_NAMES.items():
        if name not in stage.partner_ports:
            continue
        _say(f"  {meisho}の模擬: http://localhost:{stage.partner_ports[name]}/")
    accounts = told.get("accounts", [])
    _say("  保険者コード  職員ID  パスワード")
    for account in accounts if isinstance(accounts, list) else []:
        code = account["hokensha_code"] or "空欄    "
        _say(f"  {code}      {account['id']:<6}  {account['password']}  {account['soshiki']} {account['setsumei']}")
    _say(f"  見本ファイル: {stage.demo / SAMPLE_FILE}")
    _say("  終了は Ctrl-C")


def _accounts(stage: Stage) -> dict[str, object]:
    try:
        return dict(json.loads((stage.demo / "accounts.json").read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


@contextlib.contextmanager
def _only_one(home: Path) -> Iterator[None]:
    with (home / "run" / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning(f"このフォルダの demo は既に動いています: {home}") from None
        yield


def _port() -> int:
    text = os.environ.get("CHUKAN_PORT") or "8000"
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _LAST_PORT:
        raise StartError("CHUKAN_PORT には 1 から 65535 の番号を指定してください。")
    return int(text)


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
