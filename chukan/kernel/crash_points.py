"""Named places at which a process may be told to die, so that a proof can cut the power exactly there.

`CHUKAN_CRASH_AT` names them: `name`, `name:3` (the first three passings of all processes of this CHUKAN_HOME), several
separated by commas. Each death is noted as a file under `CHUKAN_HOME/run/crashed` before it happens: a supervisor may
start the process again with the same environment. 本番 knows no such variable: the setting is empty there and a process
that is given one does not start.
"""

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from django.conf import settings

# Actions that own a transaction have two points each: `<name>.committing` with everything written, `<name>.committed`
# right after. Every one of them is in one of the groups below, and no other name is
# (tests/integration/kernel/test_crash_points.py).
# On the way of a file: from its receipt to the erasure of its last refused line, with the bells that call for it, what
# people decide about it, the telegrams it makes and the seals over what the log says of it.
_OF_FILES: Final = (
    "answer_once",
    "accept_toroku_file",
    "claim_uketsuke",
    "extend_lease",
    "begin_shori",
    "hold_file",
    "release_horyu",
    "close_withdrawn",
    "register_block",
    "close_finished",
    "close_refused",
    "close_stuck",
    "refuse_lost",
    "call_next",
    "note_file_erased",
    "remove_refused_lines",
    "note_ring",
    "claim_due",
    "record_delivered",
    "postpone",
    "claim_telegrams",
    "record_sent",
    "give_back",
    "record_onshi_kekka",
    "load_tree",
    "seal_next",
)
# Only while keys are replaced, never by a file on its way.
_OF_SEALS: Final = ("start_kek_version", "begin_reseal", "reseal_persons", "rewind_reseal", "close_reseal")
_OF_HASHES: Final = (
    *("start_index", "switch_index", "end_index"),
    *("begin_reindex", "reindex_persons", "rewind_reindex", "close_reindex"),
)
# Only on the way of a code.
_OF_FUGO: Final = (
    "request_fugo",
    "begin_yokyu_file",
    "finish_yokyu_file",
    "send_yokyu_file",
    "begin_soshin",
    "record_soshin",
    "record_fugo",
)
# On the way of a code where something went wrong or is over: nobody passes them when all goes well, or nothing of the
# code is left to be done.
_OF_FUGO_ASIDE: Final = ("confirm_heard", "take_up", "postpone_soshin", "discard_file", "note_erased")
# Only while codes are issued anew; its requests then go the way of all others.
_OF_SAIHAKKO: Final = (
    "register_saihakko",
    "_ask_saihakko",
    "execute_saihakko",
    "extract_block",
    "finish_extract",
    "take_extract",
    "confirm_saihakko",
)
COMMITS: Final = (*_OF_FILES, *_OF_SEALS, *_OF_HASHES, *_OF_FUGO, *_OF_FUGO_ASIDE, *_OF_SAIHAKKO)
# Alone: no process goes on after the commit to make it whole. What dies before it has done nothing, what dies after it
# everything, and who asked asks again. By module, because their names are not one action's only; the points have the
# whole path (`shikaku.actions.register_one.register_one.committing`).
# One transaction of one request, which answers then or goes on to one that stands by itself. What a death leaves behind
# is a try that counts, a challenge that is used up, a look on record that was not had: asked again, nothing is missing.
_ANSWERED: Final[Mapping[str, tuple[str, ...]]] = {
    "chukan.controls.kengen.actions.end_staff": ("_end",),
    "chukan.controls.kengen.actions.staff": ("_register_slip", "read_staff_list", "check_input", "_change"),
    "chukan.controls.kengen.actions.staff_slip": ("_keep",),
    "chukan.controls.seitai.actions.confirm": ("_begin", "take_challenge", "_find_key", "_keep", "mark_refused"),
    "chukan.controls.seitai.actions.enrol": ("_begin", "_keep", "_end"),
    "chukan.controls.seitai.actions.sign_in": ("complete_sign_in",),
    "chukan.controls.seitai.actions.try_out": ("use_for_nothing",),
    "chukan.controls.setsuzoku.actions.admit_request": ("admit_request",),
    "chukan.controls.setsuzoku.actions.answer_once": ("keep_refusal",),
    "chukan.controls.shokuin.actions.change_password": ("_store_password",),
    "chukan.controls.shokuin.actions.count_tries": ("count_try", "forget_tries"),
    "chukan.controls.shokuin.actions.keep_session": (
        *("touch_session", "lock_session", "end_session", "_unlock", "_mark_step_up", "consume_step_up"),
    ),
    "chukan.controls.shokuin.actions.sign_in": ("_open_session",),
    "chukan.controls.shonin.actions.apply": ("apply_in_act", "_withdraw"),
    "chukan.controls.shonin.actions.decide": ("_approve", "_reject"),
    "chukan.controls.sosa_log.actions.record_sosa": ("record_sosa_alone",),
    "chukan.controls.sosa_log.actions.search_log": ("search_log", "export_log"),
    # A file of losses made on the screen: stored before, like any upload, and erased as nameless without its 受付.
    "shikaku.actions.accept_ikkatsu_soshitsu": ("_accept",),
    "shikaku.actions.check_one": ("_register_and_undo",),
    "shikaku.actions.keep_bango_cases": ("open_bango_case", "close_bango_case"),
    "shikaku.actions.mend_refused_line": ("mend_refused_line",),
    "shikaku.actions.record_shokai": (
        *("record_kensaku", "record_shokai", "record_rireki_shokai", "record_rireki_kensaku", "record_file_shokai"),
        "record_jokyo",
    ),
    "shikaku.actions.register_one": ("register_one",),
    "shikaku.actions.register_slip": ("register_slip",),
    "shikaku.actions.retry_onshi": ("retry_onshi",),
    "shikaku.actions.reveal_kojin_bango": ("open_kojin_bango",),
    "shikaku.actions.terminal_slip": ("keep_slip", "hand_on_slip"),
    "pmh.actions.issue_pmh_id": ("issue_pmh_id",),
    "pmh.actions.record_jokyo": ("record_jokyo",),
    "pmh.actions.record_refused_irai": ("record_refused_irai",),
    "fugo.actions.record_desk": ("record_look", "record_refused_soshin"),
    "fugo.actions.record_jotai": ("record_jotai",),
    "fugo.actions.register_saihakko": ("withdraw_saihakko",),
}
# One transaction of one command of an operator, who sees that it said nothing and gives it again. Two go on: telegrams
# are owed anew batch by batch, and what is not resent is found as refused again; after `resume_kek_version`, which only
# says so in the log, keys move one by one, and a death there is the one at `key.wrapped_again`.
_COMMANDED: Final[Mapping[str, tuple[str, ...]]] = {
    "chukan.controls.kengen.actions.staff": ("_register_by_command",),
    "chukan.controls.kikan.actions": (
        *("register_hokensha", "resume_kek_version", "rotate_dek", "load_reference_data"),
    ),
    "chukan.controls.setsuzoku.actions.add_client_key": ("add_client_key",),
    "chukan.controls.setsuzoku.actions.end_client": ("end_client", "end_client_key"),
    "chukan.controls.setsuzoku.actions.register_client": ("register_client",),
    "chukan.controls.setsuzoku.actions.renew_itaku": ("renew_itaku",),
    "chukan.controls.sosa_log.actions.record_restore": ("record_restore",),
    "shikaku.actions.resend_to_onshi": ("resend_to_onshi", "resend_pmh_ids"),
}
# One turn of a round that beat begins anew: it finds by its own look whatever the dead one left.
_OF_ROUNDS: Final[Mapping[str, tuple[str, ...]]] = {
    "chukan.controls.kengen.actions.staff_slip": ("erase_expired_staff_slips",),
    "chukan.controls.seitai.actions.erase_spent": ("erase_spent",),
    "chukan.controls.setsuzoku.actions.purge_expired": ("purge_expired",),
    "chukan.kernel.outbox.purge": ("purge_delivered",),
    "shikaku.actions.erase_expired": ("erase_expired_slips", "erase_closed_cases"),
    "pmh.actions.erase_expired": ("erase_if_over", "erase_old_irai"),
    "fugo.actions.erase_counts": ("erase_old_counts",),
    "fugo.actions.erase_expired": ("erase_if_over",),
    "fugo.actions.request_fugo": ("request_early",),
    # Requests that can never be asked leave their file; a file whose builder dies is built again without them.
    "fugo.actions.transfer_yokyu_file": ("leave_out",),
}
ALONE: Final = tuple(
    f"{module}.{name}"
    for group in (_ANSWERED, _COMMANDED, _OF_ROUNDS)
    for module, names in group.items()
    for name in names
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


def _sides_of(*names: str) -> frozenset[str]:
    return frozenset(f"{name}.{side}" for name in names for side in _SIDES)


RESEAL_POINTS: Final = _sides_of(*_OF_SEALS) | {"key.wrapped_again"}
REINDEX_POINTS: Final = _sides_of(*_OF_HASHES)
ROTATION_POINTS: Final = RESEAL_POINTS | REINDEX_POINTS
FUGO_POINTS: Final = _sides_of(*_OF_FUGO) | {step for step in STEPS if step.startswith("yokyu_file.")}
FUGO_ASIDE_POINTS: Final = _sides_of(*_OF_FUGO_ASIDE)
SAIHAKKO_POINTS: Final = _sides_of(*_OF_SAIHAKKO)
ALONE_POINTS: Final = _sides_of(*ALONE)
FILE_POINTS: Final = _sides_of(*_OF_FILES) | (frozenset(STEPS) - ROTATION_POINTS - FUGO_POINTS)
POINTS: Final = FILE_POINTS | ROTATION_POINTS | FUGO_POINTS | FUGO_ASIDE_POINTS | SAIHAKKO_POINTS | ALONE_POINTS


def crash_point(name: str) -> None:
    """Die here, as in a power cut, when the environment says so and the deaths it grants are not used up."""
    wanted = settings.CHUKAN_CRASH_AT
    if wanted and _granted(wanted, name):
        os.kill(os.getpid(), signal.SIGKILL)


def crash_points_of(action: Callable[..., object]) -> tuple[str, str]:
    """Return the two points around the commit of an action: by its name when that is enough, else by its whole path."""
    name = action.__name__ if action.__name__ in COMMITS else f"{action.__module__}.{action.__name__}"
    return f"{name}.committing", f"{name}.committed"


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
