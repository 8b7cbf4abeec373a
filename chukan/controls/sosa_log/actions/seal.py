"""Seals what has been written: one leaf per event, one signed checkpoint per round."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import connection

from chukan.controls.sosa_log.domain import STREAM
from chukan.controls.sosa_log.models import SosaLogCheckpoint
from chukan.controls.sosa_log.queries import iterate_leaves, newest_checkpoint
from chukan.controls.sosa_log.restoration import FIRST, Place, open_place
from chukan.controls.sosa_log.verification import KEY_NAME
from chukan.kernel.crypto.kms import SigningKey
from chukan.kernel.merkle_log import CheckpointRefused, CompactRange, NoteVerifier, leaf_hash, sign_checkpoint
from chukan.kernel.principal import Principal
from chukan.kernel.transactions import own_transaction

_LOCK: Final = 0x63_68_75_6B_61_6E  # one sealer at a time
_LAST: Final = "SELECT idx, event_xid::text, event_id FROM sosa_log_leaf WHERE stream = %s ORDER BY idx DESC LIMIT 1"
# A row whose transaction began later than the oldest still running one could yet get an older neighbour: it waits.
_FINAL: Final = """
SELECT e.id, e.xid::text AS written_by, e.salt, e.body FROM sosa_log_event e
WHERE e.stream = %s AND e.xid < pg_snapshot_xmin(pg_current_snapshot()) AND (e.xid, e.id) > (%s::text::xid8, %s)
ORDER BY e.xid, e.id LIMIT %s
"""
_APPEND: Final = """
INSERT INTO sosa_log_leaf (stream, idx, event_id, event_xid, leaf_hash)
SELECT %s, %s + ordinality - 1, event_id, event_xid::xid8, leaf
FROM unnest(%s::bigint[], %s::text[], %s::bytea[]) WITH ORDINALITY AS new (event_id, event_xid, leaf, ordinality)
RETURNING idx, leaf_hash
"""


class LogDamaged(Exception):
    """What is stored is not what was sealed: nothing more is signed until somebody has looked."""


class AnotherSealer(Exception):
    """Somebody else seals, or has sealed since this one last looked."""


@own_transaction
def load_tree(
    *, by: Principal, verifiers: Sequence[NoteVerifier], kept: Place | None = None
) -> tuple[CompactRange, str]:  # of no zone
    """Return the tree over all stored leaves and the branch it stands on.

    Raises: LogDamaged when the newest checkpoint says otherwise, or what is kept outside the database: whoever rolls
    the log back and writes it anew must not have that signed. After a restore `kept` is where its note leads.
    """
    newest = newest_sealed(verifiers)
    branch = newest.branch if kept is None else kept.branch
    signed = {newest.size: newest.root}
    if kept is not None and signed.setdefault(kept.size, kept.root) != kept.root:
        raise LogDamaged(f"two roots were signed over {kept.size} leaves")
    if kept is not None and newest.size > kept.size and newest.branch != branch:
        raise LogDamaged(f"the checkpoint over {newest.size} leaves stands after another restore")
    return read_tree(signed), branch


def read_tree(signed: Mapping[int, bytes]) -> CompactRange:
    """Return the tree over all stored leaves; raises LogDamaged where it is not what was signed, root by size."""
    tree = CompactRange()
    for idx, leaf in iterate_leaves():
        if idx != tree.size:
            raise LogDamaged(f"leaf {tree.size} is missing")
        tree.append(leaf)
        if tree.size in signed and tree.root() != signed[tree.size]:
            raise LogDamaged(f"the root over {tree.size} leaves is not the signed one")
    if tree.size < max(signed):
        raise LogDamaged(f"{max(signed)} leaves were signed and {tree.size} are left")
    return tree


def newest_sealed(verifiers: Sequence[NoteVerifier]) -> Place:
    """Return the place of the newest stored checkpoint, the beginning where none is; raises LogDamaged."""
    row = newest_checkpoint()
    if row is None:
        return Place(FIRST, 0, CompactRange().root())
    try:
        place = open_place(row.note, verifiers)
    except CheckpointRefused:
        raise LogDamaged(f"the checkpoint over {row.size} leaves is not signed by us") from None
    if (place.size, place.root) != (row.size, bytes(row.root)):
        raise LogDamaged(f"the checkpoint over {row.size} leaves says otherwise than its note")
    return place


@own_transaction
def seal_next(
    *,
    by: Principal,
    tree: CompactRange,
    branch: str = FIRST,
    signer: SigningKey,
    now: datetime,
    limit: int = 5000,
) -> tuple[CompactRange, str, bytes] | None:
    """Append the events that became final to the tree and sign it; return the new tree, the note and the new leaves.

    None when there are none.

    *Once:* events are taken in the order (取引番号, 番号) after the last leaf, and only when no older transaction is
    still running, so that one that commits late is never passed over. The tree is computed from the bytes as the
    database gives them back. Raises: AnotherSealer.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            raise AnotherSealer
        cursor.execute(_LAST, [STREAM])
        last = cursor.fetchone() or (-1, "0", 0)
        if last[0] + 1 != tree.size:
            raise AnotherSealer
        cursor.execute(_FINAL, [STREAM, last[1], last[2], limit])
        events = cursor.fetchall()
        if not events:
            return None
        stored = _append(events, tree.size)
    grown = CompactRange(tree.size, tree.hashes)
    for leaf in stored:
        grown.append(leaf)
    sealed = Place(branch, grown.size, grown.root())
    note = sign_checkpoint(sealed.checkpoint(), name=KEY_NAME, signer=signer)
    SosaLogCheckpoint.objects.create(stream=STREAM, size=grown.size, root=grown.root(), note=note, sealed_at=now)
    return grown, note, b"".join(stored)


def _append(events: Sequence[tuple[int, str, bytes, bytes]], first: int) -> list[bytes]:
    """Insert the leaves and return them as the database gives them back, in order."""
    leaves = [leaf_hash(bytes(salt), bytes(body)) for _, _, salt, body in events]
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, [STREAM, first, [event[0] for event in events], [event[1] for event in events], leaves])
        rows = sorted(cursor.fetchall())
    stored = [bytes(leaf) for _, leaf in rows]
    if stored != leaves:
        raise LogDamaged("the database gave back other bytes than it was given")
    return stored
