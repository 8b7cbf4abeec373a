"""The way of a code: requests from facts, files, answers; each step through the product's own tasks and actions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric import ed25519

from chukan.controls.seitai.actions import consume
from chukan.controls.setsuzoku.actions.register_client import register_client
from chukan.kernel.http.jwk import to_jwk
from chukan.kernel.outbox.models import OutboxMessage
from chukan.kernel.principal import Principal, system_principal
from chukan.kernel.values.kikanbetsu_fugo import KikanbetsuFugo
from fugo import tasks
from fugo.actions.deliver_yokyu_file import deliver_yokyu_files
from fugo.actions.record_fugo import record_fugo
from fugo.actions.send_yokyu_file import PURPOSE, send_yokyu_file
from fugo.actions.transfer_yokyu_file import Sizes, transfer_yokyu_files
from fugo.domain.answer_matching import Juryo, Received
from fugo.domain.yokyu_file import bound_of
from fugo.gateways.juki_ap import OutcomeUnknown
from fugo.models import YokyuFile
from tests.support.authenticator import confirmation, own_authenticator, registered
from tests.support.machines import COMMAND, Machine
from tests.support.members import NOW, asked
from tests.support.staff import an_operator, signed_in
from tests.support.world import as_role

if TYPE_CHECKING:
    from tests.support.world import World

HEARS = "fugo.tasks.request_of_block"
WORKER = system_principal(actor_id="worker")
AT_ONCE = Sizes(full=1, interval=timedelta(0))
NWS = Principal(channel="nws", soshiki="nws", actor_id="nws-1", actor_name="NWS", terminal="t", request_id="req-test")


def kikin(
    *, soshiki: str = "shiharai_kikin", channel: Any = "operator", verbs: Sequence[str] = ("koshin",)
) -> Principal:
    """Return an operator of 支払基金 who may send request files."""
    return Principal(
        channel=channel,
        soshiki=soshiki,
        actor_id="SK001",
        actor_name="見本六花",
        kengen=frozenset({("fugo", "shokai"), *(("fugo", verb) for verb in verbs)}),
        terminal="T-9",
        request_id="req-test",
    )


def requests_made() -> int:
    """Do what every fact that waits asks for, as the worker would when the relay rings; return how many there were."""
    waiting: list[Any] = list(OutboxMessage.objects.filter(task=HEARS).order_by("id"))
    for message in waiting:
        tasks.request_of_block(event_id=message.pk, **message.payload)
    return len(waiting)


@dataclass
class Line:
    """住基ネット in the hand of a test: takes files, or does with them what it is told."""

    files: dict[UUID, bytes] = field(default_factory=dict)
    calls: int = 0
    status: int = 202
    silent: bool = False

    def put(self, file_id: UUID, content: BinaryIO, *, now: datetime) -> int:
        """Take a file as `JukiGateway.put` does."""
        self.calls += 1
        if self.silent:
            raise OutcomeUnknown("silent")
        body = content.read()
        if self.status == 202:
            assert self.files.setdefault(file_id, body) == body
        return self.status

    def lines(self) -> list[tuple[UUID, str]]:
        """Return every (処理通番, 個人番号) that came, in order."""
        rows = [line.split(",") for body in self.files.values() for line in body.decode().splitlines()[1:]]
        return [(UUID(tsuban), number) for tsuban, number in rows]


def sender() -> Principal:
    """Register the operator who sends, with an authenticator, and return that person signed in."""
    by = kikin()
    an_operator(by.actor_id, kengen=frozenset({("fugo", "koshin")}))
    registered(by.actor_id, own_authenticator(by.actor_id))
    return signed_in(by)


def file_confirmed(by: Principal, file: YokyuFile, *, now: datetime) -> UUID:
    """Return the operator's confirmation of exactly this file."""
    bound = bound_of(file.id.bytes, file.sha256)
    return confirmation(by, own_authenticator(by.actor_id), purpose=PURPOSE, bound=bound, now=now)


def transferred(*, now: datetime = NOW, sizes: Sizes = AT_ONCE) -> list[Any]:
    """Make files of what waits, as the worker; return the rows of all files."""
    transfer_yokyu_files(by=WORKER, now=lambda: now, sizes=sizes)
    return list(YokyuFile.objects.order_by("created_at", "id"))


def released(world: World, file_id: UUID, *, now: datetime = NOW) -> UUID:
    """Let an operator confirm and send the file, as the web process; return the confirmation."""
    with as_role(world, "web"):
        is_known = asked(world, "SELECT count(*) FROM shokuin_shokuin WHERE shokuin_id = %s", kikin().actor_id)[0][0]
        by = signed_in(kikin()) if is_known else sender()
        file = YokyuFile.objects.filter(id=file_id).first()
        ninsho_id = uuid4() if file is None else file_confirmed(by, file, now=now)
        send_yokyu_file(by=by, file_id=file_id, ninsho_id=ninsho_id, consume=consume, now=now)
    return ninsho_id


def delivered(line: Line, *, now: datetime = NOW) -> int:
    """Hand over what was released, as the worker."""
    return deliver_yokyu_files(by=WORKER, gateway=line, now=lambda: now)


def all_sent(world: World, *, now: datetime = NOW) -> Line:
    """Go from waiting requests to 送信 with everything there is; the process must be the worker."""
    line = Line()
    for file in transferred(now=now):
        if file.state == "soshin_machi":
            released(world, file.id, now=now)
    delivered(line, now=now)
    return line


def code_of(serial: int, *, issue: int = 1) -> str:
    """Return a made-up code of letters."""
    return f"F{issue}" + "".join("ABCDEFGHJK"[int(digit)] for digit in f"{serial:010d}")


def brought(world: World, *pairs: tuple[UUID, str], now: datetime = NOW) -> list[Juryo]:
    """Bring codes in one message, as the web process; return what became of each."""
    received = [Received(tsuban, KikanbetsuFugo.parse(code)) for tsuban, code in pairs]
    with as_role(world, "web"):
        return list(record_fugo(by=NWS, received=received, now=now))


def tsuban_of(world: World, edaban: int = 1, hokensha_code: str = "06132013") -> UUID:
    """Return the 処理通番 of the newest request that came from a member."""
    found = asked(
        world,
        "SELECT shori_tsuban FROM fugo_shutoku_yokyu WHERE hokensha_code = %s AND hihokensha_edaban = %s"
        " ORDER BY 1 DESC LIMIT 1",
        hokensha_code,
        edaban,
    )
    return UUID(str(found[0][0]))


def states(world: World) -> list[str]:
    """Return the 符号取得ステータス of all requests in the order they were made."""
    return [row[0] for row in asked(world, "SELECT fugo_shutoku_status FROM fugo_shutoku_yokyu ORDER BY shori_tsuban")]


def an_nws(world: World) -> Machine:
    """Register 情報提供NWS with one key."""
    private = ed25519.Ed25519PrivateKey.generate()
    with as_role(world, "kanri"):
        client_id = register_client(
            by=COMMAND,
            kind="nws",
            hokensha_codes=(),
            jwks={"keys": [to_jwk(private.public_key(), "k1")]},
            valid_from=date(2026, 1, 1),
            valid_to=None,
            now=datetime.now(UTC),
        )
    return Machine(client_id, {"k1": private})
