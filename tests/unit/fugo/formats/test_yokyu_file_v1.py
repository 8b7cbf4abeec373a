"""The request file as the published contract has it."""

from uuid import UUID

from chukan.kernel.values.kojin_bango import KojinBango
from fugo.formats.yokyu_file_v1 import HEADER, lines_of
from simulators.juki.yokyu_file import read_requests
from tests.support.members import bango

TSUBAN = UUID("01890000-0000-7000-8000-000000000001")


def test_lines_in_order() -> None:
    requests = [(TSUBAN, KojinBango.parse(bango(1))), (UUID(int=TSUBAN.int + 1), KojinBango.parse(bango(2)))]

    written = HEADER + lines_of(requests)

    assert written == (
        f"shori_tsuban,kojin_bango\n{TSUBAN},{bango(1)}\n{UUID(int=TSUBAN.int + 1)},{bango(2)}\n".encode()
    )
    assert list(read_requests([written])) == [(str(tsuban), number.reveal()) for tsuban, number in requests]


def test_nobody_gives_no_line() -> None:
    assert lines_of([]) == b""
