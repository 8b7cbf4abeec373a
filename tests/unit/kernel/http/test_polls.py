"""Whose look is on record, and who only says so."""

from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.core import signing
from django.http import HttpRequest
from django.test import RequestFactory

from chukan.kernel.http.polls import is_part, mark_of, not_modified, state_on_record

BEGIN = 1_790_000_000
PAGE = "/shikaku/toroku-files/1/?ato=100"


def poll(mark: str | None, *, address: str = PAGE) -> HttpRequest:
    headers = {"HX-Request": "true"} if mark is None else {"HX-Request": "true", "HX-PTag": mark}
    return RequestFactory().get(address, headers=headers)


@pytest.mark.parametrize(
    ("request_of", "viewer", "later", "state"),
    [
        pytest.param(poll, "shokuin:a", 0, "3-100", id="the poll of the page"),
        pytest.param(poll, "shokuin:a", 119, "3-100", id="the last moment"),
        pytest.param(poll, "shokuin:a", 121, None, id="too late"),
        pytest.param(poll, "shokuin:b", 0, None, id="somebody else"),
        pytest.param(lambda mark: poll(mark, address="/shikaku/toroku-files/1/?ato=200"), "shokuin:a", 0, None,
                     id="another page"),
        pytest.param(lambda _: poll(None), "shokuin:a", 0, None, id="no mark"),
        pytest.param(lambda _: poll("3-100"), "shokuin:a", 0, None, id="no signature"),
        pytest.param(lambda mark: poll("4" + mark[1:]), "shokuin:a", 0, None, id="another state"),
        pytest.param(lambda mark: RequestFactory().get(PAGE, headers={"HX-PTag": mark}), "shokuin:a", 0, None,
                     id="the whole page again"),
    ],
)  # fmt: skip  # one case a line
def test_state_on_record(
    monkeypatch: pytest.MonkeyPatch,
    request_of: Callable[[str], HttpRequest],
    viewer: str,
    later: int,
    state: str | None,
) -> None:
    monkeypatch.setattr(signing, "time", SimpleNamespace(time=lambda: BEGIN))
    request = request_of(mark_of(RequestFactory().get(PAGE), viewer="shokuin:a", state="3-100"))
    monkeypatch.setattr(signing, "time", SimpleNamespace(time=lambda: BEGIN + later))

    assert state_on_record(request, viewer=viewer) == state


def test_a_poll_asks_for_the_part() -> None:
    assert is_part(poll(None))
    assert not is_part(RequestFactory().get(PAGE))


def test_not_modified_brings_the_next_mark() -> None:
    answer = not_modified("next")

    assert (answer.status_code, answer.headers["HX-PTag"], answer.headers["Cache-Control"]) == (304, "next", "no-store")
