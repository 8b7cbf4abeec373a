"""One code per person: who is asked for, who is only linked, and who is asked for again."""

from datetime import UTC, datetime, timedelta

import pytest

from fugo.domain.shutoku_state import ShutokuState
from fugo.domain.shutoku_yokyu import Person, Yoto, decide_reissue, decide_request, is_unanswered, yoto_of

NOW = datetime(2026, 11, 29, 3, 0, tzinfo=UTC)
DAYS = timedelta(days=3)


@pytest.mark.parametrize(
    ("asked", "linked", "has_fugo", "has_open_request", "decision"),
    [
        # asked, linked, has_fugo, open
        (False, False, False, False, "nothing"),
        (False, False, True, False, "nothing"),
        (False, True, False, True, "nothing"),
        (True, False, False, False, "request"),
        (True, True, False, False, "request"),  # linked by a notice that asked for nothing then
        (True, False, False, True, "link"),
        (True, False, True, False, "link"),
        (True, False, True, True, "link"),  # 再発行 is under way
        (True, True, False, True, "nothing"),
        (True, True, True, False, "nothing"),
        (True, True, True, True, "nothing"),
    ],
)
def test_what_a_registration_leads_to(
    *, asked: bool, linked: bool, has_fugo: bool, has_open_request: bool, decision: str
) -> None:
    assert decide_request(asked=asked, person=Person(linked, has_fugo, has_open_request)) == decision


@pytest.mark.parametrize(
    ("has_fugo", "has_open_request", "again"),
    [(True, False, True), (True, True, False), (False, True, False), (False, False, False)],
)
def test_reissue_asks_once_for_who_has_a_code(*, has_fugo: bool, has_open_request: bool, again: bool) -> None:
    assert decide_reissue(Person(True, has_fugo, has_open_request)) is again


@pytest.mark.parametrize(
    ("purposes", "yoto"),
    [
        ({"jiko_joho"}, Yoto.JIKO_JOHO_HYOJI),
        ({"joho_renkei"}, Yoto.JOHO_RENKEI),
        ({"jiko_joho", "joho_renkei"}, Yoto.JOHO_RENKEI),
        (set(), Yoto.JIKO_JOHO_HYOJI),  # nobody may do more with it
    ],
)
def test_what_a_code_is_for(purposes: set[str], yoto: Yoto) -> None:
    assert yoto_of(frozenset(purposes)) is yoto


@pytest.mark.parametrize("state", ShutokuState)
@pytest.mark.parametrize(
    ("sent", "waits", "late"),
    [
        (NOW - DAYS, False, True),
        (NOW - DAYS + timedelta(seconds=1), False, False),
        (NOW - DAYS, True, False),
        (None, False, False),
    ],
)
def test_who_is_asked_again(state: ShutokuState, sent: datetime | None, *, waits: bool, late: bool) -> None:
    found = is_unanswered(state, last_sent_at=sent, is_waiting_to_go=waits, now=NOW, patience=DAYS)

    assert found is (late and state is ShutokuState.SOSHIN)
