"""Ten kinds of tampering with the operation log, by somebody who owns the database but not the signing key.

Each takes the tables, changes them, and returns the place (from 0) of the first row that is no longer what was sealed.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.support.independent_log import ORIGIN, leaf, tree_head
from tests.support.principals import KENPO, OTHER_KENPO
from tests.support.sealed_log import LogTables, Row

Attack = Callable[[LogTables, Random], int]
CONTENT = (
    "at", "salt", "body", "hokensha_code", "channel", "soshiki", "actor_id", "actor_name", "terminal", "jimu",
    "target_file", "kind", "targets", "result", "screen_id", "request_id",
)  # fmt: skip
TEXTS = ("channel", "actor_id", "actor_name", "terminal", "jimu", "target_file", "kind", "result", "request_id")
OURS = Ed25519PrivateKey.generate()


# --- what the attacker can do with one row


def say(event: Row, **values: object) -> None:
    """Change an event wherever it says something: column and sealed content."""
    body = json.loads(event["body"])
    for name, value in values.items():
        event[name] = value
        body[name] = value
        if isinstance(value, datetime):
            body[name] = value.astimezone(UTC).isoformat(timespec="microseconds")
    event["body"] = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def change(event: Row, dice: Random) -> None:
    """Say something else in one item."""
    name = dice.choice(TEXTS)
    say(event, **{name: f"{event[name]}x"})


def swap(one: Row, other: Row) -> None:
    """Exchange what two events say; their numbers stay."""
    for name in CONTENT:
        one[name], other[name] = other[name], one[name]


def fit_leaf(tables: LogTables, place: int) -> None:
    """Make the leaf fit the changed event."""
    event = tables.events[place]
    tables.leaves[place]["leaf_hash"] = leaf(event["salt"], event["body"])


def new_event(tables: LogTables, place: int, number: int, dice: Random) -> Row:
    """Return an event that fits in before the one at `place`."""
    event = dict(dice.choice(tables.events))
    before = int(tables.events[place - 1]["xid"]) if place else int(tables.events[0]["xid"]) - 1
    event |= {"id": 1_000_000 + number, "xid": str(before), "salt": os.urandom(16)}
    change(event, dice)
    return event


# --- what the attacker can do with everything that follows


def forged_note(size: int, root: bytes, *, like: str | None) -> str:
    """Return a note over another root: under the old signature, or signed with a key of the attacker's own."""
    text = f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n"
    if like is not None:
        return f"{text}\n{like.rpartition(chr(10) * 2)[2]}"
    return signed_by_attacker(text)


def signed_by_attacker(text: str) -> str:
    """Return the note of a text, in our name and with a key of the attacker's own."""
    public = OURS.public_key().public_bytes_raw()
    key_id = hashlib.sha256(f"{ORIGIN}\n".encode() + b"\x01" + public).digest()[:4]
    return f"{text}\n— {ORIGIN} {base64.b64encode(key_id + OURS.sign(text.encode())).decode()}\n"


def number_leaves(tables: LogTables) -> None:
    """Give every event, in its order, a leaf that fits."""
    tables.leaves = [
        {
            "stream": "sosa", "idx": idx, "event_id": event["id"], "event_xid": event["xid"],
            "leaf_hash": leaf(event["salt"], event["body"]),
        }
        for idx, event in enumerate(tables.events)
    ]  # fmt: skip


def rechain(tables: LogTables, place: int, dice: Random) -> int:
    """Make every leaf, root and note from `place` on fit again; return the place."""
    number_leaves(tables)
    how = dice.choice(("old signature", "own key", "own key throughout", "no notes"))
    honest = [row for row in tables.checkpoints if row["size"] <= (0 if how == "own key throughout" else place)]
    sizes = sorted({min(row["size"], tables.size) for row in tables.checkpoints} | {tables.size} - {0})
    like = tables.checkpoints[0]
    tables.checkpoints = honest
    if how != "no notes":
        leaves = tuple(row["leaf_hash"] for row in tables.leaves)
        for size in sizes:
            if size > (honest[-1]["size"] if honest else 0):
                root = tree_head(leaves[:size])
                note = forged_note(size, root, like=like["note"] if how == "old signature" else None)
                tables.checkpoints.append(like | {"size": size, "root": root, "note": note})
    return place


# --- the ten kinds


