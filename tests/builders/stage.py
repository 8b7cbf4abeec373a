"""Two insurers with rows behind every door, and what was typed before the pages that go on from it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import UUID

import psycopg

from chukan.controls.kengen.actions.staff_slip import hold_staff_slip, keep_staff_slip, spend_staff_slip
from chukan.controls.kengen.queries import StaffAnswer
from chukan.controls.shokuin.queries import list_shokuin
from chukan.kernel import clock
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction
from shikaku.actions.terminal_slip import hold_slip, keep_slip, spend_slip
from tests.builders.files import Sent, send_file
from tests.builders.lines import NOT_YET, file_text, kojin_bango, message
from tests.builders.routes import NOBODY
from tests.builders.two_insurers import SLIP, STAFF_SLIP, Insurer, seed_two
from tests.support.principals import clerk
from tests.support.staff import a_staff
from tests.support.world import World, as_role

TYPED = 3000  # the person whose number is typed at the forms
_NO_ROW = UUID(NOBODY)
_KEPT_AGAIN = """
UPDATE uketsuke_uketsuke SET refused_until = now() + interval '1 day' WHERE id = %s AND refused_until IS NULL
"""
_HELD_AGAIN = (
    "UPDATE uketsuke_uketsuke SET state = 'horyu', reason_code = '', finished_at = NULL WHERE id = %s",
    "UPDATE uketsuke_horyu SET decision = '' WHERE uketsuke_id = %s",
)
_NEWEST = """
SELECT rireki_tsuban FROM shikaku_rireki WHERE hokensha_code = %s AND hihokensha_edaban = 1 AND superseded_at IS NULL
"""


@dataclass(frozen=True)
class Things:
    """The rows of one zone that doors are about."""

    code: str
    file: Sent
    held: Sent
    row_id: UUID = _NO_ROW
    staff_row: UUID = _NO_ROW
    irai: UUID = _NO_ROW
    thrown: Sent | None = None
    person: int = 0
    start: int = 0
    seen: int = 0

    @property
    def people(self) -> tuple[str, ...]:
        """Return what names the members and the staff of the zone."""
        people = (self.start, self.start + 1, self.start + 2)
        return (*(f"{kind}{n}" for n in people for kind in ("花", "記")), f"I{self.start}")

    @property
    def marks(self) -> tuple[str, ...]:
        """Return what names the people and files of the zone."""
        return (*self.people, *(sent.bango for sent in (self.file, self.held, self.thrown) if sent is not None))

    @property
    def numbers(self) -> tuple[str, ...]:
        """Return the 個人番号 of the people of the zone."""
        return tuple(kojin_bango(self.start + n) for n in (0, 1, 2, 50, 60))


@dataclass
class Stage:
    """The two insurers, the administrator, and the slips that are not spent yet."""

    world: World
    admin: psycopg.Connection
    mine: Things
    theirs: Things
    slips: dict[tuple[str, str, str], UUID] = field(default_factory=dict)

    def slip(self, kind: str, things: Things, actor_id: str) -> UUID:
        """Return a slip of a person; the same one until it is given up."""
        key = (kind, things.code, actor_id)
        if key not in self.slips:
            self.slips[key] = _slip(kind, things, actor_id)
        return self.slips[key]

    def late_slip(self, kind: str, things: Things, actor_id: str) -> UUID:
        """Return a slip of a person about a member who was changed since."""
        return _slip(kind, replace(things, seen=things.seen + 1), actor_id)

    def keep_again(self, sent: Sent) -> None:
        """Let a file's refused lines be there, whoever discarded them."""
        self.admin.execute(_KEPT_AGAIN, [sent.row_id])

    def hold_again(self, sent: Sent) -> None:
        """Let a file wait for its decision, whoever took it back."""
        for statement in _HELD_AGAIN:
            self.admin.execute(statement, [sent.row_id])


def set_up(world: World, admin: psycopg.Connection) -> Stage:
    """Give two insurers rows behind every door."""
    mine, theirs = seed_two(world)
    return Stage(world, admin, _things(world, admin, mine, 1000), _things(world, admin, theirs, 2000))


def _things(world: World, admin: psycopg.Connection, insurer: Insurer, start: int) -> Things:
    with as_role(world, "kanri"):
        staff_id = a_staff(f"I{start}", hokensha=insurer.code)
    with as_role(world, "worker"):
        bad = message(start + 3, hokensha=insurer.code, shikaku={"shikaku_shutoku_ymd": NOT_YET})
        thrown = send_file(file_text([bad]), by=clerk(insurer.code), now=clock.now())
    newest = admin.execute(_NEWEST, [insurer.code]).fetchone()
    assert newest is not None
    return Things(
        code=insurer.code,
        file=insurer.file,
        held=insurer.held,
        row_id=insurer.row_id,
        staff_row=next(row.id for row in list_shokuin(by=clerk(insurer.code)) if row.shokuin_id == staff_id),
        irai=insurer.irai,
        thrown=thrown,
        person=start + 1,
        start=start,
        seen=newest[0],
    )


@own_transaction
def _spent(*, by: Principal, slip_id: UUID) -> None:
    at = clock.now().isoformat()
    facts = {"shori": "01", "edaban": 1, "tsuban": 1, "uketsuke_bango": "20261120-ABCDEFGHJK", "at": at, "keikoku": []}
    spend_slip(by=by, slip=hold_slip(by=by, slip_id=slip_id), facts=facts)


@own_transaction
def _staff_spent(*, by: Principal, slip_id: UUID) -> None:
    now = clock.now()
    answer = StaffAnswer(_NO_ROW, "S0100", "試験太郎", is_new=True, password="kari-no-aikotoba")
    spend_staff_slip(by=by, slip=hold_staff_slip(by=by, slip_id=slip_id, now=now), answer=answer, now=now)


def _staff_slip(kind: str, by: Principal) -> UUID:
    slip = keep_staff_slip(by=by, content=STAFF_SLIP, now=clock.now())
    if kind == "staff_spent":
        _staff_spent(by=by, slip_id=slip)
    return slip


def _slip(kind: str, things: Things, actor_id: str) -> UUID:
    """Keep what a person of a zone typed, as the page before would have; its registration would be refused."""
    by, row = replace(clerk(things.code), actor_id=actor_id), str(things.row_id)
    if kind.startswith("staff"):
        return _staff_slip(kind, by)
    # 修正 is to a colleague's number, 喪失 says no day: the rules refuse both.
    number = {"toroku": TYPED, "spent": TYPED, "shusei": things.start + 1}.get(kind)
    contents: dict[str, dict[str, object]] = {
        "kensaku": {"values": {"kana": "ミホン"}, "starts": [0]},
        "rireki": {"row": row, "values": {"on": "R8.4.1"}},
        "toroku": SLIP,
        "spent": SLIP,
        "ikkatsu": {"rows": [row], "values": {"shikaku.shikaku_soshitsu_ymd": "R8.9.30"}},
        "file_fix": {"row": str(things.file.row_id), "meisai": 2, "values": {}, "cleared": [], "typed": [False, False]},
    }
    content = contents.get(kind, SLIP | {"row": row, "tsuban": 1, "seen": things.seen})
    stored = "toroku" if kind == "spent" else kind
    bango = "" if number is None else kojin_bango(number)
    slip = keep_slip(by=by, kind=stored, content=content, kojin_bango=bango, now=clock.now())
    if kind == "spent":
        _spent(by=by, slip_id=slip)
    return slip
