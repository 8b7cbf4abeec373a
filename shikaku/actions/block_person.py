"""One person while a block runs: what is held, what changed, which versions are current."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from shikaku.domain.held import Held
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


def propose_himozuke(count: int) -> Iterator[UUID]:
    """Yield 紐付番号 for new persons, which say nothing; their random bytes are fetched at once."""
    pool = os.urandom(16 * count)
    return (UUID(bytes=pool[at : at + 16], version=4) for at in range(0, len(pool), 16))
