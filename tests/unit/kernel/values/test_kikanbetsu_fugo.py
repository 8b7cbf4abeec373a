"""A code shows itself to nobody and is no 個人番号."""

import copy
import json
import pickle

import pytest

from chukan.kernel.values.kikanbetsu_fugo import KikanbetsuFugo, is_kikanbetsu_fugo
from tests.support.members import bango

CODE = "ABCDEFGHJKLMNPQRABCDEFGHJKLMNPQR"


@pytest.mark.parametrize("text", [CODE, "a", "x" * 64, "!~", "123456789012"])
def test_what_may_be_a_code(text: str) -> None:
    assert is_kikanbetsu_fugo(text)
    assert KikanbetsuFugo.parse(text).reveal() == text


@pytest.mark.kj("KJ-FUGO-08")
@pytest.mark.parametrize("text", ["", "x" * 65, "a b", "あ", "a\n", bango(1), f"x{bango(2)}y"])
def test_what_may_not(text: str) -> None:
    with pytest.raises(ValueError, match="not a 機関別符号"):
        KikanbetsuFugo.parse(text)


@pytest.mark.kj("KJ-LOG-09", "KJ-FUGO-07")
def test_it_is_shown_as_stars_and_never_written_elsewhere() -> None:
    fugo = KikanbetsuFugo.parse(CODE)

    assert f"{fugo} {fugo!r} {fugo:>8}" == "**** **** ****"
    for write in (pickle.dumps, copy.copy, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            write(fugo)
    with pytest.raises(TypeError):
        fugo.__getstate__()
