import pytest

from chukan.kernel.errors import Invalid
from chukan.kernel.http.parsing import json_object, refuse_unknown_keys


def test_an_object_is_read() -> None:
    assert json_object('{"a": {"b": [1, null, "氏"]}}'.encode()) == {"a": {"b": [1, None, "氏"]}}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"1", b"null", b'{"a":1,"a":2}', b'{"a":{"b":1,"b":1}}', b'{"a":NaN}', b'{"a":Infinity}',
     b"\xff{}", '{"a":"氏"}'.encode("cp932"), b'{"a":1}{}', b"[" * 100_000],
)  # fmt: skip
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        json_object(body)
    assert refused.value.code == "json_fusei"


def test_unknown_keys_are_all_named_with_their_place() -> None:
    with pytest.raises(Invalid) as refused:
        refuse_unknown_keys({"a": 1, "seibetsu2": 1, "b": 1}, {"a"}, at="kihon")

    assert refused.value.code == "unknown_field"
    assert [item.pointer for item in refused.value.errors] == ["kihon/b", "kihon/seibetsu2"]


@pytest.mark.parametrize("key", ["123456789018", "a123456789018", "見本花子", "x" * 65, "a b"])
def test_a_key_that_may_be_a_value_is_not_echoed(key: str) -> None:
    with pytest.raises(Invalid) as refused:
        refuse_unknown_keys({key: 1}, set())

    assert key not in str([(item.pointer, item.message) for item in refused.value.errors])


def test_known_keys_pass() -> None:
    refuse_unknown_keys({"a": 1}, {"a", "b"})
