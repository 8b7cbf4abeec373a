"""When waiting requests make a file, and which moves a file may make."""

from datetime import UTC, datetime, timedelta

import pytest

from fugo.domain.yokyu_file import KIND_NAMES, KINDS, MOVES, SOSHIN_CHU, SOSHIN_ZUMI, STATE_NAMES, bound_of, makes_file

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("kensu", "waited", "made"),
    [
        (0, None, False),
        (1, timedelta(seconds=59), False),
        (1, MINUTE, True),
        (9, timedelta(0), False),
        (10, timedelta(0), True),
    ],
)
def test_by_count_or_by_time(kensu: int, waited: timedelta | None, made: bool) -> None:
    oldest = None if waited is None else NOW - waited

    assert makes_file(kensu=kensu, oldest=oldest, full=10, interval=MINUTE, now=NOW) is made


@pytest.mark.kj("KJ-FUGO-03")
def test_a_file_is_sent_by_way_of_the_act_only() -> None:
    assert [state for state, to in MOVES.items() if SOSHIN_ZUMI in to] == [SOSHIN_CHU]
    assert [state for state, to in MOVES.items() if SOSHIN_CHU in to] == ["soshin_machi"]
    assert set(STATE_NAMES) == set(MOVES)
    assert set(KIND_NAMES) == set(KINDS)


def test_an_act_is_bound_to_the_file_and_to_its_bytes() -> None:
    assert bound_of(b"f" * 16, "00ff") == b"f" * 16 + b"\x00\xff"
