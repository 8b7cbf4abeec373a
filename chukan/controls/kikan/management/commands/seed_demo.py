import contextlib
import io
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from chukan.kernel import clock
from chukan.kernel.errors import Conflict
from chukan.settings import env

_LETTERS = "abcdefghjkmnprstuvwxyz23456789"


@dataclass(frozen=True, kw_only=True)
class DemoHokensha:
    """One made-up insurer."""

    code: str
    bango: str
    shubetsu: str
    meisho: str


@dataclass(frozen=True, kw_only=True)
class DemoShokuin:
    """One made-up member of staff and what may be shown with it."""

    soshiki: str  # 保険者コード, or the name of an operator
    shokuin_id: str
    shimei: str
    kengen: str
    kojin_bango: str = ""
    setsumei: str


HOKENSHA = (
    DemoHokensha(code="06132013", bango="06132013", shubetsu="kenpo_kumiai", meisho="見本健康保険組合"),
    DemoHokensha(code="01130012", bango="01130012", shubetsu="kyokai_kenpo", meisho="見本協会支部"),
    DemoHokensha(code="00133033", bango="133033", shubetsu="kokuho_kumiai", meisho="見本国民健康保険組合"),
)
OPERATORS = {"shiharai_kikin": "支払基金", "kokuho_chuokai": "国保中央会", "unyo_hoshu": "運用保守事業者"}
_CLERK = "shikaku:shokai,shikaku:koshin"
_OPERATOR = "unyo:shokai,shikaku:shokai"
# Operators sign in without a 保険者コード: their IDs differ over all organisations. The first administrator of one has
# every right and comes before the others.
SHOKUIN = (
    DemoShokuin(
        soshiki="06132013",
        shokuin_id="S0001",
        shimei="見本 花子",
        kengen=_CLERK,
        kojin_bango="shikaku",
        setsumei="登録・照会・個人番号取扱",
    ),
    DemoShokuin(
        soshiki="06132013", shokuin_id="S0002", shimei="見本 次郎", kengen="shikaku:shokai", setsumei="照会だけ"
    ),
    DemoShokuin(
        soshiki="06132013", shokuin_id="K0001", shimei="見本 三千代", kengen="all", setsumei="システム管理責任者"
    ),
    DemoShokuin(
        soshiki="01130012",
        shokuin_id="S0001",
        shimei="見本 四郎",
        kengen=_CLERK,
        kojin_bango="shikaku",
        setsumei="登録・照会・個人番号取扱",
    ),
    DemoShokuin(
        soshiki="00133033",
        shokuin_id="S0001",
        shimei="見本 五月",
        kengen=_CLERK,
        kojin_bango="shikaku",
        setsumei="登録・照会・個人番号取扱",
    ),
    DemoShokuin(
        soshiki="shiharai_kikin",
        shokuin_id="SK001",
        shimei="見本 六花",
        kengen=f"{_OPERATOR},unyo:koshin",
        setsumei="運用監視",
    ),
    DemoShokuin(
        soshiki="shiharai_kikin",
        shokuin_id="SK002",
        shimei="見本 千歳",
        kengen="unyo:shokai,shonin:shokai",
        setsumei="機関別符号の照会・要求ファイルの送信・再発行（この権限は SK003 の依頼と SK004 の承認で付く）",
    ),
    DemoShokuin(
        soshiki="shiharai_kikin",
        shokuin_id="SK003",
        shimei="見本 百合",
        kengen="shonin:shokai",
        setsumei="オペレーション管理者（権限の依頼）",
    ),
    DemoShokuin(
        soshiki="shiharai_kikin", shokuin_id="SK900", shimei="見本 七海", kengen="all", setsumei="システム管理責任者"
    ),
    DemoShokuin(
        soshiki="kokuho_chuokai", shokuin_id="KC001", shimei="見本 八郎", kengen=_OPERATOR, setsumei="運用監視"
    ),
    # Two administrators witness the registration of an authenticator; this is the second one.
    DemoShokuin(
        soshiki="shiharai_kikin",
        shokuin_id="SK901",
        shimei="見本 九重",
        kengen="kanri:shokai,kanri:koshin,shonin:shokai,shonin:koshin",
        setsumei="システム管理責任者（認証器の登録の立会い、2人目の承認）",
    ),
    DemoShokuin(
        soshiki="shiharai_kikin",
        shokuin_id="SK004",
        shimei="見本 万里",
        kengen="shonin:shokai,shonin:koshin,kanri:shokai,kanri:koshin",
        setsumei="オペレーション管理責任者（承認。先に SK900 と SK901 の立会いで認証器を登録）",
    ),
    DemoShokuin(
        soshiki="unyo_hoshu",
        shokuin_id="UH001",
        shimei="見本 十和",
        kengen="unyo:shokai,unyo:koshin",
        setsumei="運用監視（ログインに生体認証が要る。最初に SK900 と SK901 の立会いで認証器を登録）",
    ),
)


