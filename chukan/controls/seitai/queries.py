"""Reads authenticators, and what this installation accepts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings

from chukan.controls.kikan.domain import OPERATORS
from chukan.controls.seitai.domain import Models, Place, Witness
from chukan.controls.seitai.models import SeitaiAuthenticator, SeitaiChallenge
from chukan.controls.seitai.verification import Key
from chukan.controls.shokuin.domain import is_valid_on, staff_zone
from chukan.controls.shokuin.models import Account
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import reads


def place() -> Place:
    """Return where confirmations have to be made in this installation."""
    return Place(rp_id=settings.SEITAI_RP_ID, origins=frozenset(settings.SEITAI_ORIGINS))


def models() -> Models:
    """Return the authenticators that may be registered in this installation."""
    return Models(frozenset(settings.SEITAI_MODELS))


def roots() -> tuple[bytes, ...]:
    """Return the certificates (PEM) of the makers whose word about a model counts."""
    return _read_roots(settings.SEITAI_ROOTS) if settings.SEITAI_ROOTS else ()


@cache
def _read_roots(path: str) -> tuple[bytes, ...]:
    found = x509.load_pem_x509_certificates(Path(path).read_bytes())
    return tuple(certificate.public_bytes(Encoding.PEM) for certificate in found)


@dataclass(frozen=True, slots=True)
class AuthenticatorRow:
    """One live authenticator as a list shows it."""

    id: UUID
    account_id: UUID
    shokuin_id: str
    shimei: str
    slot: int
    meisho: str
    aaguid: UUID
    is_attested: bool
    registered_at: datetime
    registered_by: tuple[str, str]
    last_used_at: datetime | None

    @property
    def tachiaisha(self) -> tuple[tuple[str, str], ...]:
        """Return the organisation and the 職員ID of each administrator who was present."""
        parts = (name.partition("/") for name in self.registered_by)
        return tuple((OPERATORS.get(zone, zone), shokuin_id) for zone, _, shokuin_id in parts)


@reads
def live_keys(*, by: Principal, zone: str, account_id: UUID) -> tuple[Key, ...]:
    """Return the keys of a person's live authenticators as the browser is told of them."""
    held = SeitaiAuthenticator.objects.filter(account_id=account_id, ended_at__isnull=True).order_by("slot")
    return tuple(Key(bytes(row.credential_id), tuple(row.transports)) for row in held)


@reads
def find_witness(*, by: Principal, zone: str, account_id: UUID, on: date) -> Witness:
    """Return who an account of the zone is, as a witness."""
    account = Account.objects.select_related("shokuin").get(id=account_id)
    return Witness(
        account_id=account.id,
        zone=account.zone,
        shokuin_id=account.shokuin.shokuin_id,
        kubun=account.shokuin.kubun,
        is_valid=is_valid_on(account.valid_from, account.valid_to, on) and not account.must_change,
    )


@reads
def _list(*, by: Principal, zone: str) -> tuple[AuthenticatorRow, ...]:
    found = SeitaiAuthenticator.objects.select_related("account__shokuin").filter(zone=zone, ended_at__isnull=True)
    return tuple(
        AuthenticatorRow(
            id=row.id,
            account_id=row.account_id,
            shokuin_id=row.account.shokuin.shokuin_id,
            shimei=row.account.shokuin.shimei,
            slot=row.slot,
            meisho=row.meisho,
            aaguid=row.aaguid,
            is_attested=row.is_attested,
            registered_at=row.registered_at,
            registered_by=(row.registered_by_1, row.registered_by_2),
            last_used_at=row.last_used_at,
        )
        for row in found.order_by("account__shokuin__shokuin_id", "slot")
    )


def list_authenticators(*, by: Principal) -> tuple[AuthenticatorRow, ...]:
    """Return the live authenticators of the actor's own organisation, in the order of 職員ID."""
    return _list(by=by, zone=staff_zone(by))


def list_own_authenticators(*, by: Principal) -> tuple[AuthenticatorRow, ...]:
    """Return the live authenticators of the actor."""
    return tuple(row for row in list_authenticators(by=by) if row.shokuin_id == by.actor_id)


@dataclass(frozen=True, slots=True)
class Ninsho:
    """Who gave one confirmation, with which authenticator, when."""

    shokuin_id: str
    shimei: str
    meisho: str
    verified_at: datetime


@reads
def _ninsho(*, by: Principal, zone: str, ninsho_id: Collection[UUID]) -> dict[UUID, Ninsho]:
    found = SeitaiChallenge.objects.select_related("account__shokuin", "authenticator").filter(
        zone=zone, id__in=ninsho_id, verified_at__isnull=False
    )
    return {
        row.id: Ninsho(
            shokuin_id=row.account.shokuin.shokuin_id,
            shimei=row.account.shokuin.shimei,
            meisho=row.authenticator.meisho,
            verified_at=row.verified_at,
        )
        for row in found
        if row.authenticator is not None and row.verified_at is not None
    }


def find_ninsho(*, by: Principal, ninsho_id: Collection[UUID]) -> dict[UUID, Ninsho]:
    """Return the confirmations given in the actor's own organisation, by their number. 根拠: KJ-LOG-02."""
    return _ninsho(by=by, zone=staff_zone(by), ninsho_id=ninsho_id)
