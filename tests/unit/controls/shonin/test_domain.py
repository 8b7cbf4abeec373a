from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from chukan.controls.kikan.domain import OPERATORS
from chukan.controls.shonin.domain import (
    DECIDED,
    KINDS,
    LEADS_TO,
    LONGEST,
    MESSAGES,
    MOVES,
    OPEN,
    STATE_NAMES,
    Act,
    Kind,
    Payload,
    Refusal,
    State,
    bound_of,
    check_decide,
    check_irai,
    hash_payload,
    may_apply,
    may_approve,
    ninzu_of,
    shown,
    state_after,
    state_on,
    summary,
)
from chukan.kernel.principal import Principal
from chukan.kernel.values.kojin_bango import contains_kojin_bango

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
END = NOW + timedelta(days=3)
LIST = "0193a1b2-0000-7000-8000-000000000001"
SAIHAKKO: Payload = {"list_id": LIST, "kensu": 12408, "baitai_id": "USB-001"}
KENGEN: Payload = {"shokuin_id": "K0003", "jimu": "fugo", "action": "koshin"}
BAITAI: Payload = {"baitai_id": "USB-001", "shurui": "usb"}
EXAMPLES = {Kind.FUGO_SAIHAKKO: SAIHAKKO, Kind.JOHO_TEIKYO_SERVER_KENGEN: KENGEN, Kind.BAITAI: BAITAI}
ALL = frozenset({("shonin", "shokai"), ("shonin", "koshin"), ("kanri", "koshin"), ("fugo", "koshin")})
BANGO = "123456789018"


def person(
    actor_id: str = "K0002", *, kengen: frozenset[tuple[str, str]] = ALL, soshiki: str = "shiharai_kikin"
) -> Principal:
    return Principal(channel="operator", soshiki=soshiki, actor_id=actor_id, actor_name="試験次郎", kengen=kengen)


def codes(kind: str, payload: Payload, *, riyu: str = "漏えいのため", end: datetime = END) -> list[tuple[str, str]]:
    found = check_irai(kind=kind, payload=payload, riyu=riyu, expires_at=end, now=NOW)
    return [(item.code, item.pointer) for item in found]


class TestStateAfter:
    @pytest.mark.kj("KJ-DUAL-07")
    def test_every_state_and_act(self) -> None:
        table = {
            (state, act): state_after(state, act, approvals=1, hitsuyo_ninzu=1) for state, act in product(State, Act)
        }

        assert {key: after for key, after in table.items() if after is not None} == {
            (State.IRAI, Act.APPROVE): State.SHONIN_ZUMI,
            (State.IRAI, Act.REJECT): State.SASHIMODOSHI,
            (State.IRAI, Act.WITHDRAW): State.TORISAGE,
            (State.HITORIME, Act.APPROVE): State.SHONIN_ZUMI,
            (State.HITORIME, Act.REJECT): State.SASHIMODOSHI,
            (State.HITORIME, Act.WITHDRAW): State.TORISAGE,
            (State.SHONIN_ZUMI, Act.WITHDRAW): State.TORISAGE,
            (State.SHONIN_ZUMI, Act.CONSUME): State.JIKKO_CHU,
            (State.JIKKO_CHU, Act.COMPLETE): State.KANRYO,
        }

    def test_the_first_of_two_approvals_is_not_enough(self) -> None:
        assert state_after(State.IRAI, Act.APPROVE, approvals=1, hitsuyo_ninzu=2) is State.HITORIME
        assert state_after(State.HITORIME, Act.APPROVE, approvals=2, hitsuyo_ninzu=2) is State.SHONIN_ZUMI

    def test_the_diagram_is_the_table(self) -> None:
        drawn = {(state, to) for state, targets in MOVES.items() for to in targets}
        told = {(state, to) for (state, _), targets in LEADS_TO.items() for to in targets}

        assert drawn - told == {(state, State.KIGENGIRE) for state in OPEN}
        assert set(STATE_NAMES) == set(MOVES) == set(State)


class TestStateOn:
    @pytest.mark.kj("KJ-DUAL-07")
    @pytest.mark.parametrize("state", list(State))
    def test_what_is_open_expires_and_nothing_else(self, state: State) -> None:
        before = state_on(state, expires_at=END, now=END - timedelta(seconds=1))
        after = state_on(state, expires_at=END, now=END)

        assert before is state
        assert after is (State.KIGENGIRE if state in {State.IRAI, State.HITORIME, State.SHONIN_ZUMI} else state)


