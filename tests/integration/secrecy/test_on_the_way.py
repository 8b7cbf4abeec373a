"""What leaves a process: messages of the broker, telegrams, logs, answers."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import redis
from celery import current_app

from chukan.kernel import clock
from chukan.kernel.outbox.management.commands.relay_outbox import send_task
from chukan.kernel.outbox.relay import deliver_due
from chukan.kernel.principal import system_principal
from shikaku.actions.register_one import register_one
from shikaku.actions.send_to_onshi import send_to_onshi
from shikaku.models import OnshiSoshin, ShikakuRireki
from shikaku.tasks import resume_stalled_files
from tests.builders.canary import KIHON, REPEATED, SHIKAKU, Canary, plant
from tests.builders.files import accept_file
from tests.builders.lines import file_text, kojin_bango, line, message
from tests.builders.sinks import found_in_cells, spellings
from tests.support.principals import clerk
from tests.support.world import World, as_role

pytestmark = pytest.mark.django_db(transaction=True)

SYSTEM = system_principal(actor_id="test")
# Ids and places: of an event, a receipt and lines of it, a sender, an insurer.
ARGUMENTS = {
    "event_id", "uketsuke_id", "first_meisai_no", "last_meisai_no", "sender", "hokensha_code", "occurred_at", "key",
}  # fmt: skip


@pytest.fixture
def broker(world: World) -> Iterator[redis.Redis]:
    """The real broker of this world, empty; the product's Celery app talks to it."""
    url = world.urls.redis_url
    before = current_app.conf.broker_url
    _talk_to(url)
    client = redis.Redis.from_url(url.replace("redis+socket://", "unix://"))
    client.flushall()
    yield client
    client.flushall()
    _talk_to(before)


def _talk_to(url: str) -> None:
    """Let Celery make its connections anew."""
    current_app.conf.update(broker_url=url)
    setattr(current_app, "_pool", None)  # noqa: B010  # not in the stubs
    setattr(current_app.amqp, "_producer_pool", None)  # noqa: B010  # not in the stubs


