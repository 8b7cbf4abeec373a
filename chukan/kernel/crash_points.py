"""Named places at which a process may be told to die, so that a proof can cut the power exactly there.

`CHUKAN_CRASH_AT` names them: `name`, `name:3` (the first three passings of all processes of this CHUKAN_HOME), several
separated by commas. Each death is noted as a file under `CHUKAN_HOME/run/crashed` before it happens: a supervisor may
start the process again with the same environment. 本番 knows no such variable: the setting is empty there and a process
that is given one does not start.
"""

import os
import signal
from pathlib import Path
from typing import Final

from django.conf import settings

# Actions that own a transaction: `<name>.committing` with everything written, `<name>.committed` right after.
COMMITS: Final = (
    "answer_once",
    "accept_toroku_file",
    "claim_uketsuke",
    "begin_shori",
    "register_block",
    "close_finished",
    "close_refused",
    "note_file_erased",
    "note_ring",
    "claim_due",
    "record_delivered",
    "claim_telegrams",
    "record_sent",
    "record_onshi_kekka",
    "seal_next",
    "start_kek_version",
    "begin_reseal",
    "reseal_persons",
    "rewind_reseal",
    "close_reseal",
    "start_index",
    "switch_index",
    "end_index",
    "begin_reindex",
    "reindex_persons",
    "rewind_reindex",
    "close_reindex",
    "request_fugo",
    "begin_yokyu_file",
    "finish_yokyu_file",
    "send_yokyu_file",
    "begin_soshin",
    "record_soshin",
    "record_fugo",
    "register_saihakko",
    "_ask_saihakko",
    "execute_saihakko",
    "extract_block",
    "finish_extract",
    "take_extract",
    "confirm_saihakko",
)
STEPS: Final = (
    "object.finishing",  # all bytes of an upload are written, it has no name yet
    "object.stored",
    "object.key_destroyed",  # the bytes are still there
    "object.erased",  # not in the journal yet
    "upload.erased",  # the 受付 does not know
    "block.ready",  # read, checked and drafted, not handed over
    "block.handed_over",  # by the process that reads ahead
    "block.received",
    "doorbell.ringing",
    "doorbell.rung",  # the outbox does not know
    "telegram.sending",
    "telegram.ahead",  # one call is on its way, the next is ready
    "telegram.sent",  # received, not recorded
    "seal.committed",  # not in the journal outside the database
    "seal.kept",
    "yokyu_file.part",  # some thousand requests are in the object, which has no name yet
    "yokyu_file.stored",  # the row of the file does not know
    "yokyu_file.sending",
    "yokyu_file.sent",  # taken by 住基ネット, not recorded
    "yokyu_file.erased",  # the row of the file does not know
    "key.wrapped_again",  # one data key, with others still under the former KEK version
)
_SIDES: Final = ("committing", "committed")
POINTS: Final = frozenset((*STEPS, *(f"{name}.{side}" for name in COMMITS for side in _SIDES)))
# Passed only while keys are replaced, never by a file on its way.
_OF_SEALS: Final = ("start_kek_version", "begin_reseal", "reseal_persons", "rewind_reseal", "close_reseal")
_OF_HASHES: Final = (
    *("start_index", "switch_index", "end_index"),
    *("begin_reindex", "reindex_persons", "rewind_reindex", "close_reindex"),
)
RESEAL_POINTS: Final = frozenset(("key.wrapped_again", *(f"{name}.{side}" for name in _OF_SEALS for side in _SIDES)))
REINDEX_POINTS: Final = frozenset(f"{name}.{side}" for name in _OF_HASHES for side in _SIDES)
ROTATION_POINTS: Final = RESEAL_POINTS | REINDEX_POINTS
# Passed only on the way of a code.
_OF_FUGO: Final = (
    "request_fugo",
    "begin_yokyu_file",
    "finish_yokyu_file",
    "send_yokyu_file",
    "begin_soshin",
    "record_soshin",
    "record_fugo",
)
FUGO_POINTS: Final = frozenset(
    (
        *(step for step in STEPS if step.startswith("yokyu_file.")),
        *(f"{name}.{side}" for name in _OF_FUGO for side in _SIDES),
    )
)
# Passed only while codes are issued anew; its requests then go the way of all others.
_OF_SAIHAKKO: Final = (
    "register_saihakko",
    "_ask_saihakko",
    "execute_saihakko",
    "extract_block",
    "finish_extract",
    "take_extract",
    "confirm_saihakko",
)
SAIHAKKO_POINTS: Final = frozenset(f"{name}.{side}" for name in _OF_SAIHAKKO for side in _SIDES)


def crash_point(name: str) -> None:
    """Die here, as in a power cut, when the environment says so and the deaths it grants are not used up."""
    wanted = settings.CHUKAN_CRASH_AT
    if wanted and _granted(wanted, name):
        os.kill(os.getpid(), signal.SIGKILL)


def crash_points_of(action: str) -> tuple[str, str] | None:
    """Return the two points around the commit of an action, or None when they have no name."""
    return (f"{action}.committing", f"{action}.committed") if action in COMMITS else None


def deaths() -> dict[str, int]:
    """Return how often each point has ended a process of this CHUKAN_HOME."""
    found: dict[str, int] = {}
    for note in sorted(_notes().glob("*@*")):
        name = note.name.partition("@")[0]
        found[name] = found.get(name, 0) + 1
    return found


def _granted(wanted: str, name: str) -> bool:
    for word in wanted.split(","):
        asked, _, times = word.partition(":")
        if asked == name:
            return any(_note(f"{name}@{number}") for number in range(int(times or 1)))
    return False


def _note(death: str) -> bool:
    """Note one death and tell whether it was still to be had: of two processes at the same place one gets it."""
    _notes().mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        (_notes() / death).touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return False
    return True


def _notes() -> Path:
    return Path(settings.CHUKAN_HOME) / "run" / "crashed"