class TestMayApplyAndApprove:
    @pytest.mark.kj("KJ-AUTH-20", "KJ-DUAL-06")
    @pytest.mark.parametrize(
        "kind,apply_needs,approve_needs",
        [
            (
                Kind.FUGO_SAIHAKKO,
                {("shonin", "shokai"), ("fugo", "koshin")},
                {("shonin", "koshin"), ("kanri", "koshin")},
            ),
            (Kind.JOHO_TEIKYO_SERVER_KENGEN, {("shonin", "shokai")}, {("shonin", "koshin")}),
            (Kind.BAITAI, {("shonin", "shokai"), ("fugo", "koshin")}, {("shonin", "koshin"), ("kanri", "koshin")}),
        ],
    )
    def test_each_right_of_the_kind_is_needed(
        self, kind: Kind, apply_needs: set[tuple[str, str]], approve_needs: set[tuple[str, str]]
    ) -> None:
        rule = KINDS[kind]

        assert may_apply(person(kengen=frozenset(apply_needs)), rule)
        assert may_approve(person(kengen=frozenset(approve_needs)), rule)
        assert not any(may_apply(person(kengen=ALL - {right}), rule) for right in apply_needs)
        assert not any(may_approve(person(kengen=ALL - {right}), rule) for right in approve_needs)

    @pytest.mark.kj("KJ-AUTH-06")
    @pytest.mark.parametrize("soshiki", [*(set(OPERATORS) - {"shiharai_kikin"}), "hokensha"])
    @pytest.mark.parametrize("kind", list(Kind))
    def test_nobody_of_another_affiliation_asks_or_agrees(self, kind: Kind, soshiki: str) -> None:
        assert not may_apply(person(soshiki=soshiki), KINDS[kind])
        assert not may_approve(person(soshiki=soshiki), KINDS[kind])


class TestCheckDecide:
    @pytest.mark.kj("KJ-DUAL-07", "KJ-AUTH-20")
    @pytest.mark.parametrize(
        "change,refusal",
        [
            ({}, None),
            ({"by": person(kengen=frozenset())}, Refusal.KENGEN),
            ({"shinseisha": "K0002"}, Refusal.HONNIN),
            ({"taisho": "K0002"}, Refusal.TAISHO),
            ({"decided_by": frozenset({"K0002"}), "state": State.HITORIME}, Refusal.NIDO),
            ({"decided_by": frozenset({"K0009"}), "state": State.HITORIME}, None),
            *(
                ({"state": state}, Refusal.STATE)
                for state in set(State) - {State.IRAI, State.HITORIME, State.KIGENGIRE}
            ),
            ({"state": State.KIGENGIRE}, Refusal.KIGEN),
        ],
    )
    def test_says_why_not(self, change: dict[str, object], refusal: Refusal | None) -> None:
        asked: dict[str, object] = {
            "by": person(),
            "rule": KINDS[Kind.BAITAI],
            "shinseisha": "K0001",
            "taisho": None,
            "decided_by": frozenset(),
            "state": State.IRAI,
        }

        assert check_decide(**(asked | change)) is refusal  # type: ignore[arg-type]  # spoiled on purpose

    def test_every_refusal_has_its_own_words(self) -> None:
        assert set(MESSAGES) == set(Refusal)
        assert len(set(MESSAGES.values())) == len(Refusal)