class Recording:
    """オンライン資格確認等システム that only keeps what it gets."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []

    def send(self, telegrams: Sequence[Mapping[str, object]], *, now: datetime) -> frozenset[str]:
        self.got += [json.loads(json.dumps(telegram)) for telegram in telegrams]
        return frozenset(str(telegram["soshin_bango"]) for telegram in telegrams)


def everything_in(client: redis.Redis) -> dict[str, bytes]:
    """Return all that the broker holds, message bodies opened."""
    held: dict[str, bytes] = {}
    for key in client.scan_iter():
        if client.type(key) != b"list":
            continue
        for place, raw in enumerate(client.lrange(key, 0, -1)):
            envelope = json.loads(raw)
            held[f"{key!r} {place}"] = (raw if isinstance(raw, bytes) else raw.encode()) + base64.b64decode(
                envelope["body"]
            )
    return held


class TestBroker:
    @pytest.mark.kj("KJ-ENC-10")
    def test_messages_hold_ids_and_nothing_else(self, world: World, canary: Canary, broker: redis.Redis) -> None:
        number = kojin_bango(5_900)
        with as_role(world, "worker"):
            accept_file(file_text([message(9, kojin_bango=number, kihon=KIHON, shikaku=SHIKAKU)]).encode(), by=clerk())
        with as_role(world, "relay"):
            while deliver_due(by=SYSTEM, send=send_task, now=clock.now()):
                pass
        with as_role(world, "worker"):
            resume_stalled_files()
        held = everything_in(broker)

        assert len(held) >= 2
        for name, value in (canary.values | {"in the file": number}).items():
            for how, spelling in spellings(value).items():
                assert not [place for place, content in held.items() if spelling in content], (name, how)
        for raw in held.values():
            arguments = json.loads(raw[raw.rindex(b'[[], {"') :])[1]
            assert set(arguments) <= ARGUMENTS

    @pytest.mark.kj("KJ-ENC-10")
    def test_a_leak_would_be_seen(self, world: World, broker: redis.Redis) -> None:
        send_task("shikaku.tasks.process_toroku_file", {"uketsuke_id": kojin_bango(1)})

        assert [raw for raw in everything_in(broker).values() if kojin_bango(1).encode() in raw]

    def test_no_result_is_ever_kept(self) -> None:
        assert current_app.conf.task_ignore_result is True
        assert not current_app.conf.result_backend


class TestTelegrams:
    GROUPS = ("shikaku", "sho", "iryoken", "korei", "gendogaku", "tokutei_shippei")

    @pytest.mark.kj("KJ-EXT-01", "KJ-EXT-02", "KJ-DEAD-01")
    def test_no_number_of_anybody_leaves(self, world: World, canary: Canary) -> None:
        gateway = Recording()
        with as_role(world, "relay"):
            while send_to_onshi(by=SYSTEM, gateway=gateway, now=lambda: clock.now() + timedelta(minutes=1)):
                pass

        assert len(gateway.got) == 2  # the planted person and the one of the file; the changed number owes nothing
        text = json.dumps(gateway.got, ensure_ascii=False).encode()
        for name, value in canary.numbers.items():
            for how, spelling in spellings(value).items():
                assert spelling not in text, (name, how)
        assert KIHON["shimei_kenmen"] in text.decode()

    @pytest.mark.kj("KJ-EXT-02")
    def test_a_full_record_has_these_keys(self, world: World) -> None:
        full = REPEATED | {"gendogaku": [{"kofu_ymd": "2026-04-06"}]}
        register_one(by=clerk(), line=line(message(1, kihon=KIHON, shikaku=SHIKAKU, **full)), now=clock.now())
        gateway = Recording()
        with as_role(world, "relay"):
            send_to_onshi(by=SYSTEM, gateway=gateway, now=clock.now)

        (telegram,) = gateway.got
        assert set(telegram) == {"soshin_bango", "denbun_shubetsu", "himozuke_bango", "jun", "naiyo"}
        naiyo = telegram["naiyo"]
        assert set(naiyo) == {"hokensha_code", "hihokensha_edaban", "seigyo", "kihon", "kikan", "pmh_id"}
        assert set(naiyo["kikan"][0]) == {"shikaku_tsuban", "rireki_tsuban", *self.GROUPS}
        assert set(naiyo["kihon"]) == set(KIHON)
        assert set(naiyo["kikan"][0]["shikaku"]) == set(SHIKAKU) | {"hokensha_bango", "shikaku_soshitsu_ymd"}

    @pytest.mark.kj("KJ-EXT-02")
    def test_no_column_of_the_tables_goes_out_by_itself(self, world: World) -> None:
        register_one(by=clerk(), line=line(message(1)), now=clock.now())
        gateway = Recording()
        with as_role(world, "relay"):
            send_to_onshi(by=SYSTEM, gateway=gateway, now=clock.now)

        sent = set(_keys(gateway.got))
        own = {field.name for model in (ShikakuRireki, OnshiSoshin) for field in model._meta.get_fields()}
        named = {
            "soshin_bango", "himozuke_bango", "jun", "hokensha_code", "hihokensha_edaban", "shikaku_tsuban",
            "rireki_tsuban",
        }  # fmt: skip
        assert sent & own == named
        assert not [key for key in sent if "kojin_bango" in key or key.startswith(("bi_", "ct_", "t_"))]


class TestLogs:
    @pytest.mark.kj("KJ-LOG-09")
    def test_neither_operation_log_nor_standard_error_holds_a_value(
        self, world: World, capfd: pytest.CaptureFixture[str]
    ) -> None:
        canary = plant(world)
        written = capfd.readouterr()
        with world.admin() as admin:
            rows = admin.execute("SELECT count(*) FROM sosa_log_event").fetchone()
            found = [hit for hit in found_in_cells(admin, canary.values) if hit[0].startswith("sosa_log")]

        assert rows is not None
        assert rows[0] >= 10
        assert found == []
        for name, value in canary.values.items():
            assert value not in written.out + written.err, name

    @pytest.mark.kj("KJ-LOG-09")
    def test_answers_to_refused_messages_do_not_repeat_a_number(self, canary: Canary) -> None:
        for answer in canary.answers[1:]:
            for name, value in canary.numbers.items():
                assert value.encode() not in answer, name


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
