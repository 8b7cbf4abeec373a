"""A file and a message that say the same become the same line, so every door meets the same rules."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.jp import in_

from shikaku.domain.check_line import check_line
from shikaku.domain.items import GROUPS, HEADER_OF, TOP, Item
from shikaku.domain.line import TorokuLine
from shikaku.domain.violations import order_results
from shikaku.formats.toroku_file_v1 import CLEAR, open_toroku_file
from shikaku.formats.toroku_message_v1 import read_message
from tests.unit.shikaku.lines import NUMBER, facts, kihon, shikaku, written

DAYS = st.dates().map(lambda day: day.isoformat())
TEXTS = st.text(alphabet='見本,"\n あ1ﾐ①', min_size=1, max_size=6)
STORED = [group for group in GROUPS.values() if group.key != "iryoken"]


def _values(item: Item) -> st.SearchStrategy[Any]:
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "date": DAYS,
        "flag": st.booleans(),
        "number": st.integers(0, 99_999_999),
    }
    return st.one_of(st.none(), kinds.get(item.kind, TEXTS))


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    """Draw the JSON body of a message with any items in it."""
    body: dict[str, Any] = {
        "shori_shubetsu_code": draw(st.sampled_from(["01", "03", "99"])),
        "hokensha_code": "06132013",
    }
    texts = {"kojin_bango": NUMBER, "koshingo_kojin_bango": "1", "kojin_bango_koshin_kubun": "2", "shikaku_tsuban": 3}
    texts |= {"hihokensha_edaban": "0000000012", "fugo_shutoku_yokyu_kubun": "1"}
    body |= {key: texts[key] for key in draw(st.sets(st.sampled_from(sorted(texts))))}
    for group in STORED:
        items = draw(st.lists(st.sampled_from(group.items), max_size=3, unique_by=lambda item: item.key))
        given_items = {item.key: draw(_values(item)) for item in items}
        if not given_items:
            continue
        if group.key == "system":
            body.update(given_items)
        else:
            body[group.key] = [given_items] if group.repeated else given_items
    return body


def _cell(item: Item, value: Any) -> str:
    if value is None:
        return CLEAR
    if item.kind == "flag":
        return "1" if value else "0"
    return str(value).replace("-", "") if item.kind == "date" else str(value)


def as_file(body: dict[str, Any], encoding: str) -> TorokuLine:
    """Write the body as a file of one line and read it."""
    cells = {TOP[key]: str(value) for key, value in body.items() if key in TOP}
    for group in STORED:
        given_items = body if group.key == "system" else body.get(group.key, {})
        if isinstance(given_items, list):
            (given_items,) = given_items
        for item in group.items:
            if item.key in given_items:
                cells[HEADER_OF[group.key, item.key]] = _cell(item, given_items[item.key])
    quoted = ('"' + cell.replace('"', '""') + '"' for cell in cells.values())
    data = f"{','.join(cells)}\r\n{','.join(quoted)}\r\n".encode(encoding)
    (line,) = open_toroku_file(io.BytesIO(data)).lines()
    assert line.line is not None
    return line.line


@settings(max_examples=200, deadline=None)
@given(bodies(), st.sampled_from(["utf-8", "cp932"]))
def test_the_same_words_are_the_same_line(body: dict[str, Any], encoding: str) -> None:
    message = read_message(json.loads(json.dumps(body)))
    file = as_file(body, encoding)
    assert file == message
    by_file, by_message = (order_results(check_line(line, facts=facts())) for line in (file, message))
    assert by_file == by_message


@pytest.mark.kj("KJ-IN-19")
@settings(deadline=None)
@given(st.integers(0, 11), st.integers(1, 9), st.sampled_from(["kojin_bango", "koshingo_kojin_bango"]))
def test_one_wrong_digit_is_refused_at_both_doors(at: int, step: int, key: str) -> None:
    digit = str((int(NUMBER[at]) + step) % 10)
    wrong = NUMBER[:at] + digit + NUMBER[at + 1 :]
    body: dict[str, Any] = {"shori_shubetsu_code": "01", "hokensha_code": "06132013", "kojin_bango": NUMBER}
    body |= {"kihon": kihon(), "shikaku": shikaku()}
    if key == "koshingo_kojin_bango":
        body = {"shori_shubetsu_code": "03", "hokensha_code": "06132013", "hihokensha_edaban": "0000000001"}
        body["kojin_bango_koshin_kubun"] = "1"
    expected = set() if in_.is_valid(wrong) else {f"E206@{key}"}
    for line in (read_message({**body, key: wrong}), as_file({**body, key: wrong}, "utf-8")):
        assert set(written(check_line(line, facts=facts()))) == expected
