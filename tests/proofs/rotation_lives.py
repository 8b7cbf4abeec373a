"""Processes beside a rotation of keys: some that register or look for people, and jobs that are broken on purpose.

`registers MUTANT CODE START PAUSE` is a worker: it prints a line of JSON per file until stdin ends. `looks MUTANT CODE
START COUNT` asks for that many people as long, and prints a line per round. `job MUTANT ARGUMENTS…` is a management
command, `nursery MUTANT` forks one per line of stdin. Each has the mutant's change.
"""

from __future__ import annotations

import json
import os
import random
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import django

from tests.support.noticing import notice_keys_in_time

NEW_PER_FILE = 12
KNOWN_PER_FILE = 4
_ROUND = 5
_SPARE = 450_000  # what is added to a person's number for the one it changes to


def registers(code: str, start: str, pause: str) -> None:
    """Register new people, and changes of people and of their numbers, as long as stdin is open."""
    over = _end_of_stdin()
    people: dict[int, int] = {}
    dice, number = random.Random(int(start)), int(start)
    while not over.wait(float(pause)):
        told = _one_file(code, number, people, dice)
        number += NEW_PER_FILE
        print(json.dumps(told), flush=True)


def _end_of_stdin() -> threading.Event:
    over = threading.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    return over


def looks(code: str, start: str, count: str) -> None:
    """Ask for people by everything that is hashed, as long as stdin is open; they are numbered in the order of `start`.

    As an insurer's system asks for a number, as a registration looks for it in the zone (`find_rireki` would find the
    person across insurers), as PMH does, and by card, name and birth date together.
    """
    over, dice = _end_of_stdin(), random.Random(int(start))
    while not over.is_set():
        failed = Counter[str]()
        for place in dice.sample(range(int(count)), _ROUND):
            failed.update(_not_found(code, int(start) + place, place + 1))
        print(json.dumps({"asked": 4 * _ROUND, "failed": failed}), flush=True)


def _not_found(code: str, n: int, edaban: int) -> Iterator[str]:
    """Yield by which hash or token the person was not found, or not alone."""
    from chukan.kernel import clock
    from chukan.kernel.crypto import get_keyring
    from chukan.kernel.crypto.blind_index import ZoneIndex
    from chukan.kernel.errors import NotFound
    from chukan.kernel.principal import system_principal
    from shikaku.queries.held import load_held
    from shikaku.queries.kanyusha import SearchCriteria, search_kanyusha
    from shikaku.queries.members import find_members
    from shikaku.queries.rireki import find_rireki
    from tests.builders.lines import kojin_bango, message
    from tests.support.principals import clerk

    now, by = clock.now(), clerk(code)
    try:
        found = find_rireki(by=by, kojin_bango=kojin_bango(n), known_at=now)
    except NotFound:
        yield "rireki"
    else:
        if {one.hihokensha_edaban for one in found.versions} != {edaban}:
            yield "rireki"
    index = ZoneIndex(get_keyring(), code)
    hashed = index.bango(kojin_bango(n))
    held = load_held(by=by, zone=code, index=index, edabans=(), bangos=(hashed,))
    if hashed not in held.by_bango or held.by_bango[hashed].edaban != edaban:
        yield "bi_zone"
    if set(find_members(by=system_principal(actor_id="looks"), kojin_bango=[kojin_bango(n)])) != {kojin_bango(n)}:
        yield "bi_global"
    kihon, card = message(n)["kihon"], message(n)["shikaku"]
    criteria = SearchCriteria(
        kana=kihon["shimei_kenmen_kana"],
        kigo=card["hihokenshasho_kigo"],
        bango=card["hihokenshasho_bango"],
        edaban=card["edaban"],
        seinengappi=date.fromisoformat(kihon["seinengappi"]),
    )
    page = search_kanyusha(by=by, criteria=criteria, on=clock.business_date_jst(now), known_at=now)
    if [one.hihokensha_edaban for one in page.items] != [edaban]:
        yield "token"


def _one_file(code: str, first: int, people: dict[int, int], dice: random.Random) -> dict[str, Any]:
    from chukan.kernel import clock
    from tests.builders.files import send_file
    from tests.builders.lines import file_text, message
    from tests.support.principals import clerk

    fresh = range(first, first + NEW_PER_FILE)
    bodies = [message(n, hokensha=code) for n in fresh]
    for n in dice.sample(sorted(people), min(KNOWN_PER_FILE, len(people))):
        bodies.append(_change(code, n, people[n], dice))
        people.pop(n)  # a number changes once
    try:
        sent = send_file(file_text(bodies), by=clerk(code), block_lines=7, now=clock.now())
        results = sent.meisai
    except Exception:  # noqa: BLE001  # told to whoever counts
        traceback.print_exc()
        return {"lines": len(bodies), "failed": len(bodies), "codes": ["the file stands still"]}
    found = dict(zip(fresh, (one.hihokensha_edaban for one in results), strict=False))
    people.update({n: edaban for n, edaban in found.items() if edaban is not None})
    bad = [one for one in results if one.kubun == "9" or one.hihokensha_edaban is None]
    failed = len(bad) + len(bodies) - len(results)
    return {"lines": len(bodies), "failed": failed, "codes": sorted({code for one in bad for code in one.codes})}


def _change(code: str, n: int, edaban: int, dice: random.Random) -> dict[str, Any]:
    from tests.builders.lines import known, kojin_bango

    if dice.random() < 0.5:
        number = kojin_bango(n + _SPARE)
        return known("03", hokensha=code, edaban=edaban, koshingo_kojin_bango=number, kojin_bango_koshin_kubun="1")
    name = {"shimei_kenmen_kana": "ミホン　サクラ", "shimei_kenmen_kana_henko_ymd": "2026-10-01"}
    return known("03", hokensha=code, edaban=edaban, kihon=name)