class Command(BaseCommand):
    """Idempotent: what was made before keeps its password and its key."""

    help = "デモの保険者・職員・接続システムを登録し、CHUKAN_HOME/demo/accounts.json に書く（何度実行してもよい）"

    def handle(self, *_args: object, **_options: object) -> None:
        """Make what is missing, noting each part before the next one. Nothing made up goes into production."""
        if settings.CHUKAN_MODE == env.PRODUCTION:
            raise CommandError("デモの登録は、本番（CHUKAN_MODE=production）では使えません。")
        world = DemoWorld(Path(settings.CHUKAN_HOME) / "demo")
        for hokensha in HOKENSHA:
            call_command(
                "register_hokensha",
                code=hokensha.code,
                bango=[hokensha.bango],
                shubetsu=hokensha.shubetsu,
                meisho=hokensha.meisho,
                stdout=io.StringIO(),
            )
        for shokuin in SHOKUIN:
            world.add_shokuin(shokuin)
        world.add_client("onshi_client_id", kind="onshi", key=world.folder / "onshi" / "key.json")
        for hokensha in HOKENSHA:
            world.add_client(
                f"hokensha_client_id_{hokensha.code}",
                kind="hokensha",
                key=world.folder / "clients" / f"{hokensha.code}.json",
                hokensha=hokensha.code,
            )
        today = clock.today_jst()
        world.add_client(
            "pmh_client_id",
            kind="pmh",
            key=world.folder / "keys" / "pmh.json",
            itaku="01,02,03",
            kakuninsha="見本 七海",
            kakunin_ymd=today,
            minaoshi_ymd=today + timedelta(days=365),
        )
        world.add_client("nws_client_id", kind="nws", key=world.folder / "keys" / "nws.json")
        self.stdout.write(f"見本の世界の準備ができました: {world.note}")


class DemoWorld:
    """What has been made, as kept in accounts.json."""

    def __init__(self, folder: Path) -> None:
        """Read what an earlier run made."""
        self.folder = folder
        self.note = folder / "accounts.json"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._kept: dict[str, object] = {}
        if self.note.exists():
            self._kept = json.loads(self.note.read_text(encoding="utf-8"))

    def add_shokuin(self, shokuin: DemoShokuin) -> None:
        """Register one member of staff; the password is noted first, so that a broken run can be repeated."""
        accounts = self._accounts()
        known = {(str(row["soshiki_code"]), str(row["id"])) for row in accounts}
        if (shokuin.soshiki, shokuin.shokuin_id) not in known:
            accounts.append(self._row(shokuin))
            self._write("accounts", accounts)
        row = next(row for row in accounts if (row["soshiki_code"], row["id"]) == (shokuin.soshiki, shokuin.shokuin_id))
        if row["registered"]:
            return
        try:
            with _stdin(str(row["password"])):
                call_command(
                    "register_shokuin",
                    *(("--soshiki" if shokuin.soshiki in OPERATORS else "--hokensha"), shokuin.soshiki),
                    *("--id", shokuin.shokuin_id, "--shimei", shokuin.shimei, "--password-stdin"),
                    *("--kengen", shokuin.kengen, "--kojin-bango", shokuin.kojin_bango),
                    stdout=io.StringIO(),
                )
        except CommandError as error:
            if not isinstance(error.__cause__, Conflict):
                raise
        row["registered"] = True
        self._write("accounts", accounts)

    def add_client(self, name: str, *, kind: str, key: Path, hokensha: str = "", **itaku: object) -> None:
        """Make a key pair, unless there is one, and register its public part."""
        if name in self._kept:
            return
        key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        jwks = key.with_suffix(".jwks.json")
        if not key.exists():
            subprocess.run(  # noqa: S603  # our own module, no text from outside
                [sys.executable, "-m", "simulators.client", "keygen", "--out", str(key), "--jwks", str(jwks)],
                cwd=settings.BASE_DIR,
                check=True,
                capture_output=True,
            )
        out = io.StringIO()
        codes = [hokensha] if hokensha else []
        call_command("register_client", kind=kind, jwks=str(jwks), hokensha=codes, stdout=out, **itaku)
        self._write(name, json.loads(out.getvalue())["client_id"])

    def _row(self, shokuin: DemoShokuin) -> dict[str, object]:
        insurer = next((row for row in HOKENSHA if row.code == shokuin.soshiki), None)
        return {
            "soshiki_code": shokuin.soshiki,
            "hokensha_code": insurer.code if insurer else "",
            "soshiki": insurer.meisho if insurer else OPERATORS[shokuin.soshiki],
            "id": shokuin.shokuin_id,
            "shimei": shokuin.shimei,
            "password": new_password(),
            "setsumei": shokuin.setsumei,
            "registered": False,
        }

    def _accounts(self) -> list[dict[str, object]]:
        kept = self._kept.get("accounts")
        return kept if isinstance(kept, list) else []

    def _write(self, name: str, value: object) -> None:
        self._kept[name] = value
        fresh = self.note.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            json.dump(self._kept, out, ensure_ascii=False, indent=1)
        fresh.replace(self.note)


def new_password() -> str:
    """A random password in four groups that a person can type."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


@contextlib.contextmanager
def _stdin(text: str) -> Iterator[None]:
    before = sys.stdin
    sys.stdin = io.StringIO(f"{text}\n")
    try:
        yield
    finally:
        sys.stdin = before
