"""F-crypto: a ciphertext opens in its own place only.

Ciphertexts are moved to another row, column, table, insurer or key and edited byte by byte: all are refused.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pytest

from chukan.kernel.crypto import envelope as envelope_module
from chukan.kernel.crypto.data_key import DataKey
from chukan.kernel.crypto.envelope import NONCE_LENGTH, TAG_LENGTH, RowSealer, open_envelope
from chukan.kernel.crypto.errors import EnvelopeRefused
from chukan.kernel.crypto.file_kms import ensure_kek
from chukan.kernel.crypto.keyring import Keyring
from shikaku.actions.block_numbers import KANYUSHA_TABLE, KOJIN_BANGO
from shikaku.queries.held import JOHO, RIREKI_TABLE
from tests.fakes.key_table import MemoryKeyTable
from tests.plugins_figures import Proof
from tests.support.principals import KENPO, OTHER_KENPO

CODES: Final = (KENPO, OTHER_KENPO)
COLUMNS: Final = ((RIREKI_TABLE, JOHO), (KANYUSHA_TABLE, KOJIN_BANGO), ("shikaku_terminal_slip", KOJIN_BANGO))
NONCE_AT: Final = 6
BODY_AT: Final = NONCE_AT + NONCE_LENGTH


@dataclass(frozen=True)
class Place:
    """Where a ciphertext belongs."""

    table: str
    envelope: str
    hokensha_code: str
    row_id: UUID


@dataclass
class Sealed:
    """A keyring with two generations of two insurers' keys, and ciphertexts in their places."""

    keyring: Keyring
    keys: list[int]
    rows: list[tuple[Place, bytes]]


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    made = Keyring(ensure_kek(tmp_path), MemoryKeyTable())
    for code in CODES:
        made.ensure_hokensha_keys(code)
    return made