def skips_a_table() -> None:
    """Mutant: the job forgets the numbers people had before."""
    from shikaku.actions import reseal_rows

    former = reseal_rows._SEALED[1]._replace(find="SELECT id, id, ct_kojin_bango FROM shikaku_kyu_kojin_bango"
                                                  " WHERE hokensha_code = %s AND false AND %s::bigint[] <> '{}'"
                                                  " AND ct_kojin_bango <> %s")  # fmt: skip
    setattr(reseal_rows, "_SEALED", (reseal_rows._SEALED[0], former, reseal_rows._SEALED[2]))  # noqa: B010  # a mutant


def does_not_wait() -> None:
    """Mutant: the job takes it that everybody seals with the new key already, whatever it meets."""
    from shikaku.actions import reseal_rows
    from shikaku.actions.walk_persons import walk

    setattr(reseal_rows, "wait_until_noticed", lambda *_a: None)  # noqa: B010  # a mutant
    setattr(reseal_rows, "walk", lambda *given: 0 * walk(*given))  # noqa: B010  # a mutant


def bookmark_before_the_rows() -> None:
    """Mutant: the しおり is committed before the rows of its persons are, and nobody walks once more."""
    from django.db import connection

    from shikaku.actions import reseal_rows

    def walk(given: Any, _pause: Any) -> int:
        by, run, persons = given.keywords["by"], given.keywords["run"], given.keywords["persons"]
        step = reseal_rows._Step(more=True, found=0)
        while step.more:
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('chukan.hokensha_code', %s, false)", [by.hokensha_code])
                cursor.execute("SELECT bookmark FROM shikaku_reseal_job")
                before = cursor.fetchone()[0]
                cursor.execute("UPDATE shikaku_reseal_job SET bookmark = bookmark + %s", [persons])
            step = _from(before, by, run, persons)
        return 0

    def _from(before: int, by: Any, run: Any, persons: int) -> Any:
        from chukan.kernel.crash_points import crash_point

        crash_point("reseal_persons.committing")
        with connection.cursor() as cursor:
            cursor.execute("UPDATE shikaku_reseal_job SET bookmark = %s", [before])
        return reseal_rows.reseal_persons(by=by, run=run, persons=persons)

    setattr(reseal_rows, "walk", walk)  # noqa: B010  # a mutant
    setattr(reseal_rows, "rewind_reseal", lambda **_given: None)  # noqa: B010  # a mutant


def seals_for_another_row() -> None:
    """Mutant: what is sealed again is bound to a row that is not its own."""
    from uuid import UUID

    from chukan.kernel.crypto.envelope import RowSealer

    seal = RowSealer.seal
    setattr(RowSealer, "seal", lambda self, _row, plain: seal(self, UUID(int=1), plain))  # noqa: B010  # a mutant


def knows_one_key() -> None:
    """Mutant: the process looks by the key of now only, and writes as if there were no other."""
    from chukan.kernel.crypto.keyring import IndexKeys, Keyring

    index_keys = Keyring.index_keys

    def one_key(*given: Any) -> IndexKeys:
        return IndexKeys(index_keys(*given).active, None)

    setattr(Keyring, "index_keys", one_key)  # noqa: B010  # a mutant


def does_not_wait_to_be_noticed() -> None:
    """Mutant: a key makes hashes, and all of them, before everybody looks for it."""
    from shikaku.actions import reindex_rows, rotate_index

    for module in (rotate_index, reindex_rows):
        setattr(module, "wait_until_noticed", lambda *_a: None)  # noqa: B010  # a mutant


def forgets_former_numbers() -> None:
    """Mutant: the hashes of numbers people had before stay as they are."""
    from shikaku.actions import reindexed_columns

    setattr(reindexed_columns, "_FORMER", f"{reindexed_columns._FORMER} AND false")  # noqa: B010  # a mutant


MUTANTS: Mapping[str, Callable[[], None]] = {
    "": lambda: None,
    "skips_a_table": skips_a_table,
    "does_not_wait": does_not_wait,
    "bookmark_before_the_rows": bookmark_before_the_rows,
    "seals_for_another_row": seals_for_another_row,
    "knows_one_key": knows_one_key,
    "does_not_wait_to_be_noticed": does_not_wait_to_be_noticed,
    "forgets_former_numbers": forgets_former_numbers,
}


def job(*arguments: str) -> None:
    """Run a management command."""
    from django.core.management import call_command

    call_command(*arguments)


def nursery() -> None:
    """Fork a management command for each line of stdin; tell the number of its process, then how it ended."""
    from django.conf import settings
    from django.db import connections

    from shikaku.management.commands import reindex_rows, rotate_index  # noqa: F401  # read once, not by every child

    connections.close_all()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            settings.CHUKAN_CRASH_AT = order["crash_at"]
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            os._exit(_ended(order["arguments"]))
        print(json.dumps({"pid": child}), flush=True)
        _, status = os.waitpid(child, 0)
        print(json.dumps({"ended": os.waitstatus_to_exitcode(status)}), flush=True)


def _ended(arguments: list[str]) -> int:
    try:
        job(*arguments)
    except Exception:  # noqa: BLE001  # told to whoever reads the log
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
    return 0


LIVES: Mapping[str, Callable[..., None]] = {"registers": registers, "looks": looks, "job": job, "nursery": nursery}


def main() -> None:
    """Do what the first word of the command line says, bent as the second one says."""
    django.setup()
    notice_keys_in_time()
    what, mutant, *arguments = sys.argv[1:]
    MUTANTS[mutant]()
    LIVES[what](*arguments)


if __name__ == "__main__":
    main()
