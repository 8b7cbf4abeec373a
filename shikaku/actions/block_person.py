"""One person while a block runs: what is held, what changed, which versions are current."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from chukan.kernel.crypto.blind_index import ZoneIndex
from shikaku.domain.held import Held
from shikaku.domain.joho import kana_tokens
from shikaku.queries.held import HeldPerson


@dataclass(slots=True)
class BlockPerson:
    """The state later lines of the same block see. `bango` is the zone's hash of the present number."""

    row_id: UUID
    edaban: int
    himozuke: UUID
    bango: bytes | None
    last_at: datetime
    held: Held | None = None
    ct_bango: bytes | None = None
    is_new: bool = False
    version_ids: dict[int | None, UUID] = field(default_factory=dict)


def known_person(person: HeldPerson) -> BlockPerson:
    """Return the working copy of a person read from the zone."""
    return BlockPerson(
        row_id=person.row_id,
        edaban=person.edaban,
        himozuke=person.himozuke_bango,
        bango=person.bi_bango,
        last_at=person.last_recorded_at,
        held=person.held,
        version_ids=dict(person.version_ids),
    )


def search_tokens(index: ZoneIndex, kihon: Mapping[str, Any]) -> tuple[int | None, int | None, int | None, int | None]:
    """Return the search tokens of a person's row: kana of two and four characters, whole name, birth date."""
    birth = kihon.get("seinengappi")
    birth_token = None if birth is None else index.common_token("seinengappi", birth)
    kana = kana_tokens(kihon)
    if kana is None:
        return None, None, None, birth_token
    return (
        index.common_token("kana2", kana.two),
        index.common_token("kana4", kana.four),
        index.token("kana_full", kana.full),
        birth_token,
    )


def propose_himozuke(count: int) -> Iterator[UUID]:
    """Yield 紐付番号 for new persons, which say nothing; their random bytes are fetched at once."""
    pool = os.urandom(16 * count)
    return (UUID(bytes=pool[at : at + 16], version=4) for at in range(0, len(pool), 16))
