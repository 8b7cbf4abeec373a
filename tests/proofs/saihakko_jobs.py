"""What a life of the program of codes does for a 一括再発行, each job as the role and the person who does it.

A job does all that waits for it, as whoever looks at the screen or the queue again would: a life after a death goes on
where the dead one was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

ROLES = {
    "enlist": "web",
    "ask": "web",
    "verify": "web",
    "agree": "web",
    "execute": "web",
    "extract": "worker",
    "write": "web",
    "confirm": "web",
}
BAITAI = "USB-001"
AGREERS = ("K0002", "K0003")
REASON = "符号の漏えいが確認されたため"


def _now() -> Any:
    """Return the present: people and their permissions know no lease that had to run out."""
    from chukan.kernel import clock

    return clock.now()


def _asker() -> Any:
    from tests.support.shonin import ASK, FUGO, kikin

    return kikin("K0001", ASK | FUGO)


def _lists(**wanted: Any) -> list[Any]:
    from fugo.models import SaihakkoList

    return list(SaihakkoList.objects.filter(**wanted).order_by("created_at"))


def _irai_of(row: Any) -> Any:
    from chukan.controls.shonin.queries import get_irai

    return get_irai(by=_asker(), shonin_id=row.shonin_id, now=_now())


def enlist(told: Mapping[str, Any]) -> None:
    """Register the list of the persons whose requests are told, unless it stands in the overview."""
    from fugo.actions.register_saihakko import register_saihakko
    from fugo.domain.saihakko import Target

    tsuban = sorted(UUID(one) for one in told["tsuban"])
    if not _lists(of_shori_tsuban=tsuban):
        target = Target(shori_tsuban=tuple(tsuban))
        register_saihakko(by=_asker(), genin="kitaika", reason=REASON, target=target, now=_now())


def ask(_told: Mapping[str, Any]) -> None:
    """Ask for the permission of every list that has none."""
    from chukan.controls.shonin.actions.apply import apply_in_act
    from fugo.actions.register_saihakko import ask_saihakko

    for row in _lists(state="toroku"):
        ask_saihakko(by=_asker(), list_id=row.id, baitai_id=BAITAI, ask_permission=apply_in_act, now=_now())


def _waiting() -> Iterator[tuple[Any, str]]:
    """Yield each 依頼 that waits with each person who has not agreed to it."""
    for row in _lists(state="shonin_machi"):
        for shokuin_id in AGREERS:
            irai = _irai_of(row)
            if irai.state.value in {"irai", "hitorime"} and shokuin_id not in irai.decided_by:
                yield irai, shokuin_id


def _agreer(told: Mapping[str, Any], shokuin_id: str) -> Any:
    from tests.support.shonin import kikin

    return replace(kikin(shokuin_id), session_id=UUID(told["sessions"][shokuin_id]))


def verify(told: Mapping[str, Any]) -> None:
    """Let those who are to agree confirm it with their authenticators, in the sessions they are in."""
    from chukan.controls.shonin.domain import PURPOSE, bound_of
    from tests.support.authenticator import confirmation, own_authenticator

    for irai, shokuin_id in _waiting():
        bound = bound_of(shonin_id=irai.id.bytes, payload_hash=irai.payload_hash)
        ninsho_id = confirmation(
            _agreer(told, shokuin_id), own_authenticator(shokuin_id), purpose=PURPOSE, bound=bound, now=_now()
        )
        (Path(told["juki"]) / f"{irai.id}.{shokuin_id}").write_text(str(ninsho_id))


def agree(told: Mapping[str, Any]) -> None:
    """Let two others agree to every list that waits for it, each once."""
    from chukan.controls.shonin.actions.decide import approve
    from tests.support.shonin import Ninsho

    for irai, shokuin_id in _waiting():
        approve(
            by=_agreer(told, shokuin_id), shonin_id=irai.id, ninzu=irai.ninzu, comment="", use_ninsho=Ninsho(),
            now=_now(), ninsho_id=UUID((Path(told["juki"]) / f"{irai.id}.{shokuin_id}").read_text()),
        )  # fmt: skip


def execute(told: Mapping[str, Any]) -> None:
    """Use the permission of every list that two have agreed to."""
    from chukan.controls.shonin.actions.consume import consume
    from fugo.actions.reissue_fugo import execute_saihakko

    use: Any = consumed_apart if told.get("mutant") == "permission_apart" else consume
    for row in _lists(state="shonin_machi"):
        if _irai_of(row).state.value == "shonin_zumi":
            execute_saihakko(by=_asker(), list_id=row.id, baitai_id=BAITAI, use_permission=use, now=_now())


def extract(_told: Mapping[str, Any]) -> None:
    """Extract every list whose permission was used, a person at a time."""
    from chukan.controls.shonin.actions.consume import complete
    from fugo.actions.reissue_fugo import extract_saihakko
    from tests.support.fugo import WORKER

    extract_saihakko(by=WORKER, complete_permission=complete, now=_now, block=1)


def write(_told: Mapping[str, Any]) -> None:
    """Take the extract of every list that is extracted out to its medium."""
    from fugo.actions.write_saihakko import take_extract
    from fugo.queries.saihakko import extracted_lines

    by = _asker()
    for row in _lists(state="shiji", written_at=None):
        take_extract(
            by=by, list_id=row.id, baitai_id=BAITAI, mokuteki="saishutoku_taishosha", has_baitai=True, now=_now()
        )
        list(extracted_lines(by=by, list_id=row.id))


def confirm(_told: Mapping[str, Any]) -> None:
    """Confirm the result of every list whose codes have all come."""
    from fugo.actions.register_saihakko import confirm_saihakko
    from fugo.domain.saihakko import State, stage_of
    from fugo.queries.saihakko import count_progress

    by = _asker()
    for row in _lists(state="shiji"):
        if stage_of(State.SHIJI, count_progress(by=by, list_id=row.id)) is State.JURYO:
            confirm_saihakko(by=by, list_id=row.id, now=_now())


JOBS: Mapping[str, Callable[[Mapping[str, Any]], None]] = {
    "enlist": enlist,
    "ask": ask,
    "verify": verify,
    "agree": agree,
    "execute": execute,
    "extract": extract,
    "write": write,
    "confirm": confirm,
}


def _commit() -> None:
    from django.db import connection

    line: Any = connection.connection
    line.commit()


def consumed_apart(**given: Any) -> None:
    """Mutant: the permission is used up before the act is written."""
    from chukan.controls.shonin.actions.consume import consume

    consume(**given)
    _commit()


def extracted_first() -> None:
    """Mutant: persons count as extracted before their requests are made."""
    from fugo.actions import reissue_fugo as action
    from fugo.models import SaihakkoList

    real = vars(action)["_take"]

    def first(list_id: UUID, found: Any, now: Any) -> int:
        SaihakkoList.objects.filter(id=list_id).update(extracted_to=found[-1].himozuke_bango)
        _commit()
        return int(real(list_id, found, now))

    vars(action)["_take"] = first


MUTANTS: Mapping[str, Callable[[], None]] = {"extracted_first": extracted_first, "permission_apart": lambda: None}