def seal_rows(keyring: Keyring, dice: random.Random, count: int = 300) -> Sealed:
    """Seal rows of both insurers, the first half under keys that were replaced then."""
    rows: list[tuple[Place, bytes]] = []
    for half in range(2):
        for _ in range(count // 2):
            table, name = dice.choice(COLUMNS)
            place = Place(table, name, dice.choice(CODES), UUID(int=dice.getrandbits(128), version=4))
            key = keyring.active_dek(purpose="field", hokensha_code=place.hokensha_code)
            plain = dice.randbytes(dice.randrange(1, 200))
            rows.append((place, RowSealer(key, table=table, envelope=name).seal(place.row_id, plain)))
        if not half:
            for code in CODES:
                keyring.rotate_dek(purpose="field", hokensha_code=code)
    return Sealed(keyring, list(range(1, 14)), rows)


def _edited(data: bytes, at: int, value: int) -> bytes:
    return data[:at] + bytes([value]) + data[at + 1 :]


def _flipped(data: bytes, start: int, end: int, dice: random.Random) -> bytes:
    at = dice.randrange(start, end)
    return _edited(data, at, data[at] ^ 1 << dice.randrange(8))


def _other_byte(data: bytes, at: int, dice: random.Random) -> bytes:
    return _edited(data, at, (data[at] + dice.randrange(1, 256)) % 256)


def _other_column(place: Place, dice: random.Random) -> Place:
    table, name = dice.choice([column for column in COLUMNS if column[1] != place.envelope])
    return replace(place, table=table, envelope=name)


def _other_table(place: Place, dice: random.Random) -> Place:
    table = dice.choice([name for name, _ in COLUMNS if name != place.table])
    return replace(place, table=table)


def _other_key(data: bytes, keys: list[int], dice: random.Random) -> bytes:
    now = int.from_bytes(data[2:6], "big")
    key_id = dice.choice([key for key in (*keys, 4711) if key != now])
    return data[:2] + key_id.to_bytes(4, "big") + data[6:]


# What is done to one ciphertext: the place it is opened in and the bytes that are opened.
Attack = Callable[[Sealed, Place, bytes, random.Random], tuple[Place, bytes]]
ATTACKS: Final[dict[str, Attack]] = {
    "another row": lambda s, p, d, dice: (replace(p, row_id=dice.choice([r for r, _ in s.rows if r != p]).row_id), d),
    "another column": lambda _s, p, d, dice: (_other_column(p, dice), d),
    "another table": lambda _s, p, d, dice: (_other_table(p, dice), d),
    "another insurer": lambda _s, p, d, _: (replace(p, hokensha_code=CODES[p.hokensha_code == CODES[0]]), d),
    "another key": lambda s, p, d, dice: (p, _other_key(d, s.keys, dice)),
    "format byte": lambda _s, p, d, dice: (p, _other_byte(d, 0, dice)),
    "algorithm byte": lambda _s, p, d, dice: (p, _other_byte(d, 1, dice)),
    "nonce": lambda _s, p, d, dice: (p, _flipped(d, NONCE_AT, BODY_AT, dice)),
    "body": lambda _s, p, d, dice: (p, _flipped(d, BODY_AT, len(d) - TAG_LENGTH, dice)),
    "tag": lambda _s, p, d, dice: (p, _flipped(d, len(d) - TAG_LENGTH, len(d), dice)),
    "cut off": lambda _s, p, d, dice: (p, d[: dice.randrange(len(d))]),
    "made longer": lambda _s, p, d, dice: (p, d + dice.randbytes(dice.randrange(1, 40))),
}


def attempt(sealed: Sealed, dice: random.Random, each: int) -> Counter[str]:
    """Try every attack `each` times and return how often each one was not refused."""
    opened: Counter[str] = Counter()
    for name, attack in ATTACKS.items():
        for _ in range(each):
            place, data = attack(sealed, *dice.choice(sealed.rows), dice)
            try:
                open_envelope(sealed.keyring, data=data, **vars(place))
            except EnvelopeRefused:
                continue
            opened[name] += 1
    return opened


@pytest.mark.kj("KJ-ENC-07")
def test_moved_and_edited_ciphertexts_are_refused(proof: Proof, keyring: Keyring) -> None:
    dice = random.Random(proof.seed)
    sealed = seal_rows(keyring, dice)
    each = proof.at(ci=2_000, full=100_000)
    for place, data in sealed.rows:
        open_envelope(keyring, data=data, **vars(place))  # in its own place every one opens

    opened = attempt(sealed, dice, each)

    tried = each * len(ATTACKS)
    refused = tried - opened.total()
    proof.keep(
        "F-crypto", "moved or edited ciphertexts refused", f"{refused:,} / {tried:,}", unit="", aim="all",
        reached=refused == tried, note=", ".join(ATTACKS),
    )  # fmt: skip
    assert opened == {}


ROW_ID_AT: Final = slice(-29, -13)  # in the associated data: before the packed key id and algorithm


class _RowLess:
    """A cipher whose associated data lack the row."""

    def __init__(self, cipher: Any) -> None:
        self._cipher = cipher

    def encrypt(self, nonce: bytes, plain: bytes, aad: bytes) -> bytes:
        return bytes(self._cipher.encrypt(nonce, plain, aad[: ROW_ID_AT.start] + aad[ROW_ID_AT.stop :]))

    def decrypt(self, nonce: bytes, data: bytes, aad: bytes) -> bytes:
        return bytes(self._cipher.decrypt(nonce, data, aad[: ROW_ID_AT.start] + aad[ROW_ID_AT.stop :]))


class _Anybody(str):
    """An owner that is equal to every other."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, _other: object) -> bool:
        return True

    def __ne__(self, _other: object) -> bool:
        return False


def _without_row(patch: pytest.MonkeyPatch) -> None:
    aead = DataKey.aead
    patch.setattr(DataKey, "aead", lambda key, envelope: _RowLess(aead(key, envelope)))


def _without_table(patch: pytest.MonkeyPatch) -> None:
    around = envelope_module._aad_around_row_id
    patch.setattr(envelope_module, "_aad_around_row_id", lambda **given: around(**given | {"table": ""}))


def _without_insurer(patch: pytest.MonkeyPatch) -> None:
    """Two guards hold the insurer, and either is enough: the owner of the key and the associated data."""
    around = envelope_module._aad_around_row_id
    patch.setattr(envelope_module, "_aad_around_row_id", lambda **given: around(**given | {"hokensha_code": ""}))
    patch.setattr(DataKey, "hokensha_code", property(lambda _key: _Anybody(), lambda _key, _value: None))


def _without_format(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(envelope_module, "key_id_of", lambda data: int.from_bytes(data[2:6], "big"))


@pytest.mark.parametrize(
    ("break_it", "seen_by"),
    [
        (_without_row, "another row"),
        (_without_table, "another table"),
        (_without_insurer, "another insurer"),
        (_without_format, "format byte"),
    ],
)
def test_mutant_a_guard_taken_away_is_seen(
    proof: Proof, keyring: Keyring, monkeypatch: pytest.MonkeyPatch, break_it: Callable[..., None], seen_by: str
) -> None:
    dice = random.Random(proof.seed)
    break_it(monkeypatch)
    monkeypatch.setitem(ATTACKS, "cut off", ATTACKS["tag"])  # a reader without a look at the header fails otherwise

    opened = attempt(seal_rows(keyring, dice), dice, 200)

    assert opened[seen_by] > 0
