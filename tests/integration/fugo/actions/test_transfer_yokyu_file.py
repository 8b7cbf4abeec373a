"""Waiting requests become a sealed file that lies until somebody sends it: nothing leaves by itself."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from chukan.kernel.storage import store
from fugo.actions import transfer_yokyu_file as action
from fugo.actions.transfer_yokyu_file import Sizes, begin_yokyu_file, transfer_yokyu_files
from fugo.domain.yokyu_file import LEFT_OUT
from fugo.models import YokyuFile
from shikaku.actions.register_one import register_one
from tests.support.fugo import AT_ONCE, WORKER, Line, delivered, requests_made, states, transferred, tsuban_of
from tests.support.members import LATER, NOW, asked, bango, file_line, joined, kinds_of, known, sent
from tests.support.principals import OTHER_KENPO, clerk
from tests.support.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]


def content(file: Any) -> list[str]:
    with store().open(file.object_key) as stream:
        return stream.read().decode().splitlines()


def waiting(*serials: int) -> None:
    for serial in serials:
        joined(serial)
    requests_made()


@pytest.mark.kj("KJ-FUGO-02", "KJ-FUGO-03", "KJ-FUGO-04")
def test_waiting_requests_become_a_file_that_waits(world: World) -> None:
    waiting(1, 2)

    (file,) = transferred(now=LATER)

    assert (file.state, file.kind, file.kensu) == ("soshin_machi", "shinki", 2)
    assert states(world) == ["2", "2"]
    assert content(file) == [
        "shori_tsuban,kojin_bango",
        f"{tsuban_of(world, 1)},{bango(1)}",
        f"{tsuban_of(world, 2)},{bango(2)}",
    ]
    assert file.sha256 == store().sealed_sha256(file.object_key)
    assert kinds_of(world)[-1] == "fugo_yokyu_tenso"
    assert asked(world, "SELECT DISTINCT fugo_tenso_nichiji, fugo_status_koshin_nichiji FROM fugo_shutoku_yokyu") == [
        (LATER, LATER)
    ]
    line = Line()
    assert delivered(line) == 0
    assert (line.calls, states(world)) == (0, ["2", "2"])


@pytest.mark.kj("KJ-RET-17", "KJ-FUGO-08")
def test_what_lies_in_the_store_is_sealed(world: World) -> None:
    waiting(1)
    (file,) = transferred()

    lying = [
        path.read_bytes() for path in Path(settings.CHUKAN_HOME, "objects", "fugo_yokyu").rglob("*") if path.is_file()
    ]

    assert lying
    assert all(bango(1).encode() not in raw and str(file.id).encode() not in raw for raw in lying)
    rows = asked(world, "SELECT f::text FROM fugo_yokyu_file f") + asked(
        world, "SELECT y::text FROM fugo_shutoku_yokyu y"
    )
    assert all(bango(1) not in row[0] for row in rows)


@pytest.mark.parametrize(
    ("sizes", "at", "files"),
    [
        (Sizes(full=3, interval=timedelta(hours=1)), NOW, 0),
        (Sizes(full=2, interval=timedelta(hours=1)), NOW, 1),
        (Sizes(full=3, interval=timedelta(hours=1)), NOW + timedelta(hours=1), 1),
        (Sizes(full=1, interval=timedelta(0), most=1), NOW, 2),
    ],
)
def test_a_file_is_made_by_count_or_by_time_and_has_a_size(world: World, sizes: Sizes, at: Any, files: int) -> None:
    waiting(1, 2)
    with world.admin() as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE fugo_shutoku_yokyu SET fugo_yokyu_uketsuke_nichiji = %s", [NOW])

    assert len(transferred(now=at, sizes=sizes)) == files


def test_a_person_who_waits_in_a_file_is_not_put_into_another(world: World) -> None:
    waiting(1)
    transferred()
    waiting(2)

    first, second = transferred(now=LATER)

    assert (first.kensu, second.kensu) == (1, 1)
    assert content(second)[1:] == [f"{tsuban_of(world, 2)},{bango(2)}"]


def test_a_file_of_a_builder_that_died_is_built_again_once_its_lease_is_over(world: World) -> None:
    waiting(1)
    begun = begin_yokyu_file(by=WORKER, kind="shinki", sizes=AT_ONCE, now=NOW)
    assert begun is not None

    assert [file.state for file in transferred(now=NOW)] == ["tsukuri"]
    (file,) = transferred(now=NOW + timedelta(hours=1))

    assert (file.state, file.kensu) == ("soshin_machi", 1)
    assert states(world) == ["2"]


def test_of_two_builders_the_later_one_stands_and_the_other_leaves_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one sleeps over its lease; what it wrote is erased when it wakes up."""
    waiting(1)
    wrote = action._write_zones

    def sleepy(*given: Any) -> int:
        done = wrote(*given)
        monkeypatch.setattr(action, "_write_zones", wrote)
        transferred(now=NOW + timedelta(hours=1))
        return done

    monkeypatch.setattr(action, "_write_zones", sleepy)
    assert transfer_yokyu_files(by=WORKER, now=lambda: NOW, sizes=AT_ONCE) == 0

    (file,) = YokyuFile.objects.all()
    assert file.state == "soshin_machi"
    kept = [path.name for path in Path(settings.CHUKAN_HOME, "objects", "fugo_yokyu").rglob("fugo_yokyu-*")]
    assert file.object_key in kept
    assert len(content(file)) == 2


