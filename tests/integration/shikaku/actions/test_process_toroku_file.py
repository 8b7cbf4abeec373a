"""One file from upload to its end."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from structlog.testing import capture_logs

from chukan.controls.uketsuke.actions import Upload
from chukan.controls.uketsuke.queries import get_refused_file, get_uketsuke, list_meisai
from chukan.kernel.principal import Principal
from chukan.kernel.storage import store
from chukan.settings import limits
from shikaku.actions import process_toroku_file as module
from shikaku.actions.accept_toroku_file import accept_toroku_file
from shikaku.actions.process_toroku_file import process_toroku_file
from shikaku.queries.kekka import kekka_rows, teisei_csv
from tests.support.principals import KENPO, clerk

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
HEADER = (
    "処理種別コード,保険者コード,個人番号,氏名（券面記載）,氏名（券面記載）（カナ）,性別1,生年月日,加入者区分コード,"
    "保険者番号,被保険者証記号,被保険者証番号,枝番,資格取得年月日（保護開始日・保護再開日）,本人・家族の別"
)
NUMBERS = ("123456789018", "234567890121", "345678901234")


def line(number: str, bango: str, *, shutoku: str = "20260401") -> str:
    return f"01,{KENPO},{number},見本　太郎,ミホン　タロウ,1,19800401,01,{KENPO},100,{bango},00,{shutoku},1"


def upload(text: str, *, encoding: str = "utf-8") -> Upload:
    with store().create("toroku") as writer:
        writer.write(text.encode(encoding))
        stored = writer.close()
    return Upload(stored.key, stored.size, bytes.fromhex(stored.sha256), "members.csv")


def send(text: str, *, by: Principal | None = None, saisoshin: bool = False) -> tuple[UUID, str]:
    by = by or clerk()
    accepted = accept_toroku_file(by=by, upload=upload(text), saisoshin=saisoshin, now=NOW)
    process_toroku_file(by=by, uketsuke_id=accepted.uketsuke_id, now=lambda: NOW)
    return accepted.uketsuke_id, accepted.uketsuke_bango


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("as_worker")
class TestProcessTorokuFile:
    def test_a_file_of_more_lines_than_have_numbers_is_refused_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        text = "\r\n".join([HEADER, *(line(number, "1") for number in NUMBERS)])
        monkeypatch.setattr(limits, "LINES_MAX", 2)

        _, bango = send(text)

        status = get_uketsuke(by=clerk(), uketsuke_bango=bango, now=NOW)
        assert (status.jotai, status.shori_zumi, (status.riyu or {})["code"]) == ("kyohi", 0, "okisugi")

    @pytest.mark.kj("KJ-IN-21")
    def test_every_line_has_one_result_and_the_upload_is_gone(self) -> None:
        text = "\r\n".join([HEADER, line(NUMBERS[0], "1"), line(NUMBERS[1], "2", shutoku="20270401")]) + "\r\n"

        row_id, bango = send(text)

        status = get_uketsuke(by=clerk(), uketsuke_bango=bango, now=NOW)
        assert (status.jotai, status.sosu, status.seijo, status.ijo) == ("kanryo", 2, 1, 1)
        refused = list_meisai(by=clerk(), row_id=row_id)
        assert [(item.line_number, item.codes) for item in refused] == [(3, ("E210",))]
        assert len(list(kekka_rows(by=clerk(), status=status))) == 2
        back = b"".join(teisei_csv(by=clerk(), row_id=row_id, with_numbers=True, now=NOW)).decode()
        assert back == "\r\n".join([HEADER, line(NUMBERS[1], "2", shutoku="20270401")]) + "\r\n"
        key = get_refused_file(by=clerk(), row_id=row_id, now=NOW).file_key
        assert key
        assert not store().exists(key)

    def test_what_stops_a_file_is_logged_with_its_number_and_the_constraint(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refused(**_: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute("DO $$ BEGIN RAISE unique_violation USING CONSTRAINT = 'one_at_a_time'; END $$")

        monkeypatch.setattr(module, "register_block", refused)
        with capture_logs() as logs, pytest.raises(IntegrityError):
            send("\r\n".join([HEADER, line(NUMBERS[0], "1")]))

        (said,) = [one for one in logs if one["event"] == "shikaku.toroku_file.broke_off"]
        assert get_uketsuke(by=clerk(), uketsuke_bango=said["uketsuke_bango"], now=NOW).jotai == "shori"
        assert (said["constraint"], said["exc_info"].__class__) == ("one_at_a_time", IntegrityError)

    def test_an_unknown_header_refuses_the_whole_file(self) -> None:
        row_id, bango = send(f"{HEADER},備考らしきもの\r\n{line(NUMBERS[0], '1')},x\r\n")

        status = get_uketsuke(by=clerk(), uketsuke_bango=bango, now=NOW)
        assert status.jotai == "kyohi"
        assert status.riyu is not None
        assert status.riyu["code"] == "midashi_fumei"
        assert list_meisai(by=clerk(), row_id=row_id, notable_only=False) == ()

    def test_a_resent_file_gives_first_results_again(self) -> None:
        text = "\r\n".join([HEADER, line(NUMBERS[0], "1"), line(NUMBERS[1], "2", shutoku="20270401")]) + "\r\n"
        send(text)

        row_id, _ = send(text, saisoshin=True)

        again = list_meisai(by=clerk(), row_id=row_id, notable_only=False)
        assert [(item.kubun, item.codes) for item in again] == [("2", ("W103",)), ("9", ("E210",))]
