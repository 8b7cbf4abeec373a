"""Reads 依頼 and decisions. What an approver wrote stays hidden from everybody else until the decision is taken."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chukan.controls.shokuin.domain import staff_zone
from chukan.controls.shokuin.models import Shokuin
from chukan.controls.shonin.domain import DECIDED, KINDS, STATE_NAMES, KindRule, State, ninzu_of, shown, state_on
from chukan.controls.shonin.models import Baitai, Irai
from chukan.kernel.errors import NotFound
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads

IRAI_NASHI = ("irai_nashi", "この依頼は見つかりませんでした。一覧から選び直してください。")


@dataclass(frozen=True, slots=True)
class Handan:
    """One decision; `comment` is None while it may not be read by whoever looks."""

    shokuin_id: str
    shimei: str
    is_approval: bool
    comment: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class IraiRow:
    """One 依頼 as people see it."""

    id: UUID
    kind: str
    payload: dict[str, str | int]
    payload_hash: bytes
    riyu: str
    hitsuyo_ninzu: int
    shinseisha_id: str
    shinseisha_mei: str
    state: State
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    handan: tuple[Handan, ...]

    @property
    def rule(self) -> KindRule:
        """Return the rule of its kind."""
        return KINDS[self.kind]

    @property
    def state_name(self) -> str:
        """Return the state in words."""
        return STATE_NAMES[self.state]

    @property
    def items(self) -> tuple[tuple[str, str], ...]:
        """Return what is asked for, label and text."""
        return shown(self.kind, self.payload)

    @property
    def ninzu(self) -> int | None:
        """Return how many people are touched."""
        return ninzu_of(self.kind, self.payload)

    @property
    def decided_by(self) -> frozenset[str]:
        """Return the 職員ID of those who have decided."""
        return frozenset(one.shokuin_id for one in self.handan)

    @property
    def taisho(self) -> str | None:
        """Return the 職員ID of the person who would gain something, None when nobody would."""
        value = self.payload.get("shokuin_id")
        return None if value is None else str(value)


def _row(irai: Irai, *, by: Principal, now: datetime) -> IraiRow:
    state = state_on(State(irai.state), expires_at=irai.expires_at, now=now)
    decisions = sorted(irai.shonin.all(), key=lambda one: one.at)
    return IraiRow(
        id=irai.id,
        kind=irai.kind,
        payload=irai.payload,
        payload_hash=bytes(irai.payload_hash),
        riyu=irai.riyu,
        hitsuyo_ninzu=irai.hitsuyo_ninzu,
        shinseisha_id=irai.shinseisha.shokuin_id,
        shinseisha_mei=irai.shinseisha.shimei,
        state=state,
        created_at=irai.created_at,
        expires_at=irai.expires_at,
        used_at=irai.used_at,
        handan=tuple(
            Handan(
                shokuin_id=one.shoninsha.shokuin_id,
                shimei=one.shoninsha.shimei,
                is_approval=one.handan == "shonin",
                comment=one.comment if state in DECIDED or one.shoninsha.shokuin_id == by.actor_id else None,
                at=one.at,
            )
            for one in decisions
        ),
    )


@reads
def _list(*, by: Principal, zone: str, shinseisha: str | None, limit: int, now: datetime) -> tuple[IraiRow, ...]:
    found = Irai.objects.filter(zone=zone).select_related("shinseisha").prefetch_related("shonin__shoninsha")
    if shinseisha is not None:
        found = found.filter(shinseisha__shokuin_id=shinseisha)
    return tuple(_row(irai, by=by, now=now) for irai in found.order_by("-created_at", "-id")[:limit])


def list_irai(*, by: Principal, limit: int, now: datetime) -> tuple[IraiRow, ...]:
    """Return the newest 依頼 of the actor's own organisation."""
    return _list(by=by, zone=staff_zone(by), shinseisha=None, limit=limit, now=now)


def list_own_irai(*, by: Principal, limit: int, now: datetime) -> tuple[IraiRow, ...]:
    """Return the newest 依頼 of the actor."""
    return _list(by=by, zone=staff_zone(by), shinseisha=by.actor_id, limit=limit, now=now)


@reads
def _get(*, by: Principal, zone: str, shonin_id: UUID, now: datetime) -> IraiRow:
    irai = (
        Irai.objects.select_related("shinseisha")
        .prefetch_related("shonin__shoninsha")
        .filter(zone=zone, id=shonin_id)
        .first()
    )
    if irai is None:
        raise NotFound(*IRAI_NASHI)
    return _row(irai, by=by, now=now)


def get_irai(*, by: Principal, shonin_id: UUID, now: datetime) -> IraiRow:
    """Return one 依頼 of the actor's own organisation. Raises NotFound for all others."""
    return _get(by=by, zone=staff_zone(by), shonin_id=shonin_id, now=now)


@reads
def _list_baitai(*, by: Principal, zone: str) -> tuple[tuple[str, str], ...]:
    found = Baitai.objects.filter(zone=zone).order_by("baitai_id")
    return tuple(found.values_list("baitai_id", "shurui"))


def list_baitai(*, by: Principal) -> tuple[tuple[str, str], ...]:
    """Return 媒体ID and kind of every medium an extraction may go to. 根拠: KJ-DUAL-06."""
    return _list_baitai(by=by, zone=staff_zone(by))


def shokuin_of(*, by: Principal, zone: str, shokuin_id: str) -> Shokuin | None:
    """Return, inside the zone's transaction, one member of its staff, or None."""
    return Shokuin.objects.filter(zone=zone, shokuin_id=shokuin_id).first()
