"""KA-201, KA-202: from the form to the confirmed result, who may look, and that no number or code is ever shown."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client

from chukan.controls.kikan.domain import KOKUHO_CHUOKAI, UNYO_HOSHU
from chukan.controls.shonin.actions.apply import apply
from chukan.kernel import clock
from fugo.domain.answer_matching import FUGO_KAWARAZU
from tests.support.fugo import all_sent, code_of
from tests.support.members import asked, bango, kinds_of
from tests.support.principals import KENPO
from tests.support.saihakko import BAITAI, agreed, answered, coded, extracted
from tests.support.shonin import ASK, FUGO, agreer, grant_by_approval, kikin
from tests.support.staff import a_staff, an_operator, browser
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "operator"])
LISTS = "/unyo/fugo/saihakko/"
FORM = {"genin": "kitaika", "reason": "符号の漏えいが確認されたため", "hokensha_code": KENPO}


@pytest.fixture
def people(world: World) -> tuple[Client, list[object]]:
    """Return the browser of one who asks, and two who agree; a medium is registered."""
    an_operator("K0001", kengen=ASK)
    others = [agreer("K0002"), agreer("K0003")]
    by = kikin("K0001", ASK)
    for action in ("shokai", "koshin"):
        grant_by_approval("K0001", "fugo", action, by=by, agreed_by=others[0])
    now = clock.now()
    shonin_id = apply(
        by=kikin("K0001", ASK | FUGO),
        kind="baitai",
        payload={"baitai_id": BAITAI, "shurui": "usb"},
        reason="抽出のため",
        expires=now + timedelta(days=1),
        now=now,
    )
    agreed(others[0], shonin_id, ninzu=None, now=now)
    return browser("K0001", hokensha=""), list(others)


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"
    return answer.content.decode()


def worked(world: World, *serials: int) -> None:
    with as_role(world, "worker"):
        coded(world, *serials, now=clock.now() - timedelta(hours=1))


def registered(client: Client) -> str:
    answer = client.post(LISTS + "toroku/", FORM)
    assert answer.status_code == 303
    return str(answer.headers["Location"])


def hidden(world: World, *serials: int) -> list[str]:
    """Return every number and code there is, and who the persons are."""
    codes = [
        code_of(row[0].int % 10**10, issue=issue)
        for row in asked(world, "SELECT shori_tsuban FROM fugo_shutoku_yokyu")
        for issue in (1, 2)
    ]
    persons = [row[0] for row in asked(world, "SELECT himozuke_bango::text FROM shikaku_himozuke")]
    return [*codes, *persons, *map(bango, serials)]


def written(client: Client, address: str) -> str:
    """Return the extract, after everything that does not get it."""
    wrong = {"baitai_id": BAITAI, "mokuteki": "chosa"}
    assert client.post(address + "kakidashi/", wrong).status_code == 400
    right = {**wrong, "mokuteki": "saishutoku_taishosha"}
    assert client.post(address + "kakidashi/", {**right, "baitai_id": "USB-999"}).status_code == 403
    answer = client.post(address + "kakidashi/", right)
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]  # a stream
    assert text.count("\r\n") == 3
    assert client.post(address + "kakidashi/", right).status_code == 403
    return text


@pytest.mark.kj("KJ-FUGO-06", "KJ-FUGO-07", "KJ-MENU-07", "KJ-LOG-02", "KJ-DUAL-06", "KJ-DUAL-07")
def test_from_the_form_to_the_confirmed_result(world: World, people: tuple[Client, list[object]]) -> None:
    client, others = people
    worked(world, 1, 2)
    shown = [page(client, LISTS)]
    assert "再発行対象者リストは0件です。" in shown[0]

    address = registered(client)
    shown.append(page(client, address))
    assert "2人の抽出と再発行を依頼する" in shown[-1]
    assert client.post(address + "jikko/", {"baitai_id": BAITAI}).status_code == 403  # nobody agreed
    assert client.post(address + "irai/", {"baitai_id": BAITAI}).status_code == 303
    shown.append(page(client, address))
    assert "承認を待っています" in shown[-1]
    assert client.post(address + "jikko/", {"baitai_id": BAITAI}).status_code == 403
    shonin_id = asked(world, "SELECT shonin_id FROM fugo_saihakko_list")[0][0]
    for one in others:
        agreed(one, shonin_id, ninzu=2, now=clock.now())  # type: ignore[arg-type]  # a Principal
    assert "2人の抽出と再発行を始める" in page(client, address)
    assert client.post(address + "jikko/", {"baitai_id": "USB-999"}).status_code == 403
    assert client.post(address + "jikko/", {"baitai_id": BAITAI}).status_code == 303
    assert client.post(address + "jikko/", {"baitai_id": BAITAI}).status_code == 403  # a second time
    assert client.post(address + "kakunin/").status_code == 409
    with as_role(world, "worker"):
        assert extracted(now=clock.now()) == 1
    shown.append(page(client, address))
    assert "（IP-101）で送信するまで待ちます" in shown[-1]
    shown.append(written(client, address))
    with as_role(world, "worker"):
        all_sent(world, now=clock.now())
        answered(world, issue=2, now=clock.now())
    shown.append(page(client, address))
    assert "処理結果の確認を登録する" in shown[-1]
    assert client.post(address + "kakunin/").status_code == 303
    shown.extend((page(client, address), page(client, LISTS)))
    assert "確認済" in shown[-1]
    for secret in hidden(world, 1, 2):
        assert not [text for text in shown if secret in text]
    assert {"saihakko_toroku", "saihakko_irai", "saihakko_jikko", "saihakko_kakidashi", "saihakko_kakunin"} <= set(
        kinds_of(world)
    )


@pytest.mark.kj("KJ-MENU-07")
def test_staff_of_kikin_alone_have_the_screens(world: World, people: tuple[Client, list[object]]) -> None:
    client, _ = people
    worked(world, 1)
    address = registered(client)
    an_operator("K0011", soshiki=KOKUHO_CHUOKAI)
    an_operator("K0012", soshiki=UNYO_HOSHU)
    an_operator("K0013", kengen=frozenset({("unyo", "shokai"), ("unyo", "koshin")}))
    a_staff("S0001")
    doors = [browser(name, hokensha="") for name in ("K0011", "K0012", "K0013")]
    doors.append(browser("S0001"))

    for door in doors:
        for place in (LISTS, address):
            assert door.get(place).status_code == 403
        for place in ("irai/", "jikko/", "kakidashi/", "kakunin/", "torikeshi/"):
            assert door.post(address + place, {"baitai_id": BAITAI}).status_code == 403
        assert door.post(LISTS + "toroku/", FORM).status_code == 403
    assert asked(world, "SELECT state, count(*) FROM fugo_saihakko_list GROUP BY 1") == [("toroku", 1)]
    assert Client().get(LISTS).status_code == 302


@pytest.mark.kj("KJ-DUAL-06")
def test_who_may_not_ask_others_is_told_so_before(world: World, people: tuple[Client, list[object]]) -> None:
    client, _ = people
    worked(world, 1)
    address = registered(client)
    an_operator("K0004", kengen=frozenset({("unyo", "shokai")}))
    other = agreer("K0005")
    for action in ("shokai", "koshin"):
        grant_by_approval("K0004", "fugo", action, by=kikin("K0001", ASK), agreed_by=other)
    door = browser("K0004", hokensha="")

    shown = page(door, address)
    assert "「依頼・承認」の照会の権限も要ります" in shown
    assert 'id="ask"' not in shown
    assert 'id="ask"' in page(client, address)
    assert door.post(address + "irai/", {"baitai_id": BAITAI}).status_code == 403


def test_what_is_to_be_mended_is_told_and_what_was_typed_stays(
    world: World, people: tuple[Client, list[object]]
) -> None:
    client, _ = people

    answer = client.post(
        LISTS + "toroku/",
        {"genin": "", "reason": "見本の理由", "issued_from": "きのう", "shori_tsuban": "abc", "hokensha_code": ""},
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "入力に2件の誤りがあります" in text
    assert "見本の理由" in text
    answer = client.post(LISTS + "toroku/", {**FORM, "genin": "", "hokensha_code": "99999999"})
    assert "原因を選んでください" in answer.content.decode()
    assert "登録のない保険者コード" in answer.content.decode()
    answer = client.post(LISTS + "toroku/", FORM)
    assert "当てはまる人がいません" in answer.content.decode()
    assert asked(world, "SELECT count(*) FROM fugo_saihakko_list") == [(0,)]


@pytest.mark.kj("KJ-IN-19", "KJ-LOG-09")
def test_a_number_typed_as_the_reason_is_given_back_to_nobody(
    world: World, people: tuple[Client, list[object]]
) -> None:
    client, _ = people

    answer = client.post(LISTS + "toroku/", {**FORM, "reason": f"対象は {bango(1)}"})

    assert answer.status_code == 422
    assert "E215" in answer.content.decode()
    assert bango(1) not in answer.content.decode()


def test_a_list_is_taken_back_and_an_unknown_one_is_not_found(
    world: World, people: tuple[Client, list[object]]
) -> None:
    client, _ = people
    worked(world, 1)
    address = registered(client)

    assert client.post(address + "torikeshi/").status_code == 303
    assert "取消" in page(client, address)
    assert client.post(address + "irai/", {"baitai_id": BAITAI}).status_code == 409
    assert client.get(f"{LISTS}{uuid4()}/").status_code == 404
    assert UUID(address.split("/")[-2]).version == 7


def test_a_medium_that_is_not_registered_is_told_at_once(world: World, people: tuple[Client, list[object]]) -> None:
    client, _ = people
    worked(world, 1)
    address = registered(client)

    assert "媒体を選んでください" in client.post(address + "irai/", {"baitai_id": ""}).content.decode()
    answer = client.post(address + "irai/", {"baitai_id": "USB-999"})

    assert answer.status_code == 422
    assert "この媒体IDは登録されていません" in answer.content.decode()
    assert asked(world, "SELECT state FROM fugo_saihakko_list") == [("toroku",)]


@pytest.mark.kj("KJ-FUGO-07")
def test_who_got_the_former_code_again_is_counted_apart(world: World, people: tuple[Client, list[object]]) -> None:
    client, _ = people
    worked(world, 1)
    address = registered(client)
    assert client.post(address + "irai/", {"baitai_id": BAITAI}).status_code == 303
    with world.admin() as admin:  # as if it had been executed and answered so
        admin.execute("SET session_replication_role = replica")
        admin.execute("UPDATE fugo_saihakko_list SET state = 'shiji', executed_at = now(), executed_by = 'x'")
        admin.execute(
            "UPDATE fugo_shutoku_yokyu SET fugo_shutoku_status = '3', fugo_uketsuke_nichiji = NULL,"
            " fugo_settei_nichiji = NULL, shori_kekka_shosai_code = %s",
            [FUGO_KAWARAZU],
        )
        admin.execute(
            "INSERT INTO fugo_saihakko_taisho SELECT gen_random_uuid(), l.id, y.himozuke_bango, y.shori_tsuban, ''"
            " FROM fugo_saihakko_list l, fugo_shutoku_yokyu y"
        )

    text = page(client, address)

    assert "前と同じ符号" in text
    assert "要求できない" not in text
