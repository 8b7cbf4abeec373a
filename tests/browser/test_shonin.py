"""承認 in a Chromium with virtual authenticators: one 依頼 from its wish to its approval, and every lie refused."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from chukan.controls.seitai.domain import MESSAGES, Refusal
from chukan.embedded.process_table import PROCESSES, ROOT, Stage
from tests.browser.conftest import World
from tests.browser.support.device import Device
from tests.browser.support.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.slow]
KIKIN = "shiharai_kikin"
MACHI, IRAI = "/unyo/shonin/", "/unyo/irai/"
# Answers what the form on the page asks, as static/js/seitai.js would; `change` bends the question first.
_ANSWER = """async ([text, change]) => {
  const options = Object.assign(JSON.parse(text), change);
  const asked = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return JSON.stringify((await navigator.credentials.get({publicKey: asked})).toJSON());
}"""
_SEND = """(answer) => {
  const form = document.querySelector('form[data-seitai]');
  form.elements.answer.value = answer;
  HTMLFormElement.prototype.submit.call(form);
}"""
_SEND_BEFORE = """async (answer) => {
  const form = document.querySelector('form[data-seitai]');
  form.elements.answer.value = answer;
  const sent = new FormData(form);
  const first = await fetch(form.action, {method: 'POST', body: new URLSearchParams(sent)});
  return first.url;
}"""


@pytest.fixture(scope="module")
def elsewhere(demo: World) -> Iterator[str]:
    """A second address of the same system: its pages are of another origin, and it takes one model alone."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    stage = Stage(home=demo.home, port=port)
    (web,) = (spec for spec in PROCESSES if spec.name == "web")
    told = {"CHUKAN_SEITAI_KISHU": "01020304-0506-0708-0102-030405060708"}
    process = subprocess.Popen(list(web.argv(stage)), env=stage.environment("web") | told, cwd=ROOT)
    url = f"http://localhost:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{url}/health/live", trust_env=False).raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="module")
def people(browser: Browser, demo: World) -> Iterator[dict[str, Window]]:
    """オペレーション管理者, オペレーション管理責任者 and another administrator, each signed in once."""
    windows = {shokuin_id: Window(browser, demo.url) for shokuin_id in ("SK003", "SK004", "SK901")}
    for shokuin_id, window in windows.items():
        window.sign_in(KIKIN, shokuin_id, demo.password(KIKIN, shokuin_id))
    yield windows
    for window in windows.values():
        window.close()


@pytest.fixture
def asker(people: dict[str, Window], irai: str) -> Window:
    """オペレーション管理者."""
    return people["SK003"].fresh()


@pytest.fixture
def approver(people: dict[str, Window], irai: str) -> Window:
    """オペレーション管理責任者."""
    return people["SK004"].fresh()


@pytest.fixture(scope="module")
def keys(people: dict[str, Window], demo: World) -> dict[str, dict[str, Any]]:
    """The keys of the approver and of somebody else, each registered before two administrators."""
    return {
        "SK004": Device(people["SK004"]).register(demo),
        "SK901": Device(people["SK901"]).register(demo, witnesses=("SK900", "SK004")),
    }


def ask_for(window: Window, shokuin_id: str, jimu: str, action: str) -> None:
    """Ask for a right of somebody (AP-103)."""
    window.go(f"{IRAI}kengen/")
    window.page.fill("#f-shokuin_id", shokuin_id)
    window.page.select_option("#f-jimu", jimu)
    window.page.select_option("#f-action", action)
    window.page.fill("#f-riyu", "担当の交代のため")
    window.press("F12", moves=True)
    assert window.page.url == f"{window.url}{IRAI}"


@pytest.fixture(scope="module")
def irai(people: dict[str, Window]) -> str:
    """Where the approver decides about a 依頼 that nobody ever approves."""
    ask_for(people["SK003"], "SK001", "honnin_kakunin", "shokai")
    window = people["SK004"]
    window.go(MACHI)
    address = window.page.locator("#mine a[data-open]").first.get_attribute("href")
    assert address is not None
    return address


@pytest.mark.kj("KJ-DUAL-07", "KJ-AUTH-20", "KJ-AUTH-05")
def test_keys_alone_lead_from_a_wish_to_its_approval(
    asker: Window, approver: Window, demo: World, keys: dict[str, dict[str, Any]]
) -> None:
    ask_for(asker, "SK900", "fugo", "shokai")
    asker.check("AP-103_waiting", screen_id="AP-103")
    page = approver.page
    Device(approver).hold(keys["SK004"])
    approver.go(MACHI)
    approver.check("AP-101_mine", screen_id="AP-101")
    page.click(f"#mine a[href='{newest(page)}']")
    assert approver.focused() == "what-title"
    approver.check("AP-102", screen_id="AP-102")
    address = page.url
    approver.press("F12", moves=True)
    approver.check("IP-001_shonin", screen_id="IP-001")
    assert "SK900" in page.inner_text("main")
    approver.press("F12", moves=True)

    page.wait_for_url(address)
    assert "承認した内容は実行済みです。" in page.inner_text("main")
    approver.check("AP-102_done", screen_id="AP-102")
    approver.go(MACHI)
    approver.check("AP-101_done", screen_id="AP-101")
    asker.go(IRAI)
    assert "完了" in asker.page.inner_text("#irai tbody tr:first-child")


