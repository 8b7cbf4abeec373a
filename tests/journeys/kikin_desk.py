"""支払基金 at the desk of 情報提供サーバー: people who sign in, confirm by 生体認証 and send files.

Nobody here is given anything beside the product: its command registers them, two administrators are present when an
authenticator is registered, and the rights come by a 依頼 that another person approves. Only the authenticator is a
stand-in, and it answers as the page's own script would have it answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from simulators.ninshoki.__main__ import create, get
from tests.journeys.clerk import Clerk, Page
from tests.support.stack import PASSWORD, Stack

SENDER: Final = "SK502"
SHINSEISHA, SHONINSHA = "SK503", "SK504"
TACHIAISHA: Final = ("SK590", "SK591")
SOSHIN: Final = "/unyo/fugo/soshin/"
IRAI_NO_KAKUNIN: Final = re.compile(r"/unyo/shonin/[0-9a-f-]{36}/$")
LOOKALIKE: Final = "http://localhost.example"  # where a page lies that only looks like ours


@dataclass(frozen=True)
class Shokuin:
    """One member of 支払基金's staff."""

    shokuin_id: str
    password: str

    @classmethod
    def registered(cls, stack: Stack, shokuin_id: str, *, kengen: str) -> Shokuin:
        """Register a person by the product's command."""
        told = stack.command(
            *("register_shokuin", "--soshiki", "shiharai_kikin", "--id", shokuin_id, "--shimei", "試験　支払"),
            *("--password-stdin", "--kengen", kengen),
            stdin=f"{PASSWORD}\n",
        )
        assert told == {"shokuin_id": shokuin_id}
        return cls(shokuin_id, PASSWORD)


class Operator(Clerk):
    """One of them at a browser, signed in, with an authenticator in the hand."""

    def __init__(self, stack: Stack, person: Shokuin) -> None:
        """Sign in."""
        super().__init__(stack.stage.web_url)  # people's address: WebAuthn knows `localhost` only
        self.answers: list[httpx.Response] = []
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._http.event_hooks = {"response": [self._keep]}
        self.sign_in("", person.shokuin_id, person.password)

    def _keep(self, response: httpx.Response) -> None:
        response.read()
        if not response.has_redirect_location:  # those that led to it stand in its history
            self.answers.append(response)

    def confirm(self, page: Page, typed: dict[str, str] | None = None, *, origin: str = "") -> Page:
        """Press the button of a page that asks for 生体認証: the authenticator answers, the form is sent."""
        asking = [form for form in page.forms if "seitai" in form.data]
        assert len(asking) == 1, (page.status, page.text[:600])
        answer = {"create": create, "get": get}[asking[0].data["seitai"]](
            json.loads(asking[0].data["options"]), key=self._key, origin=origin or _origin(page.url)
        )
        return self.submit(asking[0], {**(typed or {}), "answer": json.dumps(answer)})

    def enrol(self, witnesses: Sequence[Shokuin]) -> None:
        """Register the authenticator while two administrators are present and type their passwords (US-301)."""
        typed = dict[str, str]()
        for number, witness in enumerate(witnesses, start=1):
            typed |= {f"witness_{number}": witness.shokuin_id, f"witness_{number}_password": witness.password}
        made = self.submit(self.open("/seitai/ninshoki/").form("/seitai/ninshoki/toroku/"), typed)
        after = self.confirm(made, {"meisho": "試験の認証器"})
        assert "認証器を登録しました。" in after.text, after.text[:600]

    def ask_for_right(self, shokuin_id: str, action: str) -> None:
        """Ask that a person be given one right of 機関別符号 (AP-103)."""
        form = self.open("/unyo/irai/kengen/").form("/unyo/irai/kengen/")
        wanted = {"shokuin_id": shokuin_id, "jimu": "fugo", "action": action, "riyu": "試験の担当者にするため"}
        after = self.submit(form, wanted)
        assert after.url.endswith("/unyo/irai/"), after.text[:600]

    def approve_next(self) -> None:
        """Approve what waits first, by 生体認証 (AP-101, AP-102)."""
        first = next(link for link in self.open("/unyo/shonin/").links if IRAI_NO_KAKUNIN.search(link))
        after = self.confirm(self.submit(self.open(first).form("/shonin/"), {}))
        assert "承認した内容は実行済みです。" in after.text, after.text[:600]

    def choose(self, file_id: str) -> Page:
        """Choose a waiting file, look at it, go on to the question for the 生体認証 of sending it (IP-101, IP-001)."""
        shown = self.open(self.open(SOSHIN).link(f"/{file_id}/"))
        asked = self.submit(shown.form(f"/{file_id}/ninsho/"), {})
        assert asked.status == 200
        assert "IP-001" in asked.text
        assert file_id in asked.text
        return asked

    def send(self, file_id: str) -> None:
        """Send a waiting file."""
        after = self.confirm(self.choose(file_id))
        assert after.url.endswith(f"{SOSHIN}{file_id}/kekka/"), after.text[:600]

    def look_around(self, file_id: str, shori_tsuban: str) -> None:
        """Open every screen of the desk, down to one file and one request."""
        for screen in ("", "jokyo/", "jokyo/kaito-machi/", "jokyo/yokyu-fuka/", "soshin/", "jushin/", "kiroku/"):
            self.open(f"/unyo/fugo/{screen}")
        self.open(f"{SOSHIN}{file_id}/kekka/")
        self.open(f"/unyo/fugo/jokyo/file/{file_id}/")
        self.open(f"/unyo/fugo/jokyo/tsuban/{shori_tsuban}/")

    def has_seen(self, words: Collection[str]) -> set[str]:
        """Return which of these words stood in any answer to this browser: bodies, headers, addresses."""
        heard = "\n".join(_everything(self.answers))
        return {word for word in words if word in heard}


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _everything(answers: Iterable[httpx.Response]) -> Iterator[str]:
    for last in answers:
        for one in (*last.history, last):
            yield from (str(one.url), one.text, *(f"{name}: {value}" for name, value in one.headers.items()))


@contextmanager
def desk(stack: Stack, *, made: Callable[[Stack, Shokuin], Operator] = Operator) -> Iterator[Operator]:
    """Staff the desk, once for one product; yield who may send files, signed in, with a registered authenticator.

    `made` seats a person at a browser: whoever wants to look at their pages too brings one of its own.
    """
    witnesses = [Shokuin.registered(stack, name, kengen="kanri:shokai,kanri:koshin") for name in TACHIAISHA]
    sender = Shokuin.registered(stack, SENDER, kengen="unyo:shokai")
    shinseisha = Shokuin.registered(stack, SHINSEISHA, kengen="shonin:shokai")
    shoninsha = Shokuin.registered(stack, SHONINSHA, kengen="shonin:shokai,shonin:koshin")
    with made(stack, shinseisha) as asks, made(stack, shoninsha) as approves:
        approves.enrol(witnesses)
        for action in ("shokai", "koshin"):
            asks.ask_for_right(SENDER, action)
            approves.approve_next()
    with made(stack, sender) as operator:
        operator.enrol(witnesses)
        yield operator
