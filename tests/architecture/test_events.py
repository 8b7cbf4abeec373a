import inspect
import re
import typing
from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.utils.module_loading import import_string

from chukan.kernel.events import Event
from chukan.subscriptions import SUBSCRIPTIONS
from docs.generate import event_modules, publishers

TOPIC = re.compile(r"^[a-z_]+\.[a-z_]+\.[a-z_]+\.v[0-9]+$")
ALLOWED = {str, int, datetime, UUID}
PERSONAL = re.compile(r"kojin_bango|kikanbetsu_fugo|shimei|jusho|seinengappi|kana|kigo|edaban")


def events() -> list[type[Event]]:
    return [
        value
        for module in event_modules()
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, Event) and value.__module__ == module.__name__
    ]


def event_problems(event: type[Event]) -> list[str]:
    """Say what keeps an event from being a fact that may travel."""
    problems = []
    if not TOPIC.match(getattr(event, "TOPIC", "")):
        problems.append("TOPIC is not app.noun.verb_ed.vN")
    hints = typing.get_type_hints(event)
    for field in fields(event):
        if hints[field.name] not in ALLOWED:
            problems.append(f"{field.name}: type not on the allow-list")
        if PERSONAL.search(field.name):
            problems.append(f"{field.name}: personal data do not travel")
    return problems


def test_every_event_may_travel() -> None:
    found = {event.__name__: event_problems(event) for event in events()}

    assert {name: what for name, what in found.items() if what} == {}


def test_every_event_has_a_row_in_subscriptions() -> None:
    assert [event.__name__ for event in events() if event not in SUBSCRIPTIONS] == []


def test_every_row_in_subscriptions_is_an_event_and_its_listeners_exist() -> None:
    assert set(SUBSCRIPTIONS) <= set(events())
    for tasks in SUBSCRIPTIONS.values():
        for task in tasks:
            assert callable(import_string(task))


def test_every_event_is_published_somewhere() -> None:
    assert [event.__name__ for event in events() if not publishers(event.__name__)] == []


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFinished(Event):
    TOPIC: ClassVar[str] = "shikaku.toroku_file.finished.v1"
    uketsuke_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberChanged(Event):
    TOPIC: ClassVar[str] = "number changed"
    kojin_bango: str
    everything: object


def test_example_fact_of_ids_passes() -> None:
    assert event_problems(FileFinished) == []


def test_example_personal_payload_is_refused() -> None:
    assert event_problems(NumberChanged) == [
        "TOPIC is not app.noun.verb_ed.vN",
        "kojin_bango: personal data do not travel",
        "everything: type not on the allow-list",
    ]
