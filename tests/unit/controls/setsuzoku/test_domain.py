from datetime import date

import pytest

from chukan.controls.setsuzoku.domain import (
    ClientFacts,
    ClientKeyFacts,
    as_kind,
    candidate_keys,
    check_keys,
    fingerprint,
    is_idempotency_key,
    kept_key,
    lock_number,
    machine_principal,
    split_keyid,
    unknown_principal,
)

SECRET = bytes(32)


def client(kind: str = "hokensha", **more: object) -> ClientFacts:
    given: dict[str, object] = {"hokensha_code": "06132013", "carried": frozenset(), "keys": (), **more}
    return ClientFacts(client_id="c-1", kind=as_kind(kind), **given)  # type: ignore[arg-type]


def test_keyid_with_and_without_kid() -> None:
    assert split_keyid("c-1") == ("c-1", None)
    assert split_keyid("c-1#k#1") == ("c-1", "k#1")
    assert split_keyid("c-1#") == ("c-1", "")


def test_a_named_key_is_the_only_candidate() -> None:
    keys = (ClientKeyFacts(1, "a", {}, True), ClientKeyFacts(2, "b", {}, True))

    assert candidate_keys(client(keys=keys), "b") == (keys[1],)
    assert candidate_keys(client(keys=keys), None) == keys
    assert candidate_keys(client(keys=keys), "c") == ()


K1 = {"kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "k1"}
TODAY, NEXT = date(2026, 11, 30), date(2027, 4, 1)


@pytest.mark.parametrize(
    "key,days,codes",
    [
        ({**K1, "kid": "k2", "x": "BBBB"}, (TODAY, None), []),
        ({**K1, "kid": "k2", "x": "BBBB"}, (TODAY, NEXT), []),
        ({**K1, "x": "BBBB"}, (TODAY, None), ["kid_jufuku"]),
        ({**K1, "kid": "k2"}, (TODAY, None), ["kagi_jufuku"]),
        (K1, (NEXT, NEXT), ["kid_jufuku", "kagi_jufuku", "E202"]),
        ({**K1, "kid": "k2", "x": "BBBB"}, (date(2026, 1, 1), TODAY), ["E202"]),
    ],
)
def test_a_key_that_was_held_comes_back_under_no_name(
    key: dict[str, str], days: tuple[date, date | None], codes: list[str]
) -> None:
    errors = check_keys(held={"k1": K1}, keys={key["kid"]: key}, valid_from=days[0], valid_to=days[1], on=TODAY)

    assert [item.code for item in errors] == codes


@pytest.mark.kj("KJ-AUTH-26")
def test_only_registering_systems_have_rights() -> None:
    rights = {}
    for kind in ("hokensha", "kokuho_shuyaku", "pmh", "onshi", "nws"):
        by = machine_principal(client(kind), hokensha_shubetsu=None, request_id="r", terminal="t")
        rights[kind] = (by.channel, by.can("shikaku", "koshin"), by.can_kojin_bango("shikaku"))

    assert rights == {
        "hokensha": ("server_api", True, True),
        "kokuho_shuyaku": ("shuyaku", True, True),
        "pmh": ("pmh", False, False),
        "onshi": ("onshi", False, False),
        "nws": ("nws", False, False),
    }


def test_nobody_proven_has_no_rights() -> None:
    by = unknown_principal(request_id="r", terminal="t")

    assert (by.kengen, by.kojin_bango_jimu, by.hokensha_code) == (frozenset(), frozenset(), None)


@pytest.mark.parametrize(
    "key, good", [("k", True), ("x" * 64, True), ("", False), ("x" * 65, False), ("あ", False), ("a\n", False)]
)
def test_idempotency_key_shape(key: str, good: bool) -> None:
    assert is_idempotency_key(key) is good


def test_a_key_is_kept_as_a_keyed_hash_that_fits_its_column() -> None:
    kept = kept_key(SECRET, "123456789018")

    assert kept == kept_key(SECRET, "123456789018")
    assert len(kept) == 64
    assert len({kept, kept_key(SECRET, "123456789017"), kept_key(bytes(31) + b"1", "123456789018")}) == 3


def test_the_comparison_ignores_order_and_sees_every_value() -> None:
    first = fingerprint(SECRET, path="/a", compared={"a": 1, "b": {"c": None}})

    assert first == fingerprint(SECRET, path="/a", compared={"b": {"c": None}, "a": 1})
    assert first != fingerprint(SECRET, path="/b", compared={"a": 1, "b": {"c": None}})
    assert first != fingerprint(SECRET, path="/a", compared={"a": "1", "b": {"c": None}})
    assert first != fingerprint(SECRET, path="/a", compared={"a": 1, "b": {}})
    assert first != fingerprint(bytes(31) + b"1", path="/a", compared={"a": 1, "b": {"c": None}})


def test_locks_of_different_keys_differ_and_fit_the_database() -> None:
    numbers = {lock_number("c", "/p", str(key)) for key in range(1000)}

    assert len(numbers) == 1000
    assert all(-(2**63) <= number < 2**63 for number in numbers)


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind"):
        as_kind("other")
