"""A clerk of another insurer sends the same lines by screen, without JavaScript, then mends what was refused."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.people import columns as c
from simulators.wire import kojin_bango_check_digit
from tests.journeys.clerk import Clerk, Page
from tests.journeys.onshi_store import assert_in_order_and_clean, held_by_onshi
from tests.journeys.sample import Sample, differences, held_after, of_another, read_kekka
from tests.journeys.sent_file import SentFile
from tests.support.stack import Stack

HOKENSHA = "06270011"
FILE_SECONDS = 180
SEND = "/shikaku/toroku-files/soshin/"
OWN_TO_EACH_RECEIPT = "受付番号"
# What a clerk with the application form at hand writes in the place a code names.
MENDS = {
    ("E205", "kihon/seibetsu1"): (c.SEIBETSU, "1"),
    ("E208", "kihon/seibetsu1"): (c.SEIBETSU, "1"),
    ("E205", "shikaku/honnin_kazoku_kubun"): (c.KAZOKU, "1"),
    ("E208", "shikaku/honnin_kazoku_kubun"): (c.KAZOKU, "1"),
    ("E207", "kihon/yubin_bango"): (c.YUBIN, "0000001"),
    ("E207", "kihon/seinengappi"): (c.UMARE, "19900102"),
    ("E208", "kihon/seinengappi"): (c.UMARE, "19900102"),
    ("E210", "shikaku/shikaku_shutoku_ymd"): (c.SHUTOKU, "20260401"),
    ("E207", "shikaku/shikaku_shutoku_ymd"): (c.SHUTOKU, "20260401"),
    ("E215", "kihon/jusho"): (c.JUSHO, "架空県試験市1丁目1番"),
}


@pytest.fixture(scope="module")
def another(sample: Sample, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return of_another(sample, hokensha=HOKENSHA, folder=tmp_path_factory.mktemp("screen"))


@pytest.fixture(scope="module")
def clerk(stack: Stack) -> Iterator[Clerk]:
    stack.register_hokensha(HOKENSHA, bango=HOKENSHA, shubetsu="kenpo_kumiai", meisho="画面健康保険組合")
    rights = "shikaku:shokai,shikaku:koshin"
    password = stack.register_shokuin(HOKENSHA, "S0001", kengen=rights, kojin_bango="shikaku")
    with Clerk(stack.web_url) as signed_in:
        signed_in.sign_in(HOKENSHA, "S0001", password)
        yield signed_in


def sent(clerk: Clerk, file: Path) -> Page:
    """Send a file and watch its page until it says it is done."""
    page = clerk.submit(clerk.open(SEND).form(SEND), {}, file=file)
    assert page.url.startswith(clerk.open(SEND).url.removesuffix("soshin/")), page.text
    deadline = time.monotonic() + FILE_SECONDS
    while not any(link.endswith("/kekka/") for link in page.links):
        assert time.monotonic() < deadline, page.text[:2000]
        time.sleep(1.0)
        page = clerk.open(page.url)
    return page


@pytest.fixture(scope="module")
def status(clerk: Clerk, another: Sample) -> Page:
    return sent(clerk, another.file)


@pytest.fixture(scope="module")
def kekka(clerk: Clerk, status: Page) -> list[dict[str, str]]:
    return read_kekka(clerk.download(status.link("/kekka/")))


@pytest.mark.kj("KJ-IN-01", "KJ-IN-02")
def test_screen_and_rest_say_the_same_of_every_line(
    kekka: list[dict[str, str]], another: Sample, sent_by_rest: SentFile
) -> None:
    assert differences(kekka, another.answers) == []
    for here, there in zip(kekka, sent_by_rest.kekka, strict=True):
        assert {**here, OWN_TO_EACH_RECEIPT: ""} == {**there, OWN_TO_EACH_RECEIPT: ""}


@pytest.mark.kj("KJ-ZONE-01", "KJ-EXT-18")
def test_persons_of_two_insurers_are_each_held_by_both(
    stack: Stack, kekka: list[dict[str, str]], another: Sample, sample: Sample, sent_by_rest: SentFile
) -> None:
    for code in (another.hokensha, sample.hokensha):
        stack.wait_for_deliveries(code)
    here, there = (held_by_onshi(stack, code) for code in (another.hokensha, sample.hokensha))
    due = held_after(another, kekka)
    assert {edaban for edaban, person in due.items() if person.periods} <= set(here)
    assert set(there) <= set(here)  # what was mended here is held here alone
    # One person, one 紐付番号, whichever insurer named them first.
    assert {here[edaban]["himozuke_bango"] == there[edaban]["himozuke_bango"] for edaban in there} == {True}
    assert_in_order_and_clean(stack)


@pytest.mark.kj("KJ-AUTH-14", "KJ-IN-21")
def test_refused_lines_come_back_and_are_accepted_when_mended(
    clerk: Clerk, status: Page, kekka: list[dict[str, str]], another: Sample, folder: Path
) -> None:
    refused = [one for one in kekka if one["処理結果区分"] == "9"]
    returned = clerk.download(status.link("/error/"))
    assert returned.splitlines()[0] == another.file.read_bytes().splitlines()[0]
    rows = list(csv.reader(io.StringIO(returned.decode("utf-8", errors="replace"), newline="")))
    original = another.rows
    assert rows[1:] == [original[int(one["行番号"]) - 2] for one in refused]

    mended = [fixed for row, one in zip(rows[1:], refused, strict=True) if (fixed := mend(row, one))]
    assert mended
    file = folder / "naoshita.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\r\n").writerows([rows[0], *mended])
    again = read_kekka(clerk.download(sent(clerk, file).link("/kekka/")))

    assert [(one["処理結果区分"], one["処理結果明細コード"]) for one in again] == [("1", "")] * len(mended)
    before = {one["被保険者枝番"] for one in kekka}
    assert before.isdisjoint({one["被保険者枝番"] for one in again})


def mend(row: list[str], result: dict[str, str]) -> list[str] | None:
    """The line with every named place put right; None when it needs more than the place says."""
    fixed = list(row)
    codes, places = result["処理結果明細コード"].split(), result["処理結果詳細コード"].split()
    for code, place in zip(codes, places, strict=True):
        if (code, place) == ("E206", "kojin_bango"):
            body = row[c.KOJIN][:11]
            fixed[c.KOJIN] = body + kojin_bango_check_digit(body)
        elif (code, place) in MENDS:
            column, cell = MENDS[code, place]
            fixed[column] = cell
            if column == c.SHUTOKU and row[c.SHO]:
                fixed[c.SHO + 1] = fixed[c.SHO + 2] = cell
        else:
            return None
    return fixed


def test_same_file_again_is_pointed_to_its_first_receipt(clerk: Clerk, status: Page, another: Sample) -> None:
    page = clerk.submit(clerk.open(SEND).form(SEND), {}, file=another.file)
    assert page.status == 409
    assert status.url in page.links


def test_colleague_without_the_right_gets_the_lines_without_numbers(
    stack: Stack, status: Page, kekka: list[dict[str, str]]
) -> None:
    password = stack.register_shokuin(HOKENSHA, "S0002", kengen="shikaku:shokai,shikaku:koshin")
    with Clerk(stack.web_url) as colleague:
        colleague.sign_in(HOKENSHA, "S0002", password)
        returned = colleague.download(colleague.open(status.url).link("/error/"))
    rows = list(csv.reader(io.StringIO(returned.decode("utf-8", errors="replace"), newline="")))[1:]
    assert len(rows) == sum(one["処理結果区分"] == "9" for one in kekka)
    assert {row[c.KOJIN] + row[c.KOSHINGO] for row in rows if len(row) == c.WIDTH} == {""}
