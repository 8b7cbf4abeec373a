"""Allow-list of the application log: an unknown key never leaves, and no value leaves that could be a person's.

The log says what happened, to which internal id, how often and how long. Who and what stands in the operation log,
sealed. 根拠: KJ-LOG-09.
"""

import re
import sys
import traceback
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Final
from uuid import UUID

from chukan.kernel.values.kojin_bango import MASK, contains_kojin_bango
from chukan.kernel.values.uketsuke_bango import is_valid

# Ids of our own rows, requests and organisations. 紐付番号, 被保険者枝番, 記号・番号, names: never. Nor a digest: that
# of a short value is the value.
_IDS: Final = frozenset(
    {
        "request_id",
        "task_id",
        "event_id",
        "job_id",
        "outbox_id",
        "uketsuke_id",
        "account_id",
        "actor_id",
        "client_id",
        "soshin_id",
        "stream_id",
        "object_id",
    }
)
_COUNTS: Final = frozenset(
    {
        "attempts",
        "bytes",
        "count",
        "delivered",
        "dropped",
        "erased",
        "failed",
        "first",
        "last",
        "lag_seconds",
        "leaves",
        "left",
        "lines",
        "milliseconds",
        "pid",
        "port",
        "refused",
        "rows",
        "seconds",
        "seijo",
        "size",
        "status",
        "versions",
    }
)
_CODES: Final = frozenset(
    {
        "channel",
        "check",
        "code",
        "constraint",
        "error",
        "hokensha_code",
        "kind",
        "level",
        "logger",
        "method",
        "outcome",
        "partner",
        "reason",
        "role",
        "route",
        "rule",
        "screen_id",
        "signal",
        "state",
        "stream",
        "task",
        "template",
        "timestamp",
        "topic",
        "uketsuke_bango",
        "where",
    }
)
ALLOWED_KEYS: Final = _IDS | _COUNTS | _CODES
# What the standard library's bridge needs to find again; it removes them itself.
_BRIDGE: Final = frozenset({"_record", "_from_structlog"})

_EVENT: Final = re.compile("[a-z][a-z0-9_]*([.][a-z0-9_]+)+")
_CODE: Final = re.compile("[!-~]{0,200}")
_UUID: Final = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TEMPLATE_LENGTH: Final = 200
_FRAMES: Final = 8

Event = MutableMapping[str, object]


def mask_event(_logger: object, _name: str, event: Event) -> Mapping[str, object]:
    """Return the log line with what is on the allow-list, and how much was left out."""
    kept: dict[str, object] = {key: event.pop(key) for key in _BRIDGE & event.keys()}
    foreign = kept.get("_from_structlog") is False
    if foreign:
        kept |= _of_library(kept.get("_record"), event.pop("event", ""))
    else:
        kept["event"] = _event_name(event.pop("event", ""))
    kept |= _of_exception(event.pop("exc_info", None))
    event.pop("stack_info", None)
    for key, value in event.items():
        if key in ALLOWED_KEYS:
            kept[key] = _masked(key, value)
        else:
            kept["left_out"] = int(str(kept.get("left_out", 0))) + 1
    return kept


def _event_name(event: object) -> str:
    """Return the name of one of our own events; anything else may be a sentence with a value in it."""
    text = str(event)
    return text if _EVENT.fullmatch(text) and not contains_kojin_bango(text) else "unnamed.event.logged"


def _masked(key: str, value: object) -> object:
    """Return the value when it has the shape of its key, else the mask."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, int | float):
        return MASK if contains_kojin_bango(str(value)) else value
    if not isinstance(value, str) or key in _COUNTS:
        return MASK
    if key in _IDS and _UUID.fullmatch(value):
        return value
    if key == "template":
        return _template(value)
    if key == "uketsuke_bango":
        return value if is_valid(value) else MASK
    return value if _CODE.fullmatch(value) and not contains_kojin_bango(value) else MASK


def _of_library(record: object, message: object) -> dict[str, object]:
    """Return what may be told of a library's message: who said it, and its text before values were put in."""
    name = getattr(record, "name", "")
    template = str(getattr(record, "msg", ""))
    told: dict[str, object] = {"event": "python.library.logged", "logger": _masked("logger", name)}
    # A text that was complete before it was logged may hold anything.
    if template != str(message):
        told["template"] = _template(template)
    return told


def _template(text: str) -> str:
    return MASK if contains_kojin_bango(text) else text[:_TEMPLATE_LENGTH]


def _of_exception(exc_info: object) -> dict[str, object]:
    """Return class and place of an exception; its message and its variables stay behind."""
    error: BaseException | None = None
    if isinstance(exc_info, BaseException):
        error = exc_info
    elif isinstance(exc_info, tuple) and len(exc_info) > 1 and isinstance(exc_info[1], BaseException):
        error = exc_info[1]
    elif exc_info is True:
        error = sys.exc_info()[1]
    if error is None:
        return {}
    return {"error": type(error).__name__, "where": _places(error.__traceback__)}


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_FRAMES:]
    return [f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno}:{frame.name}" for frame in frames]
