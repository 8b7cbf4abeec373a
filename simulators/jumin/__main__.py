"""Play the story of the first 対象者 of a municipality through, by the pages that people use.

`python -m simulators.jumin --mynaportal-url URL --yobosesshu-url URL --jichitai 990019`
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import httpx

from simulators import clock
from simulators.shell.forms import Form, Page

PATIENCE = 20.0
YOSHINHYO = {"k-K01": "36.5", "k-K02": "いいえ", "k-K03": "いいえ", "k-K04": "いいえ", "k-K05": "はい"}
FoundT = TypeVar("FoundT")


class StoryStuck(Exception):
    """The story does not go on; the text says where."""


class Browser:
    """One person's browser at one system."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, trust_env=False, timeout=10, follow_redirects=True)

    def open(self, path: str) -> Page:
        """A page, whatever its status."""
        return Page(self._http.get(path).text)

    def send(self, form: Form, typed: Mapping[str, str]) -> Page:
        """The page after a form was sent; StoryStuck when the system did not take it."""
        answer = self._http.post(form.action, data={**form.fields, **typed})
        if answer.is_error:
            raise StoryStuck(f"{form.action} は {answer.status_code} でした")
        return Page(answer.text)

    def until(self, what: str, path: str, find: Callable[[Page], FoundT | None]) -> FoundT:
        """What is found in a page, as soon as it is there; the system may still be starting."""
        end = clock.ticks() + PATIENCE
        while clock.ticks() < end:
            try:
                found = find(self.open(path))
            except httpx.HTTPError:
                found = None
            if found is not None:
                return found
            clock.wait(0.2)
        raise StoryStuck(f"{what}が{PATIENCE:g}秒たっても出ません")


def play(*, mynaportal_url: str, yobosesshu_url: str, jichitai: str) -> None:
    """Begin the service, answer the first 予診票, record the vaccination; what was done before is left as it is."""
    clinic, portal = Browser(yobosesshu_url), Browser(mynaportal_url)
    clinic.send(Form("/login", {"kikan_user_id": f"{jichitai}-I1"}), {})
    shimei, address = clinic.until("対象者", "/hitobito", lambda page: page.first_link("/hito?"))
    card = portal.until(f"{shimei}さんのカード", "/", lambda page: page.form_beside(shimei, "/login"))
    portal.send(card, {})
    begin = portal.open("/watashi").form("/kaishi")
    if begin:
        portal.send(begin, {})
    yoshinhyo = portal.until("予診票", "/watashi", lambda page: page.form("/kaito", jichitai_code=jichitai))
    portal.send(yoshinhyo, YOSHINHYO)
    kanri = yoshinhyo.fields["yobosesshu_kanri_id"]
    record = clinic.open(address).form("/kiroku", kanri=kanri)
    if record:
        clinic.send(record, {})


def main(argv: Sequence[str] | None = None) -> int:
    """Play it; one JSON line when it went through, one line of text when it did not."""
    parser = argparse.ArgumentParser(prog="python -m simulators.jumin", description="住民と医療機関の模擬")
    parser.add_argument("--mynaportal-url", required=True)
    parser.add_argument("--yobosesshu-url", required=True)
    parser.add_argument("--jichitai", required=True, help="自治体コード")
    arguments = parser.parse_args(argv)
    try:
        play(
            mynaportal_url=arguments.mynaportal_url,
            yobosesshu_url=arguments.yobosesshu_url,
            jichitai=arguments.jichitai,
        )
    except (StoryStuck, httpx.HTTPError) as stuck:
        sys.stderr.write(f"一人の流れが途中で止まりました: {stuck}\n")
        return 1
    sys.stdout.write(json.dumps({"jichitai_code": arguments.jichitai}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