class TestCheckIrai:
    @pytest.mark.parametrize("kind", list(Kind))
    def test_an_example_of_each_kind_passes(self, kind: Kind) -> None:
        assert codes(kind, EXAMPLES[kind]) == []

    @pytest.mark.parametrize(
        "kind,change,code",
        [
            (Kind.FUGO_SAIHAKKO, {"kensu": 0}, ("E207", "kensu")),
            (Kind.FUGO_SAIHAKKO, {"kensu": True}, ("E207", "kensu")),
            (Kind.FUGO_SAIHAKKO, {"kensu": "12"}, ("E207", "kensu")),
            (Kind.FUGO_SAIHAKKO, {"list_id": "x"}, ("E207", "list_id")),
            (Kind.JOHO_TEIKYO_SERVER_KENGEN, {"jimu": "kanri"}, ("E207", "jimu")),
            (Kind.JOHO_TEIKYO_SERVER_KENGEN, {"action": "both"}, ("E207", "action")),
            (Kind.JOHO_TEIKYO_SERVER_KENGEN, {"shokuin_id": BANGO}, ("E215", "shokuin_id")),
            (Kind.BAITAI, {"baitai_id": "usb 1"}, ("E207", "baitai_id")),
            (Kind.BAITAI, {"shurui": "fd"}, ("E207", "shurui")),
            (Kind.BAITAI, {"more": "x"}, ("E208", "kind")),
        ],
    )
    def test_a_wrong_item_is_named(self, kind: Kind, change: dict[str, str | int], code: tuple[str, str]) -> None:
        assert codes(kind, {**EXAMPLES[kind], **change}) == [code]

    def test_a_list_may_have_any_key(self) -> None:
        key = f"01a22998-97a3-738d-ba76-{BANGO}"
        assert contains_kojin_bango(key)
        assert codes(Kind.FUGO_SAIHAKKO, {**EXAMPLES[Kind.FUGO_SAIHAKKO], "list_id": key}) == []
        assert codes(Kind.FUGO_SAIHAKKO, {**EXAMPLES[Kind.FUGO_SAIHAKKO], "list_id": BANGO}) == [("E215", "list_id")]

    @pytest.mark.parametrize("kind", list(Kind))
    def test_every_item_is_demanded(self, kind: Kind) -> None:
        for key in EXAMPLES[kind]:
            left = {name: value for name, value in EXAMPLES[kind].items() if name != key}
            assert codes(kind, left) == [("E208", "kind")]

    @pytest.mark.parametrize("riyu,code", [(" ", "E208"), ("あ" * 401, "E207"), (f"番号は{BANGO}", "E215")])
    def test_a_reason_is_demanded(self, riyu: str, code: str) -> None:
        assert codes(Kind.BAITAI, BAITAI, riyu=riyu) == [(code, "riyu")]

    @pytest.mark.kj("KJ-DUAL-07")
    @pytest.mark.parametrize(
        "end,fits",
        [(NOW, False), (NOW + timedelta(minutes=1), True), (NOW + LONGEST, True), (NOW + LONGEST * 2, False)],
    )
    def test_an_end_within_two_weeks_is_demanded(self, end: datetime, fits: bool) -> None:
        assert codes(Kind.BAITAI, BAITAI, end=end) == ([] if fits else [("E202", "expires_at")])


class TestSummary:
    def test_says_in_one_line_what_tells_two_apart(self) -> None:
        assert summary("baitai", BAITAI) == "USB-001・USBメモリ（パスワード認証付き）"
        assert summary("fugo_saihakko", SAIHAKKO) == "12,408人・USB-001"


class TestHash:
    def test_is_the_same_whatever_the_order(self) -> None:
        turned = dict(reversed(list(SAIHAKKO.items())))
        assert hash_payload(kind="fugo_saihakko", payload=turned) == hash_payload(
            kind="fugo_saihakko", payload=SAIHAKKO
        )

    def test_is_of_the_published_bytes(self) -> None:
        # sha256 of {"kind":"baitai","payload":{"baitai_id":"USB-001","shurui":"usb"}}
        assert hash_payload(kind="baitai", payload=BAITAI).hex() == (
            "8abfd0c7ae3c83da1d8b0a85e40bd994e5596544761f0381b515de8bcf2a37fb"
        )

    @pytest.mark.parametrize("kind,payload", [("baitai2", BAITAI), ("baitai", {**BAITAI, "shurui": "dvd"})])
    def test_differs_by_kind_and_every_value(self, kind: str, payload: Payload) -> None:
        assert hash_payload(kind=kind, payload=payload) != hash_payload(kind="baitai", payload=BAITAI)

    def test_what_is_confirmed_names_the_irai_too(self) -> None:
        assert bound_of(shonin_id=b"a" * 16, payload_hash=b"h" * 32) == b"a" * 16 + b"h" * 32


class TestKinds:
    def test_class_a_needs_two_and_class_b_one(self) -> None:
        assert {kind: (rule.kyu, rule.hitsuyo_ninzu) for kind, rule in KINDS.items()} == {
            "fugo_saihakko": ("A", 2),
            "joho_teikyo_server_kengen": ("B", 1),
            "baitai": ("B", 1),
        }

    def test_people_read_words(self) -> None:
        assert shown(Kind.JOHO_TEIKYO_SERVER_KENGEN, KENGEN) == (
            ("付与する職員ID", "K0003"),
            ("事務", "機関別符号"),
            ("更新要・照会のみの別", "更新要"),
        )
        assert shown(Kind.FUGO_SAIHAKKO, SAIHAKKO)[1] == ("対象者数", "12,408人")
        assert (ninzu_of(Kind.FUGO_SAIHAKKO, SAIHAKKO), ninzu_of(Kind.BAITAI, BAITAI)) == (12408, None)

    def test_comments_are_read_once_nobody_can_decide_any_more(self) -> None:
        assert DECIDED.isdisjoint({State.IRAI, State.HITORIME})
