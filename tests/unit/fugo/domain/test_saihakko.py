"""How a list goes, who does what to it, whom it may name, and to whom its extract goes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from chukan.controls.shonin.domain import RIYU_MAX
from chukan.kernel.principal import Principal
from fugo.domain.saihakko import (
    GENIN,
    LEFT_OUT,
    MOKUTEKI,
    MOST_TSUBAN,
    MOVES,
    POSSIBLE,
    REASON_MAX,
    STATE_NAMES,
    Act,
    Progress,
    Refusal,
    State,
    Target,
    Written,
    can,
    check_list,
    check_write,
    may_handle,
    reason_for_others,
    stage_of,
)
from fugo.domain.shutoku_state import ShutokuState

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = date(2026, 11, 20)
KNOWN = frozenset({"06132013", "01130012"})
KIKIN = Principal(
    channel="operator",
    soshiki="shiharai_kikin",
    actor_id="K0001",
    actor_name="試験次郎",
    kengen=frozenset({("fugo", "koshin")}),
    terminal="127.0.0.1",
)
EIGHT = ("登録", "承認待ち", "承認済", "指示", "転送", "送信", "受領", "確認済")


class TestStates:
    @pytest.mark.kj("KJ-FUGO-06")
    def test_the_eight_go_one_after_the_other(self) -> None:
        way = [State.TOROKU]
        while nexts := MOVES[way[-1]] - {State.TORIKESHI}:
            assert len(nexts) == 1
            way.extend(nexts)

        assert tuple(STATE_NAMES[state] for state in way) == EIGHT

    @pytest.mark.kj("KJ-FUGO-06", "KJ-DUAL-06")
    def test_only_what_was_not_allowed_yet_is_taken_back(self) -> None:
        assert {state for state in State if State.TORIKESHI in MOVES[state]} == {State.TOROKU, State.SHONIN_MACHI}
        assert POSSIBLE[Act.WITHDRAW] == {State.TOROKU, State.SHONIN_MACHI}

    @pytest.mark.kj("KJ-DUAL-06")
    @pytest.mark.parametrize(
        ("act", "states"),
        [
            (Act.APPLY, {State.TOROKU, State.SHONIN_MACHI}),
            (Act.EXECUTE, {State.SHONIN_MACHI}),
            (Act.WRITE, {State.SHIJI, State.TENSO, State.SOSHIN, State.JURYO, State.KAKUNIN_ZUMI}),
            (Act.CONFIRM, {State.JURYO}),
            (Act.REGISTER, set()),
        ],
    )
    def test_each_act_has_its_states(self, act: Act, states: set[State]) -> None:
        assert {state for state in State if can(act, state)} == states


class TestMayHandle:
    @pytest.mark.kj("KJ-MENU-07", "KJ-DUAL-06")
    def test_staff_of_kikin_at_a_terminal_do(self) -> None:
        assert may_handle(KIKIN)

    @pytest.mark.kj("KJ-MENU-07", "KJ-DUAL-06")
    @pytest.mark.parametrize(
        "by",
        [
            replace(KIKIN, soshiki="kokuho_chuokai"),
            replace(KIKIN, soshiki="unyo_hoshu"),
            replace(KIKIN, soshiki="hokensha", channel="terminal"),
            replace(KIKIN, kengen=frozenset({("fugo", "shokai"), ("unyo", "koshin")})),
            replace(KIKIN, channel="server_api"),
            replace(KIKIN, channel="command"),
            replace(KIKIN, channel="system"),
            replace(KIKIN, terminal=""),
        ],
    )
    def test_nobody_else_does(self, by: Principal) -> None:
        assert not may_handle(by)


def errors(target: Target, *, genin: str = "kitaika", reason: str = "漏えいした") -> list[str]:
    found = check_list(genin=genin, reason=reason, target=target, known_hokensha=KNOWN, on=TODAY)
    return [one.pointer for one in found]


class TestCheckList:
    @pytest.mark.parametrize(
        "target",
        [
            Target(hokensha_code=("06132013",)),
            Target(issued_from=TODAY),
            Target(issued_to=date(2026, 1, 1)),
            Target(shori_tsuban=(UUID(int=1),)),
            Target(("06132013", "01130012"), date(2026, 1, 1), date(2026, 1, 1), (UUID(int=1),)),
        ],
    )
    def test_any_of_them_is_enough(self, target: Target) -> None:
        assert errors(target) == []

    @pytest.mark.parametrize(
        ("target", "where"),
        [
            (Target(), ["target"]),
            (Target(hokensha_code=("99999999",)), ["hokensha_code"]),
            (Target(issued_from=date(2026, 2, 1), issued_to=date(2026, 1, 31)), ["issued_to"]),
            (Target(issued_from=date(2026, 11, 21)), ["issued_from"]),
            (Target(shori_tsuban=(UUID(int=1),) * (MOST_TSUBAN + 1)), ["shori_tsuban"]),
        ],
    )
    def test_what_means_everybody_or_nobody_is_refused(self, target: Target, where: list[str]) -> None:
        assert errors(target) == where

    def test_every_reason_is_told_at_once(self) -> None:
        assert errors(Target(), genin="hima", reason=" ") == ["genin", "reason", "target"]
        assert errors(Target(issued_to=TODAY), reason="あ" * (REASON_MAX + 1)) == ["reason"]

    def test_the_longest_reason_goes_into_the_irai_with_its_cause_and_its_target(self) -> None:
        day = date(2026, 12, 31)
        widest = Target(
            ("06132013",) * 3_400, issued_from=day, issued_to=day, shori_tsuban=(UUID(int=1),) * MOST_TSUBAN
        )

        told = [reason_for_others(genin=genin, reason="あ" * REASON_MAX, target=widest) for genin in GENIN]

        assert max(map(len, told)) <= RIYU_MAX

    @pytest.mark.kj("KJ-DUAL-06")
    @pytest.mark.parametrize(
        ("target", "words"),
        [
            (Target(hokensha_code=("06132013",)), "保険者 06132013"),
            (Target(hokensha_code=("1", "2", "3", "4", "5")), "保険者 1・2・3ほか2"),
            (Target(issued_from=date(2026, 2, 1)), "符号の設定日 2026年2月1日から"),
            (Target(issued_to=date(2026, 2, 1)), "符号の設定日 2026年2月1日まで"),
            (
                Target(("1",), date(2026, 2, 1), date(2026, 3, 1), (UUID(int=1),)),
                "保険者 1、符号の設定日 2026年2月1日から2026年3月1日まで、処理通番 1件",
            ),
        ],
    )
    def test_those_who_agree_read_whom_it_means(self, target: Target, words: str) -> None:
        told = reason_for_others(genin="kitaika", reason="理由", target=target)

        assert told == f"符号が漏えいした。理由（対象: {words}）"

    @pytest.mark.kj("KJ-LOG-09")
    def test_a_number_is_no_reason(self) -> None:
        found = check_list(
            genin="kitaika",
            reason="対象は 123456789018 さん",
            target=Target(issued_to=TODAY),
            known_hokensha=KNOWN,
            on=TODAY,
        )

        assert [one.code for one in found] == ["E215"]
        assert "123456789018" not in str(found)


class TestStageOf:
    @pytest.mark.kj("KJ-FUGO-06")
    @pytest.mark.parametrize(
        ("counts", "state"),
        [
            ({"1": 1, "5": 9}, State.SHIJI),
            ({"2": 1, "3": 4, "5": 9}, State.TENSO),
            ({"3": 1, "5": 9}, State.SOSHIN),
            ({"4": 1, "5": 9}, State.SOSHIN),
            ({"5": 9}, State.JURYO),
            ({"1": 0, "5": 9}, State.JURYO),
            ({}, State.JURYO),
        ],
    )
    def test_the_slowest_request_says_where_it_is(self, counts: dict[str, int], state: State) -> None:
        progress = Progress({ShutokuState(key): count for key, count in counts.items()}, unaskable=3)

        assert stage_of(State.SHIJI, progress) is state

    @pytest.mark.parametrize(
        "stored", [State.TOROKU, State.SHONIN_MACHI, State.SHONIN_ZUMI, State.KAKUNIN_ZUMI, State.TORIKESHI]
    )
    def test_before_and_after_it_is_as_stored(self, stored: State) -> None:
        assert stage_of(stored, Progress({ShutokuState.YOKYU_UKETSUKE: 1})) is stored

    def test_counts_add_up(self) -> None:
        progress = Progress({ShutokuState.TENSO: 2, ShutokuState.SETTEI: 5}, unaskable=1, left_out={"yokyu_chu": 4})

        assert (progress.settled, progress.waiting, progress.requested) == (5, 2, 8)


WRITTEN = Written("USB-001", "K0001", NOW + timedelta(hours=1), None)


class TestCheckWrite:
    @pytest.mark.kj("KJ-DUAL-06", "KJ-DUAL-07")
    def test_who_executed_it_writes_it_once_in_time_to_the_medium(self) -> None:
        assert check_write(WRITTEN, by=KIKIN, baitai_id="USB-001", has_baitai=True, now=NOW) is None

    @pytest.mark.kj("KJ-DUAL-06", "KJ-DUAL-07")
    @pytest.mark.parametrize(
        ("given", "refusal"),
        [
            ({"by": replace(KIKIN, actor_id="K0009")}, Refusal.BETSUJIN),
            ({"baitai_id": "USB-002"}, Refusal.BAITAI),
            ({"baitai_id": ""}, Refusal.BAITAI),
            ({"has_baitai": False}, Refusal.BAITAI),
            ({"written": replace(WRITTEN, written_at=NOW)}, Refusal.SHIYO_ZUMI),
            ({"now": NOW + timedelta(hours=1)}, Refusal.KIGEN),
        ],
    )
    def test_all_else_is_refused(self, given: dict[str, object], refusal: Refusal) -> None:
        asked = {"written": WRITTEN, "by": KIKIN, "baitai_id": "USB-001", "has_baitai": True, "now": NOW, **given}
        written = asked.pop("written")

        assert check_write(written, **asked) is refusal  # type: ignore[arg-type]  # spoiled on purpose


@pytest.mark.kj("KJ-DUAL-02")
def test_there_is_one_purpose() -> None:
    assert list(MOKUTEKI.values()) == ["符号危殆化に伴う再取得対象者の抽出"]
    assert all(LEFT_OUT.values())
