"""Results and refused lines as streams, a chunk at a time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chukan.controls.uketsuke import queries as uketsuke
from chukan.controls.uketsuke.queries import get_refused_file, get_uketsuke
from chukan.kernel.errors import NotFound
from shikaku.queries import kekka as module
from shikaku.queries.kekka import kekka_rows, refused_lines, teisei_csv
from tests.support.members import HEADER, NOW, bango, file_line, sent
from tests.support.principals import OTHER_KENPO, clerk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("as_worker")]
WRONG = [file_line(serial, shutoku="20270401") for serial in (2, 4, 5)]
LINES = [file_line(1), WRONG[0], file_line(3), WRONG[1], WRONG[2]]


@pytest.mark.kj("KJ-IN-21")
@pytest.mark.parametrize("chunk", [1, 2, 5000])
def test_every_line_once_in_input_order_however_it_is_cut(monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr(uketsuke, "KEKKA_CHUNK", chunk)
    monkeypatch.setattr(module, "_CHUNK", chunk)
    accepted = sent(*LINES)

    status = get_uketsuke(by=clerk(), uketsuke_bango=accepted.uketsuke_bango, now=NOW)
    rows = list(kekka_rows(by=clerk(), status=status))
    teisei = b"".join(teisei_csv(by=clerk(), row_id=accepted.uketsuke_id, with_numbers=True, now=NOW)).decode()

    assert [row.gyo_bango for row in rows] == [2, 3, 4, 5, 6]
    assert [[v.code for v in row.results] for row in rows] == [[], ["E210"], [], ["E210"], ["E210"]]
    assert teisei == "\r\n".join([HEADER, *WRONG, ""])


@pytest.mark.kj("KJ-AUTH-14")
def test_without_the_right_the_numbers_are_not_in_the_file() -> None:
    accepted = sent(*LINES)

    text = b"".join(teisei_csv(by=clerk(), row_id=accepted.uketsuke_id, with_numbers=False, now=NOW)).decode()

    assert [serial for serial in range(1, 6) if bango(serial) in text] == []
    assert text.count("見本") == 3


def test_refused_lines_are_opened_with_their_numbers() -> None:
    accepted = sent(*LINES)
    key = get_refused_file(by=clerk(), row_id=accepted.uketsuke_id, now=NOW).file_key

    opened = list(refused_lines(by=clerk(), row_id=accepted.uketsuke_id, file_key=key))

    assert opened == [(2, WRONG[0].encode()), (4, WRONG[1].encode()), (5, WRONG[2].encode())]


@pytest.mark.kj("KJ-ZONE-01")
def test_of_others_too_late_or_without_refused_lines_there_is_nothing_before_the_first_byte() -> None:
    accepted, clean = sent(*LINES), sent(file_line(9))
    week = NOW + timedelta(days=7)
    for by, row_id, now in (
        (clerk(OTHER_KENPO), accepted.uketsuke_id, NOW),
        (clerk(), accepted.uketsuke_id, week),
        (clerk(), clean.uketsuke_id, NOW),
    ):
        with pytest.raises(NotFound):
            teisei_csv(by=by, row_id=row_id, with_numbers=True, now=now)
