"""Facts that an app announces: past tense, ids only."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One fact. `key` orders delivery: facts of one key arrive in the order they were published."""

    TOPIC: ClassVar[str]

    occurred_at: datetime
    key: str

    def payload(self) -> dict[str, str | int]:
        """Return the fields as JSON values: ids, codes and times, never personal data."""
        result: dict[str, str | int] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, datetime):
                result[field.name] = value.isoformat()
            elif isinstance(value, UUID):
                result[field.name] = str(value)
            elif isinstance(value, str | int):
                result[field.name] = value
            else:
                message = f"{type(self).__name__}.{field.name}: type not allowed in an event"
                raise TypeError(message)
        return result