def test_an_error_is_shown_at_the_field(approver: Window, asker: Window, irai: str) -> None:
    approver.go(irai)
    approver.page.click("#to-reject")
    assert approver.page.title().startswith("エラー: ")
    approver.check("AP-102_error", screen_id="AP-102", refusal=True)
    asker.go(f"{IRAI}kengen/")
    asker.check("AP-103_ask", screen_id="AP-103")
    asker.press("F12", moves=True)
    asker.check("AP-103_ask_error", screen_id="AP-103", refusal=True)


@pytest.mark.kj("KJ-DUAL-07")
def test_the_applicant_is_told_that_somebody_else_decides(asker: Window, irai: str) -> None:
    asker.go(MACHI)
    assert "あなたの承認を待っているものはありません。" in asker.page.inner_text("main")
    asker.check("AP-101_waiting", screen_id="AP-101")
    assert asker.go(irai) == 403


def newest(page: Page) -> str:
    """Return the address of the newest 依頼 that waits for the person."""
    return str(page.locator("#mine a[data-open]").first.get_attribute("href"))


class Question:
    """IP-001 as it stands before one approver, and the ways to lie to it."""

    def __init__(self, window: Window, keys: dict[str, dict[str, Any]], elsewhere: str) -> None:
        self.window, self.page, self.keys, self.elsewhere = window, window.page, keys, elsewhere
        self.device = Device(window)
        self.device.hold(keys["SK004"])
        form = self.page.locator("form[data-seitai]")
        self.options = str(form.get_attribute("data-options"))

    def answer(self, page: Page | None = None, **change: object) -> str:
        return str((page or self.page).evaluate(_ANSWER, [self.options, change]))

    def send(self, answer: str) -> None:
        with self.page.expect_navigation():
            self.page.evaluate(_SEND, answer)


def without_a_finger(question: Question) -> None:
    """The page is bent so that the browser does not insist; the system does."""
    question.device.recognises(is_recognised=False)
    question.send(question.answer(userVerification="discouraged"))


def from_another_origin(question: Question) -> None:
    """The same key answers the same question on a page of another address."""
    other = question.page.context.new_page()
    other.goto(f"{question.elsewhere}/login/")
    Device(question.window, page=other).hold(question.keys["SK004"])
    answer = question.answer(other)
    other.close()
    question.send(answer)


def a_second_time(question: Question) -> None:
    """An answer that was refused for its missing finger is bettered, but the question has had its answer."""
    question.device.recognises(is_recognised=False)
    question.page.evaluate(_SEND_BEFORE, question.answer(userVerification="discouraged"))
    question.device.recognises(is_recognised=True)
    question.send(question.answer())


def with_another_persons_key(question: Question) -> None:
    """Somebody else's authenticator lies on the table."""
    question.device.hold(question.keys["SK901"])
    name = json.loads(question.options)["allowCredentials"][0] | {"id": _web_name(question.keys["SK901"])}
    question.send(question.answer(allowCredentials=[name]))


def _web_name(key: dict[str, Any]) -> str:
    """Return the name of a key as WebAuthn's JSON has it, from the one of the test protocol."""
    return str(key["credentialId"]).replace("+", "-").replace("/", "_").rstrip("=")


@pytest.mark.kj("KJ-DUAL-07", "KJ-AUTH-05")
@pytest.mark.parametrize(
    ("lie", "refusal"),
    [
        (without_a_finger, Refusal.NO_UV),
        (from_another_origin, Refusal.WRONG_ORIGIN),
        (a_second_time, Refusal.REUSED),
        (with_another_persons_key, Refusal.OTHER_PERSON),
    ],
)
def test_a_lie_is_refused_with_its_own_words(  # noqa: PLR0917  # fixtures
    approver: Window,
    irai: str,
    keys: dict[str, dict[str, Any]],
    elsewhere: str,
    lie: Callable[[Question], None],
    refusal: Refusal,
) -> None:
    approver.go(irai)
    approver.press("F12", moves=True)

    lie(Question(approver, keys, elsewhere))

    assert MESSAGES[refusal] in approver.page.inner_text("#error-summary")
    assert approver.focused() == "error-summary"
    approver.check(f"IP-001_{refusal.value}", screen_id="IP-001", refusal=True)
    approver.go(irai)
    assert "依頼中" in approver.page.inner_text("#what-title")


@pytest.mark.kj("KJ-AUTH-04", "KJ-AUTH-05")
def test_a_model_that_is_not_on_the_list_is_not_registered(browser: Browser, demo: World, elsewhere: str) -> None:
    window = Window(browser, elsewhere)
    try:
        window.sign_in(KIKIN, "SK900", demo.password(KIKIN, "SK900"))
        Device(window)
        window.go("/seitai/ninshoki/")
        for number, witness in enumerate(("SK901", "SK004"), start=1):
            window.page.fill(f"#f-witness_{number}", witness)
            window.page.fill(f"#f-witness_{number}_password", demo.password(KIKIN, witness))
        window.press("F12", moves=True)
        window.page.fill("#f-meisho", "知らない機種")
        window.press("F12", moves=True)

        assert MESSAGES[Refusal.UNKNOWN_MODEL] in window.page.inner_text("main")
        assert "知らない機種" not in window.page.inner_text("main")
        window.check("US-301_unknown_model", screen_id="US-301", refusal=True)
    finally:
        window.close()
