"""What an insurer's own system does with the hub: send, wait, fetch, look up."""

import json
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import httpx

from simulators import clock
from simulators.client import HubAnswerError, HubClient

ENDED = frozenset({"kanryo", "kyohi"})
FIRST_WAIT_SECONDS = 0.2
LONGEST_WAIT_SECONDS = 5.0
TRIES = 6


class FileEndedBadly(Exception):
    """The hub refused the whole file, or it did not end in time."""


class KizonSystem:
    """One insurer's line to the hub."""

    def __init__(self, client: HubClient) -> None:
        self._client = client

    def register(self, message: Mapping[str, Any], *, idempotency_key: str | None = None) -> dict[str, Any]:
        """The hub's answer for one person; a lost answer is asked for again under the same key."""
        key = idempotency_key or secrets.token_hex(16)
        answer: dict[str, Any] = again_when_lost(
            lambda: self._client.post_json("/api/v1/itaku/kanyusha", message, idempotency_key=key).json()
        )
        return answer

    def send_file(self, path: Path, *, saisoshin: bool = False) -> str:
        """The 「受付番号」 of the file; for a file the hub already has, the earlier one."""
        key = secrets.token_hex(16)
        try:
            answer = again_when_lost(lambda: self._client.upload(path, saisoshin=saisoshin, idempotency_key=key))
        except HubAnswerError as error:
            earlier = error.problem.get("uketsuke_bango")
            if error.problem.get("code") == "jufuku_file" and isinstance(earlier, str):
                return earlier
            raise
        return str(answer["uketsuke_bango"])

    def state(self, uketsuke_bango: str) -> dict[str, Any]:
        """状態 and counts of a 受付."""
        answer: dict[str, Any] = again_when_lost(lambda: self._client.get(f"/api/v1/uketsuke/{uketsuke_bango}").json())
        return answer

    def wait(
        self, uketsuke_bango: str, *, seconds: float, tell: Callable[[Mapping[str, Any]], None] = lambda _: None
    ) -> dict[str, Any]:
        """The last state of a file, when it has ended.

        Raises: FileEndedBadly when it is refused as a whole, or has not ended after `seconds`.
        """
        end, pause = clock.ticks() + seconds, FIRST_WAIT_SECONDS
        while True:
            state = self.state(uketsuke_bango)
            tell(state)
            if state["jotai"] == "kanryo":
                return state
            if state["jotai"] == "kyohi":
                reason = state.get("riyu") or {}
                raise FileEndedBadly(f"受け付けられませんでした: {reason.get('message') or reason.get('code') or ''}")
            if clock.ticks() > end:
                raise FileEndedBadly(f"{seconds:g}秒たっても終わりません（状態 {state['jotai']}）")
            clock.wait(pause)
            pause = min(LONGEST_WAIT_SECONDS, pause * 1.5)

    def fetch_results(self, uketsuke_bango: str, target: Path) -> None:
        """Write the result CSV of a file."""
        self._client.download(f"/api/v1/uketsuke/{uketsuke_bango}/kekka", target)

    def history(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """資格履歴 of one person, asked by 被保険者枝番 or 個人番号."""
        answer: dict[str, Any] = again_when_lost(
            lambda: self._client.post_json("/api/v1/shikaku/rireki/kensaku", question).json()
        )
        return answer


def again_when_lost(call: Callable[[], Any]) -> Any:  # noqa: ANN401  # passes on what the call gives
    """What a call gives; a lost answer, `429`, `503` and `409 shorichu` are asked again, later and later."""
    for turn in range(TRIES):
        try:
            return call()
        except httpx.TransportError:
            if turn == TRIES - 1:
                raise
        except HubAnswerError as error:
            passing = error.status in {429, 503} or error.problem.get("code") == "shorichu"
            if not passing or turn == TRIES - 1:
                raise
        clock.wait(0.25 * 2**turn)
    raise AssertionError("the last turn returns or raises")


def read_message(text: str) -> Any:  # noqa: ANN401  # whatever JSON holds
    """A JSON message given as text, or `@file`."""
    return json.loads(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text)