def test_who_has_become_somebody_else_is_left_out_and_asked_for_when_registered_anew(world: World) -> None:
    waiting(1, 2)
    with world.admin() as admin:
        admin.execute(
            "UPDATE shikaku_itaku_kukaku_kanyusha SET himozuke_bango = gen_random_uuid() WHERE hihokensha_edaban = 1"
        )

    (file,) = transferred()

    assert file.kensu == 1
    left = asked(world, "SELECT shori_kekka_shosai_code, yokyu_file_id, fugo_shutoku_status FROM fugo_shutoku_yokyu"
                 " WHERE hihokensha_edaban = 1")  # fmt: skip
    assert left == [("himozuke_chigai", None, "1")]
    assert [file.state for file in transferred(now=LATER)] == ["soshin_machi"]


def test_a_request_without_a_number_is_asked_from_where_there_is_one(world: World) -> None:
    waiting(1)
    with world.admin() as admin:
        admin.execute("UPDATE shikaku_itaku_kukaku_kanyusha SET ct_kojin_bango = NULL")
    assert [file.state for file in transferred()] == ["haiki"]

    joined(1, by=clerk(OTHER_KENPO))
    requests_made()
    files = transferred(now=LATER)

    assert [(file.state, file.kensu) for file in files] == [("haiki", 0), ("soshin_machi", 1)]
    assert content(files[-1])[1:] == [f"{tsuban_of(world, 1, OTHER_KENPO)},{bango(1)}"]


@pytest.mark.kj("KJ-SHI-05")
def test_a_number_in_dispute_brings_no_code_of_somebody_else(world: World) -> None:
    joined(1)
    renumber(2, "1")  # a slip of the pen: 2 is somebody else
    joined(2, by=clerk(OTHER_KENPO))  # who comes to another insurer, and is taken for the same person
    requests_made()
    with world.admin() as admin:
        admin.execute("UPDATE fugo_shutoku_yokyu SET hokensha_code = %s", [OTHER_KENPO])
    renumber(3, "2")

    (file,) = transferred()

    assert file.state == "haiki"
    assert asked(world, "SELECT shori_kekka_message FROM fugo_shutoku_yokyu") == [(LEFT_OUT["bango_chigai"],)]


def renumber(serial: int, kubun: str) -> None:
    line = known("03", 1, koshingo_kojin_bango=bango(serial), kojin_bango_koshin_kubun=kubun)
    register_one(by=clerk(), line=line, now=NOW)


def test_a_number_that_does_not_open_keeps_no_other_from_being_asked(world: World) -> None:
    waiting(1, 2)
    with world.admin() as admin:
        admin.execute(
            "UPDATE shikaku_itaku_kukaku_kanyusha SET ct_kojin_bango = set_byte(ct_kojin_bango, 20,"
            " get_byte(ct_kojin_bango, 20) # 1) WHERE hihokensha_edaban = 1"
        )

    (file,) = transferred()

    assert content(file)[1:] == [f"{tsuban_of(world, 2)},{bango(2)}"]
    left = asked(
        world, "SELECT hihokensha_edaban, shori_kekka_message FROM fugo_shutoku_yokyu WHERE yokyu_file_id IS NULL"
    )
    assert left == [(1, LEFT_OUT["bango_yomezu"])]


def test_a_kind_that_fails_keeps_no_other_from_being_asked(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting(1)
    begun = action.begin_yokyu_file

    def failing(**given: Any) -> Any:
        if given["kind"] == "saihakko":
            raise ZeroDivisionError
        return begun(**given)

    monkeypatch.setattr(action, "KINDS", ("saihakko", "shinki"))
    monkeypatch.setattr(action, "begin_yokyu_file", failing)
    with pytest.raises(ZeroDivisionError):
        transferred()

    assert [file.state for file in YokyuFile.objects.all()] == ["soshin_machi"]


def test_a_file_that_cannot_be_built_keeps_no_other_from_standing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting(1)
    left = begin_yokyu_file(by=WORKER, kind="shinki", sizes=AT_ONCE, now=NOW)
    waiting(2)
    wrote = action._write_zones

    def failing(*given: Any) -> int:
        assert left is not None
        if given[1] == left.file_id:
            raise ZeroDivisionError
        return wrote(*given)

    monkeypatch.setattr(action, "_write_zones", failing)
    with pytest.raises(ZeroDivisionError):
        transferred(now=LATER)

    assert [file.state for file in YokyuFile.objects.order_by("created_at")] == ["tsukuri", "soshin_machi"]


def test_the_number_of_the_day_goes(world: World) -> None:
    waiting(1)
    change = known("03", 1, koshingo_kojin_bango=bango(9), kojin_bango_koshin_kubun="1")
    register_one(by=clerk(), line=change, now=NOW)

    (file,) = transferred()

    assert content(file)[1:] == [f"{tsuban_of(world)},{bango(9)}"]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_file(world: World) -> None:
    """Blocks of a hundred: what is held at once stays the same for three times as many."""
    import tracemalloc

    peaks = []
    for first, count in ((1, 1_000), (10_001, 3_000)):
        sent(*(file_line(serial) for serial in range(first, first + count)))
        requests_made()
        tracemalloc.start()
        transferred(sizes=Sizes(full=1, interval=timedelta(0), block=100))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < peaks[0] * 1.3
    assert states(world).count("2") == 4_000
