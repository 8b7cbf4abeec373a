"""Senders of telegrams broken on purpose; each puts one rule of the sender out of force while a test runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from chukan.kernel.values.uuid7 import uuid7
from shikaku.actions import send_to_onshi as send
from shikaku.queries.telegrams import build_telegrams

Owed = Sequence[Any]


def marks_before_the_answer(patch: pytest.MonkeyPatch) -> None:
    """What was claimed counts as received, whatever the partner says."""
    sound = send.record_sent

    def record(*, owed: Owed, received: Iterable[str], **rest: Any) -> None:
        sound(owed=owed, received=[str(one.soshin_bango) for one in owed], **rest)

    patch.setattr(send, "record_sent", record)


def ignores_the_order(patch: pytest.MonkeyPatch) -> None:
    """A person's second telegram does not wait for the first."""
    _claim_otherwise(patch, "o.jun < s.jun", "false")


def numbers_each_try_anew(patch: pytest.MonkeyPatch) -> None:
    """A repeat goes out under another 送信番号: the receiver cannot know it again."""
    sound = send.record_sent
    former: dict[str, str] = {}

    def built(*, owed: Owed, **rest: Any) -> tuple[dict[str, Any], ...]:
        telegrams = []
        for telegram in build_telegrams(owed=owed, **rest):
            number = str(telegram["soshin_bango"])
            again = str(uuid7()) if _tries(owed)[number] > 1 else number
            former[again] = number
            telegrams.append({**telegram, "soshin_bango": again})
        return tuple(telegrams)

    def record(*, received: Iterable[str], **rest: Any) -> None:
        sound(received=[former[number] for number in received], **rest)

    patch.setattr(send, "build_telegrams", built)
    patch.setattr(send, "record_sent", record)


def says_something_else_again(patch: pytest.MonkeyPatch) -> None:
    """A repeat has other contents under the same 送信番号."""

    def built(*, owed: Owed, **rest: Any) -> tuple[dict[str, Any], ...]:
        telegrams = build_telegrams(owed=owed, **rest)
        return tuple(
            {**one, "naiyo": {**one["naiyo"], "kihon": {}}}
            if "kihon" in one["naiyo"] and _tries(owed)[str(one["soshin_bango"])] > 1
            else one
            for one in telegrams
        )

    patch.setattr(send, "build_telegrams", built)


def gives_up(patch: pytest.MonkeyPatch) -> None:
    """What was tried five times is left alone."""
    waits = "s.sent_at IS NULL AND"
    _claim_otherwise(patch, waits, f"{waits} s.attempts < 5 AND")


def _claim_otherwise(patch: pytest.MonkeyPatch, words: str, others: str) -> None:
    for name in ("_CLAIM_NEW", "_CLAIM_AGAIN"):
        sound = getattr(send, name)
        assert words in sound
        patch.setattr(send, name, sound.replace(words, others))


def _tries(owed: Owed) -> dict[str, int]:
    return {str(one.soshin_bango): one.attempts for one in owed}


# Each with one thing that the check must call wrong.
SENDERS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "marks_before_the_answer": (marks_before_the_answer, "lost"),
    "ignores_the_order": (ignores_the_order, "out of order"),
    "numbers_each_try_anew": (numbers_each_try_anew, "strange"),
    "says_something_else_again": (says_something_else_again, "naiyo_fuitchi"),
}