def edited(tables: LogTables, dice: Random) -> int:
    place = dice.randrange(tables.size)
    event = tables.events[place]
    how = dice.randrange(5)
    if how == 0:
        body = bytearray(event["body"])
        body[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
        event["body"] = bytes(body)
    elif how == 1:
        event["salt"] = os.urandom(16)
    elif how == 2:
        name = dice.choice(TEXTS)
        event[name] = f"{event[name]}x"
    else:
        change(event, dice)
        if how == 4:
            fit_leaf(tables, place)
    return place


def deleted(tables: LogTables, dice: Random) -> int:
    place = dice.randrange(tables.size)
    how = dice.randrange(4)
    if how != 3:
        del tables.events[place]
    if how != 0:
        del tables.leaves[place]
    if how == 2:
        for row in tables.leaves[place:]:
            row["idx"] -= 1
    return place


def inserted(tables: LogTables, dice: Random) -> int:
    with_leaf = dice.random() < 0.6
    place = dice.randrange(tables.size + with_leaf)
    tables.events.insert(place, new_event(tables, place, 0, dice))
    if with_leaf:
        number_leaves(tables)
    return place


def reordered(tables: LogTables, dice: Random) -> int:
    place, other = sorted(dice.sample(range(tables.size), 2))
    first, second = tables.leaves[place], tables.leaves[other]
    how = dice.randrange(4)
    if how in {0, 2}:
        swap(tables.events[place], tables.events[other])
    if how == 1:
        first["idx"], second["idx"] = second["idx"], first["idx"]
    elif how == 2:
        first["leaf_hash"], second["leaf_hash"] = second["leaf_hash"], first["leaf_hash"]
    elif how == 3:
        for name in ("id", "xid"):
            one, two = tables.events[place], tables.events[other]
            one[name], two[name] = two[name], one[name]
    return place


def move(event: Row, dice: Random) -> None:
    """Make an event one of another insurer's or of another time."""
    if dice.random() < 0.5:
        say(event, hokensha_code=OTHER_KENPO if event["hokensha_code"] == KENPO else KENPO)
    else:
        say(event, at=event["at"] + timedelta(hours=dice.choice((-9, 1, 24))))


def moved(tables: LogTables, dice: Random) -> int:
    place = dice.randrange(tables.size)
    event = tables.events[place]
    how = dice.randrange(5)
    if how < 3:
        body = event["body"]
        move(event, dice)
        if how == 0:
            event["body"] = body
        elif how == 2:
            fit_leaf(tables, place)
    else:
        event["stream"] = "other"
        if how == 4:
            tables.leaves[place]["stream"] = "other"
    return place


def truncated(tables: LogTables, dice: Random) -> int:
    place = dice.randrange(tables.size)
    how = dice.randrange(5)
    if how != 1:
        del tables.events[place:]
    if how != 0:
        del tables.leaves[place:]
    if how >= 3:
        tables.checkpoints = [row for row in tables.checkpoints if row["size"] <= place]
    return rechain(tables, place, dice) if how == 4 and tables.checkpoints else place


def rolled_back(tables: LogTables, dice: Random) -> int:
    """Put the database back to an earlier moment, and let it grow again."""
    place = dice.choice([0, *(int(row["size"]) for row in tables.checkpoints[:-1])])
    grown = dice.choice((0, 1, dice.randrange(2 * tables.size)))
    news = [new_event(tables, place, number, dice) for number in range(grown)]
    everything = tables.copy()
    tables.events, tables.leaves = [*tables.events[:place], *news], tables.leaves[:place]
    tables.checkpoints = [row for row in tables.checkpoints if row["size"] <= place]
    if grown:
        number_leaves(tables)
        if dice.random() < 0.5:
            tables.checkpoints = everything.checkpoints
            rechain(tables, place, dice)
    return place


def edited_rechained(tables: LogTables, dice: Random) -> int:
    place = dice.randrange(tables.size)
    change(tables.events[place], dice)
    return rechain(tables, place, dice)


def deleted_or_inserted_rechained(tables: LogTables, dice: Random) -> int:
    if dice.random() < 0.5:
        place = dice.randrange(tables.size)
        del tables.events[place]
    else:
        place = dice.randrange(tables.size + 1)
        tables.events.insert(place, new_event(tables, place, 0, dice))
    return rechain(tables, place, dice)


def reordered_or_moved_rechained(tables: LogTables, dice: Random) -> int:
    if dice.random() < 0.5:
        place, other = sorted(dice.sample(range(tables.size), 2))
        swap(tables.events[place], tables.events[other])
    else:
        place = dice.randrange(tables.size)
        move(tables.events[place], dice)
    return rechain(tables, place, dice)


KINDS: dict[str, Attack] = {
    attack.__name__: attack
    for attack in (
        edited,
        deleted,
        inserted,
        reordered,
        moved,
        truncated,
        rolled_back,
        edited_rechained,
        deleted_or_inserted_rechained,
        reordered_or_moved_rechained,
    )
}
